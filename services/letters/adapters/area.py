"""Where a letter may print, and whether it prints anywhere else (GOV.UK Notify letter specification v2.4).

The pages are PNG as the engine writes them: eight bits a channel, not interlaced, colour with opacity (PNG 11.2.2).
They are read here, row by row, with the filters of PNG 9.2: no library for pictures is needed where letters are made.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

PPI: Final = 100
WHITE: Final = 250
"""Grey values from here on are paper."""
TOLERANCE_MM: Final = 0.5
_MM: Final = PPI / 25.4
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_FORMAT: Final = (8, 6, 0, 0, 0)
"""Depth, colour type (red, green, blue, opacity), compression, filter method, interlacing."""
_CHANNELS: Final = 4


class Zone(NamedTuple):
    """A part of a page, in mm from its top left."""

    left: float
    top: float
    right: float
    bottom: float


PRINTABLE: Final = (Zone(15, 5, 195, 292),)
PAGE_1: Final = (
    Zone(15, 5, 125, 30),
    Zone(24.6, 39.5, 120, 66.3),
    Zone(125, 5, 195, 95),
    Zone(15, 95, 195, 292),
)
"""Logo, address window, sender, body; outside them the first page is blank."""


class Ink(NamedTuple):
    """Something that is printed where nothing may be: on which page, and where its first dot is, in mm."""

    page: int
    x: float
    y: float


def violations(pages: Sequence[bytes]) -> Iterator[Ink]:
    """Yield, for each page that prints outside its zones, where the first dot is that does."""
    for number, png in enumerate(pages, 1):
        zones = PAGE_1 if number == 1 else PRINTABLE
        for y, row in enumerate(rows(png)):
            x = _first_outside(row, y / _MM, zones)
            if x is not None:
                yield Ink(number, round(x / _MM, 1), round(y / _MM, 1))
                break


def rows(png: bytes) -> Iterator[bytes]:
    """Yield the rows of a picture, each as bytes of red, green, blue and opacity.

    Raises:
        ValueError: the picture is not as the engine writes it.
    """
    chunks = dict.fromkeys((b"IHDR", b"IDAT"), b"")
    for name, body in _chunks(png):
        chunks[name] = chunks.get(name, b"") + body
    width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if tuple(form) != _FORMAT:
        message = f"expected a PNG of the form {_FORMAT}, found {tuple(form)}"
        raise ValueError(message)
    stride = width * _CHANNELS
    data, before = zlib.decompress(chunks[b"IDAT"]), bytes(stride)
    for number in range(height):
        at = number * (stride + 1)
        before = _unfiltered(data[at], data[at + 1 : at + 1 + stride], before)
        yield before


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(_SIGNATURE):
        message = "expected a PNG, found something else"
        raise ValueError(message)
    at = len(_SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _unfiltered(kind: int, row: bytes, before: bytes) -> bytes:
    """Return a row as it was before its filter (0 none, 1 sub, 2 up, 3 average, 4 Paeth)."""
    if kind == 0:
        return row
    if kind == 2:
        return bytes((here + above) & 255 for here, above in zip(row, before, strict=True))
    out = bytearray(row)
    for at in range(len(out)):
        left = out[at - _CHANNELS] if at >= _CHANNELS else 0
        above = before[at]
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + above) // 2
        else:
            guess = _paeth(left, above, before[at - _CHANNELS] if at >= _CHANNELS else 0)
        out[at] = (out[at] + guess) & 255
    return bytes(out)


def _paeth(left: int, above: int, corner: int) -> int:
    """Return which of the three is nearest to left + above - corner (PNG 9.4)."""
    estimate = left + above - corner
    by_left, by_above, by_corner = abs(estimate - left), abs(estimate - above), abs(estimate - corner)
    if by_left <= by_above and by_left <= by_corner:
        return left
    return above if by_above <= by_corner else corner


def _first_outside(row: bytes, y: float, zones: Sequence[Zone]) -> int | None:
    """Return the first dot of a row that is ink and in no zone; None where there is none."""
    if row.count(255) == len(row):
        return None
    edge = TOLERANCE_MM + 1 / _MM
    spans = [(zone.left - edge, zone.right + edge) for zone in zones if zone.top - edge <= y <= zone.bottom + edge]
    for x in range(len(row) // _CHANNELS):
        red, green, blue, opacity = row[x * _CHANNELS : (x + 1) * _CHANNELS]
        grey = 255 - (255 - (299 * red + 587 * green + 114 * blue) / 1000) * opacity / 255
        if grey < WHITE and not any(left <= x / _MM <= right for left, right in spans):
            return x
    return None
