"""The typed mapper: what it stores comes back as it was, and what does not is refused before it is stored."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Literal, cast
from uuid import UUID

import msgspec
import pytest
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import StoredEvent

from servicekit.mapper import NotReversible, TypedMapper, UnknownEventType, UnreadableEvent

STREAM = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")
MOMENT = datetime(2026, 9, 14, 16, 40, tzinfo=timezone(timedelta(hours=1)))


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    type_name: ClassVar[str] = "letter.sent.v1"
    originator_id: UUID
    originator_version: int
    at: datetime
    channel: Literal["print", "email"]
    pages: tuple[int, ...] = ()


class Loose(msgspec.Struct, frozen=True, kw_only=True):
    type_name: ClassVar[str] = "letter.loose.v1"
    originator_id: UUID
    originator_version: int
    anything: object = None


MAPPER = TypedMapper([Sent, Loose])
SENT = Sent(originator_id=STREAM, originator_version=3, at=MOMENT, channel="print", pages=(1, 2))


def stored(event: object) -> StoredEvent:
    return MAPPER.to_stored_event(cast("DomainEventProtocol[UUID]", event))


def test_an_event_comes_back_with_its_tuples_and_dates() -> None:
    kept = stored(SENT)
    assert (kept.originator_id, kept.originator_version, kept.topic) == (STREAM, 3, "letter.sent.v1")
    assert MAPPER.to_domain_event(kept) == SENT


def test_an_event_that_would_come_back_changed_is_refused_naming_the_field() -> None:
    changed = Loose(originator_id=STREAM, originator_version=1, anything=(1, 2))
    with pytest.raises(NotReversible, match=r"letter\.loose\.v1 does not come back equal in anything"):
        stored(changed)


def test_an_event_of_the_wrong_shape_is_refused_without_quoting_it() -> None:
    wrong = Sent(originator_id=STREAM, originator_version=1, at=MOMENT, channel=cast("Any", "pigeon post"))
    with pytest.raises(NotReversible, match=r"at \$\.channel") as raised:
        stored(wrong)
    assert "pigeon" not in str(raised.value)


def test_an_unknown_stored_name_is_never_imported() -> None:
    foreign = StoredEvent(STREAM, 1, "os:system", b"{}")
    with pytest.raises(UnknownEventType, match="unknown type os:system"):
        MAPPER.to_domain_event(foreign)


def test_columns_that_disagree_with_the_state_are_refused() -> None:
    kept = stored(SENT)
    with pytest.raises(UnreadableEvent, match=f"its state says {STREAM}/3"):
        MAPPER.to_domain_event(StoredEvent(STREAM, 4, kept.topic, kept.state))


def test_two_types_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two event types"):
        TypedMapper([Sent, Sent])


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    in_utc = msgspec.structs.replace(SENT, at=MOMENT.astimezone(UTC))
    assert MAPPER.to_domain_event(stored(in_utc)) == SENT
