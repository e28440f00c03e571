"""The state of one letter, folded from its events.

::

    incomplete -> drafted -> ready -> approved -> issued -> dispatching -> dispatched -> delivered | returned
                    ^          | rejected |          ^           |  until dispatching: cancelled | superseded
                    +- redraft +----------+          |           |
                                                     |           +- refused for now: issued again, later
                                                     +- retry ---+- refused for good, or for 72 hours: dead
                                                     +- not sent +- unknown -> a person says: dispatched

``approved`` means that a second approval is still missing; the last one also issues. Holds are a set beside the state.
What is dead has not left and may be drafted again. Whether what is ``unknown`` left, a person must find out.
``apply`` never refuses and never reads a clock: it runs again on every replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from letters.domain import event as ev
from letters.domain import sending_event as sev

Status = Literal[
    "incomplete",
    "drafted",
    "ready",
    "approved",
    "rejected",
    "issued",
    "dispatching",
    "unknown",
    "dead",
    "dispatched",
    "delivered",
    "returned",
    "cancelled",
    "superseded",
]
UNSENT: frozenset[Status] = frozenset({"incomplete", "drafted", "ready", "approved", "rejected", "issued", "dead"})
REDRAFTABLE: frozenset[Status] = frozenset({"incomplete", "drafted", "ready", "approved", "rejected", "dead"})
MAY_LEAVE: frozenset[Status] = UNSENT | {"dispatching", "unknown"}
"""A hold matters to these: they have not left yet, or may have to leave again."""
SENT: frozenset[Status] = frozenset({"dispatched", "delivered", "returned"})

OUTDATED = "outdated"
"""The hold of a letter whose case says something else by now: until it is drafted again, by us or by a person."""
KEPT_HOLDS = frozenset({"manual", "overtaken"})
"""Holds that a new revision does not ask casework about again, so that they stay."""
WAIVED_FOR_GOOD = frozenset({"evidence"})
"""Holds that stay lifted once a person lifted them, with a reason: a new revision does not put them back."""


class Done(msgspec.Struct, frozen=True):
    """A request that was carried out: the hash of its body, and the letter's version after it."""

    body_sha256: str
    version: int


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter."""

    id: UUID
    version: int
    status: Status
    draft: ev.Drafted
    audience: ev.Audience
    """Who may see the letter: as the draft says, until casework says otherwise."""
    conflicted: tuple[str, ...]
    holds: frozenset[str] = frozenset()
    waived: frozenset[str] = frozenset()
    """Holds that a person lifted for good."""
    provenance: ev.Provenance | None = None
    message_sha256: str | None = None
    findings: tuple[ev.Finding, ...] = ()
    overridden: frozenset[str] = frozenset()
    render_failure: ev.RenderFailed | None = None
    approvals: tuple[ev.Approved, ...] = ()
    issued: ev.Issued | None = None
    issues: int = 0
    """How often the letter was issued: each time its e-mail has a message id of its own."""
    claim: sev.DispatchStarted | None = None
    failures: tuple[sev.DispatchFailed, ...] = ()
    """How often the relay did not take it since it was last issued."""
    unknown: sev.OutcomeUnknown | None = None
    dead: sev.DeadLettered | None = None
    resend_of: UUID | None = None
    resent: tuple[UUID, ...] = ()
    dispatched: sev.Dispatched | None = None
    filed: Mapping[str, str] = {}
    """Fact to the entry in the case's record."""
    ended_by: str | None = None
    """Why the letter was cancelled or superseded."""
    commands: Mapping[tuple[str, str], Done] = {}

    def is_unsent(self, moment: datetime) -> bool:
        """Tell whether the letter can still be kept from leaving: nobody has it in hand."""
        return self.status in UNSENT or (self.status == "dispatching" and not self.is_claimed(moment))

    def is_claimed(self, moment: datetime) -> bool:
        """Tell whether someone took the letter and has not yet said what became of it.

        A dispatcher's claim does not run out by itself: the letter may have left, and then its outcome is unknown.
        """
        if self.status != "dispatching" or self.claim is None:
            return False
        return self.claim.worker is not None or moment < self.claim.claimed_until

    def has_lapsed(self, moment: datetime) -> bool:
        """Tell whether a dispatcher began to send the letter, and its lease ran out before it said how that ended."""
        claim = self.claim
        is_sending = self.status == "dispatching" and claim is not None and claim.worker is not None
        return is_sending and claim is not None and claim.claimed_until <= moment

    @property
    def not_before(self) -> datetime | None:
        """Return when the issued letter may leave; after a failure, when it is tried again."""
        if self.status != "issued" or self.issued is None:
            return None
        return (self.failures[-1].next_at if self.failures else None) or self.issued.not_before

    @property
    def unfiled(self) -> tuple[ev.Fact, ...]:
        """Return the facts that the case's record does not hold yet."""
        facts: list[ev.Fact] = ["sent"] if self.status in SENT else []
        if self.status in ("delivered", "returned"):
            facts.append(self.status)
        return tuple(fact for fact in facts if fact not in self.filed)


def fold(letter: Letter | None, events: Iterable[ev.LetterEvent]) -> Letter | None:
    """Return the letter after these events; None where there are none."""
    for event in events:
        letter = apply(letter, event)
    return letter


def apply(letter: Letter | None, event: ev.LetterEvent) -> Letter:
    """Return the letter after one more event."""
    if letter is None:
        letter = _first(event)
    changed = _EFFECT[type(event)](letter, event)
    return replace(changed, version=event.originator_version, commands=_remembered(letter, event))


def _first(event: ev.LetterEvent) -> Letter:
    """Return the letter before its first event, which is always a draft."""
    if not isinstance(event, ev.Drafted):
        message = f"stream {event.originator_id} begins with {event.type_name}, expected {ev.Drafted.type_name}"
        raise TypeError(message)
    return _drafted(None, event)


