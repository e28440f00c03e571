"""What was sent (P57): each letter that left is filed in the case, with the hash of its pages."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar
from uuid import UUID

from casework.domain.codes import CorrespondenceState, Number, SentBy, Sha256
from casework.domain.decision import Beside, Decision, Events, FileFacts, PartyFact, decision
from casework.domain.due import WorkingDays
from casework.domain.event import Label, Recorded
from casework.domain.incident import Incident, IncidentEvent
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.steps.legal import AdviceCorrespondenceFiled

LETTER = "letter"
TO_ADVISER = "L10"
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

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """File the letter; one that came back has to be sent again, which is a new letter of the same kind."""
        number, about = case.next_no(LETTER), f"{self.template} {self.party}"
        if self.state == "returned":
            filed = case.with_thing(LETTER, number, self.state, at, is_pending=True, about=about)
            return filed.with_task("redeliver", WorkingDays(2), at, number)
        filed = case.with_thing(LETTER, number, self.state, at, about=about)
        for earlier, letter in case.numbers_of(LETTER).items():
            if letter.is_pending and letter.about == about:
                filed = filed.with_thing(LETTER, earlier, "sent_again", at, about=about).settled("redeliver", earlier)
        return filed


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
    """Refuse pages that are not those named, and a letter to an adviser whom nobody asked anything."""
    yield from _fitting_pages(case, at, facts)
    if facts["template"] == TO_ADVISER and not case.advice:
        expected = "a letter of this case, in which no legal advice was sought"
        yield Fault(pointer="/template", expected=expected, found=TO_ADVISER)


@decision(
    "correspondence",
    clauses=("P57",),
    who=("letters", "caseworker", "headteacher", "dsl"),
    writes=(CorrespondenceRecorded, AdviceCorrespondenceFiled),
    is_additive=True,
    is_for_closed=True,
    takes_file=True,
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
    party: Annotated[str, PartyFact("other")] | None = None,
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


EVENTS: tuple[type[IncidentEvent], ...] = (CorrespondenceRecorded,)
DECISIONS: tuple[Decision, ...] = (record_correspondence,)
