"""What was sent, and said (P57, P14): letters that left, with the hash of their pages; what the affected were told."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar
from uuid import UUID

from msgspec import UNSET

from casework.domain.codes import CorrespondenceState, Line, Notified, Number, SentBy, Sha256, Text
from casework.domain.decision import Beside, Decision, Events, FileFacts, PartyFact, decision
from casework.domain.due import WorkingDays
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R10_TO_POSTER, R18_FILING, TO_ADVISER, may_file_advice
from casework.domain.steps.judgement import PREJUDICE_RETURN
from casework.domain.steps.legal import AdviceCorrespondenceFiled

LETTER = "letter"
Affected = Annotated[str, PartyFact("affected")]
PDF = "application/pdf"


class CorrespondenceRecorded(IncidentEvent, frozen=True, kw_only=True):
    """A letter was sent, delivered or came back."""

    type_name: ClassVar[str] = "incident.correspondence-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P57",)
    letter_id: UUID
    template: str
    version: Number
    pdf_sha256: Sha256
    size_bytes: int
    party: Label | None = None
    channel: SentBy
    state: CorrespondenceState

    def apply(self, case: Draft, at: Recorded) -> None:
        """File the letter; one that came back has to be sent again, which is a new letter of the same kind."""
        number, about = case.next_no(LETTER), f"{self.template} {self.party}"
        if self.state == "returned":
            case.put(LETTER, number, self.state, at, is_pending=True, about=about)
            case.open_task("redeliver", WorkingDays(2), at, number)
            return
        case.put(LETTER, number, self.state, at, about=about)
        for earlier, letter in case.numbers_of(LETTER).items():
            if letter.is_pending and letter.about == about:
                case.put(LETTER, earlier, "sent_again", at, about=about)
                case.settle("redeliver", earlier)


class AffectedPartyNotified(IncidentEvent, frozen=True, kw_only=True):
    """Somebody affected was told what the school did, or the authority got its return of prejudice incidents."""

    type_name: ClassVar[str] = "incident.affected-party-notified.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P14",)
    kind: Notified
    party: Label | None = None
    about: Label | None = None
    period: str | None = None
    said: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Settle the return, if it was the return."""
        if self.kind == PREJUDICE_RETURN:
            case.settle(PREJUDICE_RETURN)


def _fitting_pages(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a file that is not the PDF whose hash and size are given."""
    file: FileFacts = facts["file"]
    if file.media_type != PDF:
        yield Fault(pointer="/file", expected=PDF, found=file.media_type)
    elif file.sha256 != facts["pdf_sha256"]:
        yield Fault(pointer="/pdf_sha256", expected=f"the file's own, {file.sha256}", found=facts["pdf_sha256"])
    elif file.size_bytes != facts["size_bytes"]:
        yield Fault(
            pointer="/size_bytes", expected=f"the file's own, {file.size_bytes}", found=str(facts["size_bytes"])
        )


def _fitting_letter(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse pages that are not those named, and a letter to an adviser whom nobody asked anything.

    Whoever may not know whether anybody did is not told so here: R18 refuses them, whichever it is.
    """
    yield from _fitting_pages(case, at, facts)
    if facts["template"] == TO_ADVISER and not case.advice and may_file_advice(case, at):
        expected = "a letter of this case, in which no legal advice was sought"
        yield Fault(pointer="/template", expected=expected, found=TO_ADVISER)


@decision(
    "correspondence",
    clauses=("P57",),
    who=("letters", "caseworker", "headteacher", "dsl"),
    rules=(R18_FILING,),
    writes=(CorrespondenceRecorded, AdviceCorrespondenceFiled),
    is_additive=True,
    is_for_closed=True,
    fits=_fitting_letter,
)
def record_correspondence(
    case: Incident,
    _at: Moment,
    *,
    file: FileFacts,
    letter_id: UUID,
    template: str,
    version: Number,
    pdf_sha256: Sha256,
    size_bytes: Number,
    channel: SentBy,
    state: CorrespondenceState,
    party: Annotated[str, PartyFact("other", may_be_outside=True)] | None = None,
) -> Events:
    """File a letter that was sent; one to the legal adviser where the advice is, out of everybody else's sight."""
    if template == TO_ADVISER:
        number = max(case.advice)
        filed = AdviceCorrespondenceFiled(
            incident=case.id, advice_no=number, sha256=pdf_sha256, adviser=None, text=f"{letter_id} {channel} {state}"
        )
        yield Beside(case.advice[number], filed)
        return
    yield CorrespondenceRecorded(
        letter_id=letter_id,
        template=template,
        version=version,
        pdf_sha256=pdf_sha256,
        size_bytes=size_bytes,
        party=party,
        channel=channel,
        state=state,
    )


def _fitting_notice(_case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a notice to nobody, a return about one person, and a term that the school's calendar does not have."""
    if facts["kind"] == PREJUDICE_RETURN:
        terms = sorted(term.name for term in at.calendar.terms)
        if facts["period"] not in terms:
            found = "nothing" if facts["period"] is None else "an unknown term"
            yield Fault(pointer="/period", expected=f"one of {terms}", found=found)
        named = [name for name in ("party", "about") if facts[name] is not None]
        expected = "nothing: a return names nobody"
    else:
        if facts["party"] is None:
            yield Fault(pointer="/party", expected="the person who was told", found="nothing")
        named = ["period"] if facts["period"] is not None else []
        expected = "nothing: a period is that of a return"
    for name in named:
        yield Fault(pointer=f"/{name}", expected=expected, found="a value")


@decision(
    "affected-party-notices",
    clauses=("P14",),
    who=("caseworker", "headteacher", "dsl", "office"),
    rules=(R10_TO_POSTER,),
    writes=(AffectedPartyNotified,),
    fits=_fitting_notice,
)
def notify_affected(
    _case: Incident,
    _at: Moment,
    *,
    kind: Notified,
    party: Affected | None = None,
    about: Affected | None = None,
    period: Line | None = None,
    said: Text | None = None,
) -> Events:
    """Tell somebody who is affected what was done; or send the authority the return of prejudice incidents."""
    yield AffectedPartyNotified(kind=kind, party=party, about=about, period=period, said=said)


EVENTS: tuple[type[IncidentEvent], ...] = (CorrespondenceRecorded, AffectedPartyNotified)
DECISIONS: tuple[Decision, ...] = (record_correspondence, notify_affected)