def _remembered(letter: Letter, event: ev.LetterEvent) -> Mapping[tuple[str, str], Done]:
    """Return the requests carried out so far, this event's included."""
    command: ev.Command | None = getattr(event, "command", None)
    by: str | None = getattr(event, "by", None)
    if command is None or by is None:
        return letter.commands
    return {**letter.commands, (by, command.id): Done(command.body_sha256, event.originator_version)}


def _drafted(letter: Letter | None, event: ev.Drafted) -> Letter:
    waived = letter.waived if letter else frozenset()
    return Letter(
        id=event.originator_id,
        version=event.originator_version,
        status="incomplete" if event.problems else "drafted",
        draft=event,
        audience=event.audience,
        conflicted=event.conflicted,
        holds=(letter.holds & KEPT_HOLDS if letter else frozenset()) | (frozenset(event.holds) - waived),
        waived=waived,
        issues=letter.issues if letter else 0,
        resend_of=letter.resend_of if letter else event.resend_of,
        commands=letter.commands if letter else {},
    )


def _rendered(letter: Letter, event: ev.Rendered) -> Letter:
    return replace(
        letter,
        status="ready",
        provenance=event.provenance,
        message_sha256=event.message_sha256,
        findings=event.findings,
        render_failure=None,
    )


def _render_failed(letter: Letter, event: ev.RenderFailed) -> Letter:
    return replace(letter, render_failure=event)


def _overridden(letter: Letter, event: ev.FindingOverridden) -> Letter:
    return replace(letter, overridden=letter.overridden | {event.finding})


def _approved(letter: Letter, event: ev.Approved) -> Letter:
    return replace(letter, status="approved", approvals=(*letter.approvals, event))


def _rejected(letter: Letter, _: ev.Rejected) -> Letter:
    return replace(letter, status="rejected", approvals=())


def _held(letter: Letter, event: ev.Held) -> Letter:
    return replace(letter, holds=letter.holds | {event.hold})


def _released(letter: Letter, event: ev.Released) -> Letter:
    waived = letter.waived | ({event.hold} & WAIVED_FOR_GOOD if event.by else frozenset())
    return replace(letter, holds=letter.holds - {event.hold}, waived=waived)


def _audience_changed(letter: Letter, event: ev.AudienceChanged) -> Letter:
    return replace(letter, audience=event.audience, conflicted=event.conflicted)


def _issued(letter: Letter, event: ev.Issued) -> Letter:
    return replace(letter, status="issued", issued=event, issues=letter.issues + 1, failures=(), dead=None)


def _dispatch_started(letter: Letter, event: sev.DispatchStarted) -> Letter:
    return replace(letter, status="dispatching", claim=event)


def _dispatch_failed(letter: Letter, event: sev.DispatchFailed) -> Letter:
    """Issue again; a letter refused for good is dead by the event that follows."""
    return replace(letter, status="issued", failures=(*letter.failures, event), unknown=None)


def _outcome_unknown(letter: Letter, event: sev.OutcomeUnknown) -> Letter:
    return replace(letter, status="unknown", unknown=event)


def _reconciled(letter: Letter, _: sev.Reconciled) -> Letter:
    """Issue again; a letter that was sent is dispatched by the event that follows."""
    return replace(letter, status="issued", unknown=None)


def _dead_lettered(letter: Letter, event: sev.DeadLettered) -> Letter:
    return replace(letter, status="dead", dead=event)


def _resent(letter: Letter, event: sev.Resent) -> Letter:
    return replace(letter, resent=(*letter.resent, event.new_letter))


def _dispatched(letter: Letter, event: sev.Dispatched) -> Letter:
    return replace(letter, status="dispatched", dispatched=event, unknown=None)


def _delivered(letter: Letter, _: sev.Delivered) -> Letter:
    return replace(letter, status="delivered")


def _returned(letter: Letter, _: sev.Returned) -> Letter:
    return replace(letter, status="returned")


def _cancelled(letter: Letter, event: ev.Cancelled) -> Letter:
    return replace(letter, status="cancelled", ended_by=event.cause)


def _superseded(letter: Letter, event: ev.Superseded) -> Letter:
    return replace(letter, status="superseded", ended_by=event.why)


def _filed(letter: Letter, event: ev.Filed) -> Letter:
    return replace(letter, filed={**letter.filed, event.fact: event.entry})


_EFFECT: Mapping[type[ev.LetterEvent], Callable[[Letter, Any], Letter]] = {
    ev.Drafted: _drafted,
    ev.Rendered: _rendered,
    ev.RenderFailed: _render_failed,
    ev.FindingOverridden: _overridden,
    ev.Approved: _approved,
    ev.Rejected: _rejected,
    ev.Held: _held,
    ev.Released: _released,
    ev.AudienceChanged: _audience_changed,
    ev.Issued: _issued,
    sev.DispatchStarted: _dispatch_started,
    sev.DispatchFailed: _dispatch_failed,
    sev.OutcomeUnknown: _outcome_unknown,
    sev.Reconciled: _reconciled,
    sev.DeadLettered: _dead_lettered,
    sev.Resent: _resent,
    sev.Dispatched: _dispatched,
    sev.Delivered: _delivered,
    sev.Returned: _returned,
    ev.Cancelled: _cancelled,
    ev.Superseded: _superseded,
    ev.Filed: _filed,
}
EVENTS: tuple[type[ev.LetterEvent], ...] = (*_EFFECT, ev.CauseParked, ev.Read)
"""Every event there is; ``CauseParked`` and ``Read`` are streams of their own, and are never folded."""
