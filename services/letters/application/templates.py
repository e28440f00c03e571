"""The catalogue as people see it: each row with the version of its template that new drafts use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from letters.application.press import Description, Overlay, Press, Released
from letters.application.rendering import SCREEN_PPI
from letters.domain.catalogue import CATALOGUE, EMAIL, Row
from letters.domain.errors import NotFound
from letters.domain.rendering import bundle_sha256
from letters.domain.template_data import canonical, sample_data


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A row and its template."""

    row: Row
    version: int
    bundle_sha256: str


def listed(templates: Released) -> list[Listed]:
    """Return every row of the catalogue."""
    return [
        Listed(
            row=row,
            version=(version := templates.version(row.template)),
            bundle_sha256=bundle_sha256(templates.released(row.template, version)),
        )
        for row in CATALOGUE.values()
    ]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A row with one version of its template."""

    listed: Listed
    gates: tuple[str, ...]
    description: Description


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter would look like: a PDF with the word PREVIEW or the zones on it, or one page as a picture."""

    body: bytes
    is_picture: bool


def shown(templates: Released, template: str, version: int) -> Shown:
    """Return a version of a template with its row (NotFound if there is none)."""
    row, description = CATALOGUE.get(template), templates.described(template, version)
    if row is None or description is None:
        raise NotFound
    digest = bundle_sha256(templates.released(template, version))
    listed = Listed(row=row, version=version, bundle_sha256=digest)
    return Shown(listed=listed, gates=gates(row), description=description)


def gates(row: Row) -> tuple[str, ...]:
    """Return what can keep a letter of this row from leaving: holds, and problems that nobody may set aside."""
    is_to_person = row.to != "O"
    known = {
        "identity": row.is_identity_gated,
        "signatory": True,
        "police": is_to_person,
        "safeguarding": is_to_person,
        "address": is_to_person or EMAIL in (row.channel, *row.channels),
        "evidence": row.needs_evidence,
    }
    return tuple(name for name, stands in known.items() if stands)


def preview(
    templates: Released,
    press: Press,
    at: datetime,
    place: tuple[str, int],
    data: Mapping[str, Any],
    *,
    page: int | None,
    zones: bool,
) -> Preview:
    """Return what data of a template look like; nothing is stored.

    Raises:
        NotFound: there is no such template, version or page.
        RenderFailed: the layout refuses the data.
    """
    shown(templates, *place)
    bundle = templates.released(*place)
    written = canonical(sample_data(data, None, press.is_covered))
    overlay: Overlay = "zones" if zones else "preview"
    if page is None:
        printed = press.render(bundle, written, int(at.timestamp()), overlay=overlay)
        return Preview(body=printed.pdf, is_picture=False)
    pages = press.pages(bundle, written, ppi=SCREEN_PPI, overlay=overlay)
    if not 1 <= page <= len(pages):
        raise NotFound
    return Preview(body=pages[page - 1], is_picture=True)
