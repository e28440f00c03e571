"""When a channel is open: hours of some days, in Europe/London, half-open; 18:00:00 is closed already.

E-mail leaves on working days, ClassDojo on school days (policy P26, P27); ``school.toml`` may set other hours. Letters
by any other channel go at any time. Where the school has given no terms around a day, that day is not guessed: the
channel stays shut until the calendar says more (:attr:`Opening.at` is None).

Worked examples, with these hours: ClassDojo on Friday 6 February 2026 at 17:00:00 opens on Monday 9 February at 08:00;
e-mail on Friday 27 March 2026 at 18:30 opens on Monday 30 March at 08:00 British Summer Time, 07:00 UTC.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

import msgspec

from letters.domain.working_days import LONDON, Calendar


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """From when until when, and on which days."""

    opens: time
    closes: time
    on: Callable[[Calendar, date], bool]

    def holds(self, moment: datetime, calendar: Calendar) -> bool:
        """Tell whether the channel is open at this instant."""
        local = moment.astimezone(LONDON)
        is_day = calendar.says(local.date()) and self.on(calendar, local.date())
        return is_day and self.opens <= local.time() < self.closes


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """When a letter may leave, and why then; None: the school's calendar does not say."""

    at: datetime | None
    why: str


ANY_TIME = "any_time"
"""Why a letter may leave at once, whatever the hour: its channel has no window, or a person decided so."""
IN_WINDOW, NEXT_WINDOW, NO_TERM_DATA = "in_window", "next_window", "no_term_data"

WINDOWS: Mapping[str, Window] = {
    "email": Window(opens=time(8), closes=time(18), on=Calendar.is_working_day),
    "classdojo": Window(opens=time(8), closes=time(17), on=Calendar.is_school_day),
}
"""The hours where the school sets no others."""


def with_hours(hours: Mapping[str, tuple[time, time]]) -> Mapping[str, Window]:
    """Return the windows with the school's own hours in place of these."""
    return {
        name: msgspec.structs.replace(window, opens=hours[name][0], closes=hours[name][1]) if name in hours else window
        for name, window in WINDOWS.items()
    }


def opening(channel: str, moment: datetime, calendar: Calendar, windows: Mapping[str, Window] = WINDOWS) -> Opening:
    """Return the first instant, from this one on, at which a letter may leave by this channel."""
    window = windows.get(channel)
    if window is None:
        return Opening(at=moment, why=ANY_TIME)
    if window.holds(moment, calendar):
        return Opening(at=moment, why=IN_WINDOW)
    local = moment.astimezone(LONDON)
    day = local.date() if local.time() < window.opens else local.date() + timedelta(days=1)
    while calendar.says(day):
        if window.on(calendar, day):
            return Opening(at=datetime.combine(day, window.opens, LONDON).astimezone(moment.tzinfo), why=NEXT_WINDOW)
        day += timedelta(days=1)
    return Opening(at=None, why=NO_TERM_DATA)
