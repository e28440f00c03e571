"""The player must fail where services and story differ: doctored copies of a story, each with one thing wrong.

They are played on one real pair of services and cut off soon after what was doctored. A message names the story, the
step, what was expected and what was found.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

from tests.journeys.cast import Cast
from tests.journeys.ending import EndFailed
from tests.journeys.expectations import StepFailed
from tests.journeys.pair import Pair, Room, running
from tests.journeys.playing import Player
from tests.journeys.story import STORIES, Model, Story, StoryFault, load, read_story

Doctor = Callable[[dict[str, Any]], None]
FIRST = load(STORIES / "S01-refusal-then-warning.yaml")
CAST = Cast.read(STORIES)
MODEL = Model.read(STORIES)
TO_THE_FIRST_LETTER = (1, 3, 4, 5, 7, 8, 10, 13)
"""The steps that lead to a request for removal, without those that are refused."""
REPORTED = "incident.reported.v1"
POSTED = "incident.post-recorded.v1"
FILED = "incident.correspondence-recorded.v1"
ADDED = "incident.party-added.v1"


@pytest.fixture(scope="module")
def pair(room: Room, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Answer a pair of services that the stories of this file share; each opens a case of its own."""
    first_moment = read_story(FIRST, MODEL, CAST.people).steps[0].at
    with running(room, CAST, {}, first_moment, tmp_path_factory.mktemp("pair")) as made:
        yield made


def story(*steps: int, doctor: Doctor = lambda _: None, **members: Any) -> Story:
    """Return these steps of the first story, numbered from 1 again, with something changed in the last one."""
    told = {
        **copy.deepcopy(FIRST),
        "steps": [copy.deepcopy(FIRST["steps"][number - 1]) for number in steps],
        "final": {},
        "must_not": [],
        **members,
    }
    doctor(told["steps"][-1])
    return read_story(told, MODEL, CAST.people)


def play(pair: Pair, told: Story) -> list[str]:
    """Play a story; return the letters that are still to come."""
    player = Player(told, pair, CAST, MODEL)
    player.play()
    return player.notes


def said(pair: Pair, told: Story, error: type[Exception] = StepFailed) -> str:
    """Play a story that must fail; return the message."""
    with pytest.raises(error) as failed:
        play(pair, told)
    return str(failed.value)


def changed(**members: Any) -> Doctor:
    return lambda step: step.update(members)


def with_facts(**facts: Any) -> Doctor:
    return lambda step: step["with"].update(facts)


def test_the_steps_that_are_doctored_here_play_as_they_are_told(pair: Pair) -> None:
    assert play(pair, story(1, 2, 3)) == []


def test_a_word_that_no_field_takes_and_nothing_looks_at_fails(pair: Pair) -> None:
    message = said(pair, story(1, 2, 3, doctor=with_facts(weather="dry")), EndFailed)
    assert message.splitlines() == [
        "S01 at its end:",
        "  S01 step 3 (capture_evidence): weather: expected a field or a check of it, found neither: see remarks.py",
    ]


def test_a_word_that_no_field_takes_is_held_to_what_came_of_its_step(pair: Pair) -> None:
    assert play(pair, story(1, 2, 3, doctor=with_facts(files=1))) == []
    message = said(pair, story(1, 2, 3, doctor=with_facts(files=2)), EndFailed)
    assert "S01 step 3 (capture_evidence): files: expected 2, found 1" in message


@pytest.mark.parametrize(
    ("steps", "doctor", "expected"),
    [
        (
            (1, 2),
            changed(rules=["R01", "R02", "R16"]),
            "rules: expected ['R01', 'R02', 'R16'], found ['R01', 'R02', 'R05', 'R16']",
        ),
        ((1, 2), changed(rules=["R16", "R05", "R02", "R01"]), "found ['R01', 'R02', 'R05', 'R16']"),
        ((1, 2), changed(status=403), "status: expected 403, found 409"),
        (
            (1, 2),
            changed(expect="accepted", events=["incident.removal-requested.v1"]),
            "outcome: expected accepted, found refused with status 409",
        ),
        (
            (1,),
            changed(events=[REPORTED, POSTED]),
            f"events: expected ['{REPORTED}', '{POSTED}'], found ['{REPORTED}', '{ADDED}', '{POSTED}']",
        ),
        ((1,), changed(events=[REPORTED, POSTED, ADDED]), f"found ['{REPORTED}', '{ADDED}', '{POSTED}']"),
        ((1,), changed(expect="refused", status=409, rules=["R01"]), "expected refused 409 ['R01'], found accepted"),
        (
            (1,),
            changed(tasks={"first_step": "2025-09-26"}),
            "task first_step: expected due 2025-09-26, found 2025-09-25",
        ),
        ((1,), changed(tasks={"redeliver": "2025-09-26"}), "task redeliver: expected due 2025-09-26, found no such"),
        ((1,), changed(letters=["L02"]), "letters: expected ['L02'], found []"),
        ((1,), with_facts(posted_at="2025-09-17T20:14:00"), "found refused with status 422 ['R20']"),
        ((1, 3, 4), changed(by="u-gov"), "outcome: expected accepted, found refused with status 404"),
        ((1, 3, 4), changed(if_match="stale"), "found refused with status 412 ['R15']"),
    ],
)
def test_a_step_that_differs_fails(pair: Pair, steps: tuple[int, ...], doctor: Doctor, expected: str) -> None:
    message = said(pair, story(*steps, doctor=doctor))
    assert message.startswith(f"S01 step {len(steps)} ({FIRST['steps'][steps[-1] - 1]['do']} by ")
    assert expected in message


