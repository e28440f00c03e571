"""Every route of casework, and who gets through to it: the table that `test_every_route.py` walks.

Written down from the policy's table of decisions and roles, not from the code that is held against it; `ROLES` says
which letter is which role.

A new route needs a row here: `case_reading`, `deciding`, or `open_to`. The test names the route that has none.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from tests.api.editions import draft
from tests.api.fix_refusals import SHOT, UNKNOWN, File

ROLES = {
    "S": "staff",
    "C": "caseworker",
    "H": "headteacher",
    "D": "dsl",
    "B": "office",
    "G": "chair",
    "L": "legal",
    "O": "dpo",
    "A": "auditor",
    "T": "letters",
    "Y": "system",
    "V": "governor",
    "I": "mis",
    "N": "admin",
    "M": "monitor",
}
READING: Mapping[str, str] = {"own": "C H D B L O A", "child": "H D O A"}
"""Who reads a case: one of adults that S reported and L was granted, and a child's account."""
DECIDING: Mapping[str, str] = {"own": "S C H D B L O A T Y", "child": "H D O A T Y"}
"""Whose decisions in a case are looked at; what they may decide there is the row's to say."""


ASKED = "{asked}"
BESIDE = "{beside}"
"""Stand in facts for the case that is asked about, and for another one, of adults, at the same school."""
STALE = 412
"""Decisions are asked on version 0, so whoever gets through is told that it is stale, and nothing is taken."""


class Row(NamedTuple):
    """One route: who gets through, who else sees that there is a case, and a request that fits."""

    who: frozenset[str]
    seen_by: Mapping[str, frozenset[str]] | None
    """Who sees each kind of case; nobody sees another school's. None: no case is in the address."""
    facts: Any = None
    file: File | None = None
    through: int = 200
    """The status of whoever gets through."""
    values: Mapping[str, str] = {}
    """What stands in the address besides the case; 1 if not said."""
    rule: str = "R12"
    """The rule that refuses whoever sees the case and does not get through."""
    names_what_is_read: bool = False
    """Whether its facts name what only a reader may: who sees the case and reads nothing may be told so first, 422."""
    is_by_role: bool = False
    """Whether the role alone is looked at first: whoever has another is forbidden, whatever the case."""


def case_reading(who: str = READING["own"], **given: Any) -> Row:
    """Return the row of a reading of one case; whoever does not see it gets what an unknown case gets."""
    return Row(_letters(who), {kind: _letters(seen) for kind, seen in READING.items()}, **given)


def deciding(who: str, facts: Any, file: File | None = None, **given: Any) -> Row:
    """Return the row of a decision in a case; who sees the case and may not decide is refused by R12."""
    seen_by = {kind: _letters(seen) for kind, seen in DECIDING.items()}
    return Row(_letters(who), seen_by, facts, file, **{"through": STALE, **given})


def service_reading(who: str, **given: Any) -> Row:
    """Return the row of a reading of any case that one service alone may do."""
    return Row(_letters(who), {kind: _letters(who) for kind in READING}, is_by_role=True, **given)


def open_to(who: str = " ".join(ROLES), facts: Any = None, **given: Any) -> Row:
    """Return the row of a route without a case; other roles are forbidden."""
    return Row(_letters(who), None, facts, **given)


def _letters(who: str) -> frozenset[str]:
    return frozenset(ROLES[letter] for letter in who.split())


REPORT: dict[str, Any] = {
    "channel": "fb-school",
    "posted_at": "2025-09-17T20:14:00+01:00",
    "targets": [{"kind": "group", "name": "the Year 5 teachers"}],
    "words": "they are all the same",
}
PDF = b"%PDF-1.7 of a letter"
LETTER = {
    "letter_id": UNKNOWN,
    "template": "L04",
    "version": 1,
    "pdf_sha256": sha256(PDF).hexdigest(),
    "size_bytes": len(PDF),
    "channel": "print",
    "state": "sent",
}
IDENTITY = {
    "party": {"person": "p-mallinson"},
    "confidence": "probable",
    "basis": "profile name and photograph",
    "basis_code": "profile_match",
}
CHANNEL = {"platform": "facebook", "kind": "public_group", "is_school_controlled": False}
POLICY_READERS = "S C H D B G V L O A T"
SEED = {"edition": "2021-spring"}
DRAFT = draft("2026-spring")
ADOPTION = {"adopted_on": "2025-09-18", "minute_ref": "FGB item 7", "review_due": {"term": "autumn", "year": 2026}}
REQUESTED = "9"
"""The version at which removal was asked for, in the case of one's own."""
OPTIONS = ("legal_advice", "warning", "police", "block", "host", "other_legal")
FOR_SAFETY = {"code": "child_safety", "reason": "a child is at risk"}
ACTION = {
    "posts": [1],
    "kind": "defamation",
    "claimant": {"kind": "staff", "name": "the teacher"},
    "minute_ref": "FGB 7",
    "reason": "the teacher asked for it",
}
HERE = "/v1/incidents/<uuid:incident>"
N = "<int(min=1):number>"

