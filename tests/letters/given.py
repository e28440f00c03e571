"""Letters at each point of their life, and what casework answers about them. All people are invented (S01)."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from letters.domain import event as ev
from letters.domain.catalogue import digest
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import Letter, fold
from letters.domain.naming import letter_id, our_ref
from letters.domain.working_days import Calendar, Days

CASE = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")
CAUSE = f"{CASE}/12"
PARTY = "p-mallinson"
LETTER = letter_id(CAUSE, "L04", PARTY)
AT = datetime(2025, 9, 23, 13, 15, tzinfo=UTC)  # a Tuesday, 14:15 in London
SHA = {name: name[0] * 64 for name in ("pdf", "data", "text", "calendar", "merge", "bundle", "fonts")}
CALENDAR = Calendar(bank_holidays=frozenset({date(2025, 12, 25), date(2025, 12, 26)}), sha256=SHA["calendar"])
SCHOOL_YEAR = Calendar(
    bank_holidays=frozenset(map(date.fromisoformat, ("2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03"))),
    sha256=SHA["calendar"],
    terms=tuple(
        Days(first=date.fromisoformat(first), last=date.fromisoformat(last))
        for first, last in (("2025-09-03", "2025-12-19"), ("2026-01-05", "2026-03-27"), ("2026-04-13", "2026-07-17"))
    ),
    half_terms=(Days(first=date(2025, 10, 27), last=date(2025, 10, 31)),),
    inset_days=frozenset({date(2026, 1, 5)}),
)
"""The school year of the stories, with an INSET day after the Christmas holidays."""


def later(**span: float) -> datetime:
    """Return the moment of the draft plus a span."""
    return AT + timedelta(**span)


def drafted(**changed: Any) -> ev.Drafted:
    """Return the draft of S01's written warning."""
    facts: dict[str, Any] = {
        "originator_id": LETTER,
        "originator_version": 1,
        "recorded_at": AT,
        "revision": 1,
        "case": CASE,
        "case_reference": "RL-2025-0001",
        "case_kind": "adult_post",
        "cause": CAUSE,
        "template": "L04",
        "template_version": 1,
        "catalogue_sha256": digest(),
        "our_ref": our_ref("RL-2025-0001", "L04", LETTER),
        "recipient": ev.Recipient(party=PARTY, label="P2", recipient_class="P"),
        "channel": "print",
        "posts": (1, 2),
        "cause_no": 1,
        "letter_date": date(2025, 9, 23),
        "deadline": datetime(2025, 9, 26, 16, 0, tzinfo=UTC),
        "handler": "u-deputy",
        "signatory": "u-head",
        "signatory_role": "headteacher",
        "conflicted": ("u-t5",),
        "linked_parties": (),
        "audience": ev.Audience(roles=("caseworker", "headteacher", "dsl", "office", "auditor"), excluded=("u-t5",)),
        "merge_sha256": SHA["merge"],
        "data_sha256": SHA["data"],
        "cleaned": (),
        "problems": (),
        "holds": (),
        "by": None,
        "role": None,
        "command": None,
    }
    return ev.Drafted(**{**facts, **changed})


def provenance(**changed: Any) -> ev.Provenance:
    """Return what the press says about the rendered warning."""
    facts: dict[str, Any] = {
        "template": "L04",
        "version": 1,
        "bundle_sha256": SHA["bundle"],
        "data_sha256": SHA["data"],
        "fonts_sha256": SHA["fonts"],
        "engine": "typst 0.15.2",
        "machine": "x86_64",
        "timestamp": int(AT.timestamp()),
        "pdf_standards": ("a-2a", "ua-1"),
        "pdf_sha256": SHA["pdf"],
        "size_bytes": 40_000,
        "pages": 2,
        "text_sha256": SHA["text"],
        "page_images_sha256": ("1" * 64, "2" * 64),
    }
    return ev.Provenance(**{**facts, **changed})


def rendered(version: int = 2, findings: tuple[ev.Finding, ...] = ()) -> ev.Rendered:
    """Return the rendering of the draft."""
    return ev.Rendered(
        originator_id=LETTER,
        originator_version=version,
        recorded_at=later(seconds=1),
        revision=1,
        provenance=provenance(),
        findings=findings,
    )


