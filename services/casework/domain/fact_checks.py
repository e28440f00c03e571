"""Facts that cannot be, whatever the rules say (domain.md 12): all of them at once, by place, expected and found.

What a decision's annotations mark is looked at here: instants that have happened, reasons, posts, evidence, channels,
people. What its facts must say of one another stands beside the decision (``fits``). What was found is shown only where
it has the form of what was expected: any other text may be somebody's name, and answers are copied and filed.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

import msgspec

from casework.domain.decision import Decision, NewParty
from casework.domain.event import OUTSIDE_BODIES
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault

LABEL = re.compile(r"P[1-9][0-9]{0,2}")


def faults_of(case: Incident, at: Moment, decision: Decision, facts: Mapping[str, Any]) -> list[Fault]:
    """Return every fault of a decision's facts, people being labels already."""
    faults = [in_the_future("occurred_at", at.occurred_at)] if at.occurred_at > at.now else []
    for name, marks in marks_of(decision.facts).items():
        if facts[name] is not None:
            faults += _marked_faults(case, at, name, marks, facts[name])
    for name, mark in decision.parties.items():
        named = facts[name] if isinstance(facts[name], tuple) else (facts[name],)
        known = {*case.parties, *(OUTSIDE_BODIES if mark.may_be_outside else ())}
        faults += [fault for one in named if (fault := _party_fault(known, name, one))]
    return [*faults, *_too_early(case, at, decision, facts), *(decision.fits(case, at, facts) if decision.fits else ())]


def shown(text: str, form: re.Pattern[str]) -> str:
    """Return a text that was found only if it has the form of what was expected."""
    return text if form.fullmatch(text) else "another text"


def _marked_faults(case: Incident, at: Moment, name: str, marks: set[str], value: Any) -> list[Fault]:  # noqa: ANN401 - any fact
    pointer = f"/{name}"
    if "past" in marks and value > at.now:
        return [in_the_future(name, value)]
    if "reason" in marks and not value.strip():
        return [Fault(pointer=pointer, expected="a reason in words", found="blank text", rule="R22")]
    if "channel" in marks and value not in at.channels:
        return [Fault(pointer=pointer, expected=f"one of {sorted(at.channels)}", found="an unknown channel")]
    if "account" in marks and value not in at.accounts:
        return [Fault(pointer=pointer, expected="an account of the school with a good key", found="an unknown account")]
    if "case" in marks and (value not in at.cases or value == case.id):
        return [Fault(pointer=pointer, expected="another case, which you may read", found=_found_case(case, value))]
    if "adviser" in marks and value not in at.advisers:
        expected = "a legal adviser with a key of this school (`casework token create --role legal`)"
        return [Fault(pointer=pointer, expected=expected, found="nobody who has one")]
    if "posts" in marks:
        expected = f"posts of this case: {sorted(case.posts)}"
        return [Fault(pointer=pointer, expected=expected, found=str(no)) for no in value if no not in case.posts]
    if "evidence" in marks:
        expected = f"evidence of this case, 1 to {case.evidence_count}"
        return [Fault(pointer=pointer, expected=expected, found=str(no)) for no in value if no > case.evidence_count]
    return []


def _found_case(case: Incident, named: UUID) -> str:
    return "this case" if named == case.id else "an unknown id"


def _party_fault(known: Collection[str], name: str, named: object) -> Fault | None:
    """Return the fault of a label that is not known here, or of an id that the directory does not know."""
    if isinstance(named, NewParty):
        return Fault(pointer=f"/{name}/person", expected="an id of the people directory", found="an unknown id")
    if isinstance(named, str) and named not in known:
        expected = f"one of {sorted(known)}, or a person"
        return Fault(pointer=f"/{name}", expected=expected, found=shown(named, LABEL))
    return None


def _too_early(case: Incident, at: Moment, decision: Decision, facts: Mapping[str, Any]) -> list[Fault]:
    """Name every instant that lies before a post which it is about (R20)."""
    named = [case.posts[no].posted_at for no in facts.get("posts") or () if no in case.posts]
    posted_at = max([*named, *([facts["posted_at"]] if "posted_at" in facts else [])], default=None)
    past = {name: facts[name] for name, marks in marks_of(decision.facts).items() if "past" in marks}
    times: Mapping[str, datetime | None] = {"occurred_at": at.occurred_at, **past}
    return [
        before_the_post(name, found)
        for name, found in times.items()
        if posted_at is not None and found is not None and found < posted_at <= at.now
    ]


@cache
def marks_of(facts: type[msgspec.Struct]) -> Mapping[str, set[str]]:
    """Return the marks of each fact that a decision takes."""
    return {name: _marks(hint) for name, hint in get_type_hints(facts, include_extras=True).items()}


def _marks(hint: Any) -> set[str]:  # noqa: ANN401 - any annotation
    """Return the marks that an annotation carries, also inside ``X | None``."""
    found: set[str] = set()
    for mark in getattr(hint, "__metadata__", ()):
        found |= set(getattr(mark, "extra", None) or ())
    for part in get_args(hint):
        found |= _marks(part)
    return found


def before_the_post(name: str, found: datetime) -> Fault:
    """Return the fault of an instant at which the post that it is about was not made yet (R20)."""
    expected = "an instant not before the post"
    return Fault(pointer=f"/{name}", expected=expected, found=found.isoformat(), rule="R20")


def in_the_future(name: str, found: datetime) -> Fault:
    """Return the fault of an instant that has not come yet (R20)."""
    expected = "an instant that is not in the future"
    return Fault(pointer=f"/{name}", expected=expected, found=found.isoformat(), rule="R20")