def test_everything_that_differs_in_a_step_is_said_at_once(pair: Pair) -> None:
    doctor = changed(events=[], letters=["L02"], tasks={"first_step": "2025-09-26"})
    message = said(pair, story(1, doctor=doctor))
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:]] == ["events", "letters", "task first_step"]


def test_a_letter_that_should_not_be_there_fails(pair: Pair) -> None:
    message = said(pair, story(*TO_THE_FIRST_LETTER, doctor=changed(letters=[])))
    assert message.startswith("S01 step 8 (request_removal by u-deputy")
    assert "letters: expected [], found ['L02']" in message


def test_a_letter_that_is_not_held_as_the_story_says_fails(pair: Pair) -> None:
    message = said(pair, story(*TO_THE_FIRST_LETTER, doctor=changed(letters=["L02 hold: evidence"])))
    assert "L02: expected held (evidence), found ready without a hold" in message


def test_a_letter_that_somebody_else_approves_than_the_story_says_fails(pair: Pair) -> None:
    message = said(pair, story(*TO_THE_FIRST_LETTER, doctor=changed(letters=["L02 hold: approval by u-sbm"])))
    assert "L02: expected u-sbm (office) to be one who approves it, found " in message


def to_somebody_without_an_address(hold: str) -> Story:
    """Return the steps to the first letter, with a poster whose address the school does not have."""
    steps = [FIRST["steps"][number - 1] for number in TO_THE_FIRST_LETTER]
    steps = yaml.safe_load(yaml.safe_dump(steps).replace("p-mallinson", "p-pickard-d"))
    return story(1, steps=steps, doctor=changed(letters=[f"L02 hold: {hold}"]))


def test_a_letter_that_is_held_by_what_the_story_says_is_not_sent(pair: Pair) -> None:
    assert play(pair, to_somebody_without_an_address("recipient address")) == []


def test_a_letter_that_is_held_by_something_else_than_the_story_says_fails(pair: Pair) -> None:
    message = said(pair, to_somebody_without_an_address("police"))
    assert "L02: expected held (police), found incomplete and held (address)" in message


def test_a_hold_that_letters_does_not_have_fails(pair: Pair) -> None:
    message = said(pair, to_somebody_without_an_address("full moon"))
    assert "L02: expected a hold that letters has (" in message


def test_a_letter_that_waits_for_an_approval_is_not_sent(pair: Pair) -> None:
    held = changed(letters=["L02 hold: approval by u-head"])
    sent = {"letters_sent": ["L02"]}
    message = said(pair, story(*TO_THE_FIRST_LETTER, doctor=held, final=sent), EndFailed)
    assert "final letters_sent: expected ['L02'], found []" in message


def test_a_letter_is_approved_sent_and_filed_by_the_steps_that_say_so(pair: Pair) -> None:
    told = story(*TO_THE_FIRST_LETTER, doctor=changed(letters=["L02 hold: approval by u-head"]))
    approval = {
        "at": "2025-09-19T16:00:00+01:00",
        "by": "u-head",
        "do": "approve_letter",
        "with": {"letter": "L02"},
        "expect": "accepted",
    }
    filed = read_story({**FIRST, "steps": [{**approval, "events": [FILED]}]}, MODEL, CAST.people).steps
    unlisted = read_story({**FIRST, "steps": [approval]}, MODEL, CAST.people).steps
    final = {"letters_sent": ["L02"], "chronology": "12 events, those filed for the one letter included"}
    never = ["L02 in the post before approval"]
    assert play(pair, replace(told, steps=[*told.steps, *filed], final=final, must_not=never)) == []
    assert f"events: expected [], found ['{FILED}']" in said(pair, replace(told, steps=[*told.steps, *unlisted]))


