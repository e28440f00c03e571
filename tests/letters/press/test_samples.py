"""Every template with every sample: the golden page, the shape of the schema, the right words."""

import json
from collections.abc import Mapping
from datetime import date

import jsonschema_rs
import pytest

from letters.adapters.press import Press
from letters.adapters.school_file import SchoolFolder
from letters.adapters.template_store import FOLDER, TemplateStore
from letters.domain.template_data import TEMPLATES, template_data
from letters.domain.text import clean
from tests.letters.press import outside_answers, poster_answers
from tests.letters.press.merge_fields import DATES, s01
from tests.letters.press.rendered import GOLDEN, Rendered

ABOUT_POSTS = ("L02", "L03", "L04")
NEEDED = ("hostile", "long", "ok", "ok-large")
"""The samples that every template has: an ordinary letter in both sizes, a long one, one that wants to break out."""
EVERY = sorted(
    [f"{path.parts[-4][:3]}-{path.stem}" for path in FOLDER.glob("L*/*/samples/*.json")]
    + [f"{template}-ok-large" for template in TEMPLATES]
)
POLICY_STEPS = (
    "legal advice",
    "police",
    "Blocking or restricting access",
    "company that runs the site",
    "Other legal action",
)


def test_every_sample_is_there(rendered: Mapping[str, Rendered]) -> None:
    assert sorted(rendered) == EVERY
    assert {f"{template}-{sample}" for template in TEMPLATES for sample in NEEDED} <= set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_a_sample_renders_to_its_golden_pages(name: str, rendered: Mapping[str, Rendered]) -> None:
    golden = json.loads(GOLDEN.read_bytes())
    found = rendered[name].golden()
    expected = golden["letters"][name]
    assert found["pages"] == expected["pages"]
    assert found["text_sha256"] == expected["text_sha256"]
    assert found["page_images_sha256"] == expected["page_images_sha256"]
    if golden["engine"] == rendered[name].rendering.engine:
        assert found["pdf_sha256"] == expected["pdf_sha256"]


@pytest.mark.parametrize("name", EVERY)
def test_a_sample_fits_the_schema(name: str, rendered: Mapping[str, Rendered], store: TemplateStore) -> None:
    jsonschema_rs.validate(dict(store.template(rendered[name].template).schema), dict(rendered[name].values))


@pytest.mark.parametrize("template", ["L01", "L02", "L03", "L04", "L05", "L06", "L11", "L13", "L22"])
@pytest.mark.parametrize("size", ["ok", "ok-large"])
def test_a_letter_to_whoever_posted_takes_nobody_for_a_parent(
    template: str, size: str, rendered: Mapping[str, Rendered]
) -> None:
    text = " ".join(rendered[f"{template}-{size}"].rendering.text.casefold().split())
    for words in ("your child", "your son", "your daughter", "as a parent", "parental responsibility"):
        assert words not in text, "a grandparent or a neighbour may have posted (P11)"


@pytest.mark.parametrize("template", outside_answers.CAUSES)
def test_the_ordinary_sample_to_somebody_else_is_what_the_story_gives(
    template: str, store: TemplateStore, school: SchoolFolder, press: Press
) -> None:
    made = outside_answers.made(template, school.school.fields(), is_covered=press.is_covered)
    assert (made.problems, made.cleaned) == ((), ())
    assert made.data == store.template(template).samples["ok"]


