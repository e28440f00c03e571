"""The field types both services' documents and parsers agree on.

The stock `Integer` takes "5" for 5 or, told to be strict, refuses 5.0, which JSON does not distinguish from 5; the
stock `Url` is documented with a format no tool knows; the stock `String` lets through control characters that neither
Postgres nor a PDF can hold.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from servicekit.faults import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

INTEGER_MAX: Final = 2**53 - 1
URI_LENGTH_MAX: Final = 2048
EXPECTED_INSTANT: Final = "An instant with its offset, such as 2026-09-14T16:40:00+01:00."
YEARS: Final = range(1900, 2200)
"""Years that every time zone, calendar and sum of days can still be worked out in."""

# Tab, line feed and carriage return are the only control characters a text may hold. Written so that Python and the
# regular expressions of JSON Schema (ECMA-262) read it alike.
PLAIN_TEXT: Final = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


class WholeNumber(fields.Integer):
    """A whole number that every JSON reader holds exactly (RFC 7493 2.2): 5 and 5.0, not "5", 5.5 or true."""

    default_error_messages = {"invalid": "Not a valid whole number."}  # noqa: RUF012 - marshmallow's way

    def __init__(self, *, least: int = -INTEGER_MAX, most: int = INTEGER_MAX, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self.make_error("invalid", input=value)
        return int(value)


class Instant(fields.AwareDateTime):
    """An instant with its offset from UTC (RFC 3339 5.6), in whole minutes, as that is all an entry can hold.

    `unplaced` are further members of the fault where a time says no offset, such as the rule that asks for one.
    """

    default_error_messages = {  # noqa: RUF012 - marshmallow's way
        "invalid": EXPECTED_INSTANT,
        "out_of_range": f"An instant between the years {YEARS[0]} and {YEARS[-1]}.",
    }

    def __init__(self, *, unplaced: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._unplaced = unplaced or {}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            instant = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.make_error("invalid") from None
        offset = instant.utcoffset()
        if offset is None:
            found = "a time without an offset"
            raise ValidationError(Complaint(EXPECTED_INSTANT, found=found, **self._unplaced))
        if offset.total_seconds() % 60:
            raise self.make_error("invalid")
        if instant.year not in YEARS:
            raise self.make_error("out_of_range")
        return instant


class Uri(fields.String):
    """An http or https address, shown as format `uri`."""

    default_error_messages = {"invalid": "Not a valid http or https address."}  # noqa: RUF012 - marshmallow's way

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=URI_LENGTH_MAX), **kwargs)
        self.metadata = {"format": "uri", **self.metadata}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _is_web_address(text):
            raise self.make_error("invalid")
        return text


class Text(fields.String):
    """Text of a bounded length without control characters other than tab and line ends."""

    def __init__(self, *, least: int = 0, most: int, **kwargs: Any) -> None:
        plain = validate.Regexp(PLAIN_TEXT.replace("$", r"\Z"), error="Text without control characters.")
        super().__init__(validate=[validate.Length(least, most), plain], **kwargs)
        self.metadata = {"pattern": PLAIN_TEXT, **self.metadata}


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    printable = text.isprintable() and " " not in text
    return printable and parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
