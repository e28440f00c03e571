"""Examples of what a case is put right by: corrections, notes, who works on it, and what became of its evidence."""

from casework.domain.steps.evidence import EvidenceCustodyTransferred, EvidenceVerified
from casework.domain.steps.people import Assigned, PosterIdentityCorrected
from casework.domain.steps.report import EntryCorrected, NoteAdded
from tests.contracts.example_row import MISTAKEN, THREAT, Row

KEPT = (
    Row(MISTAKEN, 10, "2026-01-19T14:00:00+00:00", "u-head", PosterIdentityCorrected(
        wrong="P2", right="P3", confidence="unverified", was_contacted=True,
        reason="shown there is no such account; handle created in another country",
    )),
    Row(MISTAKEN, 11, "2026-01-19T14:05:00+00:00", "u-head", NoteAdded(
        note_no=1, kind="procedure_not_followed", text="the parent was rung before anybody had looked at the account",
    )),
    Row(MISTAKEN, 12, "2026-01-19T14:10:00+00:00", "u-head", Assigned(
        handler="u-deputy", decision_maker=None, why="workload", reason=None,
    )),
    Row(MISTAKEN, 13, "2026-01-19T14:20:00+00:00", "u-deputy", EntryCorrected(
        corrects=f"{MISTAKEN}/3", field="url", value="https://x.example/sjholt/11", reason="a digit was left out",
    )),
    Row(THREAT, 12, "2025-11-12T08:40:00+00:00", "u-dsl", EvidenceVerified(evidence_no=1, result="intact")),
    Row(THREAT, 13, "2025-11-12T08:45:00+00:00", "u-dsl", EvidenceCustodyTransferred(
        evidence_no=1, copy="working_copy", to="PC on the case", purpose="the police's investigation",
        receipt="signed for at the school gate",
    )),
)  # fmt: skip