def given(*events: ev.LetterEvent) -> Letter:
    """Return the letter after these events."""
    letter = fold(None, events)
    assert letter is not None
    return letter


def entry(name: str, position: int = 40, version: int = 20, **data: Any) -> FeedEntry:
    """Return an event of the same case as it comes by the feed."""
    return FeedEntry(position=position, id=f"{CASE}/{version}", type=f"incident.{name}.v1", data=data)


def merge_fields(**changed: Any) -> dict[str, Any]:
    """Return casework's answer about S01's warning, as the contract between the services words it."""
    return {**deepcopy(_WARNING), **changed}


_WARNING: Final[dict[str, Any]] = {
    "case": {
        "id": str(CASE),
        "reference": "RL-2025-0001",
        "kind": "adult_post",
        "categories": ["C4", "C1"],
        "primary": "C4",
        "sensitivity": "open",
    },
    "event": {
        "id": CAUSE,
        "type": "incident.warning-issued.v1",
        "occurred_at": "2025-09-23T14:15:00+01:00",
        "actor": "u-head",
        "role": "headteacher",
    },
    "policy": {
        "title": "Social Media Policy",
        "edition": "2021-spring",
        "adopted_on": "spring term 2021",
        "review_due_on": "spring term 2022",
        "is_signed": False,
        "is_overdue": True,
        "clause": "P57",
        "clause_text": "Set out the school's concerns in writing, giving a warning and requesting removal.",
    },
    "recipients": [
        {
            "party_id": PARTY,
            "label": "P2",
            "class": "P",
            "name": "Kerry Mallinson",
            "association": "parent",
            "language": "en",
            "large_print": False,
            "address": ["Kerry Mallinson", "14 Mill Lane", "Rowan Green", "SW1A 1AA"],
            "email": None,
            "is_confidential": False,
            "address_source": "directory",
            "address_verified_by": None,
            "court_order": False,
        }
    ],
    "signatories": [
        {"subject": "u-head", "role": "headteacher", "name": "Helen Ashdown", "job": "Headteacher"},
        {"subject": "u-deputy", "role": "caseworker", "name": "Tom Birch", "job": "Deputy headteacher"},
    ],
    "conflicted": ["u-t5"],
    "handler": "u-deputy",
    "poster": {"party_id": PARTY, "label": "P2", "identity_confidence": "probable", "linked_parties": []},
    "audience": {
        "roles": ["caseworker", "headteacher", "dsl", "office", "auditor"],
        "subjects": [],
        "excluded": ["u-t5"],
        "sensitivity": "open",
    },
    "names": [
        {"name": "Kerry Mallinson", "kind": "adult", "allowed": True},
        {"name": "Amy Ellery", "kind": "staff", "allowed": True},
        {"name": "Jayden Mallinson", "kind": "pupil", "allowed": False},
    ],
    "earlier_letters": [],
    "holds": [],
    "facts": {
        "warning_no": 1,
        "party": "P2",
        "posts": [1, 2],
        "concerns": "The posts name and abuse a teacher.",
        "expectations": "Please bring worries about the trip list to the school office.",
        "due_at": "2025-09-26T17:00:00+01:00",
        "request_no": 2,
        "contacts": [{"occurred_at": "2025-09-19T15:30:00+01:00", "method": "meeting", "outcome": "discussion_held"}],
        "is_complaints_route_offered": True,
        "concern_response": "The trip list will be checked again by 26 September.",
        "impact": "The teacher is distressed.",
        "underlying_concern": "trip place",
        "earlier_requests": [
            {
                "request_no": 1,
                "requested_on": "2025-09-19",
                "due_at": "2025-09-24T17:00:00+01:00",
                "answer": "refused",
            }
        ],
    },
    "posts": [
        {
            "n": number,
            "platform": "facebook",
            "url": f"https://facebook.example/groups/rowanlane/posts/{url}",
            "account": None,
            "posted_at": posted_at,
            "seen_at": None,
            "exhibit": f"E{number}",
            "summary": None,
            "quote": quote,
            "ground": "C4 offensive about a named person",
        }
        for number, url, posted_at, quote in (
            (1, 101, "2025-09-17T20:14:00+01:00", "lazy, vile to the kids who aren't her favourites"),
            (2, 117, "2025-09-23T07:30:00+01:00", "Got told off by school for telling the truth."),
        )
    ],
}
