"""The first entries of a school's record, and what is set about the policy later: editions and channels (domain.md 9).

Position 1 says which key signs the record and whether it is only for trials; the seed edition follows, drafted and
adopted as its own file says: unsigned and overdue, and shown as such everywhere.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec

from casework.application.record import Record
from casework.domain.event import Carried, Event, Recorded
from casework.domain.policy import Channel, ChannelSet, Drafted, Edition, PolicyAdopted
from casework.domain.record import RecordOpened


def found(record: Record, *, key: str, is_scratch: bool, edition: Edition, by: str, now: datetime) -> None:
    """Open the record and put the first edition in force: three entries, all or none."""
    content: dict[str, Any] = msgspec.to_builtins(edition)
    digest = sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    carried = _carried(by, "admin", now)
    policy = record.policy_stream
    adopted = PolicyAdopted(
        edition=edition.edition,
        adopted=str(edition.adopted),
        review_due=str(edition.review_due),
        minute_ref=edition.adopted.minute_ref,
    )
    entries: tuple[tuple[UUID, int, Event], ...] = (
        (record.stream, 1, RecordOpened(key=key, is_scratch=is_scratch)),
        (policy, 1, Drafted(edition=edition.edition, content=content, sha256=digest)),
        (policy, 2, adopted),
    )
    _append(record, entries, carried, now)


def set_channel(record: Record, channel: Channel, *, by: str, role: str, now: datetime) -> None:
    """Enter a channel in the register, or change it (P10); said again as it is, it changes nothing."""
    policy = record.policy()
    if policy.channels.get(channel.id) == channel:
        return
    carried = _carried(by, role, now, edition=policy.in_force, clauses=("P10",))
    _append(record, [(record.policy_stream, policy.version + 1, ChannelSet(by=by, channel=channel))], carried, now)


def _carried(
    by: str, role: str, now: datetime, *, edition: str | None = None, clauses: tuple[str, ...] | None = None
) -> Carried:
    return Carried(
        occurred_at=now,
        actor=by,
        role=role,
        command=uuid4(),
        edition=edition,
        clauses=clauses,
        sensitivity="open",
    )


def _append(record: Record, entries: Iterable[tuple[UUID, int, Event]], carried: Carried, now: datetime) -> None:
    events = [
        Recorded(originator_id=stream, originator_version=version, recorded_at=now, carried=carried, event=event)
        for stream, version, event in entries
    ]
    record.append(events, command=carried.command, body_sha256=sha256(carried.command.bytes).digest())
