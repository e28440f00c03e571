"""What a step says without a field for it is held to what came of the step: each word, with what it says and not."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.journeys.remarks import REMARKS, Said, remark_faults
from tests.journeys.told import CASE, HERE, event, letter, party, step, told

PEOPLE = {"parties": [party("P1", "p-vickery"), party("P2", "p-mallinson")]}
PROBABLE = {**PEOPLE, "identity": {"party": "P1", "confidence": "probable"}}
TALK = event("parent-contacted", actor="u-deputy", party="P2", method="telephone")
MET = event("parent-contacted", actor="u-deputy", party="P2", method="meeting")
REFERENCED = {"type": "incident.police-reference-recorded.v1", "facts": {"reference": "INC 411"}}
HISTORY = {f"{HERE}/history": {"events": [REFERENCED]}}
BLOCKED = event("access-blocked", block_no=1, party="P1")
HEARD = event("representations-received", block_no=1)
ELEVEN = event("post-recorded", post_no=1, count=11)
L05 = letter("L05", "p-vickery", "If you see it\ndifferently, tell us.")
L07 = letter("L07", "x-host", "at least 13 ... at least 14")


def said(at: int, do: str, given: Mapping[str, Any], word: str, **planted: Any) -> list[str]:
    """Return what differs of a word, in a story of which this is the step with this number."""
    steps = [*(step("add_note") for _ in range(at - 1)), step(do, **given)]
    played = told(steps=steps, **planted)
    return list(remark_faults(played, [Said(played.story.steps[-1], CASE, word)]))


def answered(sensitivity: str) -> tuple[str, dict[str, Any]]:
    return "advice.answer-recorded.v1", {"sensitivity": sensitivity}


def judged(*posts: int) -> tuple[str, dict[str, Any]]:
    return event("breach-decided", has_concern=True, posts=list(posts))


WORDS: Sequence[tuple[str, str, Any, Any, Mapping[str, Any]]] = (
    ("capture_evidence", "files", 1, 2, {"events": [event("evidence-captured")]}),
    (
        "contact_parent",
        "present",
        ["u-deputy", "p-mallinson"],
        ["u-head", "p-mallinson"],
        {"case": PEOPLE, "events": [TALK]},
    ),
    ("request_removal", "how", "telephone", "in_person", {"events": [TALK]}),
    (
        "request_removal",
        "how",
        "in_person_then_letter",
        "telephone",
        {"events": [MET], "letters": [letter("L02", "p")]},
    ),
    ("request_removal", "how", "telephone", "telephone_then_letter", {"events": [TALK]}),
    ("refer_to_police", "identity_confidence", "probable", "confirmed", {"case": PROBABLE}),
    ("release_police_hold", "reference", "INC 411", "INC 412", {"answers": HISTORY}),
    ("block_access", "invites_representations", True, False, {"letters": [L05]}),
    ("record_representations", "from", "p-vickery", "p-holt", {"case": PEOPLE, "events": [BLOCKED, HEARD]}),
    ("record_legal_advice", "privileged", True, False, {"events": [answered("privileged")]}),
    ("decide_breach", "concern_upheld", True, False, {"events": [ELEVEN, judged(4, 7, 9)]}),
    ("report_to_host", "platform_minimum", 13, 12, {"letters": [L07]}),
    ("report_to_host", "policy_statement", 14, 15, {"letters": [L07]}),
)
"""Decision, word, what may be said of what came of the step, what may not, and what did."""


@pytest.mark.parametrize(("do", "word", "true", "false", "planted"), WORDS)
def test_a_word_without_a_field_is_held_to_what_came_of_its_step(
    do: str, word: str, true: Any, false: Any, planted: Mapping[str, Any]
) -> None:
    at = len(planted.get("events", ())) + (do == "request_removal")
    assert said(max(at, 1), do, {word: true}, word, **planted) == []
    [fault] = said(max(at, 1), do, {word: false}, word, **planted)
    assert f"({do}): {word}: expected " in fault


def test_a_referral_before_there_was_evidence() -> None:
    none = [event("police-referred", evidence_nos=[])]
    some = [event("police-referred", evidence_nos=[1])]
    given = {"evidence": "none_yet"}
    assert said(1, "refer_to_police", given, "evidence", events=none) == []
    assert said(1, "refer_to_police", given, "evidence", events=some) == [
        "S00 step 1 (refer_to_police): evidence: expected [[]], found [[1]]"
    ]


@pytest.mark.parametrize(
    ("do", "word", "planted"),
    [
        ("block_access", "invites_representations", {"letters": [{**L05, "text": "You cannot comment."}]}),
        ("block_access", "invites_representations", {}),
        ("record_legal_advice", "privileged", {"events": [answered("client")]}),
        ("decide_breach", "concern_upheld", {"events": [ELEVEN, judged(*range(1, 12))]}),
    ],
)
def test_services_that_do_otherwise_than_a_word_says_are_found(do: str, word: str, planted: Mapping[str, Any]) -> None:
    at = max(len(planted.get("events", ())), 1)
    assert said(at, do, {word: True}, word, **planted) == [f"S00 step {at} ({do}): {word}: expected True, found False"]


def test_a_word_that_nothing_looks_at_is_a_fault() -> None:
    assert said(1, "capture_evidence", {"weather": "dry"}, "weather") == [
        "S00 step 1 (capture_evidence): weather: expected a field or a check of it, found neither: see remarks.py"
    ]
    assert said(1, "capture_evidence", {"url_visible": True}, "url_visible") == []


def test_every_word_that_is_looked_at_is_seen_to_fail_here() -> None:
    assert set(REMARKS) == {(do, word) for do, word, *_ in WORDS} | {("refer_to_police", "evidence")}
