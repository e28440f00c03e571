"""What was sent (P57): each letter that left is filed in the case, with the hash of its pages."""

from typing import Annotated, ClassVar
from uuid import UUID

from casework.domain.codes import CorrespondenceState, Number, SentBy, Sha256
from casework.domain.decision import Decision, Events, FileFacts, PartyFact, decision
from casework.domain.event import Label, Recorded
from casework.domain.incident import Incident, IncidentEvent, WorkingDays
from casework.domain.moment import Moment

LETTER = "letter"


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


@decision(
    "correspondence",
    clauses=("P57",),
    who=("letters", "caseworker", "headteacher", "dsl"),
    writes=(CorrespondenceRecorded,),
    is_additive=True,
    is_for_closed=True,
    takes_file=True,
)
def record_correspondence(
    _case: Incident,
    _at: Moment,
    *,
    file: FileFacts,
    letter_id: UUID,
    template: str,
    version: Number,
    pdf_sha256: Sha256,
    channel: SentBy,
    state: CorrespondenceState,
    party: Annotated[str, PartyFact("other")] | None = None,
) -> Events:
    """File a letter that was sent."""
    yield CorrespondenceRecorded(
        letter_id=letter_id,
        template=template,
        version=version,
        pdf_sha256=pdf_sha256,
        size_bytes=file.size_bytes,
        party=party,
        channel=channel,
        state=state,
    )


EVENTS: tuple[type[IncidentEvent], ...] = (CorrespondenceRecorded,)
DECISIONS: tuple[Decision, ...] = (record_correspondence,)
