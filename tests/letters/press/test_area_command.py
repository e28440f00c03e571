"""The zones as `letters check-area` sees them: the same pictures as a library for pictures reads, the same verdicts."""

import re
import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from letters.adapters import area
from letters.adapters.press import Press
from tests.letters.commands import Commands
from tests.letters.press.rendered import Rendered
from tests.letters.press.test_area import LIBRARY, PAGE_1, violations


def test_a_picture_is_read_as_another_reader_reads_it(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L02-ok"]
    for png in press.pages(letter.bundle, letter.data, ppi=40):
        other = Image.open(BytesIO(png))
        assert other.mode == "RGBA"
        assert b"".join(area.rows(png)) == other.tobytes()


@pytest.mark.parametrize("body", [b"GIF89a", b""])
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected a PNG"):
        list(area.rows(body))


def test_the_zones_are_those_of_the_specification() -> None:
    assert tuple(map(tuple, area.PAGE_1)) == PAGE_1


@pytest.mark.parametrize(("x", "y"), [(60, 80), (60, 34), (20, 50), (121, 60), (12, 150), (197, 150), (60, 294)])
def test_a_grey_dot_outside_the_zones_is_found_where_it_is(
    x: float, y: float, rendered: Mapping[str, Rendered], press: Press
) -> None:
    letter = rendered["L02-ok"]
    ours = b'foreground: if overlay == "zones" { pdf.artifact(_zones) }'
    dot = f"foreground: place(dx: {x}mm, dy: {y}mm, rect(width: 1mm, height: 1mm, fill: luma(90%)))".encode()
    planted = {**letter.bundle, LIBRARY: letter.bundle[LIBRARY].replace(ours, dot)}
    pages = press.pages(planted, letter.data, ppi=area.PPI)
    found = list(area.violations(pages))
    assert [ink.page for ink in found] == [int(each.split(":")[0][5:]) for each in violations(pages)]
    assert abs(found[0].x - x) < 0.4
    assert abs(found[0].y - y) < 0.4


def test_the_command_tells_that_a_sample_keeps_within_the_zones() -> None:
    assert Commands({}).json("check-area", "L02/ok") == {"pages": 2, "outside": []}
    assert "expected one of L01/hostile" in Commands({}).run("check-area", "L99/ok", code=2).stderr


def test_the_command_says_where_something_is_printed_that_may_not_be() -> None:
    program = (
        "import sys; from letters.adapters import area; area.PAGE_1 = area.PAGE_1[1:]\n"
        "sys.argv = ['letters', 'check-area', 'L02/ok']\n"
        "from letters.cli import main; main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    (place,) = re.findall(
        r"^page 1: at ([\d.]+) mm from the left, ([\d.]+) mm from the top$", done.stderr, re.MULTILINE
    )
    assert 15 <= float(place[0]) <= 125, "the logo has no zone any more"
    assert 5 <= float(place[1]) <= 30


def test_the_test_page_shows_seven_lines_where_letters_print_the_address(tmp_path: Path) -> None:
    to = tmp_path / "try.pdf"
    assert Commands({}).json("window-test-page", "--to", str(to))["pages"] == 1
    with pikepdf.open(to) as pdf:
        (page,) = pdf.pages
        assert [round(float(edge)) for edge in page.mediabox] == [0, 0, 595, 842]
    assert "--force to replace it" in Commands({}).run("window-test-page", "--to", str(to), code=1).stderr
