"""Asking casework as its users do: over HTTP, with a key. The only door to what is in a case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from servicekit.commandline import Command, Exit, Group, Output, fail, force_option

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

TIMEOUT_S: Final = 60.0


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of whatever asks over HTTP."""
    for option in (
        click.option(
            "--token-file",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            default=".local/keys/headteacher.token",
            show_default=True,
            help="The file with the key.",
        ),
        click.option("--url", default="http://127.0.0.1:8001", show_default=True, help="Where casework answers."),
    ):
        command = option(command)
    return command


def ask(url: str, token_file: Path, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
    """Ask, and return the answer; a problem ends the command with what it says (exit 1), no answer with exit 4."""
    import httpx

    from servicekit.settings import read_secret

    headers = {"Authorization": f"Bearer {read_secret(token_file).strip()}", **request.pop("headers", {})}
    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as client:
            answer = client.request(method, path, headers=headers, **request)
    except httpx.HTTPError as error:
        fail(f"expected an answer of {url}, found {type(error).__name__}: is casework up?", Exit.NOT_READY)
    if not answer.is_success:
        _refuse(answer)
    return answer


def _refuse(answer: httpx.Response) -> None:
    """End the command with what the problem says, a line for each rule or fault."""
    try:
        problem = answer.json()
    except ValueError:
        fail(f"expected a problem that says why, found status {answer.status_code} alone")
    lines = [f"{problem.get('title', answer.reason_phrase)} ({answer.status_code})", problem.get("detail", "")]
    refusals, errors = problem.get("refusals", []), problem.get("errors", [])
    lines += [f"  {each['rule']} ({each['clause']}): {each.get('says', each['code'])}" for each in refusals]
    lines += [f"  {each['pointer']}: expected {each['expected']}, found {each['found']}" for each in errors]
    fail("\n".join(line for line in lines if line), problem=problem)


@click.command(cls=Command)
@click.argument("file", type=click.File("rb"))
@click.option("--key", help="The Idempotency-Key: the same again if the call has to be repeated.")
@_asking
@click.pass_obj
def report(output: Output, file: Any, key: str | None, url: str, token_file: Path) -> None:  # noqa: ANN401 - click's
    """Report a post, from a JSON file (- for standard input); print the case's id and version.

    \b
    {"channel": "fb-community", "posted_at": "2026-09-14T08:10:00+01:00", "targets": [{"person": "u-t5"}],
     "url": "https://...", "words": "...", "how_seen": "..."}
    """
    from uuid import uuid4

    if key is None:
        key = str(uuid4())
        output.note(f"--key {key}: give it again if this call has to be repeated")
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    answer = ask(url, token_file, "POST", "/v1/incidents", content=file.read(), headers=headers).json()
    output.result(answer, f"case {answer['id']}, version {answer['version']}")


@click.group(cls=Group)
def case() -> None:
    """Cases, as the holder of the key may see them; each read is recorded."""


@case.command("list")
@click.option("--open", "is_open", is_flag=True, help="Only cases that are not ended.")
@click.option("--phase", help="Only cases in this phase, as escalation.")
@_asking
@click.pass_obj
def list_all(output: Output, is_open: bool, phase: str | None, url: str, token_file: Path) -> None:
    """List the cases: threats first, then by what is due next."""
    params = {**({"open": "true"} if is_open else {}), **({"phase": phase} if phase else {}), "limit": 200}
    cases: list[dict[str, Any]] = []
    after = 0
    while True:
        page = ask(url, token_file, "GET", "/v1/incidents", params={**params, "after": after}).json()
        cases += page["incidents"]
        if not page["has_more"]:
            break
        after = page["next"]
    output.result(cases, "\n".join(_listed(each) for each in cases) or "no cases")


def _listed(case: dict[str, Any]) -> str:
    task = case["next_task"]
    due = f"{task['task']} due {task['due'] or 'unknown'}{_late(task)}" if task else ""
    return f"{case['reference']}  {case['phase']:<12} {case['primary'] or '--'}  {case['id']}  {due}".rstrip()


@case.command()
@click.argument("incident", type=click.UUID, metavar="ID")
@click.option("--at", metavar="VERSION", help="As it stood at a version: v7.")
@_asking
@click.pass_obj
def show(output: Output, incident: Any, at: str | None, url: str, token_file: Path) -> None:  # noqa: ANN401 - click's
    """Show a case: where it stands, what was posted, what is due."""
    found = ask(url, token_file, "GET", f"/v1/incidents/{incident}", params={"at": at} if at else {}).json()
    lines = [
        f"{found['reference']}  {found['phase']}  version {found['version']}",
        f"  categories {', '.join(found['categories']) or 'none yet'}; "
        + ", ".join(f"{track} {state}" for track, state in found["tracks"].items()),
    ]
    lines += [_post(each) for each in found["posts"]]
    lines += [f"  due {each['due'] or 'unknown'}  {each['task']}{_late(each)}" for each in found["tasks"]]
    output.result(found, "\n".join(lines))


def _post(post: dict[str, Any]) -> str:
    return f"  post {post['post_no']}  {post['channel']}  {post['posted_at']}  {post['result'] or ''}".rstrip()


def _late(task: dict[str, Any]) -> str:
    return "  OVERDUE" if task["is_overdue"] else ""


@case.command()
@click.argument("incident", type=click.UUID, metavar="ID")
@_asking
@click.pass_obj
def actions(output: Output, incident: Any, url: str, token_file: Path) -> None:  # noqa: ANN401 - click's
    """Say what may be done now, what may not, and why, clause by clause."""
    found = ask(url, token_file, "GET", f"/v1/incidents/{incident}/actions").json()
    output.result(found, "\n".join(_ability(each) for each in found["actions"]))


def _ability(each: dict[str, Any]) -> str:
    failing = [*each["blocked_by"], *each["to_override"]]
    why = "; ".join(f"{rule['rule']} ({rule['clause']}): {rule['says']}" for rule in failing)
    needs = f"needs {', '.join(each['needs'])}" if each["needs"] else ""
    return f"{each['status']:<9} {each['decision']:<28} {why or needs}".rstrip()


@click.command(cls=Command)
@click.argument("incident", type=click.UUID, metavar="ID")
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The .zip to write.")
@click.option("--variant", default="legal_full", show_default=True, help="legal_full, police or audit, by your role.")
@click.option("--reason", "purpose", help="What for; needed where restricted evidence goes along.")
@_asking
@force_option
@click.pass_obj
def export(
    output: Output,
    incident: Any,  # noqa: ANN401 - click's
    file: Path,
    variant: str,
    purpose: str | None,
    url: str,
    token_file: Path,
    force: bool,
) -> None:
    """Fetch one case, complete and proved, as a .zip with its receipt beside it: checked first, then written.

    \b
    casework export 3f0c1c0e-... --to case.zip --token-file adviser.token     (and case.receipt.json)
    """
    from uuid import uuid4

    asked = {"variant": variant, **({"purpose": purpose} if purpose else {})}
    headers = {"Idempotency-Key": str(uuid4())}
    made = ask(url, token_file, "POST", f"/v1/incidents/{incident}/exports", json=asked, headers=headers).json()
    package, receipt = (
        ask(url, token_file, "GET", f"/v1/exports/{made['id']}/{part}").content for part in ("package", "receipt")
    )
    report = _checked(package, receipt)
    beside = file.with_suffix(".receipt.json")
    output.save(file, package, force=force)
    output.save(beside, receipt, force=force)
    told = {**made, "file": str(file), "receipt": str(beside), "report": report}
    output.result(told, f"{file} and {beside}: version {made['version']}, checked; sha256 {made['sha256']}")


def _checked(package: bytes, receipt: bytes) -> dict[str, Any]:
    """Check what was fetched, as `verify.py` inside it would; return the report."""
    import tempfile

    from casework.ledger.note import check_signature
    from casework.ledger.verify import check_package

    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(package)
        file.flush()
        report = check_package(Path(file.name), receipt=receipt, check=check_signature)
    if not report.holds:
        fail("\n".join(["what was fetched does not hold", *report.lines()]), Exit.BROKEN, report=report.as_json())
    return report.as_json()


COMMANDS = (report, case, export)