@pytest.mark.parametrize("template", [*ABOUT_POSTS, *poster_answers.TOLD])
def test_the_ordinary_sample_is_what_the_story_gives(
    template: str, store: TemplateStore, school: SchoolFolder, press: Press
) -> None:
    fields = s01(template) if template in ABOUT_POSTS else poster_answers.told(template)
    made = template_data(
        template,
        fields,
        school.school.fields(),
        recipient="p-mallinson",
        letter_date=date.fromisoformat({**DATES, **poster_answers.DATES}[template]),
        our_ref=f"RL-2025-0031/{template}-140846",
        slots=poster_answers.SLOTS.get(template, {}),
        signatory=fields["signatories"][0],
        large_print=False,
        is_covered=press.is_covered,
    )
    assert made.problems == ()
    assert made.cleaned == ()
    assert made.data == store.template(template).samples["ok"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_ordinary_and_long_samples_need_no_cleaning(template: str, store: TemplateStore, press: Press) -> None:
    for sample in ("ok", "long"):
        assert clean(store.template(template).samples[sample], press.is_covered)[1:] == ((), ())


@pytest.mark.parametrize("name", [name for name in EVERY if name.startswith(("L02", "L03"))])
def test_a_first_request_and_thanks_speak_of_no_later_step(name: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[name].rendering.text.casefold()
    for phrase in ("warn", "police", "legal", "court", "solicitor", "block", "consequence"):
        assert phrase not in text


@pytest.mark.parametrize("name", ["L02-ok", "L03-ok"])
def test_a_first_request_and_thanks_say_what_is_appropriate(name: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[name].rendering.text
    assert "What is, and what is not, appropriate online" in text
    assert "Has the school had a chance to put it right?" in text
    assert "the person they are about, and often children too" in text


def test_the_request_says_what_to_remove_by_when_and_how_to_confirm(rendered: Mapping[str, Rendered]) -> None:
    text = rendered["L02-ok"].rendering.text
    assert "https://facebook.example/groups/rowanlane/posts/101" in text
    assert "5.00 pm on Wednesday 24 September 2025" in text
    assert "let the school office know by telephone (01632 960142)" in text
    assert "formal complaint" in text
    assert "teacher distressed" in text


def test_the_warning_names_the_policys_steps_and_none_besides(rendered: Mapping[str, Rendered]) -> None:
    text = rendered["L04-ok"].rendering.text
    start = text.index("What the school may consider next")
    steps = [line for line in text[start : text.index("How to reply")].splitlines() if line.startswith("- ")]
    assert len(steps) == len(POLICY_STEPS)
    assert all(step in line for step, line in zip(POLICY_STEPS, steps, strict=True))
    assert "this letter decides on none of them" in text


def test_the_warning_tells_what_happened_in_order_of_time(rendered: Mapping[str, Rendered]) -> None:
    text = rendered["L04-ok"].rendering.text
    met = text.index("On Friday 19 September 2025 we met and talked with you.")
    asked = text.index(
        "to remove, by 5.00 pm on Wednesday 24 September 2025, what had been posted. You told us that you would not."
    )
    after = text.index("After our last request there was a further post (number 2 in the table).")
    assert met < asked < after


def test_the_warning_condemns_nobody_and_falls_on_no_child(rendered: Mapping[str, Rendered]) -> None:
    text = rendered["L04-ok"].rendering.text.casefold()
    for phrase in ("you have committed", "offence", "crime", "guilty", "illegal", "exclu", "your child", "your son"):
        assert phrase not in text
    assert "it changes nothing for any child" in text


def test_thanks_repeat_no_word_of_the_posts(rendered: Mapping[str, Rendered]) -> None:
    text = rendered["L03-ok"].rendering.text
    for post in s01("L03")["posts"]:
        assert post["quote"] not in text
        assert post["url"] in text


@pytest.mark.parametrize("name", [name for name in EVERY if "hostile" not in name])
def test_no_letter_names_who_may_not_be_named_or_quotes_the_policys_numbers(
    name: str, rendered: Mapping[str, Rendered]
) -> None:
    text = rendered[name].rendering.text
    for word in ("Ellery", "Jayden", "u-head", "p-mallinson", "P53", "P57", "C4", "None", "null", "2021-spring"):
        assert word not in text


@pytest.mark.parametrize("template", ABOUT_POSTS)
def test_hostile_words_print_as_they_are(template: str, rendered: Mapping[str, Rendered]) -> None:
    hostile = rendered[f"{template}-hostile"]
    text = hostile.rendering.text
    assert 'Dear #eval("x") *Zoë* O\u2019Śliwińska <b>' in text
    assert '#eval("1 + 1") #import "@preview/x:1.0.0" *bold* _it_ $x^2$ `raw` <label> @ref = head' in text
    assert '<b>Bold</b><script>alert("x")</script> &amp; </w:t> %s {0} ${our_ref} $our_ref' in text
    assert (
        "so angry [U+1F621 POUTING FACE][U+1F621 POUTING FACE] txet neddih and isolated, zerowidth, mark, bell" in text
    )
    assert {"U+202E", "U+200B", "U+FEFF", "U+0007", "U+1F621", "U+FFFD", "U+E000"} <= {
        one.found for one in hostile.cleaned
    }


@pytest.mark.parametrize("template", ABOUT_POSTS)
def test_a_url_of_two_thousand_characters_stays_whole_in_the_text(
    template: str, rendered: Mapping[str, Rendered]
) -> None:
    hostile = rendered[f"{template}-hostile"]
    url = hostile.values["posts"][0]["url"]
    assert len(url) == 2000
    assert url in hostile.rendering.text


def test_a_child_accounts_adult_is_not_taken_for_the_author(rendered: Mapping[str, Rendered]) -> None:
    text = rendered["L02-hostile"].rendering.text
    assert "an account used by a child you are responsible for" in text
    assert "came from you" not in text
