"""When something may leave by a channel, for those who plan a letter: the answer that taking it would give."""

from collections.abc import Mapping
from datetime import datetime

from letters.application.casework import Calendars
from letters.application.clock import Clock
from letters.domain.catalogue import Channel
from letters.domain.windows import Hours, Opening, opening


class Windows:
    """The windows of one school."""

    def __init__(self, calendars: Calendars, clock: Clock, hours: Mapping[Channel, Hours]) -> None:
        self._calendars = calendars
        self._clock = clock
        self._hours = hours

    def opening(self, channel: Channel, at: datetime | None) -> Opening:
        """Return from when on, at this instant or now, a letter may leave by this channel, and why.

        Raises:
            CaseworkUnavailable: there never was a calendar.
            NoTermData: the school's calendar says nothing of the days after it.
        """
        return opening(channel, at or self._clock.now(), self._calendars.current(), self._hours)
