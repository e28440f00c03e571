"""What police and adviser must be told, and what they may never be: on the page, in its data."""

from collections.abc import Mapping

import pytest

from letters.domain import outside_wording
from tests.letters.press.outside_answers import EXHIBITS, STEPS, SUSPECT, outside
from tests.letters.press.outside_told import SIZES, Make, found_in, post, problems
from tests.letters.press.rendered import Rendered
from tests.letters.press.test_poster_letters import section

# L09


@pytest.mark.parametrize("size", SIZES)
def test_the_police_are_told_of_danger_posts_suspect_exhibits_and_earlier_steps(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L09-{size}"].rendering.text
    assert "Danger now: Not that we know of." in text
    assert "First told: by the 101 online form, at 2.15 pm on Tuesday 23 September 2025" in text
    assert "Your reference: INC 411 of 23/09/2025" in text
    assert "The teacher was followed to her car on Monday." in section(text, "What happened")
    assert "We think that Kerry Mallinson, a parent of a child at our school, posted this." in text
    assert "How sure we are: probable" in text
    assert "Why we think so: the profile matches; profile name and photograph" in text
    assert "We will not contact this person until you tell us that we may." in text
    for exhibit in EXHIBITS:
        assert exhibit["sha256"] in section(text, "What we have kept")
    assert section(text, "What the school did before").splitlines()[2:] == [
        "Friday 19 September 2025",
        "We talked with the person at a meeting.",
        "Friday 19 September 2025",
        "The school asked the person to remove it.",
        "Monday 22 September 2025",
        "The person refused to remove it.",
        "Tuesday 23 September 2025",
        "The school saw that it went on: a further post.",
    ]


@pytest.mark.parametrize("size", SIZES)
def test_what_it_amounts_to_is_boxes_to_tick_and_nothing_else(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L09-{size}"].rendering.text
    laws = section(text, "For you to decide").splitlines()
    assert laws[0].startswith("We draw no conclusion in law.")
    assert laws[0].endswith("whether any of these applies is for you to say.")
    assert [line[2] for line in laws[1:]] == list("☐☐☒☐☐☐☐")
    assert [line[4:] for line in laws[1:]] == list(outside_wording.LAWS.values())
    assert "Defamation" not in text
    rest = text.replace("\n".join(laws), "").casefold()
    for word in ("offence", "crime", "criminal", "guilty", "illegal", "unlawful", "committed", " act 19", " act 20"):
        assert word not in rest


def test_an_unknown_crime_stands_beside_a_box_in_the_schools_words(told: Make) -> None:
    boxes = told("L09", facts={"grounds": ["crime_suspected"], "crime": "a stolen password"}).data["grounds"]
    assert [box["words"] for box in boxes if box["is_ticked"]] == ["For another reason: a stolen password"]


@pytest.mark.parametrize(
    "account", ["She committed an offence.", "This is a crime.", "He is guilty.", "It is illegal."]
)
def test_a_conclusion_in_the_account_has_to_go(account: str, told: Make) -> None:
    found = found_in("L09", told("L09", facts={"account": account}).data)
    assert {(level, id_.partition(":")[0]) for level, id_ in found} == {("block", "listed_phrase")}


def test_danger_and_a_referral_before_anything_was_captured(told: Make) -> None:
    data = told("L09", facts={"is_immediate": True, "route": "999", "exhibits": [], "steps": []}, holds=[]).data
    assert (data["is_in_danger"], data["referred"], data["is_held"]) == (
        True, "by telephone, 999, at 2.15 pm on Tuesday 23 September 2025", False,
    )  # fmt: skip
    assert (data["exhibits"], data["steps"]) == ([], [])


def test_what_is_withheld_of_a_post_is_to_be_seen_in_our_copy(told: Make) -> None:
    (only,) = told("L09", posts=post(quote=None, summary=None)).data["posts"]
    assert only["said"] == "Its words are not repeated here: see our copy."
    (told_of,) = told("L09", posts=post(quote=None, summary="It uses a slur, which is not repeated here.")).data[
        "posts"
    ]
    assert told_of["said"] == "It uses a slur, which is not repeated here."


def test_no_childs_name_is_written_down_for_the_police(told: Make, rendered: Mapping[str, Rendered]) -> None:
    suspect = told("L09", facts={"suspect": {**SUSPECT, "kind": "pupil", "name": "Jayden Mallinson"}}).data["suspect"]
    assert (suspect["name"], suspect["is_child"]) == (None, True)
    assert "We think that it was a child at our school." in rendered["L10-long"].rendering.text
    assert told("L09", facts={"suspect": None}).data["suspect"] is None
    assert "We do not know who posted this." in rendered["L09-long"].rendering.text


def test_an_adult_who_answers_for_a_child_is_not_taken_for_the_author(
    told: Make, rendered: Mapping[str, Rendered]
) -> None:
    adult = {**SUSPECT, "capacity": "responsible_adult"}
    assert told("L09", facts={"suspect": adult}).data["suspect"]["answers_for_child"] is True
    text = rendered["L10-scripts"].rendering.text
    assert "The account is used by a child. The adult who answers for the child is" in text
    assert "posted this" not in text


@pytest.mark.parametrize("template", ["L09", "L10"])
def test_the_suspect_may_be_named_here_and_a_pupil_may_not(template: str, told: Make) -> None:
    data = told(template).data
    assert found_in(template, data) == []
    assert ("block", "full_name:names[1]:text") in found_in(template, {**data, "slots": {"note": "Jayden Mallinson"}})


# L10


@pytest.mark.parametrize("size", SIZES)
def test_an_instruction_has_question_limit_chronology_exhibits_and_letters_with_proofs(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L10-{size}"].rendering.text
    assert "Dear Fiona Ingram\n" in text
    assert "Privileged and confidential." in text
    assert "shown to the headteacher and the chair of governors only" in text
    assert section(text, "What we ask you to advise on").startswith("Can the teacher sue, and by when?")
    assert "may be out of time after Thursday 17 September 2026, a year after the first post" in text
    days = section(text, "What happened, day by day").splitlines()[2:]
    assert len(days) == 2 * len(STEPS)
    for exhibit in EXHIBITS:
        assert exhibit["sha256"] in text
    letters = section(text, "Letters, and what proves them").splitlines()[3:]
    assert letters == [
        "L02 removal request",
        "to the poster",
        "sent by post on 19 September 2025",
        "delivered on 22 September 2025",
        "7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d",
        "L07 host report",
        "to the site",
        "sent by form or by hand on 23 September 2025",
        "b1a2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90",
    ]


@pytest.mark.parametrize("path", ["question", "limitation_on"])
def test_an_instruction_without_question_or_limit_is_incomplete(path: str, told: Make) -> None:
    assert problems(told("L10", facts={path: None})) == [("missing", f"facts.{path}")]


def test_an_adviser_without_a_name_is_greeted_all_the_same(told: Make) -> None:
    nameless = [{**outside("L10")["recipients"][0], "name": None, "address": None}]
    found = told("L10", recipients=nameless)
    assert (found.problems, found.data["greeting"]) == ((), "Dear colleague")
    assert found.data["recipient"] == {"name": "The school's legal adviser", "address": []}


def test_letters_to_others_are_told_without_their_names(told: Make) -> None:
    letter = outside("L10")["earlier_letters"][0]
    others = [{**letter, "letter_id": party, "party": party} for party in ("P7", "police", "authority", "adviser")]
    found = told("L10", earlier_letters=[*others, {**letter, "letter_id": "x", "template": "L99", "party": None}]).data
    assert [each["to"] for each in found["letters"]] == [
        "somebody else", "the police", "the authority", "the adviser", "somebody else",
    ]  # fmt: skip
    assert found["letters"][-1]["what"] == "L99"
