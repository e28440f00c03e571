"""What must hold before a letter may be approved.

Each check is one function: the letter and what was asked go in, what fails comes out. All are tried, so that a refusal
lists everything at once, each with who may resolve it. Sources: the approval paragraph and the gates of the letters
design; R11 and R17 of the policy's rules.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime

import msgspec

from letters.domain.catalogue import CATALOGUE, CHAIR, DSL, HEAD, Channel, Row
from letters.domain.errors import NoTermData, Refusal
from letters.domain.letter import Letter
from letters.domain.rendering import not_laid_out
from letters.domain.windows import ANY_TIME, HOURS, Hours, Opening, opening
from letters.domain.working_days import LONDON, Calendar, arrival, local_date

LETTER_AGE_MAX_WORKING_DAYS = 2
OVERRIDERS = (HEAD, DSL)
"""Who may set a blocking finding aside, and lift a hold."""
AT_ANY_TIME = (HEAD, CHAIR)
"""Who may let an e-mail go outside its hours."""
HOLD_RESOLVED_BY: Mapping[str, str] = {
    "police": "the police hold is lifted in the case, or headteacher or DSL releases it here",
    "safeguarding": "the safeguarding hold is lifted in the case, or headteacher or DSL releases it here",
    "address": "an address of the recipient's own, for e-mail one that somebody made sure of, is recorded in casework"
    " or put into the draft; then redraft, or choose another channel (R17)",
    "manual": "headteacher or DSL releases it here",
    "audience": "casework is asked again who may see the letter; that takes a moment once it answers (R11)",
    "evidence": "every post is captured, or headteacher or DSL releases it here with a reason",
    "outdated": "the case has moved on since: draft it again, then read and approve it anew",
    "overtaken": "something in the case spoke against the letter while it was being sent: cancel it once it is known"
    " not to have left, or headteacher or DSL releases it here",
}
LIFTED_BY_NOBODY: Mapping[str, str | None] = {"address": "redraft", "audience": None, "outdated": "redraft"}
"""Holds that no person lifts, and what helps instead."""


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A blocking finding to set aside; the words of the reason are kept under their hash."""

    finding: str
    reason_sha256: str


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for when approving."""

    by: str
    role: str
    at: datetime
    pdf_sha256: str
    checks: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    confirmation_sha256: str | None = None
    """How the complainant read and signed the notice, in words that are kept under this hash."""
    approvals_min: int = 1
    """How many people this school wants to approve this letter; the row's number if that is higher."""
    calendar: Calendar
    hours: Mapping[Channel, Hours] = msgspec.field(default_factory=lambda: HOURS)
    """When the channels' windows open and close."""
    at_any_time: bool = False
    """Whether an e-mail may leave outside its window."""


def row_of(letter: Letter) -> Row:
    """Return the letter's row of the catalogue."""
    return CATALOGUE[letter.draft.template]


def approver_roles(letter: Letter) -> tuple[str, ...]:
    """Return the roles that may approve this letter: its row's, and the chair where the chair signs as substitute."""
    roles = row_of(letter).approver_roles(letter.draft.case_kind)
    return (*roles, CHAIR) if letter.draft.signatory_role == CHAIR and HEAD in roles else roles


def failing(letter: Letter, asked: Approval) -> tuple[Refusal, ...]:
    """Return every check that fails, in the order of this file's table."""
    return tuple(refusal for check in CHECKS for refusal in check(letter, asked))


def _state(letter: Letter, _: Approval) -> Iterator[Refusal]:
    if letter.status not in ("ready", "approved"):
        yield Refusal(
            code="not_ready",
            detail="Only a letter that is ready can be approved.",
            expected="ready",
            found=letter.status,
            instead="redraft" if letter.status in ("incomplete", "rejected") else None,
        )


def _not_laid_out(letter: Letter, _: Approval) -> Iterator[Refusal]:
    failed = letter.render_failure
    if failed is not None:
        yield Refusal(
            code="not_laid_out",
            detail=not_laid_out(failed.code, failed.field),
            found=failed.code if failed.field is None else failed.field,
            instead="redraft",
        )


def _problems(letter: Letter, _: Approval) -> Iterator[Refusal]:
    for problem in letter.draft.problems:
        yield Refusal(
            code="incomplete",
            detail=f"{problem.path}: {problem.code}.",
            expected=problem.expected,
            instead="redraft",
        )


