"""What a story says of its end is held to what is there: where it is otherwise, that is said."""

from typing import Any

import pytest

from tests.journeys.final import final_faults
from tests.journeys.told import BEGUN, CASE, HERE, event, letter, party, step, told

LONG = "subject children recorded: follows the longer of closed+6y and the pupil-record rule the school sets"
SHORT = "short: closed + 1 year by parameter; nothing on the party's poster history"
APPEARS = "this case's history as 'wrongly identified 18-18 Sep', nowhere else"
CLEARED = (
    event("poster-identified", party="P1"),
    event("poster-identity-corrected", **{"from": "P1", "to": "P2"}),
    event("correspondence-recorded", party="P1", template="L11"),
)
HOLT = {"parties": [party("P1", "p-holt"), party("P2", None, "unknown")], "identity": {"party": "P2"}}
APOLOGY = letter("L11", "p-holt", "It is kept to show how that came about, and may be\nused for nothing else.")


def faults(final: dict[str, Any], **planted: Any) -> list[str]:
    return final_faults(told(final=final, **planted))


@pytest.mark.parametrize(
    ("review", "kind", "differing"),
    [
        ("2031-09-18", "pupil", None),
        ("2026-09-18", "pupil", "found {'years': 6, 'children': ['k-isla'], 'review': '2026-09-18'}"),
        ("2031-09-18", "unknown", "found {'years': 6, 'children': [], 'review': '2031-09-18'}"),
    ],
)
def test_a_case_about_children_is_kept_for_the_longer_time(review: str, kind: str, differing: str | None) -> None:
    case = {"parties": [party("P1", "k-isla", kind)], "retention_review_on": review}
    steps = [step("report_incident", targets=["k-isla"])]
    said = faults({"retention": LONG}, case=case, steps=steps, events=[event("closed")])
    assert (said == []) if differing is None else (len(said) == 1 and said[0].endswith(differing))


@pytest.mark.parametrize(
    ("review", "rule", "posters", "differing"),
    [
        ("2026-09-18", "no_breach", [], None),
        ("2031-09-18", "closed", [], "'rule': 'closed', 'review': '2031-09-18', 'as poster': 0}"),
        ("2026-09-18", "no_breach", [{"incidents": [CASE]}], "'review': '2026-09-18', 'as poster': 1}"),
    ],
)
def test_a_case_without_a_breach_is_kept_shortly_and_counts_for_nobody(
    review: str, rule: str, posters: list[Any], differing: str | None
) -> None:
    case = {"parties": [party("P1", "p-qadir")], "identity": {"party": "P1"}, "retention_review_on": review}
    events = [event("closed"), event("retention-scheduled", rule=rule)]
    answers = {"/v1/repeat-posters": {"repeat_posters": posters}}
    said = faults({"retention": SHORT}, case=case, events=events, answers=answers)
    assert (said == []) if differing is None else (len(said) == 1 and said[0].endswith(differing))


def test_a_word_on_retention_of_another_form_is_a_fault() -> None:
    case = {"retention_review_on": "2031-09-18"}
    [first, second] = faults({"retention": "for ever"}, case=case)
    assert first == "final retention: for ever: expected a check of it, found none"
    assert second == "final retention: expected for ever, found a sentence of no known form"


def test_who_is_taken_for_the_poster() -> None:
    assert faults({"poster": "unknown"}, case=HOLT) == []
    taken = {**HOLT, "identity": {"party": "P1"}}
    assert faults({"poster": "unknown"}, case=taken) == ["final poster: expected unknown, found p-holt"]
    assert faults({"poster": "p-holt"}, case=taken) == []


