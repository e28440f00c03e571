"""The press: the same bytes everywhere, a clear answer to what it refuses, and a fresh child after a lost one."""

import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from letters.adapters.press import FONTS, Press, font_faults
from letters.adapters.press_child import HiddenWordsError, plain, twin
from letters.domain.rendering import PDF_STANDARDS, RenderFailed, bundle_sha256, provenance
from tests.letters.press.rendered import TIMESTAMP, Rendered

TITLE = b'#set document(title: "t")\n#set text(font: "Source Sans Pro", lang: "en")\n= Heading\n\n'

ELSEWHERE = """
import sys
from hashlib import sha256
from letters.adapters.press import Press
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from tests.letters.press.rendered import render
press, store = Press(), TemplateStore(read_school(EXAMPLE_SCHOOL).logo)
letter = render(press, store, "L04", "hostile", store.template("L04").samples["hostile"])
press.close()
print(sha256(letter.rendering.pdf).hexdigest())
"""


def test_another_process_in_another_zone_and_locale_gives_the_same_bytes(rendered: Mapping[str, Rendered]) -> None:
    root = Path(__file__).parents[3]
    env = {**os.environ, "TZ": "Pacific/Auckland", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONPATH": str(root)}
    env["PYTHONHASHSEED"] = "7"
    made = subprocess.run(
        [sys.executable, "-c", ELSEWHERE], env=env, cwd="/", capture_output=True, text=True, check=True
    )
    assert made.stdout.strip() == sha256(rendered["L04-hostile"].rendering.pdf).hexdigest()


def test_rendering_again_gives_the_same_bytes_text_and_images(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L02-ok"]
    press.render(letter.bundle, rendered["L02-long"].data, TIMESTAMP)
    assert press.render(letter.bundle, letter.data, TIMESTAMP) == letter.rendering


def test_the_timestamp_is_in_the_bytes_and_not_on_the_page(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L02-ok"]
    later = press.render(letter.bundle, letter.data, TIMESTAMP + 3600)
    assert later.pdf != letter.rendering.pdf
    assert later.page_images_sha256 == letter.rendering.page_images_sha256


def test_an_overlay_changes_the_picture_only(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L04-ok"]
    for overlay in ("preview", "zones"):
        made = press.render(letter.bundle, letter.data, TIMESTAMP, overlay=overlay)
        assert made.text == letter.rendering.text
        assert made.page_images_sha256[0] != letter.rendering.page_images_sha256[0]


def test_eight_lines_of_address_are_refused_with_their_size(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L02-ok"]
    data = letter.data.replace(b'["14 Mill Terrace",', b'["14 Mill Terrace","a","b","c","d","e",')
    with pytest.raises(
        RenderFailed, match=r"address: expected at most 95\.4 x 25 mm at 10 pt, found [\d.]+ x [\d.]+ mm"
    ) as failed:
        press.render(letter.bundle, data, TIMESTAMP)
    assert (failed.value.code, failed.value.field) == ("assertion", "address")


def test_a_line_of_address_too_wide_for_the_window_is_refused(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L02-ok"]
    data = letter.data.replace(b"14 Mill Terrace", b"The Old Corn Exchange Buildings, " * 3)
    with pytest.raises(RenderFailed, match="address: expected at most"):
        press.render(letter.bundle, data, TIMESTAMP)


def test_more_than_ten_pages_are_refused_with_their_number(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L04-long"]
    data = letter.data.replace(b'"large_print":false', b'"large_print":true')
    with pytest.raises(RenderFailed, match=r"pages: expected at most 10, found \d+") as failed:
        press.render(letter.bundle, data, TIMESTAMP)
    assert (failed.value.code, failed.value.field) == ("assertion", "pages")


def test_a_fault_of_the_template_names_its_line_and_no_word_of_the_letter(press: Press) -> None:
    source = TITLE + b'#let secret = "Kerry Mallinson"\n#panic(secret)'
    with pytest.raises(RenderFailed) as failed:
        press.render({"main.typ": source}, b"{}", TIMESTAMP)
    assert (failed.value.code, failed.value.line) == ("template", 6)
    assert "Mallinson" not in str(failed.value)


def test_a_character_without_a_glyph_is_a_fault_and_is_not_repeated(press: Press) -> None:
    with pytest.raises(RenderFailed) as failed:
        press.render({"main.typ": TITLE + "😡".encode()}, b"{}", TIMESTAMP)
    assert failed.value.code == "template"
    assert "😡" not in str(failed.value)


def test_a_warning_of_the_engine_is_a_fault(press: Press) -> None:
    source = TITLE.replace(b"Source Sans Pro", b"No Such Font")
    with pytest.raises(RenderFailed, match="template: unknown font family"):
        press.render({"main.typ": source}, b"{}", TIMESTAMP)


def test_the_press_knows_what_its_fonts_cover(press: Press) -> None:
    assert all(press.is_covered(char) for char in "Éłżșğđŵҳλшשב€")
    assert not any(press.is_covered(char) for char in "😡漢ਗ\ue000")


def test_a_template_that_names_a_file_of_the_machine_finds_none(press: Press) -> None:
    for path in (b"/etc/passwd", b"../../../etc/passwd", b"/proc/self/environ"):
        with pytest.raises(RenderFailed, match="template"):
            press.render({"main.typ": TITLE + b'#read("' + path + b'")'}, b"{}", TIMESTAMP)


def test_a_template_that_never_ends_is_given_up_and_the_next_letter_printed(rendered: Mapping[str, Rendered]) -> None:
    letter = rendered["L03-ok"]
    hasty = Press(timeout_s=1.5)
    try:
        with pytest.raises(RenderFailed, match="timeout"):
            hasty.render({"main.typ": TITLE + ENDLESS}, b"{}", TIMESTAMP)
        assert hasty.render(letter.bundle, letter.data, TIMESTAMP) == letter.rendering
    finally:
        hasty.close()


def test_a_template_without_measure_ends_its_child_and_the_next_letter_is_printed(
    rendered: Mapping[str, Rendered],
) -> None:
    letter = rendered["L03-ok"]
    small = Press(memory_bytes=400 << 20)
    try:
        with pytest.raises(RenderFailed, match="engine_died"):
            small.render({"main.typ": TITLE + b'#let s = "x" * 900000000\n#s.len()'}, b"{}", TIMESTAMP)
        assert small.render(letter.bundle, letter.data, TIMESTAMP) == letter.rendering
    finally:
        small.close()


def test_a_press_carried_through_a_fork_starts_a_child_of_its_own(rendered: Mapping[str, Rendered]) -> None:
    letter = rendered["L03-ok"]
    carried = Press()
    try:
        carried.render(letter.bundle, letter.data, TIMESTAMP)
        assert carried._child is not None
        carried._child.owner = -1  # as a forked worker finds it
        first = carried._child
        assert carried.render(letter.bundle, letter.data, TIMESTAMP) == letter.rendering
        assert carried._child is not first
        first.end()
    finally:
        carried.close()


def test_the_fonts_are_those_that_were_shipped(tmp_path: Path) -> None:
    assert font_faults(FONTS) == []
    for path in FONTS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "SourceSansPro-It.otf").unlink()
    (tmp_path / "SourceSansPro-Bold.otf").write_bytes(b"another")
    assert [fault.partition(":")[0] for fault in font_faults(tmp_path)] == [
        "SourceSansPro-Bold.otf",
        "SourceSansPro-It.otf",
    ]


def test_provenance_holds_all_that_is_needed_to_render_again(rendered: Mapping[str, Rendered]) -> None:
    letter = rendered["L04-ok"]
    known = provenance(
        letter.rendering,
        template="L04",
        version=1,
        bundle_sha256=bundle_sha256(letter.bundle),
        data=letter.data,
        timestamp=TIMESTAMP,
    )
    assert known.pdf_sha256 == sha256(letter.rendering.pdf).hexdigest()
    assert known.data_sha256 == sha256(letter.data).hexdigest()
    assert (known.pages, known.size_bytes) == (2, len(letter.rendering.pdf))
    assert known.engine.startswith("typst 0.15")
    assert known.pdf_standards == PDF_STANDARDS


def test_a_bundles_hash_is_over_names_and_bytes_in_the_order_of_names() -> None:
    parts = [sha256(part).digest() for part in (b"a.typ", b"1", b"b.typ", b"2")]
    expected = sha256(b"".join(parts)).hexdigest()
    assert bundle_sha256({"b.typ": b"2", "a.typ": b"1"}) == expected


def test_words_that_would_be_missing_from_the_plain_text_are_refused() -> None:
    with pytest.raises(HiddenWordsError, match="`context`"):
        plain({"func": "sequence", "children": [{"func": "text", "text": "a"}, {"func": "context"}]})


def test_the_plain_text_keeps_headings_apart_and_marks_items() -> None:
    heading = {"func": "heading", "body": {"func": "text", "text": "H"}}
    items = {"func": "list", "children": [{"func": "item", "body": {"func": "text", "text": "one"}}]}
    par = {"func": "par", "body": {"func": "text", "text": "p"}}
    assert twin([par, heading, items, par]) == "p\n\nH\n\n- one\np\n"


def test_the_plain_text_says_the_head_of_a_column_once() -> None:
    column = {"func": "par", "label": "<column>", "body": {"func": "text", "text": "Post"}}
    cell = {"func": "par", "body": {"func": "text", "text": "Post"}}
    assert twin([column, cell, column, cell]) == "Post\nPost\nPost\n"


def test_the_child_sees_nothing_of_our_environment(press: Press, rendered: Mapping[str, Rendered]) -> None:
    assert press._child is not None
    place = Path(f"/proc/{press._child._process.pid}")
    if not place.exists():
        pytest.skip("no /proc on this system")
    assert (place / "environ").read_bytes() == b""
    assert list((place / "cwd").iterdir()) == []


ENDLESS = b"#for i in range(30000) { for j in range(30000) { let x = calc.rem(i * j, 7) } }"
