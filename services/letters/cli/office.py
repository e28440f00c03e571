"""What the office does with letters: see which there are, read one, approve it. Over HTTP, with a person's own key."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from letters.cli import words
from servicekit.commandline import Command, CommandFailed, Exit, Output, examples, fail, force_option

if TYPE_CHECKING:
    from servicekit.apiclient import ApiClient

PAGE: Final = 200

Options = Callable[..., Any]


def client_options(command: Options) -> Options:
    """Add what every command needs that asks the running service."""
    key = "A file that holds your own key; nobody else may read it."
    url = "Where letters answers; if left out, LETTERS_BIND, else http://127.0.0.1:8002."
    command = click.option("--token-file", type=click.Path(path_type=Path), required=True, metavar="FILE", help=key)(
        command
    )
    return click.option("--url", metavar="URL", help=url)(command)


@click.command(
    "list",
    cls=Command,
    short_help="List the letters that you may see.",
    epilog="\n\n".join(
        [
            examples("letters list --token-file my.token", "letters list --token-file my.token --status ready"),
            words.STATUS_HELP,
        ]
    ),
)
@click.option(
    "--status", type=click.Choice(list(words.STATUS)), metavar="STATUS", help="Only those at this point; see below."
)
@client_options
@click.pass_obj
def list_letters(output: Output, *, status: str | None, url: str | None, token_file: Path) -> None:
    """List the letters that you may see, the oldest first."""
    letters = _all(_client(url, token_file), status)
    empty = "no letters" + (f" that are {status}" if status else "")
    output.result({"letters": letters}, text=words.table(letters) if letters else empty)


@click.command(
    cls=Command,
    short_help="Show how a letter stands, and what can be done.",
    epilog=examples("letters show RL-2025-0001/L04-140846 --token-file my.token"),
)
@click.argument("letter")
@client_options
@click.pass_obj
def show(output: Output, *, letter: str, url: str | None, token_file: Path) -> None:
    """Show how a letter stands, what it waits for, and what can be done with it.

    LETTER is the reference printed on the letter, as RL-2025-0001/L04-140846, or its id. What the letter says is in its
    PDF alone. That you looked is recorded.
    """
    client = _client(url, token_file)
    state = client.read(f"/v1/letters/{_id(client, letter)}")
    output.result(state, text=words.sheet(state, _again(url, token_file)))


@click.command(
    cls=Command,
    short_help="Save a letter as a PDF, to read or print it.",
    epilog=examples("letters pdf RL-2025-0001/L04-140846 --to letter.pdf --token-file my.token"),
)
@click.argument("letter")
@click.option("--to", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The file to write.")
@force_option
@client_options
@click.pass_obj
def pdf(output: Output, *, letter: str, to: Path, force: bool, url: str | None, token_file: Path) -> None:
    """Save a letter's PDF, to read it or to print it.

    Its hash is told too: who has read the letter approves it by that hash, so nothing else can leave in its place. That
    you looked is recorded.
    """
    from hashlib import sha256

    client = _client(url, token_file)
    content, tag = client.download(f"/v1/letters/{_id(client, letter)}/pdf")
    digest = sha256(content).hexdigest()
    if digest != tag:
        fail(
            f"the PDF did not arrive whole: expected sha256 {tag}, found {digest}",
            Exit.BROKEN,
            expected=tag,
            found=digest,
        )
    output.save(to, content, force=force, mode=0o600)
    approve = f"letters approve {letter} --sha256 {digest} {_again(url, token_file)}"
    text = f"saved {to}, sha256 {digest}\nWhen you have read it: {approve}"
    output.result({"file": str(to), "sha256": digest, "size_bytes": len(content)}, text=text)


@click.command(
    cls=Command,
    short_help="Approve the very PDF that you have read.",
    epilog=examples(
        "letters approve RL-2025-0001/L04-140846 --sha256 3f1c... --token-file my.token",
        "letters approve RL-2025-0001/L04-140846 --sha256 3f1c... --tick short_time_to_answer:facts.due_at ...",
    ),
)
@click.argument("letter")
@click.option("--sha256", "digest", required=True, metavar="HASH", help="The hash that `letters pdf` told.")
@click.option(
    "--tick",
    "ticked",
    multiple=True,
    metavar="CHECK",
    help="Something to look at, named by `letters show`, that you looked at.",
)
@click.option(
    "--confirmation",
    metavar="WORDS",
    help="L08 only: when and how the complainant read, agreed to and signed it. Kept sealed.",
)
@click.option(
    "--at-any-time", is_flag=True, help="E-mail only, the headteacher's to say: it need not wait for its hours."
)
@click.option("--key", metavar="KEY", help="The Idempotency-Key of an earlier try that was broken off.")
@client_options
@click.pass_obj
def approve(
    output: Output,
    *,
    letter: str,
    digest: str,
    ticked: tuple[str, ...],
    confirmation: str | None,
    at_any_time: bool,
    key: str | None,
    url: str | None,
    token_file: Path,
) -> None:
    """Approve a letter: exactly the PDF that you have read, and no other.

    From then on it may be posted; what goes by e-mail leaves by itself. Only who signs it can, and only while nothing
    holds it.
    """
    from servicekit.apiclient import new_idempotency_key

    client = _client(url, token_file)
    found = _id(client, letter)
    if key is None:
        key = new_idempotency_key()
        output.note(f"if this breaks off, repeat it with --key {key}: then it is carried out once")
    asked: dict[str, Any] = {"pdf_sha256": digest.lower(), "checks": list(ticked)}
    if confirmation is not None:
        asked["confirmation"] = confirmation
    if at_any_time:
        asked["at_any_time"] = True
    try:
        state = client.act(f"/v1/letters/{found}/approve", asked, key)
    except CommandFailed as failure:
        fail(failure.message, failure.exit_code, **failure.members, idempotency_key=key)
    output.result({**state, "idempotency_key": key}, text=words.approved(state))


COMMANDS: Final = (list_letters, show, pdf, approve)


def _client(url: str | None, token_file: Path) -> ApiClient:
    from servicekit.apiclient import ApiClient

    if url is None:
        from letters import bootstrap
        from servicekit import probe

        url = probe.url_of(bootstrap.read_settings().need(bootstrap.BIND))
    return ApiClient(url, token_file, refusal=words.refusal)


def _again(url: str | None, token_file: Path) -> str:
    """Return the options that a next command needs too."""
    options = ["--token-file", str(token_file), *(["--url", url] if url else [])]
    return shlex.join(options)


def _all(client: ApiClient, status: str | None = None) -> list[Mapping[str, Any]]:
    """Return every letter that the caller may see, page by page."""
    found: list[Mapping[str, Any]] = []
    after, has_more = 0, True
    while has_more:
        page = client.read("/v1/letters", status=status, after=after, limit=PAGE)
        found += page["letters"]
        after, has_more = page["next"], page["has_more"]
    return found


def _id(client: ApiClient, letter: str) -> str:
    """Return the id of a letter that is named by it, or by the reference printed on it."""
    from uuid import UUID

    with suppress(ValueError):
        return str(UUID(letter))
    asked = letter.casefold()
    found = next((row["letter_id"] for row in _all(client) if (row["our_ref"] or "").casefold() == asked), None)
    if found is None:
        fail(f"expected the reference or id of a letter that you may see, found {letter}: `letters list` shows them")
    return str(found)