def test_whoever_was_wrongly_named_is_used_for_nothing_else() -> None:
    restricted = {"p_holt": {"restricted": True}}
    assert faults(restricted, case=HOLT, events=CLEARED, letters=[APOLOGY]) == []
    warned = [*CLEARED, event("warning-issued", party="P1")]
    assert faults(restricted, case=HOLT, events=warned, letters=[APOLOGY]) == [
        "final p_holt.restricted: expected True, found ['incident.warning-issued.v1 as event 4']"
    ]
    untold = faults(restricted, case=HOLT, events=CLEARED, letters=[{**APOLOGY, "text": "Sorry."}])
    assert untold == ["final p_holt.restricted: expected True, found ['they were not told so']"]
    kept = faults(restricted, case=HOLT, events=CLEARED[:1], letters=[APOLOGY])
    assert kept == ["final p_holt.restricted: expected True, found ['they were never cleared']"]


HISTORY = {
    "events": [
        {"type": type_, "facts": facts, "recorded_at": BEGUN.isoformat()} for type_, facts in CLEARED
    ]
}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "letters", "found"),
    [
        ({}, [APOLOGY], None),
        ({"u-sbm /v1/tasks": {"tasks": ["p-holt"]}}, [APOLOGY], "['/v1/tasks, for u-sbm']"),
        ({"u-gov /v1/statistics": {"note": "Sarah Holt"}}, [APOLOGY], "['/v1/statistics, for u-gov']"),
        ({"letters /v1/events": {"events": ["Sarah Holt"]}}, [APOLOGY], "['/v1/events, for letters']"),
        ({}, [letter("L10", "x-legal", "A Ms Sarah Holt was asked.")], "['L10']"),
        ({}, [letter("L02", "p-holt")], "['L02']"),
    ],
)
def test_whoever_was_wrongly_named_appears_in_the_history_alone(
    answers: dict[str, Any], letters: list[Any], found: str | None
) -> None:
    shown = {f"{HERE}/history": HISTORY, **answers}
    said = faults({"p_holt": {"appears_in": APPEARS}}, case=HOLT, events=CLEARED, letters=letters, answers=shown)
    assert (said == []) if found is None else (len(said) == 1 and said[0].endswith(f"{found})"))


def test_an_error_that_history_does_not_show_is_found() -> None:
    shown = {f"{HERE}/history": {"events": HISTORY["events"][1:]}}
    [said] = faults({"p_holt": {"appears_in": APPEARS}}, case=HOLT, events=CLEARED, answers=shown)
    assert said.endswith("expected (['18 Sep', '18 Sep'], []), found (['18 Sep'], [])")


POSTED = event("post-recorded", post_no=1, count=11)


@pytest.mark.parametrize(
    ("judged", "talk", "found"),
    [
        ({"has_concern": True, "posts": [4, 7, 9]}, True, None),
        ({"has_concern": True, "posts": list(range(1, 12))}, True, "not_upheld_and_answered"),
        ({"has_concern": True, "posts": [4, 7, 9]}, False, "upheld_and_not_answered"),
        ({"has_concern": False, "posts": [4, 7, 9]}, True, "none_and_answered"),
    ],
)
def test_what_became_of_the_concern(judged: dict[str, Any], *, talk: bool, found: str | None) -> None:
    decided = event("breach-decided", outcome="inappropriate", is_concern_answered=False, **judged)
    answered = event("parent-contacted", is_concern_answered=talk)
    said = faults({"underlying_concern": "upheld_and_answered"}, events=[POSTED, decided, answered])
    expected = [] if found is None else [f"final underlying_concern: expected upheld_and_answered, found {found}"]
    assert said == expected


@pytest.mark.parametrize("channel", ["by_hand", "email", "print"])
def test_a_letter_leaves_by_one_of_the_ways_that_are_said(channel: str) -> None:
    sent = {"letters_sent": ["L03 by hand or e-mail supplied by her"]}
    said = faults(sent, letters=[letter("L03", "p-pickard-d", channel=channel)])
    wrong = ["final letters_sent: expected L03 by by_hand or email, found L03 by print"]
    assert said == (wrong if channel == "print" else [])