def test_the_same_key_again_is_replayed_and_another_body_refused(pair: Pair) -> None:
    first = copy.deepcopy(FIRST["steps"][0]) | {"key": "k-1"}
    again = {name: first[name] for name in ("at", "by", "do", "key")} | {"with": {"same_body": True}}
    other = {**again, "with": {"same_body": False}}
    steps = [
        first,
        {**again, "expect": "replayed"},
        {**other, "expect": "refused", "status": 422, "rules": ["R23"]},
    ]
    play(pair, story(1, steps=steps))
    steps[1] = {**other, "expect": "replayed"}
    assert "outcome: expected replayed, found refused with status 422 ['R23']" in said(pair, story(1, steps=steps))
    steps[1] = {**again, "expect": "accepted", "events": first["events"]}
    message = said(pair, story(1, steps=steps))
    assert "outcome: expected accepted, found replayed" in message
    assert "events: expected" in message


def test_an_end_that_differs_fails(pair: Pair) -> None:
    final = {
        "state": "closed",
        "outcome": "no_breach",
        "warnings": 1,
        "letters_sent": ["L02"],
        "retention_review": "2031-10-10",
        "overrides": ["R03: threat"],
        "access": "restored 2025-11-25",
        "minutes_report_to_police": 5,
        "chronology": "4 events; both times of each shown",
    }
    first, *lines, last = said(pair, story(1, final=final), EndFailed).splitlines()
    assert first == "S01 at its end:"
    assert [line.strip() for line in lines] == [
        "final state: expected closed, found reported",
        "final outcome: expected no_breach, found None",
        "final warnings: expected 1, found 0",
        "final letters_sent: expected ['L02'], found []",
        "final retention_review: expected 2031-10-10, found None",
        "final overrides: expected ['R03: threat'], found []",
        "final access: expected restored 2025-11-25, found open",
        "final minutes_report_to_police: expected 5, found None",
    ]
    assert last.strip().startswith("final chronology: expected {'events': 4,")
    assert "found {'events': 3," in last


def test_what_must_not_be_and_is_fails(pair: Pair) -> None:
    sentence = f"{REPORTED} before {POSTED}"
    message = said(pair, story(1, must_not=[sentence]), EndFailed)
    assert message.splitlines() == [
        "S01 at its end:",
        f"  must_not {sentence}: expected nothing of the kind, found {REPORTED} as event 1 of the case",
    ]


def test_what_nothing_looks_at_fails(pair: Pair) -> None:
    final = {
        "state": "reported",
        "stats": {"term": "autumn_2025", "weather": "dry"},
        "chronology": "3 events; every one of them blue",
        "mood": "good",
        "p_holt": {"hat": "red"},
        "letters_sent": ["L02 by pigeon"],
    }
    lines = said(pair, story(1, final=final, must_not=["a cat"]), EndFailed).splitlines()
    assert [line.strip() for line in lines[1:]] == [
        "final stats: weather: dry: expected a check of it, found none",
        "final chronology: every one of them blue: expected a check of it, found none",
        "final mood: good: expected a check of it, found none",
        "final p_holt.hat: red: expected a check of it, found none",
        "final letters_sent: L02 by pigeon: expected a check of it, found none",
        "final letters_sent: expected ['L02'], found []",
        "must_not a cat: expected a known form of sentence, found none: add it to SENTENCES",
    ]


def test_a_step_of_the_model_that_the_player_does_not_know_fails(pair: Pair) -> None:
    message = said(pair, story(1, 2, doctor=changed(do="receive_dp_complaint")), StoryFault)
    assert message.startswith("S01 step 2 (receive_dp_complaint by u-deputy")
    assert "expected a step that the player plays, found one that it does not know yet" in message


def test_a_decision_that_casework_does_not_have_fails(pair: Pair) -> None:
    message = said(pair, story(1, 2, doctor=changed(do="propose_action")), StoryFault)
    assert message.startswith("S01 step 2 (propose_action by u-deputy")
    assert "expected a decision of casework, found that it has none of this name yet" in message


def test_a_timer_that_is_due_and_that_nothing_is_said_of_fails(pair: Pair) -> None:
    timer = copy.deepcopy(FIRST["steps"][22])
    steps = [copy.deepcopy(FIRST["steps"][number - 1]) for number in TO_THE_FIRST_LETTER]
    message = said(pair, story(1, steps=[*steps, timer]))
    assert message.startswith("S01 step 9 (run_timers by sys")
    assert "events: expected [], found ['incident.removal-deadline-lapsed.v1'" in message
