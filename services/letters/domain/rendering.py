"""What a letter is rendered from, what comes out, and what is recorded of both.

A bundle is everything a page is made of but its data: ``main.typ``, its ``_lib``, the school's logo. Its hash is sha256
over ``sha256(name) || sha256(bytes)`` of each file, in the order of the names. With the data's canonical bytes, the
fonts and a timestamp it gives the same PDF, byte for byte, in any zone and locale; another version of the engine gives
other bytes and the same page images. So the values of :class:`letters.domain.event.Provenance` prove what was sent.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

import msgspec

from letters.domain.errors import LettersError
from letters.domain.event import Provenance

Bundle = Mapping[str, bytes]

PDF_STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")
IMAGE_PPI = 60
"""The resolution of the page images whose hashes are recorded."""


class Rendering(msgspec.Struct, frozen=True, kw_only=True):
    """One rendered letter. ``text`` is its plain-text twin: every word of the page, in reading order."""

    pdf: bytes
    text: str
    page_images_sha256: tuple[str, ...]
    engine: str
    machine: str
    fonts_sha256: str

    @property
    def pages(self) -> int:
        """Count the pages."""
        return len(self.page_images_sha256)


class RenderFailed(LettersError):
    """The letter could not be rendered.

    ``code`` is ``assertion`` (the layout refused the data; ``field`` and the message say what and why), ``template``
    (a fault of the template, or a character without a glyph), ``timeout``, or ``engine_died`` (out of memory, say).
    """

    def __init__(self, code: str, message: str, *, field: str | None = None, line: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.field = field
        self.line = line


def not_laid_out(code: str, field: str | None) -> str:
    """Say why a letter has no pages, and what helps, to whoever deals with letters."""
    return _NOT_LAID_OUT.get(field if code == "assertion" else code, _OUR_FAULT)


def bundle_sha256(bundle: Bundle) -> str:
    """Return the hash of a bundle, or of any folder of named files."""
    return sha256(
        b"".join(sha256(part).digest() for name in sorted(bundle) for part in (name.encode(), bundle[name]))
    ).hexdigest()


def provenance(
    rendering: Rendering, *, template: str, version: int, bundle_sha256: str, data: bytes, timestamp: int
) -> Provenance:
    """Return what is recorded of a rendering: everything to render the same bytes again, and what came out."""
    return Provenance(
        template=template,
        version=version,
        bundle_sha256=bundle_sha256,
        data_sha256=sha256(data).hexdigest(),
        fonts_sha256=rendering.fonts_sha256,
        engine=rendering.engine,
        machine=rendering.machine,
        timestamp=timestamp,
        pdf_standards=PDF_STANDARDS,
        pdf_sha256=sha256(rendering.pdf).hexdigest(),
        size_bytes=len(rendering.pdf),
        pages=rendering.pages,
        text_sha256=sha256(rendering.text.encode()).hexdigest(),
        page_images_sha256=rendering.page_images_sha256,
    )


_OUR_FAULT = (
    "The template could not be laid out: whoever runs the service has to look at it; then draft the letter again."
)
_NOT_LAID_OUT: Mapping[str | None, str] = {
    "pages": "The letter would have more than ten pages: shorten what was added to it, or have it printed in the usual"
    " size, and give the reader a larger copy by hand.",
    "address": "The address does not fit the window of an envelope: shorten its lines, or hand the letter over.",
    "timeout": "It took too long to lay the letter out: draft it again; if that does not help, whoever runs the service"
    " has to look at it.",
}
"""What helps, by what the layout refused, else by the code."""
