"""The lint: names that may not stand in a letter, phrases that may not, and what must be looked at."""

from typing import Any

import pytest

from letters.domain.lint import lint

AMY = {"name": "Amy Ellery", "kind": "staff", "allowed": False}
JAYDEN = {"name": "Jayden Mallinson", "kind": "pupil", "allowed": False}
KERRY = {"name": "Kerry Mallinson", "kind": "adult", "allowed": True}


def found(
    template: str = "L04",
    *,
    names: tuple[dict[str, Any], ...] = (AMY, JAYDEN, KERRY),
    text: str = "",
    quotes: tuple[str, ...] = (),
    **fields: Any,
) -> list[tuple[str, str]]:
    data = {
        "recipient": {"name": "Kerry Mallinson", "address": ["Ellery House", "Rowanby"]},
        "signatory": {"name": "Helen Ashdown", "job": "Headteacher"},
        "school": {"name": "Rowan Lane"},
        "posts": [],
        **fields,
    }
    findings = lint(
        template,
        texts={"text": text},
        data=data,
        names=names,
        is_policy_overdue=False,
        working_days_to_answer=None,
        quotes=quotes,
    )
    return [(finding.level, finding.id) for finding in findings]


@pytest.mark.parametrize("text", ["Amy Ellery said", "AMY ELLERY", "Ámy\nÉllery,", "amy-ellery", "(Amy\u00a0Ellery)"])
def test_a_full_name_that_is_not_allowed_blocks(text: str) -> None:
    assert found(text=text) == [("block", "full_name:names[0]:text")]


@pytest.mark.parametrize("text", ["Amy Ellerybank", "Ramy Ellery", "Amy E", "the ellery"])
def test_other_words_are_no_full_name(text: str) -> None:
    assert found(text=text) == []


def test_a_part_of_a_name_in_what_people_wrote_is_to_be_checked() -> None:
    assert found(concerns="Miss Ellery was named") == [("check", "name_part:names[0]:concerns")]
    assert found(posts=[{"quote": "ELLERY is a joke"}]) == [("check", "name_part:names[0]:posts[0].quote")]


def test_a_name_shared_with_the_recipient_is_no_part_of_anothers() -> None:
    assert found(concerns="Ms Mallinson wrote") == []
    assert found(concerns="Jayden was not chosen") == [("check", "name_part:names[1]:concerns")]


def test_whoever_writes_and_is_written_to_may_be_named() -> None:
    helen = {"name": "Helen Ashdown", "kind": "staff", "allowed": False}
    kerry = {**KERRY, "allowed": False}
    assert found(names=(helen, kerry), text="Dear Kerry Mallinson ... Helen Ashdown") == []


def test_an_envelope_is_no_text() -> None:
    assert found(names=(AMY,)) == []


@pytest.mark.parametrize("template", ["L02", "L03"])
@pytest.mark.parametrize(
    "words", ["this is a warning", "We will WARN you", "the police", "take legal  action", "go to court"]
)
def test_a_first_request_and_thanks_threaten_no_step(template: str, words: str) -> None:
    (level, finding), *_ = found(template, slots={"note": words})
    assert level == "block"
    assert finding.startswith("listed_phrase:slots.note:")


def test_a_warning_may_speak_of_steps_but_not_condemn_or_silence() -> None:
    assert found("L04", concerns="a warning; the police; legal action") == []
    for words in ("You have committed libel", "a criminal matter", "Your child will lose it", "you must not complain"):
        assert found("L04", concerns=words)[0][0] == "block"


def test_a_quoted_post_says_what_it_says() -> None:
    assert found("L02", posts=[{"quote": "I will go to the police"}]) == []


def test_dates_and_policy_are_checked() -> None:
    data: dict[str, Any] = {"recipient": {"name": ""}, "signatory": {"name": ""}}
    for days, expected in ((2, 2), (3, 1), (None, 1)):
        findings = lint("L04", texts={}, data=data, names=(), is_policy_overdue=True, working_days_to_answer=days)
        assert [finding.code for finding in findings] == ["policy_review_overdue", "short_time_to_answer"][:expected]
        assert {finding.level for finding in findings} == {"check"}


def test_the_same_finding_comes_once_and_holds_no_name() -> None:
    findings = found(concerns="Ellery, Ellery, Amy", text="Amy Ellery and Amy Ellery")
    assert len(findings) == len(set(findings)) == 2
    assert "ellery" not in str(findings).casefold()


QUOTE = "Lazy, vile to the kids who aren't her favourites"


@pytest.mark.parametrize("template", ["L01", "L05", "L06", "L11", "L13", "L14", "L22"])
def test_a_letter_that_repeats_no_post_is_stopped_at_four_words_of_one_in_a_row(template: str) -> None:
    said = "You called her VILE to the kids, and more."
    assert found(template, quotes=(QUOTE,), reason=said) == [("block", "quoted_words:reason")]
    assert found(template, quotes=(QUOTE,), reason="You were vile to the teacher.") == []
    assert found(template, quotes=("lazy",), reason="a lazy day at the fair") == []


def test_a_letter_that_lists_the_posts_may_say_what_they_say() -> None:
    assert found("L04", quotes=(QUOTE,), concerns="You called her vile to the kids.") == []


def test_where_nobody_is_named_not_even_staff_are() -> None:
    tom = {"name": "Tom Birch", "kind": "staff", "allowed": True}
    assert found("L22", names=(tom,), text="please ask Tom Birch") == [("block", "full_name:names[0]:text")]
    assert found("L05", names=(tom,), text="please ask Tom Birch") == []


@pytest.mark.parametrize("template", ["L01", "L11", "L13", "L14"])
@pytest.mark.parametrize("phrase", ["police", "legal action", "you have committed", "drop your complaint"])
def test_a_kind_letter_threatens_with_nothing(template: str, phrase: str) -> None:
    assert found(template, slots={"note": f"or else {phrase}"})[0][0] == "block"


def test_the_schools_own_complaints_procedure_is_no_threat() -> None:
    assert found("L13", stages=["You may bring a solicitor, but need not."]) == []
