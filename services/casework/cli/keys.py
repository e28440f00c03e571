"""The keys of the record: another one to sign it with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from servicekit.commandline import Command, Exit, Group, Output, examples, fail

if TYPE_CHECKING:
    from pathlib import Path

    from casework.adapters.schools import School
    from casework.cli.here import Here


@click.group(cls=Group)
def key() -> None:
    """Change the keys of the record."""


@key.command(cls=Command, epilog=examples("key rotate", "key rotate --json"))
@click.pass_obj
def rotate(output: Output) -> None:
    """Sign the record with a new key from now on; the next checkpoint is signed by both, so that others can follow.

    The key file keeps the old key: what it signed still opens. Start the services anew afterwards: until then they sign
    nothing. Broken off, the same command finishes what it began. If the old key was stolen, also hand the new verifier
    key to those who hold checkpoints in another way than by the record.
    """
    from casework.application import key_rotation
    from casework.cli.here import here
    from casework.ledger.note import Signer
    from servicekit.service_settings import KEYS_DIR

    with here() as found:
        school, folder = found.school(output), found.values.need(KEYS_DIR)
        old = _current(found, school)
        new = Signer(school.origin, _seeds_with_a_new_one(folder, school, old)).vkey
        with found.assembled(output) as made:
            # The key file has the new key by now, which signs nothing before this entry is durable.
            record, now = made.casework.record, made.casework.now()
            key_rotation.rotate(record, old=old, new=new, by="operator", now=now)
            signed = made.checkpoints.sign()
    text = f"signed by {new}\nfrom checkpoint {signed.size} on, which {old} signed as well\nstart the services anew"
    output.result({"old": old, "new": new, "size": signed.size}, text)


def _current(found: Here, school: School) -> str:
    """Return the key that signs the record now, as the record says."""
    import psycopg

    from casework.adapters.record_keys import named_keys

    with psycopg.connect(found.at.app) as connection:
        named = named_keys(connection, school.schema)
    if not named:
        fail(f"expected a record that names its key, found none; `casework school add {school.name}` did not finish")
    return named[-1].new


def _seeds_with_a_new_one(folder: Path, school: School, old: str) -> tuple[bytes, ...]:
    """Return the seeds of the key file, the first of which the record does not name yet; make one if need be."""
    from casework.adapters.keys import add_record_seed, read_record_seeds
    from casework.ledger.note import Signer

    seeds = read_record_seeds(folder, school.name)
    keys = [str(each) for each in Signer(school.origin, seeds).keys]
    if old not in keys:
        fail(f"expected the key {old} in {folder}, found others: without it no one could follow to a new one")
    if keys[0] != old:
        return seeds
    try:
        return add_record_seed(folder, school.name)
    except OSError as error:
        _cannot_write(folder, error)


def _cannot_write(folder: Path, error: OSError) -> NoReturn:
    fail(f"expected to write in {folder}, found {type(error).__name__}: nothing was changed", Exit.NOT_READY)


COMMANDS = (key,)
