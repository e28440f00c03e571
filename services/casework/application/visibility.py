"""Who may know that a case exists (domain.md 8). Asked in one function; deny by default.

Whoever may not gets the same answer as for a case that does not exist. Whether somebody who sees a case may also decide
in it is a matter of roles and rules (R11, R12), not of this.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeVar, get_args
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from casework.application.handler import HANDLER
from casework.domain.decision import Decision
from casework.domain.event import Recorded, Sensitivity, sealed_names
from casework.domain.folding import fold
from casework.domain.incident import INITIAL_TRACKS, SAFEGUARDING_HOLD, Incident, Thing
from casework.domain.rules import R11, R12
from casework.domain.steps.legal import ADVISED
from servicekit.credentials import Caller

Sees = Callable[[Caller, Incident], bool]
REPORTER: Final = "staff"


def may_read(caller: Caller, case: Incident) -> bool:
    """Return whether this caller may read the case: never whoever one of its posts is about."""
    return not _is_target(caller, case) and _by_role(READERS, caller, case)


def may_decide(decision: Decision) -> Sees:
    """Return whose decision of this kind is looked at: also a target's, so that R11 can name the way on.

    Who reported a post may add to the report whatever any member of staff may, also where the case is not theirs to
    see: a caseworker who comes upon a child's account.
    """
    is_reporters = isinstance(decision.who, Mapping) and REPORTER in decision.who

    def sees(caller: Caller, case: Incident) -> bool:
        is_let_in = _by_role(DECIDERS, caller, case) or (is_reporters and _own_report(caller, case))
        return is_let_in and not is_kept_from(caller, case)

    return sees


def is_kept_from(caller: Caller, case: Incident) -> bool:
    """Return whether not even the receipt of a report is left to this caller: a safeguarding hold may concern them."""
    return _is_target(caller, case) and case.is_held(SAFEGUARDING_HOLD)


def may_know_of(caller: Caller, case: Incident) -> bool:
    """Return whether this caller may be given the id of the case: of one they read, or reported."""
    return may_read(caller, case) or (_own_report(caller, case) and not is_kept_from(caller, case))


def may_be_told_of(caller: Caller, case: Incident) -> bool:
    """Return whether this caller, who reports the same post, may be told that some case is about it already."""
    return _open_only(caller, case) and not _is_target(caller, case)


def may_read_communications(caller: Caller, case: Incident) -> bool:
    """Return whether this caller may read what was sent to the family of this case, and that it was."""
    return not _is_target(caller, case) and _by_role(TOLD_OF_LETTERS, caller, case)


def counts_children(caller: Caller) -> bool:
    """Return whether figures shown to this caller count children's accounts: not if they may not know of one.

    Governors read no case, and are shown figures without those that would tell of single ones.
    """
    return READERS.get(caller.role) is not _open_only


def is_counted_for(caller: Caller, case: Incident) -> bool:
    """Return whether figures shown to this caller count the case: not one about themselves.

    Else they could take what their register shows from what the figures count, and know that the school deals with a
    post about them, what it is called, and that the police were told.
    """
    return not _is_target(caller, case)


def may_open_restricted(caller: Caller, case: Incident, handler: str | None) -> bool:
    """Return whether this caller, who may read the case, may also open evidence marked as restricted in it."""
    handles = caller.role == HANDLER and caller.subject == handler
    return handles or _by_role(RESTRICTED_TO, caller, case)


def why_hidden(caller: Caller, case: Incident | None) -> tuple[str, ...]:
    """Return the rule by which this caller may not know of a case, for the record alone; none if there is no case."""
    if case is None:
        return ()
    return (R11.id,) if _is_target(caller, case) else (R12.id,)


def _is_target(caller: Caller, case: Incident) -> bool:
    return (caller.person or caller.subject) in case.target_persons


def _anyone(_caller: Caller, _case: Incident) -> bool:
    return True


def _open_only(_caller: Caller, case: Incident) -> bool:
    return case.sensitivity == "open"


def _substituting(caller: Caller, case: Incident) -> bool:
    return case.decision_maker == caller.subject


def _granted(caller: Caller, case: Incident) -> bool:
    return str(case.id) in caller.grants


def _own_report(caller: Caller, case: Incident) -> bool:
    return case.reported_by == caller.subject


View = Literal["whole", "shell"]
SUBSTITUTES: Mapping[str, Sees] = {"chair": _substituting, "governor": _substituting}
"""The chair for the headteacher, another governor for the chair: in the case that was assigned to them, as those do."""
READERS: Mapping[str, Sees] = {
    "headteacher": _anyone,
    "dsl": _anyone,
    "dpo": _anyone,
    "auditor": _anyone,
    "caseworker": _open_only,
    "office": _open_only,
    "legal": _granted,
    **SUBSTITUTES,
}
RESTRICTED_TO: Mapping[str, Sees] = {
    "headteacher": _anyone,
    "dsl": _anyone,
    "dpo": _anyone,
    "legal": _granted,
    **SUBSTITUTES,
}
TOLD_OF_LETTERS: Mapping[str, Sees] = dict.fromkeys(("mis", "office", "headteacher"), _open_only)
DECIDERS: Mapping[str, Sees] = {**READERS, "staff": _own_report, "letters": _anyone, "system": _anyone}


def _by_role(table: Mapping[str, Sees], caller: Caller, case: Incident) -> bool:
    sees = table.get(caller.role)
    return sees is not None and sees(caller, case)


def roles_reading(case: Incident, sensitivity: Sensitivity) -> tuple[str, ...]:
    """Return the roles that read events of this sensitivity in the case; a legal adviser, if granted the case."""
    may_see = (role for role in READERS if _by_role(READERS, _holder(role, case), case))
    return tuple(role for role in may_see if sensitivity == "open" or role in SHOWN[sensitivity])


def _holder(role: str, case: Incident) -> Caller:
    """Return a stand-in for whoever holds a role, with a grant for the case."""
    always = datetime.max.replace(tzinfo=UTC)
    return Caller(key_id="", subject="", role=role, school="", grants=(str(case.id),), expires_at=always)


STANDING_IN: Mapping[str, View] = dict.fromkeys(SUBSTITUTES, "whole")
SHOWN: Mapping[Sensitivity, Mapping[str, View]] = {
    "dsl": {
        "headteacher": "whole",
        "dsl": "whole",
        "dpo": "whole",
        "legal": "whole",
        "auditor": "shell",
        **STANDING_IN,
    },
    "client": {"headteacher": "whole", "legal": "whole", "dpo": "shell", "auditor": "shell", **STANDING_IN},
    "privileged": {"headteacher": "whole", "legal": "whole", **STANDING_IN},
}
"""Of events that are not open: who reads them whole, who their shell. Nobody else learns that they are there."""


def view_of(caller: Caller, sensitivity: Sensitivity) -> View | None:
    """Return how this caller sees what is of this sensitivity, in a case that may be read; None: not at all."""
    return "whole" if sensitivity == "open" else SHOWN[sensitivity].get(caller.role)


class Marked(Protocol):
    """What came of an event, and is as sensitive as the event."""

    @property
    def sensitivity(self) -> Sensitivity:
        """That of the event."""
        ...


M = TypeVar("M", bound=Marked)


def readable(caller: Caller, marked: Iterable[M]) -> list[M]:
    """Return what came of events that this caller may read, be it of their shells: tasks, for one."""
    return [each for each in marked if view_of(caller, each.sensitivity)]


def things_shown(caller: Caller, case: Incident) -> dict[str, dict[int, Thing]]:
    """Return the numbered things of a case that came of events which this caller may read; no kind is empty."""
    shown_of = {
        kind: {number: thing for number, thing in things.items() if readable(caller, [thing])}
        for kind, things in case.things.items()
    }
    return {kind: things for kind, things in shown_of.items() if things}


def tracks_shown(caller: Caller, case: Incident) -> dict[str, str]:
    """Return the tracks of a case, without a state that came of events which this caller may not read."""
    tracks = dict(case.tracks)
    if tracks["legal"] in ADVISED and view_of(caller, "client") is None:
        tracks["legal"] = INITIAL_TRACKS["legal"]
    return tracks


def shown(caller: Caller, events: Iterable[Recorded]) -> list[Recorded]:
    """Return the events of a case that this caller may read, those seen as shells without their personal fields."""
    return [_as_seen(caller, at) for at in events if view_of(caller, at.carried.sensitivity)]


def without_secrets(caller: Caller, written: Iterable[Recorded]) -> list[Recorded]:
    """Return what a decision of this caller wrote, as they may know of it: not that an erasure took a key of advice."""
    return [at for at in written if at.carried.sensitivity != "client" or view_of(caller, "client")]


def reads_all(caller: Caller) -> bool:
    """Return whether this caller reads events of every sensitivity whole; no case holds words of restricted ones."""
    return read_whole(caller) == frozenset(get_args(Sensitivity))


def read_whole(caller: Caller) -> frozenset[Sensitivity]:
    """Return the sensitivities of events that this caller reads whole, in a case that may be read."""
    return frozenset(each for each in get_args(Sensitivity) if view_of(caller, each) == "whole")


def case_shown(caller: Caller, case: UUID, events: Iterable[Recorded]) -> Incident:
    """Fold a case from its events as this caller sees them: what is withheld of an event is in no party and no post.

    An event that the caller may not know of is folded too, without its personal fields. Left out, it would leave the
    case in a phase that it is not in, and a label that nobody has; what came of it is for :func:`things_shown`.
    """
    return fold(None, (_as_seen(caller, at) for at in events)) or Incident(id=case)


def _as_seen(caller: Caller, at: Recorded) -> Recorded:
    """Return an event with its personal fields only if this caller reads it whole: here nobody gives a reason."""
    is_restricted = bool(getattr(at.event, "restricted", ()))
    if is_told_whole(view_of(caller, at.carried.sensitivity), is_restricted=is_restricted):
        return at
    return replace(at, event=replace(at.event, **dict.fromkeys(sealed_names(type(at.event)), UNSET)))


def is_told_whole(view: View | None, *, is_restricted: bool, shows_restricted: bool = False) -> bool:
    """Return whether an event is told with its personal fields: what is restricted, only where a reason was given."""
    return view == "whole" and (shows_restricted or not is_restricted)
