"""Casework's answers for the letters of story S01: a teacher is named in a group, twice; everybody is invented."""

from copy import deepcopy
from typing import Any

DATES = {"L02": "2025-09-19", "L03": "2025-09-26", "L04": "2025-09-23"}
"""The day of each letter."""


def s01(template: str) -> dict[str, Any]:
    """Return the merge fields from which this letter of the story is drafted."""
    fields = deepcopy(FIRST)
    if template == "L02":
        return fields
    fields["posts"].append(deepcopy(SECOND_POST))
    fields["facts"] |= deepcopy(WARNED)
    if template == "L03":
        fields["event"] |= {"type": "incident.post-checked.v1", "occurred_at": "2025-09-26T16:10:00+01:00"}
    return fields


FIRST: dict[str, Any] = {
    "case": {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "reference": "RL-2025-0031",
        "kind": "adult_post",
        "categories": ["C4", "C1"],
        "primary": "C4",
        "sensitivity": "open",
    },
    "event": {
        "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7/12",
        "type": "incident.removal-requested.v1",
        "occurred_at": "2025-09-19T15:42:00+01:00",
        "actor": "u-deputy",
        "role": "caseworker",
    },
    "policy": {
        "title": "Parental use of social networking and internet sites",
        "edition": "2021-spring",
        "adopted_on": "spring term 2021",
        "review_due_on": "spring term 2022",
        "is_signed": False,
        "is_overdue": True,
        "clause": "P53",
        "clause_text": "first step: ask that the information be removed",
    },
    "recipients": [
        {
            "party_id": "p-mallinson",
            "label": "P2",
            "class": "P",
            "name": "Kerry Mallinson",
            "association": "parent",
            "language": "en",
            "large_print": False,
            "address": ["14 Mill Terrace", "Rowanby", "DE99 3AB"],
            "email": None,
            "is_confidential": False,
            "address_source": "directory",
            "address_verified_by": None,
            "court_order": False,
        }
    ],
    "signatories": [{"subject": "u-head", "role": "headteacher", "name": "Helen Ashdown", "job": "Headteacher"}],
    "conflicted": ["u-t5"],
    "names": [
        {"name": "Amy Ellery", "kind": "staff", "allowed": False},
        {"name": "Jayden Mallinson", "kind": "pupil", "allowed": False},
        {"name": "Kerry Mallinson", "kind": "adult", "allowed": True},
    ],
    "facts": {
        "request_no": 1,
        "due_at": "2025-09-24T17:00:00+01:00",
        "contacts": [{"occurred_at": "2025-09-19T15:30:00+01:00", "method": "meeting", "outcome": "discussion_held"}],
        "is_complaints_route_offered": True,
        "underlying_concern": "trip place",
        "concern_response": "trip list to be rechecked by 26 Sept",
        "impact": "teacher distressed",
        "earlier_requests": [],
    },
    "posts": [
        {
            "n": 1,
            "platform": "facebook",
            "url": "https://facebook.example/groups/rowanlane/posts/101",
            "account": None,
            "posted_at": "2025-09-17T20:14:00+01:00",
            "seen_at": "2025-09-18T08:40:00+01:00",
            "exhibit": "E1",
            "summary": None,
            "quote": "lazy, vile to the kids who aren't her favourites",
            "ground": "C4 negative or offensive about particular people",
        }
    ],
}

SECOND_POST: dict[str, Any] = {
    "n": 2,
    "platform": "facebook",
    "url": "https://facebook.example/groups/rowanlane/posts/117",
    "account": None,
    "posted_at": "2025-09-23T07:30:00+01:00",
    "seen_at": "2025-09-23T12:10:00+01:00",
    "exhibit": "E2",
    "summary": None,
    "quote": "Got told off by school for telling the truth. Miss E is a joke",
    "ground": "C4 negative or offensive about particular people",
}

WARNED: dict[str, Any] = {
    "due_at": "2025-09-26T17:00:00+01:00",
    "warning_no": 1,
    "earlier_requests": [
        {
            "request_no": 1,
            "requested_on": "2025-09-19",
            "due_at": "2025-09-24T17:00:00+01:00",
            "answer": "refused",
        }
    ],
    "concerns": "You named a teacher in a large local group and described her in abusive words, and you did so again "
    "after we had talked and had asked you to remove the first post.",
    "expectations": None,
}
