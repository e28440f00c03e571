"""What a running school sets about its policy: the register of channels (P10, domain.md 9)."""

from datetime import datetime
from typing import Literal

from casework.application.record import Record
from casework.application.retrying import on_the_newest
from casework.domain.event import Carried, Recorded
from casework.domain.policy import Channel
from casework.domain.policy_events import ChannelSet
from servicekit.identifiers import uuid7

Setting = Literal["new", "changed", "unchanged"]


def set_channel(record: Record, channel: Channel, *, by: str, role: str, now: datetime) -> Setting:
    """Enter a channel in the register, or change it; said again as it is, it records nothing.

    Whoever loses a race for the next version of the policy looks again: somebody may have said the same meanwhile.

    Raises:
        StaleVersion: others were faster, three times.
    """
    return on_the_newest(lambda: _set(record, channel, by=by, role=role, now=now))


def _set(record: Record, channel: Channel, *, by: str, role: str, now: datetime) -> Setting:
    policy = record.policy()
    before = policy.channels.get(channel.id)
    if before == channel:
        return "unchanged"
    carried = Carried(
        occurred_at=now,
        actor=by,
        role=role,
        command=uuid7(),
        edition=policy.in_force,
        clauses=("P10",),
        sensitivity="open",
    )
    at = Recorded(
        originator_id=record.policy_stream,
        originator_version=policy.version + 1,
        recorded_at=now,
        carried=carried,
        event=ChannelSet(by=by, channel=channel),
    )
    record.append_unasked([at])
    return "new" if before is None else "changed"
