"""What a report to a host and a notice of complaint must say, and what they may never."""

from collections.abc import Mapping
from typing import Any

import pytest

from letters.domain import outside_wording
from tests.letters.press.merge_fields import FIRST, SECOND_POST
from tests.letters.press.outside_answers import EMAIL, outside
from tests.letters.press.outside_told import POSTER, QUOTES, SIZES, Make, found_in, post, problems
from tests.letters.press.rendered import Rendered
from tests.letters.press.test_poster_letters import section

# L07


@pytest.mark.parametrize("size", SIZES)
def test_a_report_gives_addresses_the_rule_and_when_copies_were_taken(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L07-{size}"].rendering.text
    for url in (FIRST["posts"][0]["url"], SECOND_POST["url"]):
        assert url in text
    assert "As we read them, your rules on bullying, harassment and abuse of people." in text
    assert "Captured by us Thursday 18 September 2025, 9.10 am: E1" in text
    assert "Captured by us Tuesday 23 September 2025, 12.20 pm: E2" in text


@pytest.mark.parametrize("size", SIZES)
def test_a_report_repeats_no_word_names_nobody_and_claims_nothing(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L07-{size}"].rendering.text
    for word in (*QUOTES, *POSTER, "Ellery", "Jayden", "Mill Terrace", "defam", "libel", "solicitor", "legal action"):
        assert word not in text
    assert "We name no child, and we make no claim in law" in text


def test_a_report_of_a_childs_account_has_both_ages(told: Make, rendered: Mapping[str, Rendered]) -> None:
    child = told("L07", facts={"basis": "underage_account", "host": "tiktok"}).data
    assert (child["rule"], child["ages"]) == (outside_wording.AGE_RULE, {"policy": 14, "site": 13})
    account = told("L07", case={**outside("L07")["case"], "kind": "child_account", "primary": "C7"}).data
    assert account["rule"] == "the safety and the privacy of children"
    assert account["ages"] == {"policy": 14, "site": 13}
    assert told("L07").data["ages"] is None
    both = rendered["L07-long"].rendering.text
    assert "an account needs an age of at least 13. Our school" in both
    assert "policy tells parents that most sites ask users to be at least 14. Please look at the age" in both
    assert "under your rules and the law as it stands now" in both


def test_a_site_whose_age_we_do_not_know_is_not_told_one(told: Make, rendered: Mapping[str, Rendered]) -> None:
    ages = told("L07", facts={"basis": "underage_account", "host": "newsite"}).data["ages"]
    assert ages == {"policy": 14, "site": None}
    assert "Your own rules say from which age on an account is allowed." in rendered["L07-hostile"].rendering.text


def test_a_report_without_the_address_of_a_post_or_the_age_is_incomplete(told: Make) -> None:
    assert problems(told("L07", posts=post(url=None))) == [("missing", "posts[0].url")]
    assert problems(told("L07", posts=[])) == [("missing", "posts")]
    no_age = {**outside("L07")["policy"], "minimum_age": None}
    childs = {"facts": {"basis": "underage_account"}, "policy": no_age}
    assert ("missing", "policy.minimum_age") in problems(told("L07", **childs))
    assert ("missing", "facts.host") in problems(told("L07", facts={"host": None}))


def test_of_a_post_that_could_not_be_captured_a_host_is_told_when_it_was_seen(told: Make) -> None:
    (only,) = told("L07", posts=post(exhibit=None), facts={"exhibits": []}).data["posts"]
    assert only["captured"] == "Seen by us Thursday 18 September 2025, 8.40 am; no copy was taken"


@pytest.mark.parametrize(
    "note", ["This is defamation.", "We will sue.", "Our solicitors will write.", "that is libel", "claim damages"]
)
def test_nobody_makes_the_school_a_complainant_in_a_report(note: str, told: Make) -> None:
    data = told("L07", slots={"note": note}).data
    assert ("block", "listed_phrase") in [(level, id_.partition(":")[0]) for level, id_ in found_in("L07", data)]


def test_not_even_staff_are_named_to_a_host_and_no_word_is_repeated(told: Make) -> None:
    data = told("L07").data
    assert found_in("L07", data) == []
    assert ("block", "full_name:names[0]:text") in found_in("L07", {**data, "slots": {"note": "Amy Ellery"}})
    assert ("check", "name_part:names[1]:slots.note") in found_in("L07", data, slots={"note": "about Jayden"})
    assert ("block", "quoted_words:slots.note") in found_in("L07", data, slots={"note": QUOTES[0]})


# L08


@pytest.mark.parametrize("size", SIZES)
def test_a_notice_is_the_complainants_own_and_has_all_that_the_law_asks(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L08-{size}"].rendering.text
    assert text.startswith(f"Mary Oakes\nFacebook\n{EMAIL}\n")
    assert "My name is Mary Oakes. I give this notice as an individual, in my own name." in text
    assert f"You can contact me by e-mail at {EMAIL}." in text
    assert f"“{QUOTES[0]}”" in text
    assert FIRST["posts"][0]["url"] in text
    assert "The meaning I attribute to them: that I am cruel to children whom I do not like" in text
    assert "Their publication has caused serious harm to my reputation, or is likely to cause it." in section(
        text, "Why they are defamatory of me"
    )
    assert "factually inaccurate, or is an opinion not supported by fact" in text
    assert "I do not have sufficient information about the person who posted the statement to bring proceedings" in text
    assert "- I do not consent to your giving my name to the person" in text
    assert "- I do not consent to your giving my e-mail address to the person" in text
    assert text.rstrip().endswith("Yours faithfully\nMary Oakes\nComplainant")


@pytest.mark.parametrize("name", ["L08-ok", "L08-ok-large", "L08-long", "L08-scripts"])
def test_the_school_is_never_the_complainant(name: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[name].rendering.text
    assert "Rowan Lane Primary School helped me to write this notice. The school is not the complainant" in text
    assert "complains of nothing in it: the notice is mine alone." in text
    for word in ("01632", "office@", "Headteacher", "Helen Ashdown", "We ", "our school", *POSTER, "Jayden", "DE99"):
        assert word not in text


LAW_ASKS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("missing", "facts.complainant.email"): {"facts": {"complainant": {"kind": "staff", "name": "Mary Oakes"}}},
    ("missing", "posts[0].quote"): {"posts": post(quote=None, summary="It names a child.")},
    ("missing", "posts[0].url"): {"posts": post(url=" ")},
    ("missing", "posts"): {"posts": []},
}


@pytest.mark.parametrize(("problem", "changed"), LAW_ASKS.items())
def test_a_notice_without_one_of_these_is_incomplete(
    problem: tuple[str, str], changed: Mapping[str, Any], told: Make
) -> None:
    assert problems(told("L08", **changed)) == [problem]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("meaning", None),
        ("meaning", ""),
        ("inaccurate", None),
        ("inaccurate", False),
        ("poster_unknown", None),
        ("poster_unknown", False),
        ("consent_to_pass_name", None),
    ],
)
def test_a_notice_without_one_of_its_particulars_is_incomplete(name: str, value: Any, told: Make) -> None:
    particulars = {**outside("L08")["facts"]["particulars"], name: value}
    assert problems(told("L08", facts={"particulars": particulars})) == [("missing", f"facts.particulars.{name}")]


@pytest.mark.parametrize("kind", ["pupil", "group", "unknown", None])
def test_only_a_grown_person_complains(kind: str | None, told: Make) -> None:
    complainant = {"kind": kind, "name": "The governing body", "email": EMAIL}
    assert problems(told("L08", facts={"complainant": complainant})) == [("not_a_person", "facts.complainant.kind")]


def test_without_any_complainant_everything_of_one_is_missing(told: Make) -> None:
    assert problems(told("L08", facts={"complainant": None})) == [
        ("missing", "signatory.name"),
        ("missing", "facts.complainant.email"),
        ("not_a_person", "facts.complainant.kind"),
    ]


def test_against_a_poster_who_is_known_by_now_there_is_no_notice(told: Make) -> None:
    assert problems(told("L08", facts={"is_poster_known": True})) == [("poster_known", "facts.is_poster_known")]


@pytest.mark.parametrize(("email", "passes"), [(None, False), (False, False), (True, True)])
def test_nobody_agreed_to_pass_the_address_on_who_did_not_say_so(email: bool | None, passes: bool, told: Make) -> None:  # noqa: FBT001 - a table
    particulars = {**outside("L08")["facts"]["particulars"], "consent_to_pass_name": True}
    given = particulars if email is None else {**particulars, "consent_to_pass_email": email}
    data = told("L08", facts={"particulars": given}).data
    assert (data["passes_name"], data["passes_email"]) == (True, passes)


def test_the_complainants_own_words_stand_in_the_place_of_ours(told: Make, rendered: Mapping[str, Rendered]) -> None:
    data = told("L08", slots={"why": "My pupils avoid me since.", "wrong": "I never said so."}).data
    assert (data["why"], data["wrong"], data["slots"]) == ("My pupils avoid me since.", "I never said so.", {})
    assert "serious harm to my good name" not in rendered["L08-long"].rendering.text


@pytest.mark.parametrize("why", ["I write on behalf of the school.", "It is defamatory of the school too."])
def test_nobody_complains_for_the_school_in_a_notice(why: str, told: Make) -> None:
    data = told("L08", slots={"why": why}).data
    assert [id_.partition(":")[0] for _, id_ in found_in("L08", data)] == ["listed_phrase"]
