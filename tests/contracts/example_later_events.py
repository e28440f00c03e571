"""Examples of what comes late in a case, or beside it: hosts, lawyers, complaints, the end, reads and refusals."""

from datetime import date
from uuid import UUID

from casework.domain.event import Override
from casework.domain.record import (
    CaseRead,
    DecisionRefused,
    EvidenceOpened,
    ExportDownloaded,
    Exported,
    ListRead,
    RecipientRead,
)
from casework.domain.steps.access import (
    AccessBlocked,
    AccessBlockReviewed,
    AccessRestored,
    ContentHidden,
    RepresentationsReceived,
)
from casework.domain.steps.closing import (
    Erased,
    LegalHoldPlaced,
    LegalHoldReleased,
    Reopened,
    RetentionReviewed,
    Withdrawn,
)
from casework.domain.steps.complaints import ComplaintLinked, ComplaintOutcomeRecorded
from casework.domain.steps.correspondence import AffectedPartyNotified
from casework.domain.steps.first_step import (
    RemovalAgreed,
)
from casework.domain.steps.grants import GrantGiven, GrantWithdrawn
from casework.domain.steps.host import HostReported, HostResponded, Particulars
from casework.domain.steps.legal import (
    AdviceCorrespondenceFiled,
    AnswerRecorded,
    LegalActionAuthorised,
    LegalAdviceReceived,
    LegalAdviceSought,
    LegalStepRecorded,
    QuestionRecorded,
)
from casework.domain.steps.report import Linked
from casework.domain.steps.warning import WarningWithdrawn
from tests.contracts.example_row import (
    ADVICE,
    DUPLICATE,
    EXPORT,
    GRANT,
    MESSAGES,
    MISTAKEN,
    MOTHER,
    OWN_PAGE,
    Row,
    read,
)

ON_THE_SCHOOLS_OWN_PAGE = (
    Row(OWN_PAGE, 5, "2025-10-14T09:27:00+01:00", "u-sbm", ContentHidden(
        posts=(1,), channel="fb-school", at_platform="hidden by page admin", override_reason=None,
    )),
    Row(OWN_PAGE, 25, "2025-11-03T08:30:00+00:00", "u-sbm", RepresentationsReceived(
        block_no=1, text="apologises; wants to comment on match photos",
    )),
    Row(OWN_PAGE, 26, "2025-11-25T09:00:00+00:00", "u-head", AccessBlockReviewed(
        block_no=1, decision="lift", reason="apology, no repeat",
    )),
    Row(OWN_PAGE, 27, "2025-11-25T09:00:00+00:00", "u-head", AccessRestored(block_no=1, text=None)),
)  # fmt: skip

ONLY_THE_HOST_CAN_ACT = (
    Row(MISTAKEN, 21, "2026-01-26T09:00:00+00:00", "u-head", HostReported(
        report_no=2, posts=(1,), host="x", basis="defamation_act_2013_s5", complainant="P1",
        particulars=Particulars(
            email=True, meaning="that she steals", inaccurate=True, poster_unknown=True, consent_to_pass_name=False,
        ),
        override_reason=None,
    )),
    Row(MISTAKEN, 23, "2026-01-27T18:00:00+00:00", "u-sbm", HostResponded(report_no=2, result="removed", words=None)),
)  # fmt: skip

MESSAGES_AT_NIGHT = (
    Row(MESSAGES, 15, "2026-02-05T09:07:00+00:00", "u-deputy", RemovalAgreed(
        request_no=1, words="sorry, it will not happen again",
    )),
    Row(MESSAGES, 21, "2026-02-06T08:38:00+00:00", "u-head", AccessBlocked(
        block_no=1, party="P2", channel="dojo", scope="messaging", review_on=date(2026, 2, 27),
        has_alternative_route=True,
        alternative_route="office e-mail, answered by the deputy within 1 school day; phone for anything medical",
        reason="abusive messages at night; the teacher needs a pause",
        override_reason="no refusal recorded; a short pause protects the teacher",
    ), override=Override(rules=("R04",), code="restriction_to_protect_staff")),
)  # fmt: skip

