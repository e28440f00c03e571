"""When a letter may leave: at any time, but for channels that reach somebody at once.

A window is a part of the day in Europe/London, half-open: at 17:00:00 it is closed. ClassDojo's is the policy's own
(P26, P27), on school days, and hard: nobody may send outside it. E-mail leaves on working days. The school says the
hours in ``school.toml``.

Worked example: a ClassDojo message that is ready on Friday 6 February 2026 at 17:20 may leave on Monday 9 February at
08:00. Clocks change at night, so 08:00 stays 08:00.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import NamedTuple

from letters.domain.catalogue import Channel
from letters.domain.working_days import LONDON, Calendar

Hours = tuple[time, time]
DAYS: Mapping[Channel, str] = {"classdojo": "school days", "email": "working days"}
"""The channels that have a window, and the days on which it opens."""
HARD: frozenset[Channel] = frozenset({"classdojo"})
HOURS: Mapping[Channel, Hours] = {"classdojo": (time(8), time(17)), "email": (time(8), time(18))}
"""What holds where a school says nothing else."""
MESSAGE_CHARACTERS_MAX: Mapping[str, int] = {"classdojo": 300}
"""How long the words may be that go with a letter by a channel."""


ANY_TIME = "any_time"
"""Why a letter may leave whatever the hour: its channel has no window, or the headteacher let it go."""


class Opening(NamedTuple):
    """From when on something may leave, and why not before."""

    at: datetime
    why: str


def opening(channel: Channel, moment: datetime, calendar: Calendar, hours: Mapping[Channel, Hours]) -> Opening:
    """Return the first instant from this one on at which a letter may leave by this channel.

    Raises:
        NoTermData: the calendar does not say when the next school day is.
    """
    if channel not in DAYS:
        return Opening(moment, ANY_TIME)
    first, last = hours.get(channel, HOURS[channel])
    is_open_on = calendar.is_school_day if DAYS[channel] == "school days" else calendar.is_working_day
    local = moment.astimezone(LONDON)
    day = local.date()
    if not is_open_on(day) or local.time() >= last:
        day += timedelta(days=1)
        while not is_open_on(day):
            day += timedelta(days=1)
    opens = datetime.combine(day, first, LONDON)
    return Opening(local, "window_open") if opens <= local else Opening(opens, "window_closed")


def closing(channel: Channel, moment: datetime, hours: Mapping[Channel, Hours]) -> datetime | None:
    """Return when the window closes that is open now; None for a channel without one."""
    if channel not in DAYS:
        return None
    local = moment.astimezone(LONDON)
    return datetime.combine(local.date(), hours.get(channel, HOURS[channel])[1], LONDON)
