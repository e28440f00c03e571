r"""Text from outside made fit for the page: what cannot be seen is taken out, what cannot be printed is spelt out.

Markup needs nothing: templates print strings as they are. What remains are characters that would change what a reader
sees without being seen (controls, bidirectional overrides, zero-width spaces), and characters for which no font has a
glyph: the engine would let most of the first through and refuse the file for the second. Everything taken out or spelt
out is listed, so that whoever approves knows that the page differs from what was received.

Worked example: ``"so angry \U0001f621\u202e!"`` becomes ``"so angry [U+1F621 POUTING FACE]!"``. In a name or an
address nothing is spelt out: there a character without a glyph is a problem, for a person to resolve.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from letters.domain.event import Cleaned, Problem

type_of = unicodedata.category

IsCovered = Callable[[str], bool]
"""Tells whether some font of ours has a glyph for one character; the press knows, by a trial."""

_REMOVED = frozenset(
    "\u00ad\u180e\u200b\ufeff"
    + "".join(
        chr(code)
        for first, last in ((0x202A, 0x202E), (0x2060, 0x206F), (0xFFF9, 0xFFFB), (0xE0000, 0xE0FFF))
        for code in range(first, last + 1)
    )
)
"""Characters that print nothing: soft hyphen, zero-width spaces, bidirectional controls, annotations, tags."""
_SPACES = frozenset("\t\n\x0b\x0c\r\x85\u2028\u2029")
_NEVER_SPELT_OUT = frozenset({"name", "address", "job", "letterhead"})


class Cleansed(NamedTuple):
    """A tree of strings fit for the page, what was taken out or spelt out, and what a person must resolve."""

    value: object
    cleaned: tuple[Cleaned, ...]
    problems: tuple[Problem, ...]


def clean(value: object, is_covered: IsCovered, path: str = "") -> Cleansed:
    """Clean every string in a tree of JSON values; keys are ours and stay as they are."""
    cleaned: list[Cleaned] = []
    problems: list[Problem] = []

    def walk(value: object, path: str, *, is_name: bool) -> object:
        if isinstance(value, Mapping):
            return {
                key: walk(item, f"{path}.{key}".lstrip("."), is_name=is_name or key in _NEVER_SPELT_OUT)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [walk(item, f"{path}[{index}]", is_name=is_name) for index, item in enumerate(value)]
        return clean_line(value, path, is_name=is_name) if isinstance(value, str) else value

    def clean_line(line: str, path: str, *, is_name: bool) -> str:
        if line.isascii() and line.isprintable():  # As nearly every line is; the rest is looked at one by one.
            return line
        found: Counter[str] = Counter()
        line = "".join(_fit(line, found, is_covered))
        missing = {char: count for char, count in found.items() if _is_spelt_out(char)}
        if is_name:
            problems.extend(_no_glyph(path, char) for char in missing)
        cleaned.extend(Cleaned(path=path, found=code_point(char), count=count) for char, count in found.items())
        return line

    return Cleansed(walk(value, path, is_name=False), tuple(cleaned), tuple(problems))


def code_point(char: str) -> str:
    """Name a character by its number: ``U+1F621``."""
    return f"U+{ord(char):04X}"


def _fit(line: str, found: Counter[str], is_covered: IsCovered) -> Iterator[str]:
    """Yield the line's characters as they will be printed, counting those that differ."""
    for char in unicodedata.normalize("NFC", line.replace("\r\n", "\n")):
        if " " <= char <= "~":
            yield char
        elif char in _SPACES:
            found[char] += 1
            yield " "
        elif _is_removed(char):
            found[char] += 1
        elif _is_unprintable(char) or not is_covered(char):
            found[char] += 1
            yield f"[{code_point(char)} {unicodedata.name(char, '')}".rstrip() + "]"
        else:
            yield char


def _is_removed(char: str) -> bool:
    """Tell whether a character prints nothing itself: a control (C0, C1) or one of the list above."""
    return char in _REMOVED or type_of(char) == "Cc"


def _is_spelt_out(char: str) -> bool:
    """Tell whether a character that was found is printed by its name, not taken out or turned into a space."""
    return not (char in _SPACES or _is_removed(char))


def _is_unprintable(char: str) -> bool:
    """Tell whether a character stands for nothing printable: U+FFFD, private use, surrogates, unassigned."""
    return char == "\ufffd" or type_of(char) in {"Co", "Cs", "Cn"}


def _no_glyph(path: str, char: str) -> Problem:
    """Say that a name or address cannot be printed as it is."""
    expected = f"letters that the fonts of this school can print; {code_point(char)} is none of them"
    return Problem(code="glyph_missing", path=path, expected=expected)
