"""API keys of people and programs: made, listed and revoked by the operator."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from servicekit.commandline import Command, Exit, Group, Output, fail, force_option

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(cls=Group)
def token() -> None:
    """Make and revoke API keys: one for each person and program, shown once, never stored."""


@token.command(cls=Command)
@click.option(
    "--subject", required=True, help="The account that decides under this key, as u-head; it stands in entries."
)
@click.option("--role", required=True, help="Its role, as headteacher, caseworker, dsl, office, auditor, letters.")
@click.option("--person", help="The account's own id in the people directory, so that nobody decides about themselves.")
@click.option("--case", "cases", type=click.UUID, multiple=True, help="A case a legal adviser may read; repeat it.")
@click.option("--expires", "days", type=click.IntRange(1, 3650), default=90, show_default=True, help="In days.")
@click.option("--to", "file", type=FILE, help="Write the key into this file (0600) instead of printing it.")
@click.option("--secret-file", type=FILE, help="Take the key that stands in this file, instead of making one.")
@force_option
@click.pass_obj
def create(
    output: Output,
    subject: str,
    role: str,
    person: str | None,
    cases: tuple[UUID, ...],
    days: int,
    file: Path | None,
    secret_file: Path | None,
    force: bool,
) -> None:
    """Make a key.

    \b
    casework token create --subject u-head --role headteacher --person u-head --to head.token
    casework token create --subject x-legal --role legal --case 3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001
    """
    from typing import get_args

    from casework import bootstrap
    from casework.adapters.credentials import create_key
    from casework.cli.here import here
    from casework.domain.codes import Role
    from servicekit.credentials import KeyMalformed, given_key
    from servicekit.settings import read_secret

    if role not in get_args(Role):
        fail(f"expected a role, one of {', '.join(get_args(Role))}, found {role}", Exit.USAGE)
    if file is not None:
        output.expect_free(file, force=force)  # Before the key is stored: it is shown this once.
    try:
        given = None if secret_file is None else given_key(read_secret(secret_file).strip())
    except (KeyMalformed, ValueError) as error:
        fail(f"{secret_file}: {error}")
    with here() as found, found.as_owner() as connection:
        school = found.school(output)
        now = bootstrap.chosen_clock(found.values, found.at).now()
        made, key = create_key(
            connection,
            school=school.name,
            subject=subject,
            role=role,
            person=person,
            cases=cases,
            days=days,
            now=now,
            made=given,
        )
    told = {"key_id": key.key_id, "subject": subject, "role": role, "expires_at": key.expires_at.isoformat()}
    if secret_file is not None:
        output.result(told, f"{key.key_id}: the key in {secret_file} is good until {key.expires_at:%d %B %Y}")
    elif file is not None:
        output.save(file, f"{made}\n".encode(), force=force, mode=0o600)
        output.result(told, f"{key.key_id}: written to {file}, good until {key.expires_at:%d %B %Y}")
    else:
        output.note(f"Key {key.key_id}, good until {key.expires_at:%d %B %Y}. It is shown this once:")
        output.result({**told, "key": made}, made)


@token.command()
@click.argument("key_id")
@click.option("--reason", required=True, help="Why, in words: 'left the school'.")
@click.pass_obj
def revoke(output: Output, key_id: str, reason: str) -> None:
    """Revoke a key for good; it is refused from now on."""
    from casework import bootstrap
    from casework.adapters.credentials import revoke_key
    from casework.cli.here import here

    if not reason.strip():
        fail("expected a reason in words, found blank text", Exit.USAGE)
    with here() as found, found.as_owner() as connection:
        now = bootstrap.chosen_clock(found.values, found.at).now()
        if not revoke_key(connection, key_id, reason=reason, now=now):
            fail(f"expected a key that is good, found none of id {key_id}: `casework token list --all` shows them")
    output.result({"key_id": key_id, "revoked_at": now.isoformat()}, f"{key_id}: revoked")


@token.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those revoked and expired as well.")
@click.pass_obj
def list_all(output: Output, is_all: bool) -> None:
    """List keys by their ids: never their texts."""
    from casework import bootstrap
    from casework.adapters.credentials import list_keys
    from casework.cli.here import here

    with here() as found, found.as_owner() as connection:
        now = bootstrap.chosen_clock(found.values, found.at).now()
        keys = [key for key in list_keys(connection, found.school(output).name) if is_all or key.is_good(now)]
    lines = [
        f"{key.key_id}  {key.role:<12} {key.subject:<16} until {key.expires_at:%Y-%m-%d}"
        + (f"  person {key.person}" if key.person else "")
        + (f"  revoked: {key.revoked_reason}" if key.revoked_at else "")
        for key in keys
    ]
    output.result([vars(key) for key in keys], "\n".join(lines))


COMMANDS = (token,)