DECISIONS: Mapping[str, Row] = {
    f"POST {HERE}/{path}": row
    for path, row in {
        "posts": deciding("S C H D B", REPORT),
        "notes": deciding("C H D B G", {"text": "the parent rang"}),
        "corrections": deciding(
            "C H D B",
            {"corrects": f"{ASKED}/1", "field": "how_seen", "value": "shown by a parent", "reason": "misheard"},
            names_what_is_read=True,
        ),
        "links": deciding("C H D", {"to": BESIDE, "relation": "repeat"}, names_what_is_read=True),
        "evidence": deciding("S C H D B", {"posts": [1], "method": "screenshot"}, SHOT),
        f"evidence/{N}/verifications": deciding("H D B L A Y", {}),
        f"evidence/{N}/transfers": deciding(
            "C H D", {"copy": "working_copy", "to": "PC 411", "purpose": "the investigation"}
        ),
        "post-checks": deciding("C H D B", {"posts": [1], "result": "visible"}),
        "identifications": deciding("C H D B", IDENTITY),
        "identity-corrections": deciding(
            "H D", {"to": {"name": "somebody", "kind": "unknown"}, "reason": "no account"}
        ),
        "assignments": deciding("C H D G", {"handler": "as-caseworker", "why": "workload"}),
        "categorisations": deciding("C H D B", {"codes": ["C4"], "primary": "C4"}),
        "safeguarding-screenings": deciding("D", {"is_hold": False, "finding": "other", "reason": "no harm"}),
        "safeguarding-referrals": deciding("D", {"to": "mash", "reason": "a child may be at risk"}),
        "breach-decisions": deciding(
            "C H", {"outcome": "inappropriate", "reason": "names a teacher", "is_fair_comment_considered": True}
        ),
        "contacts": deciding("C H D", {"method": "telephone", "outcome": "no_answer"}),
        "first-step-dispensations": deciding("H D", FOR_SAFETY),
        "removal-requests": deciding("C H D", {"posts": [1]}),
        f"removal-requests/{N}/responses": deciding("C H D B", {"response": "refused"}),
        "continued-use": deciding("C H D", {"posts": [1], "limb": "still_visible", "judged": "inappropriate"}),
        "escalation-considerations": deciding(
            "H", {**dict.fromkeys(OPTIONS, "not_yet"), "reasons": "first the conversation"}
        ),
        "threshold-overrides": deciding("H D", FOR_SAFETY | {"missing": ["refusal"]}),
        "warnings": deciding("H", {"posts": [1]}),
        f"warnings/{N}/withdrawals": deciding("H", {"reason": "it went too far"}),
        "police-referrals": deciding(
            "S C H D B G", {"route": "999", "grounds": ["racial_element"], "is_immediate": False}
        ),
        f"police-referrals/{N}/references": deciding("C H D B", {"force": "the force", "reference": "INC 411"}),
        f"police-referrals/{N}/outcomes": deciding("C H D B", {"outcome": "words_of_advice"}),
        "police-holds": deciding("H D", {"reason": "asked for by the police"}),
        f"police-holds/{N}/releases": deciding("H D", {"consent": "PC on the case, by e-mail"}),
        "blocks": deciding(
            "H",
            {
                "posts": [1],
                "channel": "fb-school",
                "scope": "comment",
                "review_on": "2025-10-10",
                "reason": "abuse on our own page",
            },
        ),
        "hidden-content": deciding("H B", {"posts": [1], "channel": "fb-school"}),
        f"blocks/{N}/representations": deciding("C H D B", {"text": "it will not happen again"}),
        f"blocks/{N}/reviews": deciding("H", {"decision": "lift", "reason": "an apology"}),
        "host-reports": deciding("C H D", {"posts": [1], "basis": "policy_report"}),
        f"host-reports/{N}/responses": deciding("C H D B", {"result": "removed"}),
        "complaints-route-offers": deciding("C H D B", {"how": "letter"}),
        "complaints": deciding("C H B G", {"stage": 1}),
        f"complaints/{N}/outcomes": deciding("B G", {"outcome": "not_upheld"}),
        "affected-party-notices": deciding("C H D B", {"kind": "person", "party": {"person": "u-t5"}}),
        "correspondence": deciding("T C H D", LETTER, ("letter.pdf", PDF, "application/pdf")),
        "legal-advice-requests": deciding("H G", {"adviser": "as-legal", "question": "Who can sue?"}),
        f"legal-advice-requests/{N}/answers": deciding("L H G", {"text": "The teacher can."}),
        "legal-actions": deciding("H G", ACTION),
        f"legal-actions/{N}/steps": deciding("L H G", {"step": "settled", "is_last": True}),
        "grants": deciding("H G", {"adviser": "as-legal"}),
        "grants/<uuid:number>/withdrawals": deciding("H G", {}, values={"number": UNKNOWN}, through=404),
        "closures": deciding("C H D G", {"outcome": "other", "summary": "settled"}),
        "reopenings": deciding("H D G", {"reason": "the post is back"}),
        "withdrawals": deciding("C H D", {"because": "error", "reason": "about another school"}),
        "legal-holds": deciding("H G O", {"hold_cause": "proceedings", "reason": "a claim was announced"}),
        f"legal-holds/{N}/releases": deciding("H G O", {"reason": "settled out of court"}),
        "retention-reviews": deciding("H B O", {"decision": "keep", "reason": "a complaint may follow"}),
        "erasures": deciding("B O", {"reason": "not needed any more"}),
    }.items()
}
ROUTES: Mapping[str, Row] = {
    **DECISIONS,
    "POST /v1/incidents": open_to("S C H D B", REPORT, through=201),
    f"GET {HERE}": case_reading(),
    f"GET {HERE}/history": case_reading(),
    f"GET {HERE}/actions": case_reading(),
    f"GET {HERE}/receipt": Row(_letters("S H"), {"own": _letters("S"), "child": _letters("H")}),
    f"GET {HERE}/legal-advice": case_reading("H L", rule="R18"),
    f"GET {HERE}/evidence/{N}": case_reading(),
    f"GET {HERE}/events/<int(min=1):version>/merge-fields": service_reading("T", values={"version": REQUESTED}),
    f"POST {HERE}/exports": case_reading("A", facts={"variant": "audit"}, through=201),
    "GET /v1/exports/<uuid:export>/package": open_to(values={"export": UNKNOWN}, through=404),
    "GET /v1/exports/<uuid:export>/receipt": open_to(values={"export": UNKNOWN}, through=404),
    "GET /v1/incidents": open_to("S C H D B G V L O A"),
    "GET /v1/tasks": open_to("S C H D B G V L O A"),
    "GET /v1/tasks.ics": open_to("S C H D B G V L O A"),
    f"GET {HERE}/evidence": case_reading(),
    f"GET {HERE}/correspondence": case_reading(),
    "GET /v1/access": open_to("H O A"),
    "GET /v1/statistics": open_to("C H D B G V O A"),
    "GET /v1/repeat-posters": open_to("C H D B"),
    "GET /v1/communications": open_to("I H B"),
    "GET /v1/channels": open_to(POLICY_READERS),
    "PUT /v1/channels/<string:channel>": open_to("H B", CHANNEL, values={"channel": "fb-community"}),
    "GET /v1/policy": open_to(POLICY_READERS),
    "GET /v1/policy/editions/<string:edition>": open_to(POLICY_READERS, values=SEED),
    "POST /v1/policy/editions": open_to("H B", DRAFT, through=STALE),
    "POST /v1/policy/editions/<string:edition>/adoptions": open_to("G", ADOPTION, values=SEED, through=STALE),
    "POST /v1/policy/editions/<string:edition>/signatures": open_to("G H", {}, values=SEED, through=STALE),
    "POST /v1/policy/parameter-changes": open_to("H", {"name": "grant_days", "new": 30}, through=STALE),
    "POST /v1/policy/reviews": open_to("H G Y", {"kind": "national_change"}, through=STALE),
    "POST /ledger/checkpoint": open_to(),
    "GET /ledger/checkpoint": open_to(),
    "GET /ledger/checkpoint/<string:size>": open_to(values={"size": "999999"}, through=404),
    "GET /ledger/key": open_to(),
    "GET /ledger/tile/<string:level>/<path:number>": open_to(values={"number": "x999/999"}, through=404),
    "GET /ledger/tile/entries/<path:number>": open_to("A", values={"number": "x999/999"}, through=404),
    "GET /ledger/proof/<string:position>": open_to(values={"position": "999999"}, through=404),
    "GET /ledger/consistency/<string:old>": open_to(values={"old": "999999"}, through=404),
    "GET /ledger/consistency/<string:old>/<string:new>": open_to(values={"new": "999999"}, through=404),
    "GET /livez": open_to(),
    "GET /readyz": open_to(),
    "GET /metrics": open_to("M"),
    "GET /v1/whoami": open_to(),
    "GET /v1/calendar": open_to(),
    "GET /v1/calendar/sending-window": open_to(),
    "GET /v1/events": open_to("A T I"),
}