ASKS_A_LAWYER = (
    Row(MISTAKEN, 14, "2026-01-21T09:00:00+00:00", "u-head", LegalAdviceSought(advice_no=1, advice=ADVICE)),
    Row(ADVICE, 1, "2026-01-21T09:00:00+00:00", "u-head", QuestionRecorded(
        incident=MISTAKEN, advice_no=1, adviser="x-legal", text="who can sue; notice to the site",
    )),
    Row(GRANT, 1, "2026-01-21T09:00:00+00:00", "u-head", GrantGiven(
        grant=GRANT, incident=MISTAKEN, granted_role="legal", sensitivities=("open", "dsl", "client", "privileged"),
        expires_on=date(2026, 4, 21), person="x-legal",
    ), clauses=("P56",)),
    Row(ADVICE, 2, "2026-01-21T09:20:00+00:00", "letters", AdviceCorrespondenceFiled(
        incident=MISTAKEN, advice_no=1, sha256="7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d",
        adviser=None, text="140846ae-deed-58dd-9bf4-17320d9e93d9 print sent",
    )),
    Row(MISTAKEN, 15, "2026-01-23T16:00:00+00:00", "x-legal", LegalAdviceReceived(advice_no=1, advice=ADVICE)),
    Row(ADVICE, 3, "2026-01-23T16:00:00+00:00", "x-legal", AnswerRecorded(
        incident=MISTAKEN, advice_no=1, adviser=None, text="the cook can, in her own name; the school cannot",
    )),
    Row(MISTAKEN, 21, "2026-01-30T10:00:00+00:00", "u-head", LegalActionAuthorised(
        action_no=1, kind="defamation", claimant="P1", minute_ref="FGB 29/01/26 item 7",
        reason="the cook asked for support; the post is false", override_reason=None,
    )),
    Row(MISTAKEN, 22, "2026-02-02T10:00:00+00:00", "x-legal", LegalStepRecorded(
        action_no=1, step="letter_before_claim", is_last=False, text=None,
    )),
    read(7, "2026-02-03T10:30:00+00:00", "u-head", GrantWithdrawn(grant=GRANT, incident=MISTAKEN)),
)  # fmt: skip

AFTERWARDS = (
    Row(MOTHER, 23, "2025-10-03T09:00:00+01:00", "u-head", AffectedPartyNotified(
        kind="person", party="P1", said="both posts are gone; you may talk to the deputy at any time",
    )),
    Row(MOTHER, 26, "2025-10-20T10:05:00+01:00", "u-sbm", ComplaintLinked(
        complaint_no=1, stage=1, warning_no=1, words="the second post named nobody",
    )),
    Row(MOTHER, 27, "2025-11-06T16:00:00+00:00", "u-chair", ComplaintOutcomeRecorded(
        complaint_no=1, outcome="partly_upheld", recommends=("withdraw_warning",),
        words="the first post named a teacher, the second did not",
    )),
    Row(MOTHER, 28, "2025-11-07T09:00:00+00:00", "u-head", Reopened(reason="the panel recommends to take it back")),
    Row(MOTHER, 29, "2025-11-07T09:02:00+00:00", "u-head", WarningWithdrawn(
        warning_no=1, complaint_no=1, reason="it went further than the second post bears",
    )),
    Row(MOTHER, 30, "2025-11-10T11:30:00+00:00", "u-dpo", LegalHoldPlaced(
        hold_no=1, hold_cause="disclosure_request", reason="the mother asked for her data",
    )),
    Row(MOTHER, 31, "2025-12-05T14:00:00+00:00", "u-dpo", LegalHoldReleased(
        hold_no=1, reason="answered on 3 December",
    )),
    Row(DUPLICATE, 3, "2026-03-03T09:00:00+00:00", "u-deputy", Linked(
        to=UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0007"), relation="duplicate_of",
    )),
    Row(DUPLICATE, 4, "2026-03-03T09:00:00+00:00", "u-deputy", Withdrawn(because="duplicate", reason="same post")),
    Row(DUPLICATE, 5, "2027-03-03T10:00:00+00:00", "u-sbm", RetentionReviewed(
        decision="destroy", reason="all of it stands in the first case",
    )),
    Row(DUPLICATE, 6, "2027-03-03T10:10:00+00:00", "u-sbm", Erased(
        key_id=DUPLICATE, reason="looked at, not needed any more",
    )),
)  # fmt: skip

READS_AND_REFUSALS = (
    read(1, "2025-09-18T08:58:00+01:00", "u-deputy", CaseRead(incident=MOTHER, view="case", version=3, reason=None)),
    read(2, "2025-09-18T08:55:00+01:00", "u-deputy", ListRead(view="cases", count=4, reason=None)),
    read(3, "2025-09-18T10:18:00+01:00", "u-dsl", EvidenceOpened(
        incident=MOTHER, view="file", evidence_no=1, reason="to screen the case",
    )),
    read(4, "2025-09-23T14:15:20+01:00", "letters", RecipientRead(
        incident=MOTHER, view="merge-fields", version=19, reason=None,
    )),
    read(5, "2025-10-13T09:30:00+01:00", "u-audit", ExportDownloaded(disclosure=EXPORT)),
    read(6, "2025-09-18T09:05:00+01:00", "u-deputy", DecisionRefused(
        incident=MOTHER, decision="request_removal", rules=("R01", "R02", "R05", "R16"),
    )),
    Row(EXPORT, 1, "2025-10-13T09:20:00+01:00", "u-audit", Exported(
        incident=MOTHER, variant="audit", version=25, tree_size=61,
        sha256="b1a2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90", recipient="the authority's auditor",
        purpose="yearly look at closed cases",
    ), clauses=("P63",)),
)  # fmt: skip

LATER: tuple[Row, ...] = (
    *ON_THE_SCHOOLS_OWN_PAGE,
    *ONLY_THE_HOST_CAN_ACT,
    *MESSAGES_AT_NIGHT,
    *ASKS_A_LAWYER,
    *AFTERWARDS,
    *READS_AND_REFUSALS,
)
