"""Casework's answers for the letters to outside bodies and to the affected, about story S01; everybody is invented."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from letters.application.preparation import COMPLAINANT
from letters.domain.template_data import TemplateData, template_data
from letters.domain.text import IsCovered
from tests.letters.press.merge_fields import FIRST, SECOND_POST

EMAIL = "mary.oakes@example.org"
POSTER = "p-mallinson"
SHA = {name: name * 64 for name in "abcdef"}


def outside(template: str) -> dict[str, Any]:
    """Return the merge fields from which this letter is drafted."""
    fields = deepcopy(FIRST)
    event, recipient, changed = CAUSES[template]
    fields["event"] |= {"type": f"incident.{event}.v1", "occurred_at": "2025-09-23T14:15:00+01:00"}
    fields["recipients"] = [{**fields["recipients"][0], **BODY, **recipient}]
    fields["policy"]["minimum_age"] = 14
    fields["poster"] = {"party_id": POSTER, "label": "P2", "identity_confidence": "probable", "linked_parties": []}
    fields["holds"], fields["earlier_letters"] = [], []
    changed = deepcopy(dict(changed))
    for name in ("case", "facts"):
        fields[name] |= changed.pop(name, {})
    return {**fields, **changed}


def made(
    template: str,
    school: Mapping[str, Any],
    fields: Mapping[str, Any] | None = None,
    *,
    slots: Mapping[str, str] | None = None,
    is_covered: IsCovered = lambda _: True,
) -> TemplateData:
    """Return the letter's data; under a notice stands the complainant, as casework named them."""
    fields = outside(template) if fields is None else fields
    complainant = fields["facts"].get("complainant") or {}
    own = {"name": complainant.get("name"), "job": COMPLAINANT}
    return template_data(
        template,
        fields,
        school,
        recipient=party_of(template),
        letter_date=date(2025, 12, 17) if template == "L19" else date(2025, 9, 23),
        our_ref=f"RL-2025-0031/{template}-140846",
        slots=slots or {},
        signatory=own if template == "L08" else fields["signatories"][0],
        large_print=False,
        is_covered=is_covered,
    )


def party_of(template: str) -> str:
    """Return the party id of the one recipient."""
    party: str = outside(template)["recipients"][0]["party_id"]
    return party


