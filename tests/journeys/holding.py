"""What a letter waits for, held against what the story says it waits for. Pure: a letter in, what differs out.

A story says ``L04 hold: approval by u-head``, or names a hold (``police``). A hold that letters has is compared by its
name; any other is a fault of the story, and so is an approval by nobody of the cast.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from letters.domain.checks import HOLD_RESOLVED_BY
from tests.journeys.story import ExpectedLetter

HOLDS: Final[Mapping[str, str]] = {**{name: name for name in HOLD_RESOLVED_BY}, "recipient address": "address"}
"""A story's word for a hold, and letters' own."""
APPROVAL: Final = re.compile(r"approval(?: by (?P<by>.+))?")


def compared(expected: ExpectedLetter, letter: Mapping[str, Any], roles: Mapping[str, str]) -> list[str]:
    """Return what differs; `roles`: of each account of the cast."""
    if expected.hold is None:
        return []
    approval = APPROVAL.fullmatch(expected.hold)
    return _waits_for_approval(expected, letter, approval["by"], roles) if approval else _is_held(expected, letter)


def _is_held(expected: ExpectedLetter, letter: Mapping[str, Any]) -> list[str]:
    name = HOLDS.get(expected.hold or "")
    if name is None:
        return [f"{expected.template}: expected a hold that letters has ({', '.join(HOLDS)}), found `{expected.hold}`"]
    if name in letter["holds"]:
        return []
    return [f"{expected.template}: expected held ({expected.hold}), found {_state(letter)}"]


def _waits_for_approval(
    expected: ExpectedLetter, letter: Mapping[str, Any], by: str | None, roles: Mapping[str, str]
) -> list[str]:
    if letter["status"] != "ready" or letter["holds"]:
        return [f"{expected.template}: expected ready, waiting for {expected.hold}, found {_state(letter)}"]
    if by is None:
        return []
    if by not in roles:
        return [f"{expected.template}: expected an approval by somebody of the cast, found `{by}`"]
    if roles[by] not in letter["approvers"]:
        found = ", ".join(letter["approvers"])
        return [f"{expected.template}: expected {by} ({roles[by]}) to be one who approves it, found {found}"]
    return []


def _state(letter: Mapping[str, Any]) -> str:
    held = f"and held ({', '.join(letter['holds'])})" if letter["holds"] else "without a hold"
    return f"{letter['status']} {held}"
