"""Decisions that somebody might take in any case, with facts that can be: what random walks are made of."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from casework.domain.decision import Decision
from casework.domain.refusal import Refusal
from casework.domain.steps import BY_NAME, DECISIONS
from tests.domain.playing import CASE, OTHER, PNG, ROLES, Played, reported

PEOPLE = st.sampled_from([{"person": "p-parent"}, {"person": "p-other"}, {"person": "k-child"}, {"person": "u-head"}])
CODES = st.sampled_from([["C4"], ["C4", "C1"], ["C6"], ["C7"], ["C3", "C2"], ["C5"]])
CONCERN = st.sampled_from([None, "the trip list"])
FILE = st.sampled_from([None, PNG])
UUID_TEXT = "33333333-3333-4333-8333-333333333333"

Facts = dict[str, Any]


POSTS = {"posts": st.just([1])}
SHAPES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "add_post": {
        "channel": st.sampled_from(["fb-community", "fb-school", "dojo"]),
        "posted_at": st.just("2025-09-17T20:14:00+01:00"),
        "targets": st.lists(PEOPLE, max_size=2),
        "file": FILE,
    },
    "add_note": {"text": st.just("t"), "kind": st.sampled_from(["note", "procedure_not_followed"])},
    "link_incident": {
        "to": st.just(str(OTHER.id)),
        "relation": st.sampled_from(["repeat", "same_thread", "duplicate_of"]),
    },
    "capture_evidence": {**POSTS, "method": st.just("screenshot")},
    "verify_evidence": {"stored": st.sampled_from(["intact", "altered", "missing"])},
    "transfer_evidence": {"copy": st.just("original"), "to": st.just("t"), "purpose": st.just("p")},
    "check_post": {**POSTS, "result": st.sampled_from(["visible", "edited", "removed", "unavailable"]), "file": FILE},
    "attribute_identity": {
        "party": PEOPLE,
        "confidence": st.sampled_from(["unverified", "probable"]),
        "basis_code": st.just("admitted"),
        "basis": st.just("said so"),
    },
    "correct_identity": {
        "to": st.sampled_from([{"kind": "unknown", "name": "somebody else"}, {"person": "k-child"}]),
        "reason": st.just("r"),
    },
    "assign": {"handler": st.sampled_from(["u-deputy", "u-dsl"]), "why": st.just("absence")},
    "screen_safeguarding": {"is_hold": st.booleans(), "finding": st.just("other"), "reason": st.just("r")},
    "refer_safeguarding": {"to": st.just("lado"), "reason": st.just("r")},
    "decide_breach": {
        "outcome": st.sampled_from(["inappropriate", "inappropriate", "not_inappropriate"]),
        "reason": st.just("r"),
        "is_fair_comment_considered": st.just(value=True),
        "underlying_concern": CONCERN,
        "concern_response": CONCERN,
    },
    "contact_parent": {
        "method": st.just("telephone"),
        "outcome": st.sampled_from(["discussion_held", "no_answer"]),
        "concern_response": CONCERN,
    },
    "dispense_first_step": {"code": st.just("child_safety"), "reason": st.just("r")},
    "request_removal": POSTS,
    "record_removal_response": {"response": st.sampled_from(["agreed", "refused"])},
    "lapse_removal_deadline": {},
    "record_continued_use": {**POSTS, "limb": st.just("new_post"), "judged": st.just("inappropriate")},
    "consider_escalation": {
        **{name: st.just("not_yet") for name in ("legal_advice", "warning", "police", "block", "host")},
        "other_legal": st.just("not_take"),
        "reasons": st.just("r"),
    },
    "override_threshold": {
        "missing": st.sampled_from([["refusal"], ["continuation"], ["refusal", "continuation"]]),
        "code": st.just("child_safety"),
        "reason": st.just("r"),
    },
    "issue_warning": POSTS,
    "refer_to_police": {
        "route": st.sampled_from(["101", "999"]),
        "is_immediate": st.booleans(),
        "grounds": st.sampled_from([[], ["racial_element"]]),
    },
    "record_police_reference": {"force": st.just("f"), "reference": st.just("r")},
    "record_police_outcome": {"outcome": st.just("no_action")},
    "place_police_hold": {"reason": st.just("r")},
    "release_police_hold": {"consent": st.just("c")},
    "block_access": {
        **POSTS,
        "channel": st.sampled_from(["fb-community", "fb-school", "dojo"]),
        "scope": st.just("all"),
        "review_on": st.just("2025-10-01"),
        "reason": st.just("r"),
        "alternative_route": CONCERN,
    },
    "seek_legal_advice": {"adviser": st.just("x-legal"), "question": st.just("q")},
    "record_legal_advice": {"text": st.just("a")},
    "authorise_legal_action": {
        **POSTS,
        "kind": st.just("defamation"),
        "claimant": st.sampled_from([{"person": "u-teacher"}, {"person": "p-other"}]),
        "minute_ref": st.just("FGB 7"),
        "reason": st.just("r"),
    },
    "record_legal_step": {"step": st.just("settled"), "is_last": st.booleans()},
    "give_grant": {"adviser": st.just("x-legal")},
    "withdraw_grant": {},
    "hide_content": {**POSTS, "channel": st.sampled_from(["fb-community", "fb-school", "dojo"])},
    "record_representations": {"text": st.just("sorry")},
    "report_to_host": {**POSTS, "basis": st.sampled_from(["policy_report", "underage_account"])},
    "record_host_response": {"result": st.sampled_from(["removed", "refused", "partly"])},
    "offer_complaints_route": {"how": st.just("letter")},
    "record_correspondence": {
        "letter_id": st.just(UUID_TEXT),
        "template": st.sampled_from(["L02", "L04"]),
        "version": st.just(1),
        "pdf_sha256": st.just("0" * 64),
        "size_bytes": st.just(67),
        "channel": st.just("print"),
        "state": st.sampled_from(["sent", "returned"]),
    },
    "notify_affected": {"kind": st.just("person"), "party": PEOPLE, "said": CONCERN},
    "link_complaint": {"stage": st.just(1)},
    "record_complaint_outcome": {"outcome": st.sampled_from(["upheld", "not_upheld"])},
    "withdraw_warning": {"reason": st.just("r")},
    "close_incident": {"outcome": st.just("other"), "summary": st.just("s")},
    "reopen_incident": {"reason": st.just("r")},
    "withdraw_incident": {
        "because": st.just("duplicate"),
        "duplicate_of": st.just(str(OTHER.id)),
        "reason": st.just("r"),
    },
    "place_legal_hold": {"hold_cause": st.just("proceedings"), "reason": st.just("r")},
    "release_legal_hold": {"reason": st.just("r")},
    "review_retention": {"decision": st.sampled_from(["keep", "destroy"]), "reason": st.just("r")},
    "erase_case": {"reason": st.just("r")},
}


TOGETHER: dict[str, st.SearchStrategy[Facts]] = {
    "categorise": CODES.map(lambda codes: {"codes": codes, "primary": codes[0]}),
    "review_block": st.sampled_from([("keep", "2025-10-01"), ("vary", None), ("lift", None)]).map(
        lambda told: {"decision": told[0], "review_on": told[1], "reason": "r"}
    ),
    "correct_entry": st.sampled_from([(1, "how_seen"), (2, "name"), (3, "url")]).map(
        lambda told: {"corrects": f"{CASE}/{told[0]}", "field": told[1], "value": "v", "reason": "r"}
    ),
}
"""Where one fact has to fit another."""


def facts_of(name: str) -> st.SearchStrategy[Facts]:
    """Return facts for a decision, each of which can be; rules may still refuse them."""
    return TOGETHER[name] if name in TOGETHER else st.fixed_dictionaries(SHAPES[name])


WALKED = tuple(decision for decision in DECISIONS if decision.name != "report_incident")
STEP = st.sampled_from(WALKED).flatmap(
    lambda decision: st.tuples(
        st.just(decision.name),
        st.sampled_from([*(who for who, role in ROLES.items() if may(decision, role)), "u-timer"]),
        st.integers(1, 2),
        facts_of(decision.name),
    )
)
STEPS = st.lists(STEP, max_size=40)
CHANNEL = st.sampled_from(["fb-community", "fb-school", "dojo", "insta"])
KIND = st.sampled_from(["adult_post", "adult_post", "child_account"])


def may(decision: Decision, role: str) -> bool:
    """Return whether this role may take the decision under the example edition."""
    return role == "headteacher" if isinstance(decision.who, str) else role in decision.who


@st.composite
def walks(draw: st.DrawFn) -> Played:
    """Return a case in which somebody took, or was refused, up to forty decisions."""
    played = reported(draw(CHANNEL), draw(KIND))
    for name, by, number, facts in draw(STEPS):
        attempt(played, by, name, number, facts)
    return played


def numbered(played: Played, decision: Decision, number: int) -> int | UUID | None:
    """Return what stands in a decision's path for this number: of a grant, its id; of most decisions, nothing."""
    if decision.acts_on is None or not decision.acts_on.is_uuid:
        return number if decision.acts_on else None
    grants = [grant.id for grant in played.grants()]
    return grants[number - 1] if number <= len(grants) else UUID(UUID_TEXT)


def attempt(played: Played, by: str, name: str, number: int, facts: Facts) -> Refusal | None:
    """Take a decision, or return why not; the case then stands as it stood."""
    before = played.case
    try:
        played.when(by, name, number=numbered(played, BY_NAME[name], number), **facts)
    except Refusal as refusal:
        assert played.case is before
        return refusal
    return None
