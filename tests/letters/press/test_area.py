"""Nothing is printed where an envelope or a print service allows nothing (GOV.UK Notify letter specification)."""

from collections.abc import Iterator, Mapping
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from letters.adapters.press import Press
from tests.letters.press.rendered import DPI, Rendered
from tests.letters.press.test_samples import EVERY

PRINTABLE = (15, 5, 195, 292)
PAGE_1 = ((15, 5, 125, 30), (24.6, 39.5, 120, 66.3), (125, 5, 195, 95), (15, 95, 195, 292))
"""Logo, address window, sender, body: left, top, right, bottom in mm."""
TOLERANCE_MM = 0.5
LIBRARY = "_lib/1/letter.typ"
WHITE = 250
"""Grey values from here on are paper."""


def outside(png: bytes, zones: tuple[tuple[float, ...], ...]) -> tuple[float, float] | None:
    """Return where, in mm, something is printed outside the zones, or None."""
    page = Image.open(BytesIO(png)).convert("L")
    scale = DPI / 25.4
    draw = ImageDraw.Draw(page)
    for left, top, right, bottom in zones:
        box = (left - TOLERANCE_MM, top - TOLERANCE_MM, right + TOLERANCE_MM, bottom + TOLERANCE_MM)
        draw.rectangle([round(edge * scale) for edge in box], fill=255)
    ink = page.point(lambda grey: 255 * (grey < WHITE)).getbbox()
    return None if ink is None else (ink[0] / scale, ink[1] / scale)


def violations(pages: tuple[bytes, ...]) -> Iterator[str]:
    """Yield each page on which something is printed where it may not be."""
    for number, png in enumerate(pages, 1):
        found = outside(png, PAGE_1 if number == 1 else (PRINTABLE,))
        if found is not None:
            yield f"page {number}: ink at {found[0]:.1f}, {found[1]:.1f} mm"


@pytest.mark.parametrize("name", EVERY)
def test_a_sample_prints_inside_the_zones_only(name: str, rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered[name]
    pages = press.pages(letter.bundle, letter.data, ppi=DPI)
    assert list(violations(pages)) == []


@pytest.mark.parametrize(
    ("x", "y", "pages"),
    [
        (60, 80, [1]),
        (60, 34, [1]),
        (20, 50, [1]),
        (121, 60, [1]),
        (12, 150, [1, 2]),
        (197, 150, [1, 2]),
        (60, 294, [1, 2]),
    ],
)
def test_a_grey_dot_outside_the_zones_is_found(
    x: float, y: float, pages: list[int], rendered: Mapping[str, Rendered], press: Press
) -> None:
    letter = rendered["L02-ok"]
    ours = b'foreground: if overlay == "zones" { pdf.artifact(_zones) }'
    dot = f"foreground: place(dx: {x}mm, dy: {y}mm, rect(width: 1mm, height: 1mm, fill: luma(90%)))".encode()
    library = letter.bundle[LIBRARY]
    assert ours in library
    planted = {**letter.bundle, LIBRARY: library.replace(ours, dot)}
    found = list(violations(press.pages(planted, letter.data, ppi=DPI)))
    assert [fault.partition(":")[0] for fault in found] == [f"page {number}" for number in pages]


def test_seven_lines_of_address_fit_the_window(rendered: Mapping[str, Rendered], press: Press) -> None:
    letter = rendered["L02-ok"]
    lines = [f"Line {number} of an address, gjpqy" for number in range(2, 7)]
    address = b",".join(b'"%s"' % line.encode() for line in [*lines, "DE99 3AB"])
    data = letter.data.replace(b'"14 Mill Terrace","Rowanby","DE99 3AB"', address)
    assert list(violations(press.pages(letter.bundle, data, ppi=DPI))) == []
