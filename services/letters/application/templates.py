"""The catalogue as people see it: each row with the version of its template that new drafts use."""

import msgspec

from letters.application.press import Released
from letters.domain.catalogue import CATALOGUE, Row
from letters.domain.rendering import bundle_sha256


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
