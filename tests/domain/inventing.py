"""Facts for any decision, invented from the types that its function states: what random cases are made of.

Nothing is listed here decision by decision: a new one is tried as soon as it stands in the table of steps. A fact is
what its annotation allows, mostly of what the case holds; some cannot be, and are refused for that.
"""

import types
from datetime import date, datetime, timedelta
from random import Random
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from casework.domain.decision import Decision, FileFacts, NewParty
from casework.domain.steps.evidence import OfAFile
from tests.domain.playing import CASE, CHANNELS, OTHER_CASE, PEOPLE, Played

WORDS: Final = ("said so", "said so", "said so", "said so", " ")
"""Free text, once in a while blank."""
LEFT_OUT: Final = 0.5
"""How often a fact that may be left out is."""
GIVEN: Final = frozenset({"posts", "channel", "review_on", "grounds", "missing"})
"""Facts that are never left out: rules look at them."""
OF_A_FILE: Final = frozenset({"method", *OfAFile.__annotations__})
"""Facts of a file that may come along."""
PLAIN: Final[dict[Any, Any]] = {bool: (True, False), int: (1, 1, 1, 2, 3), UUID: (OTHER_CASE, OTHER_CASE, UUID(int=8))}
NAMED: Final[dict[str, tuple[Any, ...]]] = {
    "adviser": ("x-legal", "x-legal", "x-nobody"),
    "pdf_sha256": ("0" * 64,),
    "size_bytes": (67,),
    "template": ("L02", "L04", "L10"),
    "occurred_at": (None,),
    "corrects": tuple(f"{CASE}/{version}" for version in (1, 2, 3, 99)),
    "field": ("summary", "name", "url", "kind", "posted_at"),
    "value": ("as it was", "2025-09-17T20:00:00+01:00", "note"),
    "handler": ("u-deputy", "u-nobody"),
    "decision_maker": ("u-chair", "u-governor", "u-head"),
}
"""Facts whose type does not say enough, by name."""


def invented(random: Random, decision: Decision, played: Played, file: FileFacts | None) -> dict[str, Any]:
    """Return facts for a decision in this case, as plain JSON; of a file only if one comes along."""
    hints = get_type_hints(decision.facts, include_extras=True)
    facts: dict[str, Any] = {}
    left_out = OF_A_FILE if decision.takes_file and not decision.needs_file and file is None else frozenset()
    for field in msgspec.structs.fields(decision.facts):
        if field.name in left_out:
            continue
        if field.required or field.name in GIVEN or random.random() > LEFT_OUT:
            facts[field.name] = _named(random, field.name, hints[field.name], played)
    return facts


def _named(random: Random, name: str, hint: Any, played: Played) -> Any:
    if name in NAMED:
        return random.choice(NAMED[name])
    if name == "primary":
        return "C4"
    if name == "codes" and get_origin(hint) is tuple and "C4" in get_args(get_args(hint)[0]):
        return sorted({"C4", *random.sample(["C1", "C2", "C3", "C5", "C6", "C7"], random.choice((0, 0, 1)))})
    return _of(random, hint, played)


def _of(random: Random, hint: Any, played: Played) -> Any:
    bare, marks = (get_args(hint)[0], _marks(hint)) if get_origin(hint) is Annotated else (hint, {})
    if get_origin(bare) in {Union, types.UnionType}:
        return _union(random, bare, played)
    if "posts" in marks:
        known = sorted(played.case.posts)
        return random.sample(known, min(len(known), random.choice((1, 1, 1, 2))))
    if "evidence" in marks:
        return [1] if played.case.evidence_count else []
    if "channel" in marks:
        first = played.case.posts[1].channel if played.case.posts else "fb-community"
        return random.choice([first, first, *CHANNELS])
    if get_origin(bare) is Literal:
        return random.choice(get_args(bare))
    if get_origin(bare) is tuple:
        return [_of(random, get_args(bare)[0], played) for _ in range(random.choice((1, 1, 2)))]
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return {}
    return _plain(random, bare, marks, played)


def _plain(random: Random, bare: Any, marks: dict[str, Any], played: Played) -> Any:
    if bare is datetime:
        back = timedelta(hours=random.choice((0, 0, 1, 30)))
        return (played.now - back if "past" in marks else played.now + back).isoformat()
    if bare is date:
        return (played.now.date() + timedelta(days=random.choice((1, 14, 42, 60, 0)))).isoformat()
    return random.choice(WORDS if bare is str else PLAIN[bare])


def _union(random: Random, bare: Any, played: Played) -> Any:
    members = [member for member in get_args(bare) if member is not type(None)]
    if NewParty not in members:
        return _of(random, members[0], played)
    labels = sorted(played.case.parties)
    somebody = [{"person": id_} for id_ in PEOPLE] + [{"kind": "group", "name": "a family"}, {"name": "somebody"}]
    poster = [played.case.identity.party] * 3 if played.case.identity else []
    return random.choice([*labels, *poster, {"person": "p-parent"}, {"person": "p-parent"}, *somebody])


def _marks(hint: Any) -> dict[str, Any]:
    return {name: value for mark in get_args(hint)[1:] for name, value in (getattr(mark, "extra", None) or {}).items()}
