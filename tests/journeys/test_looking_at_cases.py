"""What a case must never say, keep or have decided in it is found where it is planted."""

from typing import Any

import pytest

from tests.journeys.must_not import must_not_faults
from tests.journeys.told import (
    CASE,
    CAST,
    HERE,
    POLICY,
    event,
    letter,
    moment,
    party,
    step,
    told,
)

DECIDED = "a decision by u-head in this case"
HOUR = "out-of-hours as a breach reason"
PUPILS = "any fact from Isla's or Oskar's pupil record in a letter to Doreen"
PARENTAL = "Doreen shown as having parental responsibility"
INVENTED = "a mis_id made up for Doreen"
COPIED = "a stored copy of the video or its thumbnail"
UNSEEN = "removal of the hidden comment without evidence"
LOGGED = "an entry in the MIS communication log other than the call about parking"
NOBODY = "any letter to p-pickard-d"
DOREEN = {"parties": [party("P1", "p-pickard-d")], "identity": {"party": "P1", "association": "relative"}}


def found(sentence: str, **planted: Any) -> list[str]:
    """Return where that is found which the sentence forbids."""
    faults = must_not_faults(told(must_not=[sentence], **planted))
    return [fault.rpartition("expected nothing of the kind, found ")[2] for fault in faults]


def test_what_somebody_decided_in_a_case_or_did_to_its_letters() -> None:
    assigned = event("assigned", actor="u-deputy", decision_maker="u-chair")
    assert found(DECIDED, events=[event("reported", actor="u-deputy"), assigned]) == []
    assert found(DECIDED, events=[event("reported", actor="u-deputy"), event("warning-issued", actor="u-head")]) == [
        "incident.warning-issued.v1 as event 2 of the case"
    ]
    given = event("assigned", actor="u-deputy", decision_maker="u-head")
    assert found(DECIDED, events=[given]) == ["incident.assigned.v1 as event 1 of the case"]
    for facts in ({"by": "u-head"}, {"facts": {"signatory": "u-head"}}):
        signed = letter("L04", "p-vickery", timeline=[{"type": "letter.approved.v1", **facts}])
        assert found(DECIDED, letters=[signed]) == ["letter.approved.v1 of L04"]


@pytest.mark.parametrize(
    ("reason", "where"),
    [
        ("three messages insult the teacher", []),
        ("sent out of hours", [f"`out of hours` in the reason of {CASE}/1"]),
        ("nobody writes at 22:40", [f"`22:40` in the reason of {CASE}/1"]),
        ("related to the teacher", []),
    ],
)
def test_the_time_of_day_as_a_reason(reason: str, where: list[str]) -> None:
    judged = {"id": f"{CASE}/1", "type": "incident.breach-decided.v1", "facts": {"reason": reason}}
    assert found(HOUR, answers={f"u-head {HERE}/history": {"events": [judged]}}) == where


def test_the_time_of_day_as_a_category() -> None:
    late = {**POLICY, "edition": {**POLICY["edition"], "categories": {"C8": {"name": "messages at night"}}}}
    answers = {f"{HERE}/history": {"events": []}, "/v1/policy": late}
    assert found(HOUR, answers=answers) == ["`night` in category C8"]


def test_what_is_known_of_children_in_a_letter_to_somebody_who_is_no_parent() -> None:
    home = CAST.address_of("k-oskar")[0]
    assert found(PUPILS, letters=[letter("L03", "p-pickard-d", "Dear Mrs Pickard, thank you.")]) == []
    said = letter("L03", "p-pickard-d", f"Isla is in Year 1. Oskar lives at {home}.")
    assert found(PUPILS, letters=[said]) == [
        "`Isla` of k-isla in L03",
        "`Year 1` of k-isla in L03",
        f"`{home}` of k-oskar in L03",
        "`Oskar` of k-oskar in L03",
        "`Year 1` of k-oskar in L03",
    ]
    assert found(PUPILS, letters=[{**said, "party": "p-nowicki-m"}]) == []


