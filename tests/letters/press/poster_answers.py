"""Casework's answers for the letters that list no posts: each a scene of its own, the recipient the one of S01."""

from copy import deepcopy
from typing import Any, Final

from tests.letters.press.merge_fields import FIRST

DOJO: Final = {
    "block_no": 1,
    "channel": {"platform": "classdojo", "kind": "messaging", "name": None},
    "scope": "messaging",
    "since": "2025-09-23T08:38:00+01:00",
    "review_on": "2025-10-14",
    "alternative_route": "office e-mail, answered by the deputy within 1 school day; phone for anything medical",
    "has_representations": False,
}
PAGE: Final = {
    **DOJO,
    "channel": {"platform": "facebook", "kind": "page", "name": "School's own Facebook page"},
    "scope": "comment",
    "alternative_route": None,
    "has_representations": True,
}
TOLD: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "L01": (
        "parent-contacted",
        "2025-09-19T15:30:00+01:00",
        {"method": "telephone", "outcome": "meeting_arranged", "meeting_at": "2025-09-23T15:30:00+01:00"},
    ),
    "L05": (
        "access-blocked",
        "2025-09-23T08:38:00+01:00",
        {"block": DOJO, "reason": "Messages at night upset the teacher, and a talk did not end them."},
    ),
    "L06": (
        "access-block-reviewed",
        "2025-10-14T09:00:00+01:00",
        {"block": PAGE, "decision": "lift", "review_on": None, "reason": "You apologised, and nothing further came."},
    ),
    "L11": (
        "poster-identity-corrected",
        "2025-09-23T14:00:00+01:00",
        {
            "contacts": [
                {"occurred_at": "2025-09-19T15:30:00+01:00", "method": "telephone", "outcome": "discussion_held"}
            ],
            "blocks": [],
        },
    ),
    "L13": (
        "complaints-route-offered",
        "2025-09-19T16:05:00+01:00",
        {
            "contacts": [
                {"occurred_at": "2025-09-19T15:30:00+01:00", "method": "telephone", "outcome": "discussion_held"}
            ]
        },
    ),
    "L14": (
        "parent-contacted",
        "2025-09-19T08:50:00+01:00",
        {"method": "in_person", "outcome": "discussion_held", "purpose": "child_use", "platforms": ["tiktok"]},
    ),
    "L22": ("warning-issued", "2025-09-23T14:15:00+01:00", {"warning_no": 1}),
}
"""For each letter: its event, when that happened, and the facts that the letter goes by."""
DATES: Final = {
    "L01": "2025-09-19",
    "L05": "2025-09-23",
    "L06": "2025-10-14",
    "L11": "2025-09-23",
    "L13": "2025-09-19",
    "L14": "2025-09-19",
    "L22": "2025-09-23",
}
SLOTS: Final[dict[str, dict[str, str]]] = {"L01": {"second_time": "2025-09-24T08:15:00+01:00"}}


def told(template: str, **facts: Any) -> dict[str, Any]:
    """Return the merge fields from which a letter is drafted, some facts changed."""
    name, at, own = TOLD[template]
    fields = deepcopy(FIRST)
    fields["event"] |= {"type": f"incident.{name}.v1", "occurred_at": at}
    fields["policy"] |= {"minimum_age": 14}
    fields["facts"] = {"contacts": [], "earlier_requests": [], **deepcopy(own), **facts}
    fields["earlier_letters"] = []
    return fields
