"""What a dispatcher does to a letter that leaves by e-mail: whether it may leave, and what is recorded of how it went.

Nobody decides here but the letter's own state, the clock and the calendar; a person has approved the very bytes. What
the relay said sorts into four outcomes: accepted, refused for good, refused for now, unknown. Refused for now is tried
again after 1, 5 and 30 minutes, 2, 6, 12 and 24 hours, each a fifth more or less, so that letters do not come in
flocks; after 72 hours the letter is dead. Unknown is never repeated by itself.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

import msgspec

from letters.domain import event as ev
from letters.domain import sending_event as sev
from letters.domain.catalogue import EMAIL, Channel
from letters.domain.letter import Letter
from letters.domain.windows import ANY_TIME, Hours, opening
from letters.domain.working_days import Calendar, local_date

LEASE = timedelta(minutes=5)
"""How long a dispatcher has a letter alone; then another asks what became of it."""
RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
SPREAD = 0.2
TRY_FOR = timedelta(hours=72)


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The relay has answered 250 to the whole message: it is the relay's now."""

    proof_sha256: str


class RefusedByRelay(msgspec.Struct, frozen=True, kw_only=True):
    """The relay did not take the message, and that is certain; ``code`` is None where it was not even asked."""

    is_for_good: bool
    stage: sev.DispatchStage
    code: int | None
    proof_sha256: str | None


class NoAnswer(msgspec.Struct, frozen=True):
    """The message was sent to its final dot, and nothing was heard since."""


Outcome = Accepted | RefusedByRelay | NoAnswer


def message_id(letter: Letter, domain: str) -> str:
    """Return the id of the letter's e-mail, one for each time that it is issued (RFC 5322 3.6.4)."""
    return f"<{letter.id}.{letter.issues}@{domain}>"


def obstacles(letter: Letter, now: datetime, calendar: Calendar, hours: Mapping[Channel, Hours]) -> Iterator[str]:
    """Yield every reason why the letter may not leave now."""
    if letter.status != "issued" or letter.draft.channel != EMAIL or letter.issued is None:
        yield f"is {letter.status}, by {letter.draft.channel}"
        return
    yield from (f"held: {hold}" for hold in sorted(letter.holds))
    if letter.not_before is not None and now < letter.not_before:
        yield f"not before {letter.not_before.isoformat()}"
    if letter.issued.why != ANY_TIME and opening(EMAIL, now, calendar, hours).at > now:
        yield "outside its window"
    if letter.message_sha256 is None:
        yield "has no cover"
    hashes = {letter.issued.pdf_sha256, *(approval.pdf_sha256 for approval in letter.approvals)}
    if letter.provenance is None or hashes != {letter.provenance.pdf_sha256}:
        yield "approved was another PDF"


def started(
    letter: Letter, at: datetime, *, worker: str, message_id: str, eml_sha256: str, calendar: Calendar
) -> sev.DispatchStarted:
    """Return the event that stands before the first word to the relay."""
    return sev.DispatchStarted(
        **_place(letter, at),
        attempt=letter.claim.attempt + 1 if letter.claim else 1,
        claimed_until=at + LEASE,
        worker=worker,
        message_id=message_id,
        eml_sha256=eml_sha256,
        calendar_sha256=calendar.sha256,
    )


def ended(letter: Letter, claim: sev.DispatchStarted, outcome: Outcome, at: datetime) -> list[ev.LetterEvent]:
    """Return what is recorded of an attempt. What happened is never refused: a hold that came meanwhile stays."""
    match outcome:
        case Accepted(proof_sha256=proof):
            return [_dispatched(letter, claim, proof, at)]
        case NoAnswer():
            return [unknown(letter, claim, "no_answer", at)]
        case RefusedByRelay(is_for_good=True):
            return [_failed(letter, claim, outcome, at, None), dead(letter, "refused", at, 1)]
    next_at = next_try(letter, claim.attempt, at)
    failed = _failed(letter, claim, outcome, at, next_at)
    return [failed] if next_at else [failed, dead(letter, "too_long_refused", at, 1)]


def is_ours(letter: Letter, claim: sev.DispatchStarted) -> bool:
    """Tell whether this attempt's outcome is still to be recorded: also where it was given up for unknown."""
    return letter.claim == claim and letter.status in ("dispatching", "unknown")


def unknown(
    letter: Letter, claim: sev.DispatchStarted, stage: Literal["no_answer", "lease_ran_out"], at: datetime
) -> sev.OutcomeUnknown:
    """Return the event that keeps a letter from being sent again until a person has looked."""
    return sev.OutcomeUnknown(**_place(letter, at), attempt=claim.attempt, stage=stage)


def dead(letter: Letter, cause: sev.DeadCause, at: datetime, offset: int = 0) -> sev.DeadLettered:
    """Return the event that gives a letter up, for a person to look at."""
    return sev.DeadLettered(**_place(letter, at, offset), cause=cause)


def next_try(letter: Letter, attempt: int, at: datetime) -> datetime | None:
    """Return when a letter refused now is tried again; None once it was refused for 72 hours. The last is then."""
    last = (letter.failures[0].recorded_at if letter.failures else at) + TRY_FOR
    delay = RETRY_AFTER[min(len(letter.failures), len(RETRY_AFTER) - 1)]
    return min(at + delay * (1 + _spread(letter, attempt)), last) if at < last else None


def _spread(letter: Letter, attempt: int) -> float:
    """Return a number from -SPREAD to SPREAD, the same whenever it is asked for."""
    drawn = int.from_bytes(sha256(f"{letter.id}|{attempt}".encode()).digest()[:4], "big") / 0xFFFFFFFF
    return (2 * drawn - 1) * SPREAD


def _dispatched(letter: Letter, claim: sev.DispatchStarted, proof_sha256: str, at: datetime) -> sev.Dispatched:
    return sev.Dispatched(
        **_place(letter, at),
        posted_at=at,
        posting_class=None,
        expected_by=local_date(at),
        calendar_sha256=claim.calendar_sha256 or "",
        proof_sha256=proof_sha256,
        eml_sha256=claim.eml_sha256,
        despite_hold=bool(letter.holds),
    )


def _failed(
    letter: Letter, claim: sev.DispatchStarted, refused: RefusedByRelay, at: datetime, next_at: datetime | None
) -> sev.DispatchFailed:
    return sev.DispatchFailed(
        **_place(letter, at),
        attempt=claim.attempt,
        kind="permanent" if refused.is_for_good else "temporary",
        stage=refused.stage,
        code=refused.code,
        proof_sha256=refused.proof_sha256,
        next_at=next_at,
    )


def _place(letter: Letter, at: datetime, offset: int = 0) -> dict[str, Any]:
    return {"originator_id": letter.id, "originator_version": letter.version + 1 + offset, "recorded_at": at}
