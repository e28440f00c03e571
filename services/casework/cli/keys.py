"""The keys of the record: another one to sign it with, another one to wrap the secrets of its cases under."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import click

from servicekit.commandline import Command, Exit, Group, Output, examples, fail

if TYPE_CHECKING:
    from pathlib import Path

    from casework.adapters.schools import School
    from casework.cli.here import Here
    from casework.ledger.note import Signer


@click.group(cls=Group)
def key() -> None:
    """Change the keys of the record."""


@key.command(cls=Command, epilog=examples("key rotate", "key rotate --lost", "key rotate --master"))
@click.option("--master", "is_master", is_flag=True, help="The master key instead: wrap every case's secret anew.")
@click.option("--lost", "is_lost", is_flag=True, help="The signing key is gone for good; read what that costs, above.")
@click.pass_obj
def rotate(output: Output, is_master: bool, is_lost: bool) -> None:
    """Sign the record with a new key from now on; the next checkpoint is signed by both, so that others can follow.

    The key file keeps the old key: what it signed still opens. Running services take the new one up by themselves.
    Broken off, the same command finishes what it began. If the old key was stolen, also hand the new verifier key to
    those who hold checkpoints in another way than by the record.

    With --lost, where the key that signs now is not in the key file and in no copy of it. The old key cannot sign the
    change, so nobody can follow from it: until they were handed the new verifier key in another way than by the record,
    all who check the record find that it does not hold (exit 3). What was signed before still opens by the old one.

    With --master, of all schools: the key file gets a new first line, and the secret of each case is wrapped under it,
    as the owner of the database. Running services take it up; then run it again: while the file has older lines, it
    makes no further key, and wraps what was wrapped under them meanwhile. Once that is nothing, take the older lines
    out and destroy them, in every backup of the file too; a backup of the database from before needs them.
    """
    if is_master:
        if is_lost:
            fail("expected --lost or --master, found both: a master key that is lost cannot be replaced", Exit.USAGE)
        _rotate_master(output)
        return
    from casework.application import key_rotation
    from casework.cli.here import here
    from servicekit.service_settings import KEYS_DIR

    with here() as found:
        school, folder = found.school(output), found.values.need(KEYS_DIR)
        named = _named(found, school)
        old = named[-1]
        new = _with_a_new_key(folder, school, named, is_lost=is_lost).vkey
        with found.assembled(output) as made:
            # The key file has the new key by now, which signs nothing before this entry is durable.
            record, now = made.casework.record, made.casework.now()
            key_rotation.rotate(record, old=old, new=new, by="operator", now=now)
            signed = made.checkpoints.sign()
    text = f"signed by {new}\nfrom checkpoint {signed.size} on, {_who_signed(old, is_lost=is_lost)}"
    output.result({"old": old, "new": new, "size": signed.size, "is_lost": is_lost}, text)


def _who_signed(old: str, *, is_lost: bool) -> str:
    if not is_lost:
        return f"which {old} signed as well; running services take it up by themselves"
    return (
        f"alone: {old} did not sign the change\n"
        "hand the new key to all who hold checkpoints, on paper or by telephone: until both keys are in their file"
        " (--key FILE, a line each), the record does not hold for them\n"
        "compare the old key with one that was handed out before: it was taken from the record"
    )


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
    after = "running services take it up by themselves: run this again, to see that nothing is left"
    if not (is_new or wrapped):
        after = "nothing is wrapped under the older lines of the file: take them out, and destroy them"
    text = f"{wrapped} secrets wrapped under master key {masters.newest}\n{after}"
    output.result({"master": masters.newest, "is_new": is_new, "wrapped": wrapped}, text)


def _named(found: Here, school: School) -> list[str]:
    """Return the keys that the record names, the one that signs it now last."""
    import psycopg

    from casework.adapters.record_keys import named_keys

    with psycopg.connect(found.at.app) as connection:
        named = [key.new for key in named_keys(connection, school.schema)]
    if not named:
        fail(f"expected a record that names its key, found none; `casework school add {school.name}` did not finish")
    return named


def _with_a_new_key(folder: Path, school: School, named: list[str], *, is_lost: bool) -> Signer:
    """Return the keys of the key file, the first of which the record does not name yet; make one if need be."""
    from casework.adapters.keys import add_record_seed, read_signer, record_key_file

    is_there = record_key_file(folder, school.name).exists()
    signer = read_signer(folder, school.name, school.origin) if is_there or not is_lost else None
    able = signer.vkeys if signer else ()
    if is_lost and named[-1] in able:
        fail(f"expected that the key {named[-1]} is lost, found it in {folder}: without --lost, others can follow it")
    if not is_lost and named[-1] not in able:
        lost = "if it is in no copy of that file either, `casework key rotate --lost` says what that costs"
        fail(
            f"expected the key {named[-1]} in {folder}, found others: without it no one can follow to a new one; {lost}"
        )
    known = set() if signer is None else set(map(str, signer.keys))
    lost_keys = [key for key in reversed(named) if key not in known] if is_lost else []
    if signer is None or able[0] in named or lost_keys:
        try:
            add_record_seed(folder, school.name, lost_keys)
        except OSError as error:
            _cannot_write(folder, error)
        signer = read_signer(folder, school.name, school.origin)
    return signer


def _cannot_write(folder: Path, error: OSError) -> NoReturn:
    fail(f"expected to write in {folder}, found {type(error).__name__}: nothing was changed", Exit.NOT_READY)


COMMANDS = (key,)
