"""The state of one letter, folded from its events.

::

    incomplete -> drafted -> ready -> approved -> issued -> dispatching -> dispatched -> delivered | returned
                    ^          | rejected |
                    +- redraft +----------+           until dispatching: cancelled | superseded

``approved`` means that a second approval is still missing; the last one also issues. Holds are a set beside the state.
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

Status = Literal[
    "incomplete",
    "drafted",
    "ready",
    "approved",
    "rejected",
    "issued",
    "dispatching",
    "dispatched",
    "delivered",
    "returned",
    "cancelled",
    "superseded",
]
UNSENT: frozenset[Status] = frozenset({"incomplete", "drafted", "ready", "approved", "rejected", "issued"})
REDRAFTABLE: frozenset[Status] = frozenset({"incomplete", "drafted", "ready", "approved", "rejected"})
SENT: frozenset[Status] = frozenset({"dispatched", "delivered", "returned"})

OUTDATED = "outdated"
"""The hold of a letter whose case says something else by now: until it is drafted again, by us or by a person."""
KEPT_HOLDS = frozenset({"manual"})
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
    claim: ev.DispatchStarted | None = None
    dispatched: ev.Dispatched | None = None
    filed: Mapping[str, str] = {}
    """Fact to the entry in the case's record."""
    ended_by: str | None = None
    """Why the letter was cancelled or superseded."""
    commands: Mapping[tuple[str, str], Done] = {}

    def is_unsent(self, moment: datetime) -> bool:
        """Tell whether the letter can still be kept from leaving: nobody has it in hand."""
        return self.status in UNSENT or (self.status == "dispatching" and not self.is_claimed(moment))

    def is_claimed(self, moment: datetime) -> bool:
        """Tell whether someone took the letter and has not yet said what became of it."""
        return self.status == "dispatching" and self.claim is not None and moment < self.claim.claimed_until

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
    return replace(letter, status="issued", issued=event)


def _dispatch_started(letter: Letter, event: ev.DispatchStarted) -> Letter:
    return replace(letter, status="dispatching", claim=event)


def _dispatched(letter: Letter, event: ev.Dispatched) -> Letter:
    return replace(letter, status="dispatched", dispatched=event)


def _delivered(letter: Letter, _: ev.Delivered) -> Letter:
    return replace(letter, status="delivered")


def _returned(letter: Letter, _: ev.Returned) -> Letter:
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
    ev.DispatchStarted: _dispatch_started,
    ev.Dispatched: _dispatched,
    ev.Delivered: _delivered,
    ev.Returned: _returned,
    ev.Cancelled: _cancelled,
    ev.Superseded: _superseded,
    ev.Filed: _filed,
}
"""The events of a letter's own stream; ``CauseParked`` and ``Read`` stand alone and are never folded."""