BODY: dict[str, Any] = {"class": "O", "name": None, "association": None, "address": None, "address_source": None}
FIRST_POST: dict[str, Any] = FIRST["posts"][0]
EXHIBIT: dict[str, Any] = {
    "exhibit": "E1",
    "posts": [1],
    "captured_at": "2025-09-18T09:10:00+01:00",
    "method": "screenshot",
    "media_type": "image/png",
    "size_bytes": 48_213,
    "sha256": "5f8c2a6e4b1d9037c6e5a4f3b2d1c0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3",
    "restricted": [],
}
EXHIBITS: list[dict[str, Any]] = [
    EXHIBIT,
    {
        **EXHIBIT,
        "exhibit": "E2",
        "posts": [2],
        "captured_at": "2025-09-23T12:20:00+01:00",
        "method": "wacz",
        "sha256": "0d5b8e7f6c4a3921b0e9d8c7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7",
    },
]
SUSPECT: dict[str, Any] = {
    "label": "P2",
    "kind": "adult",
    "name": "Kerry Mallinson",
    "association": "parent",
    "capacity": "poster",
    "confidence": "probable",
    "basis_code": "profile_match",
    "basis": "profile name and photograph",
}
STEPS: list[dict[str, Any]] = [
    {"occurred_at": f"2025-09-{when}:00+01:00", "step": step, "codes": codes}
    for when, step, codes in (
        ("18T08:52", "reported", []),
        ("18T09:12", "evidence-captured", ["screenshot"]),
        ("18T09:14", "poster-identified", ["probable"]),
        ("18T10:30", "breach-decided", ["inappropriate"]),
        ("19T15:30", "parent-contacted", ["meeting", "discussion_held"]),
        ("19T15:42", "removal-requested", ["first_step"]),
        ("22T08:45", "removal-refused", []),
        ("23T12:20", "continued-use-recorded", ["new_post"]),
    )
]
REQUEST: dict[str, Any] = {
    "letter_id": "2d0c1a2b-3c4d-4e5f-8a9b-0c1d2e3f4a5b",
    "template": "L02",
    "party": "P2",
    "channel": "print",
    "pdf_sha256": "7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d",
}
LETTERS: list[dict[str, Any]] = [
    {**REQUEST, "state": "sent", "occurred_at": "2025-09-19T15:50:00+01:00"},
    {**REQUEST, "state": "delivered", "occurred_at": "2025-09-22T11:00:00+01:00"},
    {
        **REQUEST,
        "letter_id": "3e1d2b3c-4d5e-4f6a-9b0c-1d2e3f4a5b6c",
        "template": "L07",
        "party": "host",
        "channel": "manual",
        "state": "sent",
        "occurred_at": "2025-09-23T10:00:00+01:00",
        "pdf_sha256": "b1a2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
    },
]
TYPES: dict[str, dict[str, str]] = {
    "C5": {"code": "C5", "name": "racist"},
    "C4": {"code": "C4", "name": "negative or offensive about particular people"},
}
RETURN: dict[str, Any] = {
    "term": "autumn_2025",
    "first": "2025-09-03",
    "last": "2025-12-19",
    "cases": [
        {
            "on": "2025-10-13",
            "types": [TYPES["C5"]],
            "characteristics": ["race"],
            "actions": ["police outcome", "access restored"],
            "outcome": None,
        },
        {
            "on": "2025-11-20",
            "types": [TYPES["C5"], TYPES["C4"]],
            "characteristics": ["race", "religion_or_belief"],
            "actions": [],
            "outcome": "resolved_informally",
        },
    ],
}
BOTH = [FIRST_POST, SECOND_POST]
CAUSES: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "L07": (
        "host-reported",
        {"party_id": "host", "label": "host"},
        {
            "facts": {"report_no": 1, "host": "facebook", "basis": "policy_report", "exhibits": EXHIBITS},
            "posts": BOTH,
        },
    ),
    "L08": (
        "host-reported",
        {"party_id": "host", "label": "host"},
        {
            "case": {"categories": ["C3"], "primary": "C3"},
            "facts": {
                "report_no": 2,
                "host": "facebook",
                "basis": "defamation_act_2013_s5",
                "exhibits": [EXHIBIT],
                "complainant": {"label": "P1", "kind": "staff", "name": "Mary Oakes", "email": EMAIL},
                "particulars": {
                    "email": True,
                    "meaning": "that I am cruel to children whom I do not like",
                    "inaccurate": True,
                    "poster_unknown": True,
                    "consent_to_pass_name": False,
                },
                "is_poster_known": False,
            },
        },
    ),
    "L09": (
        "police-referred",
        {"party_id": "police", "label": "police", "name": "Rowanshire Police"},
        {
            "facts": {
                "referral_no": 1,
                "route": "101 online",
                "grounds": ["threat_of_violence"],
                "crime": None,
                "is_immediate": False,
                "account": "A second post came an hour after the talk. The teacher was followed to her car on Monday.",
                "exhibits": EXHIBITS,
                "suspect": SUSPECT,
                "steps": STEPS,
                "police": {"force": "Rowanshire Police", "reference": "INC 411 of 23/09/2025"},
                "law_tags": ["mca_1988_s1"],
            },
            "posts": BOTH,
            "holds": ["police"],
        },
    ),
    "L10": (
        "legal-advice-sought",
        {
            "party_id": "adviser",
            "label": "adviser",
            "name": "Fiona Ingram",
            "address": ["3 Vale Court", "Rowanby", "DE99 4AB"],
        },
        {
            "facts": {
                "advice_no": 1,
                "question": "Can the teacher sue, and by when? May the school send a notice to the site?",
                "exhibits": EXHIBITS,
                "suspect": SUSPECT,
                "steps": STEPS,
                "limitation_on": "2026-09-17",
            },
            "posts": BOTH,
            "earlier_letters": LETTERS,
        },
    ),
    "L15": (
        "affected-party-notified",
        {
            "class": "A",
            "party_id": "u-t2",
            "label": "P1",
            "name": "Jon Farrow",
            "address": ["8 Rowan Close", "Rowanby", "DE99 3AD"],
            "address_source": "directory",
        },
        {
            "facts": {
                "kind": "person",
                "period": None,
                "said": "Both posts are gone. We have looked into what was claimed, and found nothing in it.",
                "party_kind": "staff",
                "about_kind": None,
                "return": None,
            },
            "posts": [],
        },
    ),
    "L19": (
        "affected-party-notified",
        {"party_id": "authority", "label": "authority"},
        {
            "facts": {"kind": "prejudice_return", "period": "autumn_2025", "said": None, "return": RETURN},
            "posts": [],
        },
    ),
}
