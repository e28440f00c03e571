"""Statistics per term (P63): how the policy is applied, in figures that name nobody.

A case belongs to the term in which it was reported. One that was withdrawn (reported twice, or in error) is not counted
as reported. Children and the adults who answer for them are counted as posters nowhere. Nobody is shown figures that
count a case about themselves.

Governors are shown no figure under five, nor one that would give such a figure away when taken from another: what is
hidden is None, or not named at all where there is a name to each figure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from statistics import median
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from casework.application.casework import Casework
from casework.application.read_models.cases import Cases, Unreadable
from casework.application.read_models.folded import FoldedCase
from casework.application.visibility import counts_children, is_counted_for
from casework.domain.calendar import Calendar, CalendarMissing, Term, london_date
from casework.domain.incident import Incident
from casework.domain.monitoring import THREAT
from casework.domain.phases import has_escalated
from casework.domain.rules import CONTACTED
from casework.domain.steps.police import REFERRAL
from servicekit.credentials import Caller

HIDDEN_BELOW: Final = 5
SHOWN_PART: Final = frozenset({"chair", "governor"})
"""Who is shown no small figures."""

JUDGED: Final = ("inappropriate", "no_breach", "undecided")
"""Together, all that were reported."""
PARTS_OF_REPORTED: Final = ("escalated", "identity_corrected", "threats")
SPREADS: Final = ("days_to_contact", "days_to_removal", "minutes_to_police")
BREAKDOWNS: Final = ("by_category", "by_channel", "by_association", "return_counts")

Figure = int | None
Parts = Mapping[str, int]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took: in how many cases it came about, and in half of them no longer than this."""

    cases: Figure
    median: float | None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one term."""

    term: str
    first: date
    last: date
    hidden_below: int | None
    includes_child_accounts: bool
    reported: Figure
    duplicates: Figure
    withdrawn_in_error: Figure
    inappropriate: Figure
    no_breach: Figure
    undecided: Figure
    escalated: Figure
    first_step_resolved: Figure
    first_step_rate: float | None
    identity_corrected: Figure
    threats: Figure
    police_referrals: Figure
    days_to_contact: Spread
    days_to_removal: Spread
    minutes_to_police: Spread
    by_category: Parts
    by_channel: Parts
    by_association: Parts
    return_counts: Parts
    overrides: Mapping[str, Parts]
    outside_terms: Figure


class TermUnknown(Exception):
    """The school's calendar has no term of that name."""

    def __init__(self, known: Iterable[str]) -> None:
        names = ", ".join(known) or "none at all"
        super().__init__(f"expected a term of the school calendar ({names}), found another; calendar.toml names them")


class StatisticsDesk:
    """Where the figures of one school are asked for."""

    def __init__(self, casework: Casework, cases: Cases) -> None:
        self._casework = casework
        self._cases = cases

    def of_term(self, caller: Caller, name: str | None) -> Statistics:
        """Return the figures of a term, or of the one that today lies in.

        Raises:
            TermUnknown, CalendarMissing: the school's calendar has no such term, or none today.
            StoreError: a case cannot be read, or this read cannot be recorded: figures without it would be believed.
        """
        now = self._casework.now()
        calendar = self._casework.calendar
        term = _term(calendar, name, london_date(now))
        found = statistics_of(self._counted(caller), term, calendar, now, has_children=counts_children(caller))
        self._casework.list_read(caller, "statistics", 0)
        return concealed(found) if caller.role in SHOWN_PART else found

    def _counted(self, caller: Caller) -> list[FoldedCase]:
        cases = [case for case in self._readable() if case.case.sensitivity == "open" or counts_children(caller)]
        left_out = set(self._not_for(caller, cases))
        return [case for case in cases if case.id not in left_out]

    def _readable(self) -> Iterator[FoldedCase]:
        for case in self._cases.nameless():
            if isinstance(case, Unreadable):
                raise case.error
            yield case

    def _not_for(self, caller: Caller, cases: Iterable[FoldedCase]) -> Iterator[UUID]:
        """Yield those of these cases that are about the caller: who is in them is opened for this alone."""
        for found in self._cases.named(case for case in cases if case.case.targets):
            if isinstance(found, Unreadable):
                raise found.error
            if not is_counted_for(caller, found.case):
                yield found.case.id


def statistics_of(
    cases: Iterable[FoldedCase], term: Term, calendar: Calendar, now: datetime, *, has_children: bool = True
) -> Statistics:
    """Return the figures of a term, of these cases."""
    all_cases = [case for case in cases if case.case.reported_at]
    there = [case for case in all_cases if term.first <= _day(case) <= term.last]
    counted = [case for case in there if not case.case.is_withdrawn]
    bad = [case for case in counted if case.case.inappropriate_posts]
    posters = [case for case in bad if case.case.kind == "adult_post"]
    over = [case for case in posters if case.case.ended]
    resolved = [case for case in over if _first_contact(case.case) and not _went_further(case.case, now)]
    return Statistics(
        term=term.name,
        first=term.first,
        last=term.last,
        hidden_below=None,
        includes_child_accounts=has_children,
        reported=len(counted),
        duplicates=sum(case.case.is_withdrawn and case.figures.is_duplicate for case in there),
        withdrawn_in_error=sum(case.case.is_withdrawn and not case.figures.is_duplicate for case in there),
        inappropriate=len(bad),
        no_breach=sum(case.case.breach is not None and not case.case.inappropriate_posts for case in counted),
        undecided=sum(case.case.breach is None and not case.case.inappropriate_posts for case in counted),
        escalated=sum(has_escalated(case.case, now) for case in counted),
        first_step_resolved=len(resolved),
        first_step_rate=round(len(resolved) / len(over), 3) if over else None,
        identity_corrected=sum(case.figures.is_identity_corrected for case in counted),
        threats=sum(THREAT in case.case.categories for case in counted),
        police_referrals=sum(len(case.case.numbers_of(REFERRAL)) for case in counted),
        days_to_contact=_days(posters, lambda case: _first_contact(case.case)),
        days_to_removal=_days(bad, lambda case: case.figures.removed_at),
        minutes_to_police=_minutes(counted),
        by_category=_counts(case.case.primary for case in counted),
        by_channel=_counts(channel for case in counted for channel in _channels(case.case)),
        by_association=_counts(_association(case.case) for case in counted),
        return_counts=_counts(name for case in counted for name in case.case.characteristics),
        overrides=_overrides(counted),
        outside_terms=sum(calendar.term_of(_day(case)) is None for case in all_cases),
    )


