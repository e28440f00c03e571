"""Plain text for people: lines of 78 characters, London time, and no character that could pass for another.

Words from a case are somebody else's, and may be hostile: each of their lines stands behind a bar, so that none can
pass for a line of ours, and a character that cannot be printed is shown by its number, ``<U+202E>``.
"""

import textwrap
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
WIDTH: Final = 78
BAR: Final = "| "
ROLES: Final = {
    "dsl": "safeguarding lead",
    "legal": "legal adviser",
    "dpo": "data protection officer",
    "chair": "chair of governors",
    "letters": "the letters service",
    "system": "the software itself",
}


def visible(text: str) -> str:
    """Return one line of text, each character that cannot be printed shown by its number."""
    return "".join(map(_visible, text.expandtabs(4)))


def _visible(one: str) -> str:
    if one.isprintable():
        return one
    return " " if unicodedata.category(one) == "Zs" else f"<U+{ord(one):04X}>"


def paragraph(text: str, indent: str = "") -> list[str]:
    """Return our own words as lines."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def item(label: str, text: str, *, indent: str = "  ", column: int = 14) -> list[str]:
    """Return a label and what belongs to it, which goes on below itself; a label that is too long stands alone."""
    below = " " * (len(indent) + column)
    lines = _wrapped(visible(text), WIDTH - len(below)) or [""]
    if len(label) < column:
        return [f"{indent}{label:<{column}}{lines[0]}".rstrip(), *(f"{below}{line}" for line in lines[1:])]
    return [f"{indent}{label}", *(f"{below}{line}" for line in lines)]


def quoted(text: str, indent: str) -> Iterator[str]:
    """Yield the lines of words from a case, each behind a bar; long ones are broken between words."""
    for line in text.splitlines() or [""]:
        for part in _wrapped(visible(line), WIDTH - len(indent) - len(BAR)) or [""]:
            yield f"{indent}{BAR}{part}".rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, replace_whitespace=False, break_long_words=False, break_on_hyphens=False)


def heading(text: str) -> list[str]:
    """Return a heading with an empty line above."""
    return ["", text.upper(), "-" * len(text)]


def role(name: str) -> str:
    """Return a role as people call it."""
    return ROLES.get(name, words(name))


def words(name: str) -> str:
    """Return the name of a field or code as words: ``how_seen``, ``how seen``."""
    return name.replace("_", " ").replace("-", " ")


def instant(value: datetime | str) -> str:
    """Return an instant as the clocks in London showed it: ``18 September 2025 at 08:52``."""
    at = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(LONDON)
    return f"{day(at)} at {at:%H:%M}"


def day(value: date) -> str:
    """Return a day: ``18 September 2025``."""
    return f"{value.day} {value:%B %Y}"


def simple(name: str, value: Any) -> str:  # noqa: ANN401 - a JSON value
    """Return a field's value in a line: times as London's, lists joined, true and false as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(simple(name, one) for one in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{words(key)} {simple(key, one)}" for key, one in value.items()) or "none"
    if isinstance(value, str) and name.endswith("_at"):
        return instant(value)
    if isinstance(value, str) and name.endswith("_on"):
        return day(date.fromisoformat(value))
    return str(value)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"