def test_somebody_taken_for_a_parent() -> None:
    fields = {
        "letters " + HERE + "/events/1/merge-fields": {
            "recipients": [{"party_id": "p-pickard-d", "association": "parent"}]
        }
    }
    events = [event("poster-identified", party="P1")]
    assert found(PARENTAL, case=DOREEN, events=events) == []
    taken = {**DOREEN, "identity": {"party": "P1", "association": "parent"}}
    assert found(PARENTAL, case=taken) == ["parent in the case"]
    assert found(PARENTAL, case=DOREEN, events=events, answers=fields) == ["parent in the merge fields of event 1"]
    said = letter("L03", "p-pickard-d", "Thank you, also for your child.")
    assert found(PARENTAL, case=DOREEN, letters=[said]) == ["`your child` in L03"]
    assert found(PARENTAL, case=DOREEN, letters=[{**said, "party": "p-nowicki-m"}]) == []


def test_an_id_that_the_schools_system_never_gave() -> None:
    assert found(INVENTED, case=DOREEN) == []
    assert found(INVENTED, case={"parties": [{**party("P1", "p-pickard-d"), "person": "x-77"}]}) == ["x-77 as P1"]
    fed = {"mis /v1/events": {"events": ["A1000000099"]}}
    assert found(INVENTED, case=DOREEN, answers=fed) == ["A1000000099 in /v1/events, for mis"]
    rows = {"casework: rowanlane.person": b"\x0bA1000000099"}
    assert found(INVENTED, case=DOREEN, rows=rows) == ["A1000000099 in casework: rowanlane.person"]


@pytest.mark.parametrize(
    ("media_type", "content", "where"),
    [
        ("text/plain", b"A link, and what is to be seen there.", []),
        ("image/png", b"\x89PNG\r\n", ["E1, image/png"]),
        ("text/plain", b"\x00\x00\x00\x18ftypmp42", ["E1, text/plain"]),
        ("application/wacz", b"PK\x03\x04", ["E1, application/wacz"]),
    ],
)
def test_a_copy_of_what_was_seen(media_type: str, content: bytes, where: list[str]) -> None:
    register = {"evidence": [{"evidence_no": 1, "media_type": media_type}]}
    assert found(COPIED, answers={f"{HERE}/evidence": register, f"u-dsl {HERE}/evidence/1": content}) == where


def test_a_post_that_was_hidden_without_evidence() -> None:
    captured = event("evidence-captured", evidence_no=1, posts=[1])
    hidden = event("content-hidden", posts=[1])
    there = {f"u-dsl {HERE}/evidence/1": b"what was there"}
    assert found(UNSEEN, events=[captured, hidden], answers=there) == []
    assert found(UNSEEN, events=[hidden, captured], answers=there) == ["post 1 hidden before it was captured"]
    assert found(UNSEEN, events=[captured, hidden]) == ["post 1 hidden, and E1 cannot be opened"]


def test_what_the_schools_information_system_is_told_but_for_the_call() -> None:
    steps = [
        step("decide_breach", underlying_concern="parking; unanswered e-mails"),
        step("contact_parent", party="p-qadir", purpose="underlying_concern"),
    ]
    call = {"kind": "call_made", "person": "p-qadir", "occurred_at": moment(2).isoformat(), "reference": "RL-2026-0001"}

    def log(*entries: dict[str, Any]) -> list[str]:
        told_of = {"communications": entries, "next": 0, "has_more": False}
        return found(LOGGED, steps=steps, answers={"mis /v1/communications": told_of})

    assert log(call) == []
    assert log(call, {**call, "kind": "letter_sent"}) == [f"letter_sent at {moment(2).isoformat()}"]
    assert log({**call, "occurred_at": moment(1).isoformat()}) == [f"call_made at {moment(1).isoformat()}"]
    assert log({**call, "about": "parking"}) == [f"`parking` in the entry of {moment(2).isoformat()}"]


def test_any_letter_to_somebody() -> None:
    assert found(NOBODY, letters=[letter("L02", "p-pickard-d")]) == ["L02 to p-pickard-d"]
    assert found(NOBODY, letters=[letter("L02", "p-vickery")]) == []
