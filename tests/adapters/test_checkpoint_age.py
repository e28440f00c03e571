"""What readiness says of the checkpoints: none too old, and none of more entries than are there."""

import pytest

from casework.adapters.checkpoints import Checkpoints
from casework.ledger.note import Signer
from servicekit.readiness import NotReady
from tests.adapters.given import ORIGIN, Place, record


@pytest.fixture
def checkpoints(place: Place) -> Checkpoints:
    """Return the checkpoints of a record of three entries, all signed."""
    made = Checkpoints(place.pool, place.database.app, place.school, Signer(ORIGIN, [b"\x33" * 32]))
    record(place, 3)
    made.sign()
    return made


def tamper(place: Place, statement: str) -> None:
    place.query("ALTER TABLE {s}.event DISABLE TRIGGER USER")
    place.query(statement)


def test_all_signed_or_new_is_ready(place: Place, checkpoints: Checkpoints) -> None:
    checkpoints.check_age()
    record(place)
    checkpoints.check_age()


def test_an_entry_that_waits_too_long_for_its_checkpoint_is_not_ready(place: Place, checkpoints: Checkpoints) -> None:
    record(place)
    tamper(place, "UPDATE {s}.event SET recorded_at = recorded_at - interval '11 minutes'")
    with pytest.raises(NotReady, match="within 10 minutes, found one that waits for 11"):
        checkpoints.check_age()
    checkpoints.sign()
    checkpoints.check_age()


@pytest.mark.parametrize(("first_gone", "left"), [(3, 2), (1, 0)])
def test_a_record_shorter_than_its_last_checkpoint_is_not_ready(
    place: Place, checkpoints: Checkpoints, first_gone: int, left: int
) -> None:
    tamper(place, f"DELETE FROM {{s}}.event WHERE position >= {first_gone}")
    with pytest.raises(NotReady, match=f"of 3 entries at least, as its last checkpoint says, found one of {left}; run"):
        checkpoints.check_age()
