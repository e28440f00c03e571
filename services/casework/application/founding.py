"""The first entries of a school's record, and what is set about the policy later: editions and channels (domain.md 9).

Position 1 says which key signs the record and whether it is only for trials; the seed edition follows, drafted and
adopted as its own file says: unsigned and overdue, and shown as such everywhere.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

from casework.application.record import Record
from casework.domain.event import Carried, Event, Recorded
from casework.domain.policy import Channel, ChannelSet, Drafted, Edition, PolicyAdopted
from casework.domain.record import RecordOpened


def found(record: Record, *, key: str, is_scratch: bool, edition: Edition, by: str, now: datetime) -> None:
    """Open the record and put the first edition in force: three entries, all or none."""
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(edition))
    digest = sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    plain = _carried(by, "admin", now)
    about = replace(plain, edition=edition.edition, clauses=("P02",))
    policy = record.policy_stream
    adopted = PolicyAdopted(
        adopted=str(edition.adopted),
        review_due=str(edition.review_due),
        minute_ref=edition.adopted.minute_ref,
    )
    opened = RecordOpened(key=key, is_scratch=is_scratch)
    events = [
        _at(record.stream, 1, opened, plain, now),
        _at(policy, 1, Drafted(content=content, sha256=digest), about, now),
        _at(policy, 2, adopted, about, now),
    ]
    record.append(events, command=plain.command, body_sha256=_digest(plain.command))


def set_channel(record: Record, channel: Channel, *, by: str, role: str, now: datetime) -> None:
    """Enter a channel in the register, or change it (P10); said again as it is, it changes nothing."""
    policy = record.policy()
    if policy.channels.get(channel.id) == channel:
        return
    carried = _carried(by, role, now, edition=policy.in_force, clauses=("P10",))
    event = ChannelSet(by=by, channel=channel)
    at = _at(record.policy_stream, policy.version + 1, event, carried, now)
    record.append([at], command=carried.command, body_sha256=_digest(carried.command))


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


def _at(stream: UUID, version: int, event: Event, carried: Carried, now: datetime) -> Recorded:
    return Recorded(originator_id=stream, originator_version=version, recorded_at=now, carried=carried, event=event)


def _digest(command: UUID) -> bytes:
    return sha256(command.bytes).digest()
