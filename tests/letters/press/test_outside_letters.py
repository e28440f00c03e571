"""What each letter to an outside body or to the affected must say, and what it may never: on the page, in its data."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import pytest

from letters.adapters.school_file import SchoolFolder
from letters.adapters.template_store import TemplateStore
from letters.domain import outside_wording
from letters.domain.lint import lint
from letters.domain.template_data import TemplateData
from tests.letters.press.merge_fields import FIRST, SECOND_POST
from tests.letters.press.outside_answers import CAUSES, EMAIL, EXHIBITS, STEPS, SUSPECT, made, outside
from tests.letters.press.rendered import Rendered
from tests.letters.press.test_poster_letters import section

Make = Callable[..., TemplateData]
SIZES = ("ok", "ok-large")
QUOTES = [FIRST["posts"][0]["quote"], SECOND_POST["quote"]]
POSTER = ("Kerry", "Mallinson")


@pytest.fixture(name="told")
def tell(school: SchoolFolder) -> Make:
    """Answer the data of a letter whose answer was changed: ``facts``, or what stands beside them."""

    def make(template: str, *, slots: dict[str, str] | None = None, **changed: Any) -> TemplateData:
        fields = outside(template)
        fields["facts"] |= changed.pop("facts", {})
        return made(template, school.school.fields(), {**fields, **changed}, slots=slots)

    return make


def problems(found: TemplateData) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in found.problems]


def found_in(template: str, data: Mapping[str, Any], **said: Any) -> list[tuple[str, str]]:
    """Return what the lint finds in a letter."""
    findings = lint(
        template,
        texts={"text": json.dumps(data, ensure_ascii=False)},
        data={**data, **said},
        names=outside(template)["names"],
        is_policy_overdue=False,
        working_days_to_answer=None,
        quotes=QUOTES,
    )
    return [(finding.level, finding.id) for finding in findings]


def post(**changed: Any) -> list[dict[str, Any]]:
    return [{**deepcopy(FIRST["posts"][0]), **changed}]


@pytest.mark.parametrize("template", CAUSES)
def test_an_empty_answer_is_all_problems_and_no_crash(template: str, school: SchoolFolder) -> None:
    fields = {**outside(template), "facts": {}, "posts": [], "holds": None}
    assert made(template, school.school.fields(), fields).problems


# L07


@pytest.mark.parametrize("size", SIZES)
def test_a_report_gives_addresses_the_rule_and_when_copies_were_taken(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L07-{size}"].rendering.text
    for url in (FIRST["posts"][0]["url"], SECOND_POST["url"]):
        assert url in text
    assert "Your rules on bullying, harassment and abuse of people" in text
    assert "Captured by us Thursday 18 September 2025, 9.10 am: E1" in text
    assert "Captured by us Tuesday 23 September 2025, 12.20 pm: E2" in text


@pytest.mark.parametrize("size", SIZES)
def test_a_report_repeats_no_word_names_nobody_and_claims_nothing(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L07-{size}"].rendering.text
    for word in (*QUOTES, *POSTER, "Ellery", "Jayden", "Mill Terrace", "defam", "libel", "solicitor", "legal action"):
        assert word not in text
    assert "We name no child and make no claim in law" in text


def test_a_report_of_a_childs_account_has_both_ages(told: Make, rendered: Mapping[str, Rendered]) -> None:
    child = told("L07", facts={"basis": "underage_account", "host": "tiktok"}).data
    assert (child["rule"], child["ages"]) == (outside_wording.AGE_RULE, {"policy": 14, "site": 13})
    account = told("L07", case={**outside("L07")["case"], "kind": "child_account", "primary": "C7"}).data
    assert account["rule"] == "the safety and the privacy of children"
    assert account["ages"] == {"policy": 14, "site": 13}
    assert told("L07").data["ages"] is None
    both = rendered["L07-long"].rendering.text
    assert "an account needs an age of at least 13. Our school" in both
    assert "policy tells parents that most sites need users to be at least 14. Please look at the age" in both
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
    assert "My name is Mary Oakes. I am a private person and give this notice in my own name." in text
    assert f"You can reach me by e-mail at {EMAIL}." in text
    assert f"“{QUOTES[0]}”" in text
    assert FIRST["posts"][0]["url"] in text
    assert "What I take the words to mean: that I am cruel to children whom I do not like" in text
    assert "They have caused serious harm to my good name, or are likely to cause it." in section(
        text, "Why they are defamatory of me"
    )
    assert "factually wrong, or is an opinion that no fact supports" in text
    assert "I do not know enough about the person who posted the statement to bring proceedings" in text
    assert "- I do not agree that you give my name to the person" in text
    assert "- I do not agree that you give my e-mail address to the person" in text
    assert text.rstrip().endswith("Yours faithfully\nMary Oakes\nComplainant")


@pytest.mark.parametrize("name", ["L08-ok", "L08-ok-large", "L08-long", "L08-scripts"])
def test_the_school_is_never_the_complainant(name: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[name].rendering.text
    assert "Rowan Lane Primary School helped me to write this notice. It is not the school" in text
    assert "the school complains of nothing in it" in text
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


# L09


@pytest.mark.parametrize("size", SIZES)
def test_the_police_are_told_of_danger_posts_suspect_exhibits_and_earlier_steps(
    size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[f"L09-{size}"].rendering.text
    assert "Danger now: Not that we know of." in text
    assert "First told: by the online form of 101, at 2.15 pm on Tuesday 23 September 2025" in text
    assert "Your reference: INC 411 of 23/09/2025" in text
    assert "The teacher was followed to her car on Monday." in section(text, "What happened")
    assert "We think that Kerry Mallinson, a parent of a child at our school, posted this." in text
    assert "How sure we are: probable" in text
    assert "Why we think so: the profile matches; profile name and photograph" in text
    assert "We do not contact this person until you have told us that we may." in text
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
    assert laws[0] == "We draw no conclusion in law. A tick shows what whoever judged the post noted down."
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
    assert "We think of a child at our school." in rendered["L10-long"].rendering.text
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
    assert section(text, "What we ask you").startswith("Can the teacher sue, and by when?")
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


# L15


@pytest.mark.parametrize("size", SIZES)
def test_the_affected_are_told_what_was_done_and_who_helps(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L15-{size}"].rendering.text
    assert section(text, "What we have done").startswith("Both posts are gone.")
    assert "help from outside or from your union" in section(text, "How we can help")
    assert "the class teacher" in section(rendered["L15-long"].rendering.text, "How we can help")


@pytest.mark.parametrize("size", SIZES)
def test_the_affected_never_learn_who_posted(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L15-{size}"].rendering.text
    assert "We cannot say who posted it" in text
    for word in (*POSTER, *QUOTES, "parent", "police", "warn", "block", "Facebook", "http"):
        assert word not in text


def test_nothing_of_posts_or_poster_is_in_what_the_letter_is_made_from(told: Make) -> None:
    made_of = json.dumps(told("L15", posts=post()).data)
    assert [word for word in (*POSTER, QUOTES[0], "facebook") if word in made_of] == []


def test_an_update_without_anything_said_is_incomplete(told: Make) -> None:
    assert problems(told("L15", facts={"said": None})) == [("missing", "facts.said")]


def test_a_poster_named_in_an_update_has_to_go_and_a_step_has_to_be_looked_at(told: Make) -> None:
    names = [{**name, "allowed": False} for name in outside("L15")["names"]]
    data = told("L15", facts={"said": "Kerry Mallinson was warned by the police."}).data
    findings = lint(
        "L15",
        texts={"text": data["said"]},
        data=data,
        names=names,
        is_policy_overdue=False,
        working_days_to_answer=None,
    )
    assert {(finding.level, finding.id) for finding in findings} >= {
        ("block", "full_name:names[2]:text"),
        ("check", "step_named:said:police"),
        ("check", "step_named:said:warned"),
    }


@pytest.mark.parametrize(
    ("facts", "concerns"),
    [
        ({"party_kind": "staff"}, (True, False)),
        ({"party_kind": "adult", "about_kind": "pupil"}, (False, True)),
        ({"party_kind": "group"}, (False, False)),
    ],
)
def test_whom_an_update_is_about_is_as_casework_says(
    facts: dict[str, Any], concerns: tuple[bool, bool], told: Make
) -> None:
    data = told("L15", facts=facts).data
    assert (data["is_staff"], data["is_about_child"]) == concerns


# L19


@pytest.mark.parametrize("size", SIZES)
def test_a_return_has_date_type_characteristic_and_outcome(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L19-{size}"].rendering.text
    assert "Return of prejudice incidents, autumn term 2025" in text
    assert "3 September 2025 to 19 December 2025" in text
    assert section(text, "Incidents").splitlines()[1:] == [
        "Date",
        "Type",
        "Characteristic",
        "Outcome",
        "13 October 2025",
        "racist",
        "race",
        "police told, and answered; access restricted for a time; still open",
        "20 November 2025",
        "racist, negative or offensive about particular people",
        "race, religion or belief",
        "settled by talking",
    ]
    assert section(text, "By characteristic").startswith("- race: 2\n- religion or belief: 1\n")


@pytest.mark.parametrize("name", ["L19-ok", "L19-ok-large", "L19-long"])
def test_a_return_names_nobody_and_quotes_nothing(name: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[name].rendering.text
    for word in (*POSTER, *QUOTES, "Ellery", "Jayden", "http", "Facebook", "“"):
        assert word not in text


def test_not_even_staff_are_named_in_a_return(told: Make) -> None:
    data = told("L19").data
    assert found_in("L19", data) == []
    assert ("block", "full_name:names[0]:text") in found_in("L19", {**data, "slots": {"note": "Amy Ellery"}})


def test_a_term_without_incidents_is_returned_too(told: Make) -> None:
    empty = {**outside("L19")["facts"]["return"], "cases": []}
    found = told("L19", facts={"return": empty})
    assert (found.problems, found.data["cases"], found.data["counts"]) == ((), [], [])


def test_a_return_of_no_term_is_incomplete(told: Make) -> None:
    assert {path for _, path in problems(told("L19", facts={"return": None}))} == {
        "facts.return.term",
        "facts.return.first",
        "facts.return.last",
    }


@pytest.mark.parametrize("template", CAUSES)
def test_the_message_beside_a_letter_names_nobody(template: str, store: TemplateStore) -> None:
    found = store.template(template)
    for word in ("$recipient", "$name", "racis", "threat", "child", "poster"):
        assert word not in (found.cover + found.paste).casefold()
