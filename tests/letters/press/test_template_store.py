"""The templates as released: locked, without anything that reaches outside, and of the shape that their schemas say."""

import json
import re
import shutil
from pathlib import Path

import pytest

from letters.adapters.school_file import SchoolFolder, read_school
from letters.adapters.template_lint import logo_faults, template_faults
from letters.adapters.template_store import EXAMPLE_SCHOOL, FOLDER, TemplateStore, lint, lock_text, places
from letters.api.template_schemas import SCHEMAS, json_schema
from letters.domain.template_data import TEMPLATES
from letters.domain.wording import fill
from servicekit.readiness import NotReady

L04 = "L04_written_warning/1"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Answer a copy of the templates, to be spoilt."""
    folder = tmp_path / "templates"
    shutil.copytree(FOLDER, folder)
    return folder


def test_the_released_templates_are_without_fault() -> None:
    assert lint() == []
    assert (FOLDER / "templates.lock").read_text() == lock_text()


def test_there_is_a_template_for_every_row_of_the_table(store: TemplateStore) -> None:
    assert store.ids() == sorted(TEMPLATES) == sorted(SCHEMAS)
    assert {store.template(known).version for known in store.ids()} == {1}
    with pytest.raises(KeyError):
        store.version("L99")


@pytest.mark.parametrize("name", ["main.typ", "template.toml", "cover.txt", "schema.json"])
def test_a_released_file_that_changes_refuses_the_start(name: str, copied: Path, school: SchoolFolder) -> None:
    with (copied / L04 / name).open("a") as file:
        file.write("\n")
    with pytest.raises(NotReady, match=f"{L04}: expected sha256 [0-9a-f]{{64}} .*found [0-9a-f]{{64}}"):
        TemplateStore(school.logo, copied)


def test_the_library_is_locked_too(copied: Path) -> None:
    with (copied / "_lib/1/letter.typ").open("a") as file:
        file.write("\n")
    assert [fault.partition(":")[0] for fault in lint(copied)] == ["_lib/1"]


def test_a_new_version_needs_its_line_in_the_lock(copied: Path) -> None:
    shutil.copytree(copied / L04, copied / "L04_written_warning/2")
    assert any("L04_written_warning/2: expected sha256 none" in fault for fault in lint(copied))


def test_a_version_that_was_removed_is_missed(copied: Path) -> None:
    shutil.rmtree(copied / L04)
    assert next(fault for fault in lint(copied) if fault.startswith(L04)).endswith("found no folder")


def test_a_new_sample_changes_no_released_version(copied: Path) -> None:
    (copied / L04 / "samples/other.json").write_text("{}")
    assert lint(copied) == []


def test_a_missing_file_is_named(copied: Path) -> None:
    (copied / L04 / "paste.txt").unlink()
    assert f"{L04}: no paste.txt" in lint(copied)


def test_a_symlink_is_refused(copied: Path) -> None:
    (copied / L04 / "notes.txt").symlink_to("/etc/hostname")
    assert f"{L04}/notes.txt: a symlink" in lint(copied)


def test_slots_of_the_template_are_those_of_the_table(copied: Path) -> None:
    path = copied / L04 / "template.toml"
    path.write_text(path.read_text().replace("600", "900"))
    assert any("expected the slots {'note': 600}, found {'note': 900}" in fault for fault in lint(copied))


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('#eval("1")', "eval"),
        ('#let f = eval ("1")', "eval"),
        ('#plugin("x.wasm")', "plugin"),
        ('#import "@preview/cetz:0.3.0": *', "@preview"),
        ('#import "@local/x:1.0.0"', "@local"),
        ("#datetime.today()", "datetime.today"),
        ('#image("/etc/hostname")', "image of"),
        ('#read("../../secret")', "read of"),
        ("#let p = 1\n#read(p)", "read of"),
        ('#json("other.json")', "json of"),
        ('#import "other.typ": x', "import of"),
        ('#include "other.typ"', "include of"),
        ("#import sys.inputs.path: x", "import of"),
    ],
)
def test_what_reaches_outside_the_bundle_is_refused(source: str, what: str) -> None:
    faults = template_faults({"main.typ": source}, known=["_lib/1/letter.typ"])
    assert any(fault.startswith(f"main.typ: {what}") for fault in faults)


def test_what_templates_need_is_allowed() -> None:
    source = '#import "/_lib/1/letter.typ": *\n#let d = json(bytes(sys.inputs.data))\n#image("/logo.svg", alt: "x")\n'
    source += "Please read (and keep) this letter."
    assert template_faults({"main.typ": source}, known=["_lib/1/letter.typ"]) == []


@pytest.mark.parametrize(
    "svg",
    [
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="a.png"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><text>a</text></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><script>a()</script></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><path onload="a()"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><path fill="url(http://x.example/)"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><path style="fill:red"/></svg>',
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>',
        "<html/>",
        "no XML",
    ],
)
def test_a_logo_that_is_more_than_shapes_is_refused(svg: str) -> None:
    assert logo_faults(svg.encode())


def test_our_own_logo_is_shapes_only(school: SchoolFolder) -> None:
    assert logo_faults(school.logo) == []


@pytest.mark.parametrize("template", sorted(SCHEMAS))
def test_the_schema_file_is_the_marshmallow_schema(template: str, store: TemplateStore) -> None:
    assert store.template(template).schema == json_schema(template)


@pytest.mark.parametrize("template", sorted(SCHEMAS))
def test_the_samples_load_through_the_marshmallow_schema(template: str, store: TemplateStore) -> None:
    for sample in store.template(template).samples.values():
        assert SCHEMAS[template]().validate(dict(sample)) == {}
        assert SCHEMAS[template]().validate({**sample, "more": 1}) == {"more": ["Unknown field."]}


@pytest.mark.parametrize("template", sorted(SCHEMAS))
def test_cover_and_message_are_neutral_and_filled_from_known_names(template: str, store: TemplateStore) -> None:
    values = {"school_name": "Rowan Lane Primary School", "our_ref": "RL-2025-0031/L04-140846", "phone": "01632 960142"}
    cover, paste = (fill(words, values) for words in (store.template(template).cover, store.template(template).paste))
    assert values["our_ref"] in cover
    assert values["our_ref"] in paste
    assert len(paste) <= 300
    for word in (
        "post online",
        "posted online",
        "warning",
        "remove",
        "restrict",
        "social",
        "complain",
        "premises",
        "$",
    ):
        assert word not in (cover + paste).casefold()


def test_a_school_file_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE_SCHOOL, tmp_path / "school")
    with (tmp_path / "school/school.toml").open("a") as file:
        file.write("\n[modulles]\npremises = true\n")
    with pytest.raises(NotReady, match="modulles"):
        read_school(tmp_path / "school")


def test_a_school_without_its_logo_is_refused(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE_SCHOOL, tmp_path / "school")
    (tmp_path / "school/logo.svg").unlink()
    with pytest.raises(NotReady, match=r"no .*logo\.svg"):
        read_school(tmp_path / "school")


def test_the_example_school_is_read_whole(school: SchoolFolder) -> None:
    assert school.school.name == "Rowan Lane Primary School"
    assert school.school.modules == {"premises": False}
    letterhead = {"name", "letterhead", "address", "phone", "email", "website"}
    assert set(school.school.fields()) == {*letterhead, "complaints", "premises"}
    assert school.school.fields()["premises"] == {"review_after_days": 28, "ends_after_days": 42, "days_max": 84}


@pytest.mark.parametrize("days", ["review_after_days = 43", "ends_after_days = 85", "review_after_days = 0"])
def test_days_of_a_restriction_that_fit_no_letter_are_refused(days: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE_SCHOOL, tmp_path / "school")
    path = tmp_path / "school/school.toml"
    path.write_text(re.sub(f"{days.split(maxsplit=1)[0]} = [0-9]+", days, path.read_text()))
    with pytest.raises(NotReady, match="expected 0 < review_after_days <= ends_after_days <= days_max"):
        read_school(tmp_path / "school")


def test_places_are_found_in_order() -> None:
    found = places()
    assert found == sorted(found)
    assert {"L02_removal_request/1", "L03_resolution_thanks/1", L04, "L14_online_safety_guidance/1"} < set(found)
    assert [place for place in found if place.startswith("_")] == ["_lib/1"]


def test_a_later_library_adds_to_the_earlier_ones(copied: Path, school: SchoolFolder) -> None:
    (copied / "_lib/2").mkdir()
    (copied / "_lib/2/more.typ").write_text('#import "/_lib/1/letter.typ": *\n')
    about = copied / L04 / "template.toml"
    about.write_text(about.read_text().replace("lib = 1", "lib = 2"))
    (copied / "templates.lock").write_text(lock_text(copied))
    store = TemplateStore(school.logo, copied)
    first = {"_lib/1/letter.typ", "_lib/1/outside.typ", "_lib/1/parts.typ"}
    assert {name for name in store.released("L14", 1) if name.startswith("_")} == first
    assert {name for name in store.released("L04", 1) if name.startswith("_")} == first | {"_lib/2/more.typ"}


def test_schema_files_end_with_a_line_break_and_are_sorted() -> None:
    for template in SCHEMAS:
        path = next(FOLDER.glob(f"{template}_*/1/schema.json"))
        assert path.read_text() == json.dumps(json_schema(template), indent=2, sort_keys=True) + "\n"
