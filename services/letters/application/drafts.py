"""A page of casework's feed becomes events of letters: drafts, holds, supersessions, parked causes.

For each page: fetch the merge fields of the events that may cause a letter, eight at a time and outside any
transaction; seal the content; then append everything together with the position. A crash anywhere repeats work, and the
same ids come out; it neither loses nor doubles.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from uuid import UUID

import msgspec

from letters.application import preparation
from letters.application.casework import MergeFieldsSource, Page
from letters.application.clock import Clock
from letters.application.content import Contents
from letters.application.letters import Letters, Overtaken
from letters.application.pacing import Pacing
from letters.application.preparation import Answer, Made, Preparation, unresolved
from letters.application.register import Register
from letters.application.writing import Writing
from letters.domain import drafting
from letters.domain import event as ev
from letters.domain.catalogue import CATALOGUE, Row
from letters.domain.choices import Choices
from letters.domain.drafting import Cause, Place, audience, recipients
from letters.domain.effects import (
    AUDIENCE,
    EFFECTS,
    KEY_DESTROYING,
    REFETCHING,
    answered,
    is_renewed,
    is_void,
    up_to_date,
)  # fmt: skip
from letters.domain.errors import CaseworkUnavailable, EventGone, MergeFieldsMalformed
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import OUTDATED, Letter
from letters.domain.merge_fields import RecipientFields
from letters.domain.naming import GONE, UNRESOLVED

FETCHES_AT_ONCE = 8
KNOWN = frozenset({row.trigger for row in CATALOGUE.values()} | set(EFFECTS))
"""Events that we act on: another version of one of these is parked, never passed over."""

_UNAVAILABLE = ev.Problem(code="casework_unavailable", path="merge_fields", expected="an answer from casework")
_GONE = ev.Problem(code="event_gone", path="merge_fields", expected="an event that this role may see")
_NOBODY = ev.Problem(code="no_recipient", path="recipients", expected="a recipient of the class this letter goes to")


Fetched = Mapping[str, Answer | ev.Problem]


class PageRead(msgspec.Struct, frozen=True, kw_only=True):
    """What one page led to, for the log and for the retries that follow."""

    position: int
    drafted: int
    parked: int
    refetch: frozenset[UUID]


class Drafts:
    """Reads pages; retries and revises drafts."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        letters: Letters,
        register: Register,
        contents: Contents,
        casework: MergeFieldsSource,
        preparation: Preparation,
        clock: Clock,
        pacing: Pacing,
    ) -> None:
        self._letters = letters
        self._register = register
        self._contents = contents
        self._casework = casework
        self._preparation = preparation
        self._clock = clock
        self._pacing = pacing

    def read_page(self, page: Page) -> PageRead:
        """Append what a page leads to, with its position.

        Raises:
            Overtaken: somebody appended to one of these letters meanwhile, or another follower was here; read again.
        """
        acted_on = [entry for entry in page.entries if entry.name in KNOWN]
        writing = Writing(self._letters, self._register, self._clock.now(), acted_on)
        fetched = self._fetch_for(page.entries)
        for entry in page.entries:
            if entry.name in KNOWN and not entry.is_known_version:
                writing.park(entry)
                continue
            writing.affect(entry)
            for row in self._preparation.rows(entry):
                if entry.id in fetched:
                    writing.add(self._first_drafts(row, entry, fetched[entry.id], writing.moment))
        for case in {entry.case for entry in page.entries if entry.name == KEY_DESTROYING}:
            self._contents.destroy(case)
            writing.forget_contents(case)
        self._contents.put(writing.contents)
        self._letters.record_page(writing.events, page.next)
        drafted = sum(isinstance(event, ev.Drafted) for event in writing.events)
        parked = sum(isinstance(event, ev.CauseParked) for event in writing.events)
        refetch = frozenset(entry.case for entry in page.entries if entry.name in REFETCHING)
        return PageRead(position=page.next, drafted=drafted, parked=parked, refetch=refetch)

    def retry(self, cases: frozenset[UUID] | None) -> int:
        """Ask casework again about letters that are incomplete, outdated, or held until it has said who may see them.

        Those of these cases (None: of all), those that were not answered before, as their time comes. Returns how many
        letters changed.
        """
        asking = (self._register.held(hold) for hold in (AUDIENCE, OUTDATED))
        asked = dict.fromkeys(chain(self._register.pending("incomplete"), *asking))
        changed = 0
        for found in map(self._letters.find, asked):
            if found is not None and self._is_due(found, cases):
                changed += self._retry(found)
        return changed

    def revision(
        self, letter: Letter, place: Place, preferred_signatory: str | None, chosen: Choices | None = None
    ) -> list[ev.Drafted]:
        """Return a letter's next revision, at a person's request, of casework's present answer; its content is stored.

        Made as staff chose before, unless other choices are given.

        Raises:
            CaseworkUnavailable, EventGone, MergeFieldsMalformed: casework's answer, or none.
            Refused: the address that was chosen is another person's (R17).
        """
        answer = Answer.of(self._casework.merge_fields(letter.draft.cause))
        recipient = self._recipient(letter, answer)
        if recipient is None:
            raise EventGone
        chosen = chosen or self.choices(letter)
        drafting.check_address(answer.fields, recipient, chosen)
        made = self._again(letter, answer, place, preferred_signatory, chosen)
        if made is None:
            raise EventGone
        self._contents.put(made.contents)
        return [made.draft]

    def choices(self, letter: Letter) -> Choices:
        """Return what staff chose for a letter so far."""
        return preparation.chosen(self._contents, letter)

    def _fetch_for(self, entries: Iterable[FeedEntry]) -> Fetched:
        """Ask about each event that may cause a letter which does not exist yet."""
        causes = {entry.id: rows for entry in entries if (rows := self._preparation.rows(entry))}
        exists = self._register.drafted(causes)
        wanted = [cause for cause, rows in causes.items() if any((cause, row.template) not in exists for row in rows)]
        if not wanted:
            return {}
        with ThreadPoolExecutor(FETCHES_AT_ONCE, thread_name_prefix="merge-fields") as pool:
            return dict(zip(wanted, pool.map(self._fetch, wanted), strict=True))

    def _fetch(self, cause: str) -> Answer | ev.Problem:
        try:
            return Answer.of(self._casework.merge_fields(cause))
        except CaseworkUnavailable:
            return _UNAVAILABLE
        except EventGone:
            return _GONE
        except MergeFieldsMalformed as error:
            return ev.Problem(code="malformed", path="merge_fields", expected=str(error))

    def _first_drafts(
        self, row: Row, entry: FeedEntry, answer: Answer | ev.Problem, moment: datetime
    ) -> Iterable[Made]:
        """Return the drafts that an event causes by one row: to each recipient, or one that stands for them."""
        cause = Cause.of_entry(entry)
        if isinstance(answer, ev.Problem):
            return [unresolved(row, cause, GONE if answer is _GONE else UNRESOLVED, answer, moment)]
        if not self._preparation.applies(row, answer):
            return []
        if not recipients(row, answer.fields):
            return [unresolved(row, cause, UNRESOLVED, _NOBODY, moment)]
        return self._preparation.drafts(row, cause, answer, moment)

    def _is_due(self, letter: Letter, cases: frozenset[UUID] | None) -> bool:
        if letter.draft.recipient.party == GONE or _waits_for_a_person(letter):
            return False
        if cases is None or letter.draft.case in cases:
            return True
        is_owed = not letter.holds.isdisjoint((AUDIENCE, OUTDATED)) or self._pacing.has_failed(letter.id)
        is_timed = is_owed or any(problem == _UNAVAILABLE for problem in letter.draft.problems)
        return is_timed and self._pacing.is_due(letter.id)

    def _retry(self, letter: Letter) -> bool:
        """Fetch again; append only if something changed. What is not answered, or was overtaken, is tried again."""
        answer = self._fetch(letter.draft.cause)
        if answer is _UNAVAILABLE:
            self._pacing.wait_longer(letter.id)
            return False
        try:
            changed = self._take_in(letter, answer)
        except Overtaken:
            self._pacing.owe(letter.id)
            return False
        self._pacing.forget(letter.id)
        if not changed and not letter.holds.isdisjoint((AUDIENCE, OUTDATED)):
            self._pacing.wait_longer(letter.id)  # It stays held: nothing may leave on an answer that cannot be used.
        return changed

    def _take_in(self, letter: Letter, answer: Answer | ev.Problem) -> bool:
        """Append what an answer changes about a letter."""
        if letter.draft.recipient.party == UNRESOLVED:
            return self._resolve(letter, answer)
        if letter.status == "incomplete":
            return self._revise_if_new(letter, answer)
        if AUDIENCE in letter.holds:
            return self._readdress(letter, answer)
        return self._renew(letter, answer)

    def _readdress(self, letter: Letter, answer: Answer | ev.Problem) -> bool:
        """Let those see a complete letter who may now; draft it again if who signs or approved it must not have.

        That voids every approval, also the last one that issued the letter; but not what somebody has in hand: until
        they say what became of it, or their claim runs out, the hold stands.
        """
        if isinstance(answer, ev.Problem):
            return False
        now = self._clock.now()
        if not is_void(letter, answer.fields.conflicted):
            self._letters.append(answered(letter, audience(answer.fields), answer.fields.conflicted, now))
            return True
        made = self._revised(letter, answer)
        return made is not None and letter.is_unsent(now) and self._append(made)

    def _renew(self, letter: Letter, answer: Answer | ev.Problem) -> bool:
        """Draft an outdated letter again; if it would say the same, let it stand as it is."""
        made = None if isinstance(answer, ev.Problem) else self._revised(letter, answer)
        if made is None:
            return False
        if not _says_the_same(made.draft, letter.draft):
            return self._append(made)
        self._letters.append([up_to_date(letter, self._clock.now())])
        return True

    def _resolve(self, letter: Letter, answer: Answer | ev.Problem) -> bool:
        """Put letters to persons in the place of the draft that stood for them."""
        row, cause, now = CATALOGUE[letter.draft.template], Cause.of_letter(letter), self._clock.now()
        if answer is _GONE:
            made = [unresolved(row, cause, GONE, _GONE, now)]
        elif isinstance(answer, ev.Problem) or not recipients(row, answer.fields):
            return False
        elif self._preparation.applies(row, answer):
            made = list(self._preparation.drafts(row, cause, answer, now))
        else:
            made = []
        new = [each for each in made if self._letters.find(each.draft.originator_id) is None]
        superseded = ev.Superseded(
            originator_id=letter.id,
            originator_version=letter.version + 1,
            recorded_at=now,
            cause=letter.draft.cause,
            why="resolved" if made else "not_caused",
        )
        self._contents.put(piece for each in new for piece in each.contents)
        self._letters.append([*(each.draft for each in new), superseded])
        return True

    def _revise_if_new(self, letter: Letter, answer: Answer | ev.Problem) -> bool:
        if isinstance(answer, ev.Problem):
            return False
        made = self._revised(letter, answer)
        return made is not None and not _says_the_same(made.draft, letter.draft) and self._append(made)

    def _revised(self, letter: Letter, answer: Answer) -> Made | None:
        """Return the letter's next revision that nobody asked for; None if its recipient is none any more."""
        return self._again(letter, answer, Place.after(letter, self._clock.now()), letter.draft.signatory)

    def _append(self, made: Made) -> bool:
        """Append a revision after its content; return that something changed."""
        self._contents.put(made.contents)
        self._letters.append([made.draft])
        return True

    def _again(
        self, letter: Letter, answer: Answer, place: Place, preferred: str | None, chosen: Choices | None = None
    ) -> Made | None:
        """Return the next revision of a letter, as staff chose; None if its recipient is none any more."""
        row, recipient = CATALOGUE[letter.draft.template], self._recipient(letter, answer)
        if recipient is None:
            return None
        chosen = chosen or self.choices(letter)
        return self._preparation.draft(row, Cause.of_letter(letter), answer, recipient, place, preferred, chosen)

    @staticmethod
    def _recipient(letter: Letter, answer: Answer) -> RecipientFields | None:
        """Return the letter's recipient as casework has it now; None if there is none any more."""
        everyone = recipients(CATALOGUE[letter.draft.template], answer.fields)
        return next((each for each in everyone if each.party_id == letter.draft.recipient.party), None)


def _waits_for_a_person(letter: Letter) -> bool:
    """Tell whether nothing that casework says would change a letter by itself: somebody decided about it."""
    return letter.status != "incomplete" and AUDIENCE not in letter.holds and not is_renewed(letter)


def _says_the_same(new: ev.Drafted, old: ev.Drafted) -> bool:
    """Tell whether a new revision would say nothing new."""
    said = ("data_sha256", "channel", "problems", "holds", "signatory", "audience", "conflicted")
    return all(getattr(new, name) == getattr(old, name) for name in said)