def concealed(found: Statistics) -> Statistics:
    """Return the figures without those under five, and without those that give such a one away."""
    judged = _shown({name: getattr(found, name) for name in JUDGED}, found.reported)
    parts = {name: _part(getattr(found, name), found.reported) for name in PARTS_OF_REPORTED}
    resolved = _part(found.first_step_resolved, found.inappropriate)
    spreads = {name: _spread(getattr(found, name)) for name in SPREADS}
    breakdowns = {name: _shown(getattr(found, name), found.reported) for name in BREAKDOWNS}
    return replace(
        found,
        hidden_below=HIDDEN_BELOW,
        reported=_part(found.reported, None),
        duplicates=_part(found.duplicates, None),
        withdrawn_in_error=_part(found.withdrawn_in_error, None),
        first_step_resolved=resolved,
        first_step_rate=None if resolved is None else found.first_step_rate,
        police_referrals=_part(found.police_referrals, None),
        overrides={rule: _shown(codes, None) for rule, codes in found.overrides.items()},
        outside_terms=_part(found.outside_terms, None),
        **{name: judged.get(name) for name in JUDGED},
        **parts,
        **spreads,
        **breakdowns,
    )


def _term(calendar: Calendar, name: str | None, today: date) -> Term:
    wanted = calendar.term_of(today) if name is None else name
    found = next((term for term in calendar.terms if term.name == wanted), None)
    if found is None:
        raise CalendarMissing(today) if name is None else TermUnknown(term.name for term in calendar.terms)
    return found


def _day(case: FoldedCase) -> date:
    assert case.case.reported_at is not None  # noqa: S101 - only cases that were reported are counted
    return london_date(case.case.reported_at)


def _first_contact(case: Incident) -> datetime | None:
    """Return when the school first talked to the poster about the post: what the first step begins with."""
    return next(
        (
            contact.occurred_at
            for contact in case.contacts
            if contact.purpose == "first_step"
            and contact.outcome in CONTACTED
            and case.identity is not None
            and contact.party == case.identity.party
        ),
        None,
    )


def _went_further(case: Incident, now: datetime) -> bool:
    return has_escalated(case, now) or bool(case.numbers_of(REFERRAL))


def _association(case: Incident) -> str | None:
    """Return how the poster belongs to the school; none where the poster is a child, or not known."""
    identity = case.identity
    if case.kind != "adult_post" or identity is None or identity.capacity != "poster":
        return None
    party = case.parties.get(identity.party)
    return None if party is not None and party.kind == "pupil" else identity.association


def _channels(case: Incident) -> set[str]:
    return {post.channel for post in case.posts.values()}


def _days(cases: Iterable[FoldedCase], when: Callable[[FoldedCase], datetime | None]) -> Spread:
    took = [(london_date(then) - _day(case)).days for case in cases if (then := when(case)) is not None]
    return Spread(cases=len(took), median=median(took) if took else None)


def _minutes(cases: Iterable[FoldedCase]) -> Spread:
    took = [
        (case.figures.referred_at - case.case.reported_at).total_seconds() / 60
        for case in cases
        if case.figures.referred_at is not None and case.case.reported_at is not None
    ]
    return Spread(cases=len(took), median=round(median(took), 1) if took else None)


def _counts(names: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(name for name in names if name is not None).items()))


def _overrides(cases: Iterable[FoldedCase]) -> dict[str, dict[str, int]]:
    uses = [use for case in cases for use in case.figures.overrides]
    return {rule: _counts(use.code for use in uses if use.rule == rule) for rule in sorted({use.rule for use in uses})}


def _part(figure: Figure, whole: Figure) -> Figure:
    """Return a figure, unless it or what is left of the whole is small."""
    left = 0 if figure is None or whole is None else whole - figure
    return None if figure is None or figure < HIDDEN_BELOW or 0 < left < HIDDEN_BELOW else figure


def _shown(parts: Parts, whole: Figure) -> dict[str, int]:
    """Return those parts of a whole that are not small, and only so many that what is left is not small either."""
    shown = {name: figure for name, figure in parts.items() if figure >= HIDDEN_BELOW}
    while shown and whole is not None and 0 < whole - sum(shown.values()) < HIDDEN_BELOW:
        del shown[min(shown, key=lambda name: (shown[name], name))]
    return shown


def _spread(found: Spread) -> Spread:
    return Spread(cases=None, median=None) if (found.cases or 0) < HIDDEN_BELOW else found
