"""Each way to tamper with the stored record, as a superuser or with a stolen key, and the check that names it.

Whoever attacks has disabled every trigger (as what they hold back, and whom: tests/adapters/test_rights.py). The record
is 268 entries, signed at 16, 28, 40 and 268; entries 5 to 7, 17 to 19, 29 to 31 and 41 to 43 report a case each, the
others but the first four say who read it.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest

from casework.adapters.keys import CaseKeys
from casework.adapters.pool import make_pool
from casework.application.store import RecordBroken
from casework.ledger.entry import canonical, leaf_hash
from casework.ledger.merkle import root
from casework.ledger.note import Signer
from servicekit.sealing import seal
from tests.adapters.given import entry
from tests.attacks.attacked import CANARY, ORIGIN, Attacked

SIZES = [16, 28, 40, 268]
READ, REPORTED = 9, 17
"""An entry that says who read a case; one that reports a case."""

OTHER = "00000000-0000-4000-8000-000000000000"
"""The key of a command that nobody sent."""

ENTRY = "convert_to(replace(convert_from(entry, 'UTF8'), '\"u-deputy\"', '\"u-decoy\"'), 'UTF8')"
LEAF = f"sha256('\\x00'::bytea || {ENTRY})"
AN_HOUR_BACK = """
    UPDATE {{s}}.event AS e SET time = w.time, entry = w.entry, leaf = sha256('\\x00'::bytea || w.entry)
    FROM (SELECT position, time - interval '1 hour' AS time, convert_to(regexp_replace(convert_from(entry, 'UTF8'),
      '"time":"[^"]*"', '"time":"' || to_char((time - interval '1 hour') AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'), 'UTF8') AS entry FROM {{s}}.event) AS w
    WHERE e.position = w.position AND e.position = {position}
"""
TO_SCRATCH = "convert_to(replace(convert_from(entry, 'UTF8'), '\"is_scratch\":false', '\"is_scratch\":true'), 'UTF8')"
FAR = 1_000_000


def alter(position: int, *, with_leaf: bool = False) -> str:
    """Say in an entry that somebody else did it."""
    leaf = f", leaf = {LEAF}" if with_leaf else ""
    return f"UPDATE {{s}}.event SET entry = {ENTRY}{leaf} WHERE position = {position}"


def swap(one: int, other: int) -> tuple[str, ...]:
    """Let two entries change places."""
    return tuple(
        f"UPDATE {{s}}.event SET position = {to} WHERE position = {frm}"
        for frm, to in ((one, FAR), (other, one), (FAR, other))
    )


def shift(after: int, by: int) -> tuple[str, ...]:
    """Give the entries after one other numbers, so that there is room for another, or no gap."""
    return (
        f"UPDATE {{s}}.event SET position = position + {FAR} WHERE position > {after}",
        f"UPDATE {{s}}.event SET position = position - {FAR - by} WHERE position > {FAR}",
    )


def cut(after: int, *, with_checkpoints: bool = True) -> tuple[str, ...]:
    """Cut the record off after an entry."""
    notes = f"DELETE FROM {{s}}.checkpoint WHERE size > {after}" if with_checkpoints else "SELECT 1"
    return (
        f"DELETE FROM {{s}}.event WHERE position > {after}",
        f"DELETE FROM {{s}}.command WHERE last_position > {after}",
        notes,
        "DELETE FROM {s}.tile",
    )


Does = tuple[str, ...] | Callable[[Attacked], None]


class Attack(NamedTuple):
    """What somebody does, and what each check says then; `held`: of which sizes an outsider kept the checkpoint."""

    does: Does
    says: dict[str, list[str]]
    held: tuple[int, ...] = ()


def rewrite_tile(attacked: Attacked) -> None:
    """Alter an entry, its leaf, and the tile that holds it."""
    attacked.superuser(alter(100, with_leaf=True))
    leaves = [leaf for (leaf,) in attacked.query("SELECT leaf FROM {s}.event ORDER BY position LIMIT 256")]
    [before] = attacked.query("SELECT root FROM {s}.tile WHERE level = 0 AND n = 0")
    attacked.query("UPDATE {s}.tile SET hashes = %s, root = %s WHERE n = 0", b"".join(leaves), root(leaves))
    assert attacked.query("SELECT root FROM {s}.tile WHERE level = 0 AND n = 0") != [before]


def forge_sealed_part(attacked: Attacked) -> None:
    """Seal other words under the case's own key, as whoever has the master key can."""
    [(case, leaf)] = attacked.query("SELECT stream, leaf FROM {s}.event WHERE position = %s", REPORTED)
    with make_pool(attacked.database.app) as pool:
        key = CaseKeys(pool, attacked.original.school.schema, attacked.masters).for_reading(case).seal_key
    forged = seal(key, canonical({"how_seen": None, "summary": None}), leaf)
    attacked.superuser("SELECT 1")
    attacked.query("UPDATE {s}.event SET sealed = %s WHERE position = %s", forged, REPORTED)


def continue_backup(attacked: Attacked) -> None:
    """Put last week's backup back and go on from there, past the size that was signed before."""
    attacked.superuser(*cut(20))
    attacked.append(30)
    attacked.sign()


def rebuild(attacked: Attacked) -> None:
    """Alter an entry with its leaf, and sign everything anew with the stolen key."""
    attacked.superuser(alter(READ, with_leaf=True))
    attacked.sign_anew()


def backdate(attacked: Attacked) -> None:
    """Let an entry have been recorded an hour before, and sign everything anew with the stolen key."""
    attacked.superuser(AN_HOUR_BACK.format(position=30))
    attacked.sign_anew()


def sign_as_another(attacked: Attacked) -> None:
    """Put a checkpoint in place that another key signed."""
    [(top,)] = attacked.query("SELECT root FROM {s}.checkpoint WHERE size = 28")
    note = Signer(attacked.original.school.origin, [hashlib.sha256(b"another").digest()]).sign_checkpoint(28, top)
    attacked.superuser("SELECT 1")
    attacked.query("UPDATE {s}.checkpoint SET note = %s WHERE size = 28", note)


def make_up_a_key(attacked: Attacked) -> None:
    """Insert an entry that hands over from the school's key to one's own, and sign all of it with that one."""
    own = Signer(ORIGIN, [hashlib.sha256(b"another").digest()])
    [(stream, version, time)] = attacked.query(
        "SELECT stream, max(version) + 1, max(time) FROM {s}.event WHERE stream ="
        " (SELECT stream FROM {s}.record) GROUP BY stream"
    )
    command = uuid4()
    made = entry(
        stream, version, command, type_name="record.key-rotated.v1", time=time,
        old=str(attacked.signer.keys[0]), new=own.vkey,
    )  # fmt: skip
    attacked.superuser(*shift(4, 1))
    attacked.query(
        "INSERT INTO {s}.event VALUES (5, %s, %s, 'record.key-rotated.v1', %s, %s, %s, NULL, %s)",
        stream, version, time, command, made, leaf_hash(made),
    )  # fmt: skip
    attacked.sign_anew(own)


ATTACKS: dict[str, Attack] = {
    "an entry is altered": Attack(
        (alter(READ),), {"leaf": [f"entry {READ} (", "altered; its stored leaf is proved by checkpoint 16"]}
    ),
    "a leaf is altered": Attack(
        (f"UPDATE {{s}}.event SET leaf = sha256('x') WHERE position = {READ}",),
        {"leaf": [f"entry {READ} (", "its leaf, not its bytes"], "tree": ["entries 1 to 16: a stored leaf was"]},
    ),
    "an entry is altered with its leaf": Attack(
        (alter(READ, with_leaf=True),), {"tree": ["entries 1 to 16: at least one altered together with its leaf"]}
    ),
    "an entry is altered with its leaf and its tile": Attack(
        rewrite_tile, {"tree": ["entries 41 to 268: at least one altered together with its leaf"]}
    ),
    "an entry is removed": Attack(
        (f"DELETE FROM {{s}}.event WHERE position = {READ}",),
        {"order": [f"expected {READ}", f"found {READ + 1}"], "tree": ["entries 1 to 16: at least one altered, r"]},
    ),
    "an entry is removed and the gap closed": Attack(
        (f"DELETE FROM {{s}}.event WHERE position = {READ}", *shift(READ, -1)), {"tree": ["entries 1 to 16: at least"]}
    ),
    "an entry of a case is removed and the gap closed": Attack(
        ("DELETE FROM {s}.event WHERE position = 6", *shift(6, -1)),
        {"order": ["entry 6 (", ": version"], "tree": ["entries 1 to 16: at least one"]},
    ),
    "an entry is inserted": Attack(
        (
            *shift(20, 1),
            (
                "INSERT INTO {s}.event SELECT 21, gen_random_uuid(), 1, type, time, command, entry, sealed, leaf"
                " FROM {s}.event WHERE position = 20"
            ),
        ),
        {"order": ["entry 21 (", ": stream"], "tree": ["entries 17 to 28: at least one"]},
    ),
    "two entries change places": Attack(swap(READ, READ + 1), {"tree": ["entries 1 to 16: at least one"]}),
    "two entries of a case change places": Attack(
        swap(6, 7), {"order": ["entry 6 (", ": version"], "tree": ["entries 1 to 16: at least one"]}
    ),
    "the tail is cut off": Attack(cut(260, with_checkpoints=False), {"tree": ["entries 261 to 268: missing"]}),
    "the tail is cut off with its checkpoint": Attack(
        cut(260), {"history": ["held checkpoint kept-268.txt: entries 261 to 268 missing"]}, held=(28, 268)
    ),
    "an old backup is continued": Attack(
        continue_backup,
        {"history": ["held checkpoint kept-28.txt: entries 1 to 28 not those it was signed for"]},
        held=(16, 28, 40),
    ),
    "all is rebuilt and signed anew": Attack(
        rebuild, {"history": ["held checkpoint kept-16.txt: entries 1 to 16 not those it was signed for"]}, held=(16,)
    ),
    "an entry is back-dated and all signed anew": Attack(
        backdate, {"order": ["entry 30 (", ": time: expected at most 65 s before"], "history": ["kept-40.txt"]}, (40,)
    ),
    "the record is called one for trials, where times are not tried": Attack(
        ("UPDATE {s}.record SET is_scratch = true",), {"order": ["entry 1 (", "the entry that opens this record"]}
    ),
    "the entry that says whether it is for trials is altered too": Attack(
        (
            "UPDATE {s}.record SET is_scratch = true",
            (
                f"UPDATE {{s}}.event SET entry = {TO_SCRATCH}, leaf = sha256('\\x00'::bytea || {TO_SCRATCH})"
                " WHERE position = 1"
            ),
        ),
        {"tree": ["entries 1 to 16: at least one"]},
    ),
    "two sealed parts are swapped": Attack(
        (
            (
                "UPDATE {s}.event AS a SET sealed = b.sealed FROM {s}.event AS b"
                " WHERE (a.position, b.position) IN ((5, 17), (17, 5))"
            ),
        ),
        {"content": ["entry 5 (", "entry 17 ("]},
    ),
    "a sealed part is forged with the case's key": Attack(
        forge_sealed_part,
        {"content": [f"entry {REPORTED} (", "sealed field how_seen: expected a value whose digest is in _sd"]},
    ),
    "a sealed part is removed": Attack(
        (f"UPDATE {{s}}.event SET sealed = NULL WHERE position = {REPORTED}",),
        {"content": [f"entry {REPORTED} (", "expected a sealed part"]},
    ),
    "a case's key is taken away": Attack(
        (f"DELETE FROM {{keys}}.case_key USING {{s}}.event e WHERE id = e.stream AND e.position = {REPORTED}",),
        {"content": [f"entry {REPORTED} (", "a key that is kept"]},
    ),
    "a case is erased without an entry that says so": Attack(
        (
            (
                f"UPDATE {{keys}}.case_key SET wrapped = NULL, master = NULL, erased_by = {READ} FROM {{s}}.event e"
                f" WHERE id = e.stream AND e.position = {REPORTED}"
            ),
        ),
        {"content": [f"entry {REPORTED} (", f"entry {READ} to be incident.erased.v1"]},
    ),
    "a change of the signing key is made up": Attack(make_up_a_key, {"signature": ["checkpoint 16", "checkpoint 40"]}),
    "a column tells another time than its entry": Attack(
        ("UPDATE {s}.event SET time = time - interval '1 day' WHERE position = 30",), {"order": ["entry 30 ("]}
    ),
    "a column names another command than its entry": Attack(
        ("UPDATE {s}.event SET command = gen_random_uuid() WHERE position = 30",), {"order": ["entry 30 ("]}
    ),
    "a command's row points to another entry": Attack(
        (f"UPDATE {{s}}.command SET first_position = 12, last_position = 12 WHERE first_position = {READ}",),
        {"order": [f"entry {READ}: row in the table command", "row in the table command of ", ", entry 12"]},
    ),
    "a command's row claims one entry more": Attack(
        (f"UPDATE {{s}}.command SET last_position = {READ + 1} WHERE first_position = {READ}",),
        {"order": [f"entry {READ}: row in the table command", f"entries {READ} to {READ + 1}"]},
    ),
    "a command's row is given another key": Attack(
        (f"UPDATE {{s}}.command SET key = '{OTHER}' WHERE first_position = {READ}",),
        {"order": [f"entry {READ}: row in the table command", f"found {OTHER}, entry {READ}"]},
    ),
    "a command's row is deleted": Attack(
        (f"DELETE FROM {{s}}.command WHERE first_position = {READ}",),
        {"order": [f"entry {READ}: row in the table command", "found none"]},
    ),
    "a command's row is added": Attack(
        (f"INSERT INTO {{s}}.command VALUES ('{OTHER}', sha256('x'), {READ}, {READ})",),
        {"order": [f"{OTHER}, entry {READ}"]},
    ),
    "a command's row is added that points past the record": Attack(
        (f"INSERT INTO {{s}}.command VALUES ('{OTHER}', sha256('x'), 5000, 5001)",),
        {"order": [f"row in the table command of {OTHER}", "entries 5000 to 5001"]},
    ),
    "a checkpoint's root is altered": Attack(
        ("UPDATE {s}.checkpoint SET root = sha256('x') WHERE size = 28",), {"signature": ["checkpoint 28: root"]}
    ),
    "a checkpoint is signed by another key": Attack(sign_as_another, {"signature": ["checkpoint 28"]}),
    "the record is given another name": Attack(
        ("UPDATE {s}.record SET origin = 'elm-road.example/ledger'",),
        {"order": ["entry 1 ("], "signature": ["checkpoint 16"]},
    ),
}


def test_the_record_that_is_attacked_holds(attacked: Attacked) -> None:
    told = attacked.check(held=SIZES)
    assert attacked.sizes == SIZES
    assert [level.status for level in told.report.levels] == ["held"] * 6, told.report.lines()


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_it_is_caught_and_named_when(attacked: Attacked, attack: Attack) -> None:
    if callable(attack.does):
        attack.does(attacked)
    else:
        attacked.superuser(*attack.does)
    broken = attacked.check(held=attack.held).broken
    for level, says in attack.says.items():
        for said in says:
            assert said in broken.get(level, ""), broken


@pytest.mark.parametrize("attack", [cut(260), continue_backup, rebuild], ids=["cut", "continued", "rebuilt"])
def test_without_a_checkpoint_kept_elsewhere_this_is_not_shown(attacked: Attacked, attack: Does) -> None:
    """Why holders are needed: what is signed anew, or ends earlier, is whole in itself."""
    if callable(attack):
        attack(attacked)
    else:
        attacked.superuser(*attack)
    broken = attacked.check().broken
    assert broken.keys() <= {
        "content"
    }  # Sealed parts are bound to the leaf: to seal anew takes the master key as well.


def test_what_was_sent_with_a_command_is_not_proved(attacked: Attacked) -> None:
    """Nothing of the body stands in an entry: one that is altered makes the service take a repetition for a new one."""
    attacked.superuser(f"UPDATE {{s}}.command SET body_sha256 = sha256('x') WHERE first_position = {READ}")
    assert attacked.check(held=SIZES).broken == {}


def test_a_change_after_the_last_checkpoint_that_is_held_is_not_shown(attacked: Attacked) -> None:
    attacked.superuser(
        f"UPDATE {{s}}.event SET position = {2 * FAR} WHERE position = 100",
        f"UPDATE {{s}}.event SET position = position + {FAR} WHERE position BETWEEN 101 AND 268",
        f"UPDATE {{s}}.event SET position = position - {FAR + 1} WHERE position BETWEEN {FAR} AND {2 * FAR - 1}",
        f"UPDATE {{s}}.event SET position = 268 WHERE position = {2 * FAR}",
        (
            "UPDATE {s}.command AS c SET first_position = e.position, last_position = e.position FROM {s}.event AS e"
            " WHERE e.command = c.key AND c.first_position >= 100"
        ),
    )
    attacked.sign_anew()
    assert attacked.check(held=(16, 28, 40)).broken == {}
    assert "entries 1 to 268 not those" in attacked.check(held=(268,)).broken["history"]


def test_a_change_to_what_no_checkpoint_covers_yet_is_not_shown_and_is_told_as_unsigned(attacked: Attacked) -> None:
    attacked.append(3)
    attacked.superuser(alter(270, with_leaf=True).replace("u-deputy", "open").replace("u-decoy", "shut"))
    told = attacked.check(held=SIZES)
    assert told.broken == {}
    assert any(line.startswith("unsigned entries 269 to 271") for line in told.report.lines())
    assert attacked.query("SELECT convert_from(entry, 'UTF8') LIKE '%shut%' FROM {s}.event WHERE position = 270") == [
        (True,)
    ]


def test_a_false_new_entry_of_a_stolen_account_is_not_shown(attacked: Attacked) -> None:
    attacked.append(1)
    attacked.sign()
    assert attacked.check(held=SIZES).broken == {}


def test_the_service_itself_refuses_to_record_in_the_past(attacked: Attacked) -> None:
    with pytest.raises(psycopg.Error) as refused:
        attacked.append(1, minutes_ago=5)
    assert refused.value.sqlstate == "CW004"


def test_a_dump_of_the_database_tells_neither_names_nor_keys(attacked: Attacked) -> None:
    dump = attacked.dumped()
    assert b"incident.reported.v1" in dump
    assert CANARY.encode() not in dump
    for line in (attacked.original.keys / "master.key").read_text().splitlines():
        key = line.split()[1]
        assert key.encode() not in dump
        assert bytes.fromhex(key) not in dump
    for seed in (attacked.original.keys / "rowan.record.key").read_text().split():
        assert bytes.fromhex(seed) not in dump


def test_an_altered_record_is_signed_no_further(attacked: Attacked) -> None:
    attacked.superuser(alter(READ, with_leaf=True))
    with pytest.raises(RecordBroken, match="the record was forked"):
        attacked.sign()
