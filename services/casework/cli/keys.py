"""The keys of the record: another one to sign it with, another one to wrap the secrets of its cases under."""

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


@key.command(cls=Command, epilog=examples("key rotate", "key rotate --master"))
@click.option("--master", "is_master", is_flag=True, help="The master key instead: wrap every case's secret anew.")
@click.pass_obj
def rotate(output: Output, is_master: bool) -> None:
    """Sign the record with a new key from now on; the next checkpoint is signed by both, so that others can follow.

    The key file keeps the old key: what it signed still opens. Start the services anew afterwards: until then they sign
    nothing. Broken off, the same command finishes what it began. If the old key was stolen, also hand the new verifier
    key to those who hold checkpoints in another way than by the record.

    With --master, of all schools: the key file gets a new first line, and the secret of each case is wrapped under it,
    as the owner of the database. Start the services anew, then run it again: while the file has older lines, it makes
    no further key, and wraps what was wrapped under them meanwhile. Once that is nothing, take the older lines out and
    destroy them, in every backup of the file too; a backup of the database from before needs them.
    """
    if is_master:
        _rotate_master(output)
        return
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


def _rotate_master(output: Output) -> None:
    from casework.adapters.keys import add_master_key, read_master_keys
    from casework.adapters.rewrapping import rewrap
    from casework.adapters.schools import list_schools
    from casework.cli.here import here
    from servicekit.service_settings import KEYS_DIR

    with here() as found, found.as_owner() as connection:
        folder = found.values.need(KEYS_DIR)
        masters = read_master_keys(folder)
        schemas = [school.schema for school in list_schools(connection)]
        if is_new := len(masters.by_id) == 1:
            try:
                masters = add_master_key(folder)
            except OSError as error:
                _cannot_write(folder, error)
        # The new key is on disk from here on, before anything is wrapped under it.
        wrapped = sum(rewrap(connection, schema, masters) for schema in schemas)
    after = "start the services anew, then run this again"
    if not (is_new or wrapped):
        after = "nothing is wrapped under the older lines of the file: take them out, and destroy them"
    text = f"{wrapped} secrets wrapped under master key {masters.newest}\n{after}"
    output.result({"master": masters.newest, "is_new": is_new, "wrapped": wrapped}, text)


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
