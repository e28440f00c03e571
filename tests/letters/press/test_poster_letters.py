"""What each letter without posts must say, and what it may never: on the rendered page, and in what it is made from."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pytest

from letters.adapters.school_file import SchoolFolder
from letters.adapters.template_store import TemplateStore
from letters.domain.template_data import TemplateData, canonical, template_data
from letters.domain.wording import GROUNDS, fill
from tests.letters.press.merge_fields import FIRST
from tests.letters.press.poster_answers import DATES, DOJO, PAGE, SLOTS, told
from tests.letters.press.rendered import Rendered

Make = Callable[..., TemplateData]
SIZES = ("ok", "ok-large")
THREATS = ("warn", "police", "legal action", "solicitor", "court", "consequence", "banned")


@pytest.fixture
def made(school: SchoolFolder) -> Make:
    def make(template: str, *, slots: dict[str, str] | None = None, **facts: Any) -> TemplateData:
        fields = facts.pop("fields", None) or told(template, **facts)
        return template_data(
            template,
            fields,
            facts.pop("school", None) or school.school.fields(),
            recipient="p-mallinson",
            letter_date=date.fromisoformat(DATES[template]),
            our_ref="RL-2025-0031/L01-140846",
            slots=SLOTS.get(template, {}) if slots is None else slots,
            signatory=fields["signatories"][0],
            large_print=False,
        )

    return make


def problems(made: TemplateData) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in made.problems]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    _, _, rest = text.partition(f"\n{heading}\n\n")
    return rest.partition("\n\n")[0]


# L01


@pytest.mark.parametrize("size", SIZES)
def test_an_invitation_offers_times_a_place_company_an_interpreter_and_a_number(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L01-{size}"].rendering.text
    when = section(text, "When and where")
    assert "- 3.30 pm on Tuesday 23 September 2025\n- 8.15 am on Wednesday 24 September 2025" in when
    assert "Where: Rowan Lane Primary School, Rowan Lane, Rowanby, DE99 2QT" in when
    assert "ring the school office on 01632 960142" in when
    easy = section(text, "To make it easy to come")
    assert "bring someone with you" in easy
    assert "interpreter" in easy


def test_an_invitation_is_incomplete_without_two_or_three_times(made: Make) -> None:
    one = made("L01", slots={})
    assert problems(one) == [("missing", "slots.second_time")]
    assert "two or three times" in one.problems[0].expected
    times = {"first_time": "2025-09-24T08:15:00+01:00", "second_time": "2025-09-25T08:15:00+01:00"}
    assert problems(made("L01", slots=times)) == []
    assert problems(made("L01", slots=times, meeting_at=None)) == []
    four = {**times, "third_time": "2025-09-26T08:15:00+01:00"}
    assert problems(made("L01", slots=four)) == [("missing", "slots.second_time")]


def test_an_invitation_must_be_there_before_the_earliest_time_it_offers(made: Make) -> None:
    offered = made("L01", slots={"second_time": "2025-09-22T08:15:00+01:00"})
    assert offered.deadline == datetime.fromisoformat("2025-09-22T08:15:00+01:00")
    assert offered.data["times"][0] == "8.15 am on Monday 22 September 2025"


def test_staff_may_invite_to_another_place(made: Make) -> None:
    assert made("L01", slots={**SLOTS["L01"], "place": "the library"}).data["place"] == "the library"


@pytest.mark.parametrize("when", ["2025-09-24", "soon", "2025-09-24T08:15:00"])
def test_a_time_that_is_none_is_a_problem_and_is_not_offered(when: str, made: Make) -> None:
    offered = made("L01", slots={"second_time": when})
    assert problems(offered) == [("slot_malformed", "slots.second_time"), ("missing", "slots.second_time")]
    assert "2026-03-02T15:30:00+00:00" in offered.problems[0].expected


def test_the_message_beside_an_invitation_says_nothing_of_the_matter(store: TemplateStore) -> None:
    values = {"school_name": "St Edmundsbury and Ipswich Church of England Voluntary Aided Primary School",
              "our_ref": "RL-2025-0031/L01-140846", "phone": "01632 960142"}  # fmt: skip
    message = fill(store.template("L01").paste, values)
    assert len(message) <= 300
    assert all(value in message for value in values.values())
    for word in ("online", "post", "site", "policy", "concern", "complain", "about"):
        assert word not in message.casefold().replace("church of england", "")


@pytest.mark.parametrize("size", SIZES)
def test_an_invitation_accuses_nobody(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L01-{size}"].rendering.text.casefold()
    for phrase in (*THREATS, "you posted", "your post", "you wrote", "remove", "inappropriate"):
        assert phrase not in text


# L05, L06


@pytest.mark.parametrize("size", SIZES)
def test_a_restriction_says_what_from_when_until_when_and_what_is_open_instead(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L05-{size}"].rendering.text
    assert "Channel: messages on ClassDojo" in text
    assert "What is restricted: sending messages there" in text
    assert "From: Tuesday 23 September 2025" in text
    assert "I will look at it again by: Tuesday 14 October 2025" in text
    assert "Instead of this channel: office e-mail, answered by the deputy within 1 school day" in text
    assert "You can tell me why you think this should end" in section(text, "If you see it differently")
    assert "formal complaint" in text


def test_a_restriction_speaks_of_its_own_channel_alone(made: Make) -> None:
    other = {**told("L05")["facts"], "blocks": [{"channel": PAGE["channel"], "is_in_force": True}]}
    other["platforms"] = ["instagram"]
    fields = {**told("L05"), "facts": other, "posts": [{**FIRST["posts"][0], "ground": "C5 racist"}]}
    said = canonical(made("L05", fields=fields).data).decode()
    for word in ("Facebook", "Instagram", "facebook.example", "vile", "racist"):
        assert word not in said


def test_messages_are_not_closed_without_another_way_to_reach_the_school(made: Make) -> None:
    assert problems(made("L05", block={**DOJO, "alternative_route": " "})) == [
        ("missing", "facts.block.alternative_route")
    ]
    assert problems(made("L05", block=PAGE)) == []


def test_a_restriction_without_its_particulars_is_incomplete_and_all_are_named(made: Make) -> None:
    missing = [("missing", f"facts.{path}") for path in ("block.channel", "block.scope", "block.since")]
    missing += [("missing", "facts.block.review_on"), ("missing", "facts.reason")]
    assert problems(made("L05", block=None, reason=" ")) == missing[:-1]
    assert problems(made("L05", block=None, reason=None)) == missing


@pytest.mark.parametrize(
    ("name", "says", "offers"),
    [
        ("ok", "My decision: the restriction has ended; you can use the channel as before", False),
        ("hostile", "My decision: the restriction stays as it is for now", True),
        ("long", "My decision: the restriction stays, and is changed as set out below", True),
    ],
)
def test_a_review_says_what_was_decided_and_what_can_be_said_against_it(
    name: str, says: str, *, offers: bool, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L06-{name}"].rendering.text
    assert says in text
    assert ("If you see it differently" in text) is offers
    assert ("I will look at it again by: Tuesday 25 November 2025" in text) is offers


@pytest.mark.parametrize("decision", ["keep", "vary"])
def test_a_restriction_that_goes_on_has_a_day_of_review(decision: str, made: Make) -> None:
    going_on = {"decision": decision, "block": DOJO}
    assert problems(made("L06", **going_on)) == [("missing", "facts.review_on")]
    assert problems(made("L06", **going_on, review_on="2025-11-25")) == []
    open_ended = {**going_on, "block": {**DOJO, "alternative_route": None}, "review_on": "2025-11-25"}
    assert problems(made("L06", **open_ended)) == [("missing", "facts.block.alternative_route")]


def test_a_decision_of_another_kind_is_a_problem(made: Make) -> None:
    assert ("malformed", "facts.decision") in problems(made("L06", decision="forget", review_on="2025-11-25"))


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({"platform": "facebook", "kind": "page", "name": "School's own Facebook page"}, "School's own Facebook page"),
        ({"platform": "facebook", "kind": "page", "name": "Noticeboard"}, "Noticeboard (Facebook)"),
        ({"platform": "facebook", "kind": "page", "name": None}, "our page on Facebook"),
        ({"platform": "classdojo", "kind": "messaging", "name": None}, "messages on ClassDojo"),
        ({"platform": "school-site", "kind": "forum", "name": None}, "our forum"),
        ({"platform": "x", "kind": "personal_profile", "name": None}, "our account on X"),
    ],
)
def test_a_channel_is_called_what_the_school_calls_it(shown: dict[str, Any], words: str, made: Make) -> None:
    assert made("L05", block={**DOJO, "channel": shown}).data["where"] == words


# L11


@pytest.mark.parametrize("size", [*SIZES, "long"])
def test_an_apology_says_what_was_wrong_what_is_put_right_and_whom_to_ask(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L11-{size}"].rendering.text
    assert "I am sorry." in text
    assert "it was not you" in text
    assert "may be used for nothing else" in section(text, "What we have put right")
    assert "data protection officer" in section(text, "Whom to ask")
    assert "- On Friday" in section(text, "What we did by mistake")


def test_an_apology_knows_neither_the_true_poster_nor_the_post(made: Make) -> None:
    fields = told("L11", to="P4", reason="shown there is no such account", impact="teacher distressed")
    fields["names"].append({"name": "Sarah J Holt", "kind": "unknown", "allowed": False})
    fields["posts"] = [{**FIRST["posts"][0], "account": "Sarah J Holt"}]
    fields["facts"] |= {"underlying_concern": "trip place", "concern_response": "rechecked"}
    said = canonical(made("L11", fields=fields).data).decode()
    for word in ("Holt", "P4", "no such account", "vile", "facebook", "distressed", "trip", "rechecked", *GROUNDS):
        assert word not in said


@pytest.mark.parametrize("template", ["L11", "L13"])
@pytest.mark.parametrize("size", SIZES)
def test_an_apology_and_a_signpost_name_no_ground(template: str, size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"{template}-{size}"].rendering.text
    assert not any(words in text for words in GROUNDS.values())
    assert not any(word in text.casefold() for word in (*THREATS, "inappropriate", "offensive", "allegation"))


def test_an_apology_asks_to_disregard_what_was_sent_to_the_same_person(made: Make) -> None:
    fields = told("L11")
    letter = {"template": "L02", "party": "P2", "state": "sent", "occurred_at": "2025-09-19T16:00:00+01:00"}
    fields["earlier_letters"] = [
        letter,
        {**letter, "state": "delivered", "occurred_at": "2025-09-22T10:00:00+01:00"},
        {**letter, "party": "P3", "occurred_at": "2025-09-20T10:00:00+01:00"},
    ]
    assert made("L11", fields=fields).data["letters"] == ["Friday 19 September 2025"]


def test_nobody_is_told_that_all_is_put_right_while_a_block_stands(made: Make) -> None:
    block = {"channel": PAGE["channel"], "is_in_force": True}
    assert problems(made("L11", blocks=[block])) == [("block_in_force", "facts.blocks")]
    assert problems(made("L11", blocks=[{**block, "is_in_force": False}])) == []


# L13, L14


@pytest.mark.parametrize("size", SIZES)
def test_a_signpost_gives_the_schools_own_stages(
    size: str, rendered: Mapping[str, Rendered], school: SchoolFolder
) -> None:
    text = rendered[f"L13-{size}"].rendering.text
    stages = section(text, "The stages of our complaints procedure")
    for number, words in enumerate(school.school.complaints, 1):
        assert f"- Stage {number}. {words}" in stages
    assert "will never be held against you" in text


def test_a_signpost_is_not_written_for_a_school_that_has_not_said_its_stages(made: Make, school: SchoolFolder) -> None:
    without = {**school.school.fields(), "complaints": ()}
    fields = told("L13")
    assert problems(made("L13", fields=fields, school=without)) == [("missing", "school.complaints")]


@pytest.mark.parametrize("size", SIZES)
def test_guidance_puts_the_policys_age_beside_the_sites_and_asks_to_check_the_law(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    ages = section(rendered[f"L14-{size}"].rendering.text, "How old should a child be?")
    assert "Our policy, of most sites\n14\nTikTok, in its own rules\n13\n" in ages
    assert "check the law" in ages


def test_guidance_owns_up_to_a_site_whose_age_it_does_not_know(rendered: Mapping[str, Rendered], made: Make) -> None:
    data = made("L14", platforms=["tiktok", "bebo"]).data
    assert data["sites"] == [{"name": "TikTok", "age": 13}, {"name": "bebo", "age": None}]
    assert "not known to us; please look it up" in rendered["L14-long"].rendering.text


@pytest.mark.parametrize("size", SIZES)
def test_guidance_blames_nobody_and_speaks_of_no_other_child(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L14-{size}"].rendering.text.casefold()
    assert "blames nobody" in text
    for phrase in (*THREATS, "classmate", "other pupils", "your fault", "should have", "your child", "your son"):
        assert phrase not in text


def test_guidance_is_told_nothing_of_the_video(made: Make) -> None:
    fields = told("L14", account="did not know", concern_response="secret")
    fields["posts"] = [FIRST["posts"][0]]
    said = canonical(made("L14", fields=fields).data).decode()
    assert not any(word in said for word in ("did not know", "secret", "vile", "Jayden"))


# L22


@pytest.mark.parametrize("size", SIZES)
def test_a_restriction_of_the_premises_has_a_beginning_a_review_and_an_end(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L22-{size}"].rendering.text
    assert "From: Tuesday 23 September 2025" in text
    assert "I will look at it again on: Tuesday 21 October 2025" in text
    assert "It ends on: Tuesday 4 November 2025" in text
    assert "bring and collect a child" in section(text, "Bringing and collecting children")
    assert "You can tell me why" in section(text, "If you see it differently")


def test_staff_may_set_other_days_and_say_how_children_are_collected(made: Make) -> None:
    days = {"starts_on": "2025-09-24", "review_on": "2025-10-08", "ends_on": "2025-10-24"}
    data = made("L22", slots={**days, "collection": "A grandparent collects at the side gate."}).data
    assert (data["starts_on"], data["ends_on"]) == ("Wednesday 24 September 2025", "Friday 24 October 2025")
    assert data["collection"] == "A grandparent collects at the side gate."
    assert data["slots"] == {"note": None}


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({"ends_on": "2025-09-20"}, "days_out_of_order"),
        ({"review_on": "2025-12-01"}, "days_out_of_order"),
        ({"starts_on": "2025-10-21"}, "days_out_of_order"),
        ({"ends_on": "2026-07-17"}, "too_long"),
    ],
)
def test_no_restriction_goes_on_without_an_end(days: dict[str, str], code: str, made: Make) -> None:
    assert [found for found, _ in problems(made("L22", slots=days))] == [code]


@pytest.mark.parametrize("day", ["2025-13-01", "never", "2025-9-24"])
def test_a_day_that_is_none_is_a_problem(day: str, made: Make) -> None:
    found = made("L22", slots={"ends_on": day})
    assert problems(found) == [("slot_malformed", "slots.ends_on")]
    assert found.problems[0].expected == "a date as 2026-03-02"
    assert found.data["ends_on"] == "Tuesday 4 November 2025"


def test_a_restriction_of_the_premises_names_and_quotes_nobody(made: Make) -> None:
    fields = told("L22", concerns="You wrote that Miss Ellery would be hurt.")
    data = made("L22", fields=fields).data
    said = json.dumps({name: value for name, value in data.items() if name not in {"recipient", "signatory", "school"}})
    for word in ("Ellery", "vile", "hurt", "facebook", "Mallinson"):
        assert word not in said


def test_facts_of_another_form_are_problems_and_never_a_crash(made: Make) -> None:
    for template, facts in (
        ("L01", {"meeting_at": "soon"}),
        ("L05", {"block": {**DOJO, "channel": "dojo"}}),
        ("L06", {"block": "dojo"}),
        ("L11", {"blocks": ["dojo"]}),
        ("L13", {"contacts": [{"method": "telephone"}]}),
        ("L14", {"platforms": 3}),
    ):
        assert {code for code, _ in problems(made(template, **facts))} <= {"missing", "malformed"}
        assert problems(made(template, **facts))
