"""The first entries of a school's record (domain.md 9). What is set about the policy later: ``policy``.

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
from casework.domain.policy import Drafted, Edition, PolicyAdopted
from casework.domain.record import RecordOpened


def found(record: Record, *, key: str, is_scratch: bool, edition: Edition, by: str, now: datetime) -> None:
    """Open the record and put the first edition in force: three entries, all or none."""
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(edition))
    digest = sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    plain = Carried(occurred_at=now, actor=by, role="admin", command=uuid4(), sensitivity="open")
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
    record.append_unasked(events)


def _at(stream: UUID, version: int, event: Event, carried: Carried, now: datetime) -> Recorded:
    return Recorded(originator_id=stream, originator_version=version, recorded_at=now, carried=carried, event=event)
