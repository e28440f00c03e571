"""The PDF as a file: PDF/A-2a and PDF/UA-1 in one, tagged, and saying the same words as its plain-text twin."""

from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO

import pikepdf
import pytest

from tests.letters.press.pdf_words import characters
from tests.letters.press.rendered import Rendered
from tests.letters.press.test_samples import EVERY

COLUMNS = {
    "L02": {"posts": 3},
    "L03": {"posts": 2},
    "L04": {"posts": 3},
    "L07": {"posts": 3},
    "L08": {"posts": 3},
    "L09": {"posts": 3, "exhibits": 3, "steps": 2},
    "L10": {"posts": 3, "exhibits": 3, "steps": 2, "letters": 3},
    "L14": {"sites": 2},
    "L19": {"cases": 4},
}
"""What has a table in a letter, where there is any, and its columns."""
FURTHER_ROWS = {"sites": 1}
"""Rows that stand in a table whatever the letter is about."""
OWN = frozenset({"L08"})
"""What a person sends in their own name: the school's letterhead is not on it."""
SIZE_BYTES_MAX = 2_000_000
PAGES_MAX = 10


@pytest.fixture(params=EVERY)
def letter(request: pytest.FixtureRequest, rendered: Mapping[str, Rendered]) -> Rendered:
    return rendered[request.param]


@pytest.fixture
def pdf(letter: Rendered) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(BytesIO(letter.rendering.pdf)) as opened:
        yield opened


def test_it_says_that_it_is_pdf_a_2a_and_pdf_ua_1(pdf: pikepdf.Pdf) -> None:
    metadata = pdf.open_metadata()
    assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
    assert metadata["pdfuaid:part"] == "1"


def test_it_has_a_language_a_shown_title_and_an_author(pdf: pikepdf.Pdf, letter: Rendered) -> None:
    assert str(pdf.Root.Lang) == "en-GB"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    title = str(pdf.open_metadata()["dc:title"])
    assert letter.values["our_ref"] in title
    assert pdf.docinfo.Author == ("The complainant" if letter.template in OWN else "Rowan Lane Primary School")


def test_its_title_names_nobody(pdf: pikepdf.Pdf, letter: Rendered) -> None:
    assert letter.values["recipient"]["name"] not in str(pdf.open_metadata()["dc:title"])


def test_it_is_tagged_with_one_heading_of_the_first_level(pdf: pikepdf.Pdf) -> None:
    assert bool(pdf.Root.MarkInfo.Marked)
    kinds = [kind for kind, _ in structure(pdf)]
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") >= 2
    assert {"/H3", "/H4"}.isdisjoint(kinds)


def test_its_table_has_header_cells_and_its_logo_words(pdf: pikepdf.Pdf, letter: Rendered) -> None:
    nodes = list(structure(pdf))
    kinds = [kind for kind, _ in nodes]
    columns = {name: count for name, count in COLUMNS.get(letter.template, {}).items() if letter.values[name]}
    rows = {name: len(letter.values[name]) + FURTHER_ROWS.get(name, 0) for name in columns}
    assert kinds.count("/Table") == len(columns)
    assert kinds.count("/TH") == sum(columns.values())
    assert kinds.count("/TD") == sum(columns[name] * rows[name] for name in columns)
    figures = [node for kind, node in nodes if kind == "/Figure"]
    logo = [] if letter.template in OWN else ["Logo of Rowan Lane Primary School"]
    assert [str(figure.Alt) for figure in figures] == logo


def test_every_font_is_embedded(pdf: pikepdf.Pdf) -> None:
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
    assert fonts
    for font in fonts:
        descriptor = font.DescendantFonts[0].FontDescriptor
        assert {"/FontFile2", "/FontFile3"} & set(descriptor.keys())


def test_it_holds_no_script_link_file_or_lock(pdf: pikepdf.Pdf) -> None:
    assert not pdf.is_encrypted
    assert {"/OpenAction", "/AA", "/AcroForm", "/Names"}.isdisjoint(pdf.Root.keys())
    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            assert {"/JS", "/JavaScript", "/EmbeddedFile", "/URI", "/Launch"}.isdisjoint(thing.keys())


def test_it_is_a4_and_within_what_a_print_service_takes(pdf: pikepdf.Pdf, letter: Rendered) -> None:
    assert len(pdf.pages) == letter.rendering.pages <= PAGES_MAX
    assert len(letter.rendering.pdf) <= SIZE_BYTES_MAX
    for page in pdf.pages:
        assert [round(float(edge)) for edge in page.MediaBox] == [0, 0, 595, 842]


def test_it_says_what_its_plain_text_says(pdf: pikepdf.Pdf, letter: Rendered) -> None:
    lines = letter.rendering.text.splitlines()
    twin = "".join("".join(line.removeprefix("- ").split()) for line in lines)
    said = characters(pdf).replace("•", "")
    if letter.name.endswith(("ok", "long")):
        assert said == twin
    else:  # a row over two pages is read page by page, and right-to-left words in the order of the eye
        assert Counter(said.replace("-", "")) == Counter(twin.replace("-", ""))


def structure(pdf: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Object]]:
    """Yield every element of the structure tree in order, with its kind."""

    def walk(node: pikepdf.Object) -> Iterator[tuple[str, pikepdf.Object]]:
        if isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield str(node.S), node
        if isinstance(node, pikepdf.Dictionary) and "/K" in node:
            children = node.K if isinstance(node.K, pikepdf.Array) else [node.K]
            for child in children:
                if isinstance(child, pikepdf.Dictionary):
                    yield from walk(child)

    yield from walk(pdf.Root.StructTreeRoot)
