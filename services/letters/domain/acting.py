"""What every decision about a letter is made of: who acts, who may, how it refuses, and the event it returns.

Who may: the roles stand beside each decision in ``ROLES``; approving and rejecting take theirs from the letter's row of
the catalogue.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from letters.domain import event as ev
from letters.domain.catalogue import CHAIR, DSL, HANDLER, HEAD, OFFICE
from letters.domain.errors import Forbidden, Refusal, Refused
from letters.domain.letter import Letter

ROLES: Mapping[str, tuple[str, ...]] = {
    "draft": (HANDLER, HEAD, DSL),
    "redraft": (HANDLER, HEAD, DSL),
    "hold": (HANDLER, HEAD, DSL),
    "release": (HEAD, DSL),
    "cancel": (HANDLER, HEAD, DSL),
    "dispatch": (HANDLER, HEAD, DSL, OFFICE),
    "dispatched": (HANDLER, HEAD, DSL, OFFICE),
    "delivered": (HANDLER, HEAD, OFFICE),
    "returned": (HANDLER, HEAD, OFFICE),
    "reconcile": (HANDLER, HEAD, OFFICE),
    "resend": (HEAD, DSL),
    "retry": (HEAD, OFFICE),
}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, when, by which request; the reason's words are sealed and stand here as their hash."""

    by: str
    role: str
    at: datetime
    command: ev.Command
    reason_sha256: str | None = None


def permit(decision: str, letter: Letter, act: Act, roles: tuple[str, ...] | None = None) -> None:
    """Refuse a role that may not; where the chair signs in the headteacher's place, the chair may what a head may."""
    may = ROLES[decision] if roles is None else roles
    if HEAD in may and letter.draft.signatory_role == CHAIR and CHAIR not in may:
        may = (*may, CHAIR)
    if act.role not in may:
        raise Forbidden(decision, may)


def in_status(decision: str, letter: Letter, allowed: tuple[str, ...]) -> None:
    """Refuse a letter in any other state."""
    if letter.status not in allowed:
        refusal = because("wrong_status", "The letter is not at that point.", " or ".join(allowed), letter.status)
        raise Refused(decision, [refusal])


def refuse_if(decision: str, refusals: Iterable[Refusal]) -> None:
    """Refuse with all of them, if there are any."""
    listed = tuple(refusals)
    if listed:
        raise Refused(decision, listed)


def because(code: str, detail: str, expected: str, found: str) -> Refusal:
    """Return one reason why something is not possible."""
    return Refusal(code=code, detail=detail, expected=expected, found=found)


def by(
    letter: Letter, act: Act, event: Callable[..., ev.LetterEvent], offset: int = 0, **facts: object
) -> ev.LetterEvent:
    """Return an event of this act at the letter's next place, ``offset`` further on."""
    carried = {"by": act.by, "role": act.role, "reason_sha256": act.reason_sha256, "command": act.command}
    place = {"originator_id": letter.id, "originator_version": letter.version + 1 + offset, "recorded_at": act.at}
    return event(**place, **{**carried, **facts})
