"""What was said and sent to families, in neutral words: what the school's information system reads (domain.md 10).

An entry says that a letter was sent, a call made or a meeting held: when, to which person of the directory, for which
case. It says nothing of why. Only events of no special sensitivity are looked at, so nothing of a child's account, of
safeguarding or of legal advice; letters to outside bodies (host, police, authority, adviser) have no family, and only
templates named here stand in it.

Entries come by position, so a reader misses none. A person who was wrongly taken for the poster disappears from it:
their entries are no longer given, and an entry `retracted`, at the correction's own position, names those before it::

    {"position": 41, "kind": "letter_sent", "method": "print", "letter": "formal letter", "person": "p-holt", ...}
    {"position": 57, "kind": "retracted", "retracts": [41], "person": null, ...}
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from casework.application.casework import Casework
from casework.application.pages import Page
from casework.application.read_models.cases import CASES
from casework.application.visibility import may_read_communications
from casework.domain.event import Event, Recorded
from casework.domain.folding import fold
from casework.domain.incident import Incident
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.first_step import ParentContacted
from casework.domain.steps.people import PosterIdentified, PosterIdentityCorrected
from servicekit.credentials import Caller

LOOKED_AT: Final = (
    CorrespondenceRecorded.type_name,
    ParentContacted.type_name,
    PosterIdentityCorrected.type_name,
)
FAMILY: Final = frozenset({"adult", "pupil"})

LETTERS: Final[Mapping[str, str]] = {
    "L01": "invitation to a conversation",
    "L02": "request by the school",
    "L03": "letter of thanks",
    "L04": "formal letter",
    "L05": "ways to reach the school",
    "L06": "ways to reach the school",
    "L13": "how to make a complaint",
    "L14": "guidance for families",
    "L15": "update from the school",
    "L22": "visits to the school",
}
"""Templates of letters to families, in words that accuse nobody. What is not here is not given: a new template is
either for an outside body, or needs its words first. L11 goes only to whom the log no longer names."""
STATES: Final[Mapping[str, str]] = {
    "sent": "letter_sent",
    "delivered": "letter_delivered",
    "returned": "letter_returned",
}
HELD: Final[Mapping[str, str]] = {
    "telephone": "call_made",
    "meeting": "meeting_held",
    "in_person": "conversation_held",
    "letter": "letter_sent",
    "email": "email_sent",
    "messaging": "message_sent",
}
"""What a contact by each method was, if it came about."""
OTHERWISE: Final[Mapping[tuple[str, str], str]] = {
    ("telephone", "no_answer"): "call_attempted",
    ("meeting", "meeting_arranged"): "meeting_arranged",
    ("meeting", "no_answer"): "meeting_offered",
    ("meeting", "declined"): "meeting_offered",
    ("in_person", "no_answer"): "conversation_attempted",
}
"""What it was if not, by method and outcome."""


class Communication(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `person` is an id of the directory; None where entries are taken back."""

    position: int
    occurred_at: datetime
    kind: str
    method: str | None
    letter: str | None
    person: str | None
    reference: str
    retracts: tuple[int, ...] = ()


class Communications:
    """The log of one school."""

    def __init__(self, casework: Casework) -> None:
        self._casework = casework

    def page(self, caller: Caller, *, after: int, limit: int) -> Page[Communication]:
        """Return entries after a position; whoever reads some is recorded first. An empty page discloses nothing.

        Raises:
            StoreError: the record cannot be read, or this read cannot be recorded.
        """
        record = self._casework.record
        found = record.reader.feed(after, limit, LOOKED_AT, ("open",))
        cases = {UUID(msgspec.json.decode(entry, type=_Named).id.partition("/")[0]) for entry in found.entries}
        entries = []
        for stream in record.reader.streams(CASES, cases) if cases else ():
            events = record.decoded(stream.entries)
            case = fold(None, events)
            if case is not None and may_read_communications(caller, case):
                log = log_of(case, zip(stream.positions, events, strict=True))
                entries += [log[position] for position in log.keys() & set(found.positions)]
        if entries:
            self._casework.list_read(caller, "communications", len(entries))
        entries.sort(key=lambda entry: entry.position)
        return Page(rows=tuple(entries), next=found.next, has_more=found.has_more)


class _Named(msgspec.Struct, frozen=True):
    """What is asked of a fed entry: which event it is."""

    id: str


def log_of(case: Incident, events: Iterable[tuple[int, Recorded]]) -> Mapping[int, Communication]:
    """Return the entries of one case by position, without those of a person who was wrongly taken for the poster."""
    log: dict[int, Communication] = {}
    wrong: set[str] = set()
    for position, at in events:
        said = _said(at.event)
        if isinstance(at.event, PosterIdentityCorrected):
            wrong = (wrong | {at.event.wrong}) - {at.event.right}
            person = _family_of(case, at.event.wrong)
            gone = tuple(earlier for earlier, entry in log.items() if person is not None and entry.person == person)
            log = {earlier: entry for earlier, entry in log.items() if earlier not in gone}
            if gone:
                log[position] = _entry(case, position, at, _Said(kind="retracted"), retracts=gone)
        elif isinstance(at.event, PosterIdentified):
            wrong.discard(at.event.party)
        elif said is not None and said.party not in wrong:
            person = _family_of(case, said.party)
            if person is not None:
                log[position] = _entry(case, position, at, said, person=person)
    return log


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one event was, in neutral words, and to whom."""

    kind: str
    party: str | None = None
    method: str | None = None
    letter: str | None = None


def _said(event: Event) -> _Said | None:
    if isinstance(event, ParentContacted):
        kind = OTHERWISE.get((event.method, event.outcome), HELD[event.method])
        return _Said(kind=kind, party=event.party, method=event.method)
    if isinstance(event, CorrespondenceRecorded) and event.template in LETTERS:
        letter = LETTERS[event.template]
        return _Said(kind=STATES[event.state], party=event.party, method=event.channel, letter=letter)
    return None


def _family_of(case: Incident, label: str | None) -> str | None:
    """Return the directory id behind a label: of a parent or a pupil, as staff are no family; None once erased."""
    party = case.parties.get(label or "")
    return party.person if party is not None and party.kind in FAMILY else None


def _entry(
    case: Incident,
    position: int,
    at: Recorded,
    said: _Said,
    *,
    person: str | None = None,
    retracts: tuple[int, ...] = (),
) -> Communication:
    return Communication(
        position=position,
        occurred_at=at.carried.occurred_at,
        kind=said.kind,
        method=said.method,
        letter=said.letter,
        person=person,
        reference=case.reference,
        retracts=retracts,
    )
