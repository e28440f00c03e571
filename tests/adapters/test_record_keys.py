"""Which keys sign: those that the record names, and none that is only in the key file."""

from uuid import uuid4

import pytest

from casework.adapters.record_keys import NamedKey, signing_keys
from casework.adapters.signer import CheckpointRun
from casework.application.store import Unavailable
from casework.ledger.note import Signer, open_note
from casework.ledger.verify import UnknownKey
from tests.adapters.given import BODY, ORIGIN, Place, record, stored

FIRST, SECOND, THIRD = (Signer(ORIGIN, [seed * 32]) for seed in (b"\x33", b"\x44", b"\x55"))
BOTH = Signer(ORIGIN, [b"\x44" * 32, b"\x33" * 32])
ALL = Signer(ORIGIN, [b"\x55" * 32, b"\x44" * 32, b"\x33" * 32])


def name_key(place: Place, version: int, **data: str) -> None:
    """Append the entry that names the first key, or another."""
    command = uuid4()
    kind = "record.opened.v1" if version == 1 else "record.key-rotated.v1"
    entry = stored(place.home.stream, version, command, type_name=kind, **data)
    place.recorder.insert_events([entry], command=command, body_sha256=BODY)


def sign(place: Place, signer: Signer) -> str:
    signed = CheckpointRun(place.database.app, place.school, signer).run()
    assert signed is not None
    return signed.note


def opened_by(note: str) -> list[str]:
    """Return the names of the keys that signed a note."""
    found = []
    for name, signer in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        try:
            open_note(note, signer.keys, ORIGIN)
        except UnknownKey:
            continue
        found.append(name)
    return found


@pytest.fixture
def opened(place: Place) -> Place:
    """Return a record that names its first key, and was signed by it."""
    name_key(place, 1, key=FIRST.vkey)
    assert opened_by(sign(place, FIRST)) == ["first"]
    return place


def test_a_new_key_in_the_file_signs_nothing_before_the_record_names_it(opened: Place) -> None:
    record(opened)
    assert opened_by(sign(opened, BOTH)) == ["first"]


def test_the_checkpoint_over_a_change_is_signed_by_both_keys_and_later_ones_by_the_new(opened: Place) -> None:
    name_key(opened, 2, old=FIRST.vkey, new=SECOND.vkey)
    record(opened)
    assert opened_by(sign(opened, BOTH)) == ["first", "second"]
    record(opened)
    assert opened_by(sign(opened, BOTH)) == ["second"]


def test_two_changes_under_one_checkpoint_leave_no_gap(opened: Place) -> None:
    name_key(opened, 2, old=FIRST.vkey, new=SECOND.vkey)
    name_key(opened, 3, old=SECOND.vkey, new=THIRD.vkey)
    assert opened_by(sign(opened, ALL)) == ["first", "second", "third"]
    record(opened)
    assert opened_by(sign(opened, ALL)) == ["third"]


def test_without_the_new_key_nothing_is_signed(opened: Place) -> None:
    name_key(opened, 2, old=FIRST.vkey, new=SECOND.vkey)
    with pytest.raises(Unavailable, match="as entry 2 says, found others: put its line first in the key file"):
        sign(opened, FIRST)
    sign(opened, BOTH)
    assert opened_by(sign(opened, FIRST)) == ["first", "second"]
    record(opened)
    with pytest.raises(Unavailable):
        sign(opened, FIRST)


def test_an_old_key_that_is_gone_is_left_out() -> None:
    named = [NamedKey(1, None, FIRST.vkey), NamedKey(4, FIRST.vkey, SECOND.vkey)]
    assert signing_keys(named, 3, SECOND) == (SECOND.vkey,)
    assert signing_keys(named, 3, BOTH) == (FIRST.vkey, SECOND.vkey)
    assert signing_keys(named, 4, BOTH) == (SECOND.vkey,)
    assert signing_keys([], 0, BOTH) == (SECOND.vkey,)
