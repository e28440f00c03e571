"""Asking casework as its users do: over HTTP, with a key. The only door to what is in a case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from casework.cli.asking import asking, client_of, key_of, key_option, sentence
from servicekit.commandline import Command, Exit, Group, Output, fail, force_option

if TYPE_CHECKING:
    from uuid import UUID

LIMIT_MAX: Final = 200


@click.command(cls=Command)
@click.argument("file", type=click.File("rb"))
@key_option
@asking
@click.pass_obj
def report(output: Output, *, file: BinaryIO, key: str | None, url: str | None, token_file: Path) -> None:
    """Report a post, from a JSON file (- for standard input); print the case's id and version.

    \b
    {"channel": "fb-community", "posted_at": "2026-09-14T08:10:00+01:00", "targets": [{"person": "u-t5"}],
     "url": "https://...", "words": "...", "how_seen": "..."}
    """
    try:
        facts = json.loads(file.read())
    except ValueError as error:
        fail(f"expected JSON in {file.name}, found something else: {error}")
    answer = client_of(url, token_file).act("/v1/incidents", facts, key_of(output, key))
    output.result(answer, f"case {answer['id']}, version {answer['version']}")


@click.group(cls=Group)
def case() -> None:
    """Cases, as the holder of the key may see them; each read is recorded."""


@case.command("list")
@click.option("--open", "is_open", is_flag=True, help="Only cases that are not ended.")
@click.option("--phase", help="Only cases in this phase, as escalation.")
@asking
@click.pass_obj
def list_all(output: Output, *, is_open: bool, phase: str | None, url: str | None, token_file: Path) -> None:
    """List the cases: threats first, then by what is due next."""
    client = client_of(url, token_file)
    cases: list[dict[str, Any]] = []
    after = 0
    while True:
        page = client.read("/v1/incidents", open="true" if is_open else None, phase=phase, limit=LIMIT_MAX, after=after)
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
@click.option("--at", metavar="AT", help="As it stood: v7 (a version), p120 (a position), or an instant with a zone.")
@asking
@click.pass_obj
def show(output: Output, *, incident: UUID, at: str | None, url: str | None, token_file: Path) -> None:
    """Show a case: where it stands, what was posted, what is due."""
    found = client_of(url, token_file).read(f"/v1/incidents/{incident}", at=at)
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
@asking
@click.pass_obj
def actions(output: Output, *, incident: UUID, url: str | None, token_file: Path) -> None:
    """Say what may be done now, what may not, and why, clause by clause."""
    found = client_of(url, token_file).read(f"/v1/incidents/{incident}/actions")
    output.result(found, "\n".join(_ability(each) for each in found["actions"]))


def _ability(each: dict[str, Any]) -> str:
    return f"{each['status']:<9} {each['decision']:<28} {_why(each)}".rstrip()


def _why(each: dict[str, Any]) -> str:
    """Say what stands in the way of a decision, or what it waits for."""
    if each["numbers"] == [] and not each["blocked_by"]:
        return "nothing to act on yet"
    failing = [*each["blocked_by"], *each["to_override"]]
    needs = f"needs {', '.join(each['needs'])}" if each["needs"] else ""
    return " ".join(map(sentence, failing)) or needs


@click.command(cls=Command)
@click.argument("incident", type=click.UUID, metavar="ID")
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The .zip to write.")
@click.option("--variant", default="legal_full", show_default=True, help="legal_full, police or audit, by your role.")
@click.option("--reason", "purpose", help="What for; needed where restricted evidence goes along.")
@asking
@force_option
@click.pass_obj
def export(
    output: Output,
    *,
    incident: UUID,
    file: Path,
    variant: str,
    purpose: str | None,
    url: str | None,
    token_file: Path,
    force: bool,
) -> None:
    """Fetch one case, complete and proved, as a .zip with its receipt beside it: checked first, then written.

    \b
    casework export 3f0c1c0e-... --to case.zip --token-file adviser.token     (and case.receipt.json)
    """
    from servicekit.apiclient import new_idempotency_key

    client = client_of(url, token_file)
    asked = {"variant": variant, **({"purpose": purpose} if purpose else {})}
    made = client.act(f"/v1/incidents/{incident}/exports", asked, new_idempotency_key())
    package, receipt = (client.download(f"/v1/exports/{made['id']}/{part}")[0] for part in ("package", "receipt"))
    report = _checked(package, receipt)
    beside = file.with_suffix(".receipt.json")
    output.save(file, package, force=force, mode=0o600)
    output.save(beside, receipt, force=force, mode=0o600)
    told = {**made, "file": str(file), "receipt": str(beside), "report": report}
    output.result(told, f"{file} and {beside}: version {made['version']}, checked; sha256 {made['sha256']}")


def _checked(package: bytes, receipt: bytes) -> dict[str, Any]:
    """Check what was fetched, as `verify.py` inside it would; return the report."""
    from io import BytesIO

    from casework.ledger.note import check_signature
    from casework.ledger.verify import check_package

    report = check_package(BytesIO(package), receipt=receipt, check=check_signature)
    if not report.holds:
        fail("\n".join(["what was fetched does not hold", *report.lines()]), Exit.BROKEN, report=report.as_json())
    return report.as_json()


@click.command(cls=Command)
@click.argument("incident", type=click.UUID, metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why the case is erased; the words go with the case.")
@click.option("--confirm", required=True, metavar="REF", help="The case's reference: it cannot be undone.")
@asking
@click.pass_obj
def erase(output: Output, *, incident: UUID, reason: str, confirm: str, url: str | None, token_file: Path) -> None:
    """Erase a case, for good: its keys are destroyed, so no name, word, address or file of it can be read again.

    Its entries, their hashes and every proof stay. Exports that were handed out are out of reach. A copy of the keys
    that was made before undoes it: keep such copies for a short time only.
    """
    from servicekit.apiclient import new_idempotency_key

    client = client_of(url, token_file)
    path = f"/v1/incidents/{incident}"
    found = client.read(path)
    if confirm != found["reference"]:
        fail("expected the reference of this case after --confirm, found another: nothing was erased", Exit.USAGE)
    answer = client.act(f"{path}/erasures", {"reason": reason}, new_idempotency_key(), version=found["version"])
    keys = len(answer["events"])
    told = f"{confirm} is erased: {keys} {'key' if keys == 1 else 'keys'} destroyed, as its last entries say"
    output.note("a copy of the keys that was made before still opens it: destroy such copies")
    output.result(answer, told)


COMMANDS = (report, case, export, erase)
