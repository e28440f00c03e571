"""Repeat posters: who wrote what was judged inappropriate in more than one case, within the months the edition names.

Nobody is counted who was wrongly taken for the poster, is known by a name alone (R05), is a child or answers for one,
or whose post was no breach; and no case that was withdrawn. Only cases are counted that the reader may read.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import msgspec

from casework.application.casework import Casework
from casework.application.read_models.cases import Cases, Unreadable
from casework.application.read_models.folded import FoldedCase
from casework.application.visibility import may_read
from casework.domain.calendar import london_date
from casework.domain.incident import Incident, Party
from casework.domain.rules import SURE_ENOUGH
from servicekit.credentials import Caller

REPEATED: Final = 2


class PosterCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case of somebody's, as the list names it."""

    id: str
    reference: str
    reported_at: datetime
    primary: str | None


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, by id of the directory and by name, with their cases, the oldest first."""

    person: str
    name: str | None
    incidents: tuple[PosterCase, ...]


class RepeatPosters(msgspec.Struct, frozen=True, kw_only=True):
    """Who posted again since this day."""

    since: date
    posters: tuple[Poster, ...]


class PosterDesk:
    """Where the repeat posters of one school are asked for."""

    def __init__(self, casework: Casework, cases: Cases) -> None:
        self._casework = casework
        self._cases = cases

    def repeated(self, caller: Caller, person: str | None = None) -> RepeatPosters:
        """Return who has more than one such case, those with most first; of one person, also a single case.

        Raises:
            StoreError: a case cannot be read, or this read cannot be recorded.
        """
        months = self._casework.record.policy().edition.parameters.repeat_window_months
        since = months_before(london_date(self._casework.now()), months)
        found: dict[str, list[tuple[int, Incident, Party]]] = defaultdict(list)
        for position, case, poster in self._posters(caller, since):
            if poster.person is not None and person in {None, poster.person}:
                found[poster.person].append((position, case, poster))
        least = REPEATED if person is None else 1
        posters = [_poster(id_, sorted(cases)) for id_, cases in found.items() if len(cases) >= least]
        posters.sort(key=lambda each: (-len(each.incidents), each.person))
        self._casework.list_read(caller, "repeat-posters", len(posters))
        return RepeatPosters(since=since, posters=tuple(posters))

    def _posters(self, caller: Caller, since: date) -> Iterator[tuple[int, Incident, Party]]:
        """Yield each case that counts, with who its poster is."""
        candidates = (
            each for each in self._cases.nameless() if isinstance(each, Unreadable) or is_counted(each, since)
        )
        for found in self._cases.named(candidates):
            if isinstance(found, Unreadable):
                raise found.error
            case = found.case
            if case.identity is not None and may_read(caller, case):
                yield found.position, case, case.parties[case.identity.party]


def is_counted(folded: FoldedCase, since: date) -> bool:
    """Return whether a case counts for its poster."""
    case, identity = folded.case, folded.case.identity
    return (
        case.kind == "adult_post"
        and not case.is_withdrawn
        and bool(case.inappropriate_posts)
        and identity is not None
        and identity.capacity == "poster"
        and identity.confidence in SURE_ENOUGH
        and case.reported_at is not None
        and london_date(case.reported_at) >= since
    )


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last day of that month if it has no such day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _poster(person: str, cases: list[tuple[int, Incident, Party]]) -> Poster:
    incidents = tuple(
        PosterCase(id=str(case.id), reference=case.reference, reported_at=case.reported_at, primary=case.primary)
        for _, case, _ in cases
        if case.reported_at is not None
    )
    return Poster(person=person, name=cases[-1][2].name, incidents=incidents)
