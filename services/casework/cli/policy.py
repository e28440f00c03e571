"""The policy from a terminal: shown to whoever may read it, drafted by the office, adopted for the governing body."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casework.cli.asking import asking, client_of, key_of, key_option
from servicekit.commandline import Group, Output, fail

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "/v1/policy"


@click.group(cls=Group)
def policy() -> None:
    """Editions of the policy: what is in force and in which state, what is drafted, what the governing body adopts."""


DAY = click.DateTime(["%Y-%m-%d"])
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@policy.command()
@click.argument("edition", required=False)
@click.option("--at", type=DAY, metavar="DATE", help="The edition of that day, as it stood then.")
@asking
@click.pass_obj
def show(output: Output, *, edition: str | None, at: datetime | None, url: str | None, token_file: Path) -> None:
    """Show an edition, the one in force if none is named: its state, its review, its parameters, its clauses.

    \b
    casework policy show --at 2025-09-17 --token-file mine.token     (what a post of that day is judged by)
    """
    path = f"{HERE}/editions/{edition}" if edition else HERE
    found = client_of(url, token_file).read(path, at=at.date().isoformat() if at else None)
    output.result(found, "\n".join(_lines(found if edition else found["edition"])))


def _lines(edition: dict[str, Any]) -> Iterator[str]:
    missing = ", ".join(edition["signatures_missing"])
    yield f"{edition['edition']}  {edition['title']}"
    yield f"  {edition['state'].replace('_', ' ')}; adopted {edition['adopted'] or 'not yet'}"
    yield f"  NOT SIGNED by {missing}" if missing else "  signed by chair and headteacher"
    yield f"  review due {edition['review_due']}{'  OVERDUE' if edition['is_overdue'] else ''}"
    yield from (f"  {name} = {json.dumps(value)}" for name, value in edition["parameters"].items())
    for change in edition["parameter_changes"]:
        yield f"  {change['name']} was {json.dumps(change['old'])} until {change['changed_at']}"
    yield from (f"  {clause}  {words}" for clause, words in sorted(edition["clauses"].items()))


@policy.command()
@click.argument("file", type=FILE)
@key_option
@asking
@click.pass_obj
def draft(output: Output, *, file: Path, key: str | None, url: str | None, token_file: Path) -> None:
    """Draft the edition that a TOML file states; it rules nothing until it is adopted. For headteacher and office."""
    from casework.adapters.edition_file import read_as_json

    drafted = read_as_json(file)
    client = client_of(url, token_file)
    seen = client.read(HERE)["version"]
    answer = client.act(f"{HERE}/editions", drafted, key_of(output, key), version=seen)
    output.result(answer, f"edition {drafted['edition']} is drafted; the policy is at version {answer['version']}")


@policy.command()
@click.argument("file", type=FILE)
@click.option("--adopted-on", type=DAY, required=True, metavar="DATE", help="The day of the meeting.")
@click.option("--minute", required=True, metavar="TEXT", help="Where it is minuted, as: FGB 20/01/26 item 7.")
@key_option
@asking
@click.pass_obj
def adopt(
    output: Output,
    *,
    file: Path,
    adopted_on: datetime,
    minute: str,
    key: str | None,
    url: str | None,
    token_file: Path,
) -> None:
    """Put an edition in force, as the governing body resolved. For its chair.

    The file is the one that was drafted, to the letter: what is adopted is what the governors had before them.
    """
    from casework.adapters.edition_file import read_edition
    from casework.domain.policy_events import Drafted

    edition = read_edition(file)
    name, digest = edition.edition, Drafted.of(edition).sha256
    client = client_of(url, token_file)
    policy = client.read(HERE)
    drafted = next((row["sha256"] for row in policy["editions"] if row["edition"] == name), None)
    if drafted is None:
        fail(f"expected edition {name} to be drafted, found none: casework policy draft {file} comes first")
    if drafted != digest:
        fail(f"expected what was drafted as {name} (sha256 {drafted}), found another text in {file} (sha256 {digest})")
    body = {"adopted_on": adopted_on.date().isoformat(), "minute_ref": minute}
    path = f"{HERE}/editions/{name}/adoptions"
    answer = client.act(path, body, key_of(output, key), version=policy["version"])
    output.result(answer, f"edition {name} is in force; the policy is at version {answer['version']}")


COMMANDS = (policy,)