def _hash(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    found = letter.provenance.pdf_sha256 if letter.provenance else None
    if found is not None and found != asked.pdf_sha256:
        yield Refusal(
            code="other_pdf",
            detail="The PDF that was looked at is not the one that would leave: read it again.",
            expected=asked.pdf_sha256,
            found=found,
        )


def _holds(letter: Letter, _: Approval) -> Iterator[Refusal]:
    yield from held(letter)


def held(letter: Letter) -> Iterator[Refusal]:
    """Yield a refusal for each hold; nothing leaves under one."""
    for hold in sorted(letter.holds):
        yield Refusal(
            code="held",
            detail=f"Held ({hold}): {HOLD_RESOLVED_BY.get(hold, 'headteacher or DSL releases it here')}.",
            found=hold,
            roles=() if hold in LIFTED_BY_NOBODY else OVERRIDERS,
            instead=LIFTED_BY_NOBODY.get(hold, "release"),
        )


def _findings(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    named = {override.finding for override in asked.overrides}
    may_override = asked.role in OVERRIDERS
    for finding in letter.findings:
        is_set_aside = finding.id in letter.overridden or (finding.id in named and may_override)
        if finding.level == "check" and finding.id not in asked.checks:
            yield Refusal(
                code="check_not_ticked",
                detail=f"{finding.path}: {finding.code}. Look, then tick it.",
                expected=finding.id,
                roles=approver_roles(letter),
            )
        elif finding.level == "hard" or (finding.level == "block" and not is_set_aside):
            yield Refusal(
                code="finding",
                detail=f"{finding.path}: {finding.code}.",
                found=finding.id,
                roles=OVERRIDERS if finding.level == "block" else (),
                instead="redraft",
            )


def _overrides(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    blocking = {finding.id for finding in letter.findings if finding.level == "block"}
    for override in asked.overrides:
        if override.finding not in blocking:
            yield Refusal(
                code="nothing_to_override",
                detail="Only a blocking finding of this revision can be overridden.",
                expected=", ".join(sorted(blocking)) or "none",
                found=override.finding,
            )


def approvals_needed(letter: Letter, asked: Approval) -> int:
    """Return how many people must approve this letter."""
    return max(row_of(letter).approvals_min, asked.approvals_min)


def _signatory(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    """Let the signatory approve first; where two must, another person of the row second."""
    has_signed = any(approval.by == letter.draft.signatory for approval in letter.approvals)
    if letter.draft.signatory != asked.by and not has_signed:
        yield Refusal(
            code="not_the_signatory",
            detail="A letter is approved by the person who signs it; redraft it in your name.",
            expected=letter.draft.signatory,
            found=asked.by,
            roles=approver_roles(letter),
            instead="redraft",
        )


def _second_person(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    if any(approval.by == asked.by for approval in letter.approvals):
        yield Refusal(
            code="approved_by_you",
            detail="The second approval is another person's.",
            found=asked.by,
            roles=approver_roles(letter),
        )


def _confirmation(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    """Let a notice of the complainant's own leave once somebody says how it was signed; no other letter asks that."""
    is_asked_for = row_of(letter).signer == "complainant"
    if is_asked_for == (asked.confirmation_sha256 is not None):
        return
    if is_asked_for:
        detail = "The notice is the complainant's own: say when and how they read it, agreed to it and signed it."
        yield Refusal(code="not_confirmed", detail=detail, expected="a confirmation", found="none")
    else:
        detail = "Whoever approves this letter signs it: there is nobody else to confirm it."
        yield Refusal(code="nothing_to_confirm", detail=detail, expected="no confirmation", found="one")


def _letter_date(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    today = local_date(asked.at)
    age = asked.calendar.working_days_between(letter.draft.letter_date, today)
    if age > LETTER_AGE_MAX_WORKING_DAYS:
        yield Refusal(
            code="letter_date_old",
            detail=f"The letter's date is {age} working days old; at most {LETTER_AGE_MAX_WORKING_DAYS} are allowed.",
            expected=str(today),
            found=str(letter.draft.letter_date),
            instead="redraft",
        )


def _deadline(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    arrives = arrival(letter.draft.channel, leaves(letter, asked).at, "first", asked.calendar)
    deadline = _local(letter.draft.deadline)
    if deadline is not None and deadline < arrives:
        yield Refusal(
            code="deadline_before_arrival",
            detail="What the letter asks for is due before it can be expected to arrive.",
            expected=f"{arrives} or later",
            found=str(deadline),
            instead="redraft",
        )


def leaves(letter: Letter, asked: Approval) -> Opening:
    """Return from when on the letter may leave, and why; where no calendar says so, that is found when it is taken."""
    if asked.at_any_time:
        return Opening(asked.at, ANY_TIME)
    try:
        return opening(letter.draft.channel, asked.at, asked.calendar, asked.hours)
    except NoTermData:
        return Opening(asked.at, "no_term_data")


def _any_time(letter: Letter, asked: Approval) -> Iterator[Refusal]:
    if asked.at_any_time and letter.draft.channel != "email":
        yield Refusal(
            code="no_such_window",
            detail="Only an e-mail may be let go outside its hours.",
            expected="email",
            found=letter.draft.channel,
        )
    elif asked.at_any_time and asked.role not in AT_ANY_TIME:
        yield Refusal(
            code="outside_window",
            detail="The headteacher alone lets an e-mail go outside its hours.",
            found=asked.role,
            roles=AT_ANY_TIME,
        )


def _local(moment: datetime | None) -> date | None:
    return moment.astimezone(LONDON).date() if moment else None


CHECKS: tuple[Callable[[Letter, Approval], Iterator[Refusal]], ...] = (
    _state,
    _not_laid_out,
    _problems,
    _hash,
    _holds,
    _findings,
    _overrides,
    _signatory,
    _second_person,
    _confirmation,
    _letter_date,
    _deadline,
    _any_time,
)
