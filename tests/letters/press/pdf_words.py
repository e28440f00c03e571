"""What a PDF says to a reader's software: its characters in the order of its pages, by each font's own ToUnicode map.

A second way to the words of a letter, apart from the plain-text twin that the template's structure gives: bytes of the
page's content, glyph by glyph. What is marked as an artifact (footer, rules) is left out, as a screen reader does.
"""

import re
from collections.abc import Iterator
from typing import Any

import pikepdf

_CHAR = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_SECTION = re.compile(rb"begin(bfchar|bfrange)(.*?)endbf", re.DOTALL)


def characters(pdf: pikepdf.Pdf) -> str:
    """Return all characters of a PDF but spaces, page by page."""
    found = "".join(part for page in pdf.pages for part in _page(page))
    return "".join(found.split())


def _page(page: pikepdf.Page) -> Iterator[str]:
    """Yield the texts of one page; ``ActualText`` stands for the glyphs it covers."""
    fonts = {name: _unicode(font) for name, font in page.Resources.Font.items()}
    font: dict[int, str] = {}
    marks: list[str | None] = []  # "artifact", "covered" (by ActualText), or None
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), list(instruction.operands)
        if operator in {"BDC", "BMC"}:
            marks.append(_mark(operands))
            if marks[-1] == "covered":
                yield str(operands[1].ActualText)
        elif operator == "EMC":
            marks.pop()
        elif operator == "Tf":
            font = fonts[str(operands[0])]
        elif operator in {"Tj", "TJ"} and not any(marks):
            yield _shown(operands[0], font)


def _mark(operands: list[Any]) -> str | None:
    if str(operands[0]) == "/Artifact":
        return "artifact"
    has_text = len(operands) > 1 and isinstance(operands[1], pikepdf.Dictionary) and "/ActualText" in operands[1]
    return "covered" if has_text else None


def _shown(operand: Any, font: dict[int, str]) -> str:
    strings = operand if isinstance(operand, pikepdf.Array) else [operand]
    codes = b"".join(bytes(part) for part in strings if isinstance(part, pikepdf.String))
    return "".join(font[int.from_bytes(codes[at : at + 2])] for at in range(0, len(codes), 2))


def _unicode(font: Any) -> dict[int, str]:
    """Read a font's ToUnicode map: glyph code to characters."""
    known: dict[int, str] = {}
    for kind, section in _SECTION.findall(font.ToUnicode.read_bytes()):
        if kind == b"bfchar":
            known |= {int(code, 16): _text(text) for code, text in _CHAR.findall(section)}
        else:
            for first, last, text in _RANGE.findall(section):
                start = _text(text)
                for offset in range(int(last, 16) - int(first, 16) + 1):
                    known[int(first, 16) + offset] = start[:-1] + chr(ord(start[-1]) + offset)
    return known


def _text(hexed: bytes) -> str:
    return bytes.fromhex(hexed.decode()).decode("utf-16-be")
