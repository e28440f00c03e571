"""What is recorded of a letter once it may leave: taken or about to be sent, refused, lost, sent, arrived.

As in :mod:`letters.domain.event`: frozen structs under permanent names, ids, codes, dates and hashes in them.
"""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from letters.domain.event import CaseOrHumanAct, HumanAct, LetterEvent

PostingClass = Literal["first", "second"]
DispatchStage = Literal["connect", "starttls", "login", "mail", "rcpt", "data", "message"]
"""How far the dialogue with the relay came; ``message``: it was sent, and lost or answered."""
DeadCause = Literal["refused", "too_long_refused", "no_verified_address", "too_large"]
"""Why a letter is not tried any more: refused for good, or for now and for 72 hours, or it must not leave at all."""


class DispatchStarted(CaseOrHumanAct, frozen=True, kw_only=True):
    """Someone took the letter to send it, or a dispatcher is about to; nobody else can until the claim runs out."""

    type_name: ClassVar[str] = "letter.dispatch-started.v1"
    attempt: int
    claimed_until: datetime
    worker: str | None = None
    """Which dispatcher; None where a person took the letter."""
    message_id: str | None = None
    eml_sha256: str | None = None
    calendar_sha256: str | None = None


class DispatchFailed(LetterEvent, frozen=True, kw_only=True):
    """The relay did not take the letter: for now, and ``next_at`` it is tried again, or for good."""

    type_name: ClassVar[str] = "letter.dispatch-failed.v1"
    attempt: int
    kind: Literal["temporary", "permanent"]
    stage: DispatchStage
    code: int | None
    """The relay's reply (RFC 5321 4.2); None where there was none. Its words are sealed, if there were any."""
    proof_sha256: str | None
    next_at: datetime | None


class OutcomeUnknown(LetterEvent, frozen=True, kw_only=True):
    """Nobody knows whether the letter left; it is never sent again until a person says what became of it."""

    type_name: ClassVar[str] = "letter.outcome-unknown.v1"
    attempt: int
    stage: Literal["no_answer", "lease_ran_out"]


class Reconciled(HumanAct, frozen=True, kw_only=True):
    """A person found out, and says, whether the letter left."""

    type_name: ClassVar[str] = "letter.reconciled.v1"
    outcome: Literal["sent", "not_sent"]


class DeadLettered(LetterEvent, frozen=True, kw_only=True):
    """The letter is not tried any more; a person must look."""

    type_name: ClassVar[str] = "letter.dead-lettered.v1"
    cause: DeadCause


class Resent(HumanAct, frozen=True, kw_only=True):
    """A new letter was drafted to be sent in place of this one."""

    type_name: ClassVar[str] = "letter.resent.v1"
    new_letter: UUID


class Dispatched(CaseOrHumanAct, frozen=True, kw_only=True):
    """The letter left, because a person says so or the relay took it.

    What shows it is sealed under ``proof_sha256``: where and how it was posted, or what the relay answered.
    """

    type_name: ClassVar[str] = "letter.dispatched.v1"
    posted_at: datetime
    posting_class: PostingClass | None
    """First or second class; None for what is not posted."""
    expected_by: date
    calendar_sha256: str
    proof_sha256: str | None
    despite_hold: bool
    eml_sha256: str | None = None
    scan_sha256: str | None = None
    """A scan of the certificate of posting, or of what the other side answered, where somebody gave one."""


class Delivered(HumanAct, frozen=True, kw_only=True):
    """The letter is known to have arrived."""

    type_name: ClassVar[str] = "letter.delivered.v1"
    at: datetime


class Returned(HumanAct, frozen=True, kw_only=True):
    """The letter came back."""

    type_name: ClassVar[str] = "letter.returned.v1"
    at: datetime
