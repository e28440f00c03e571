"""Each entry of a copied case as one variant tells it: what is opened, what is withheld, which file goes along.

Everything a package says in words is made from what is told here, and that is made from the disclosures which the
package holds: what is withheld cannot be retold by oversight.
"""

from collections.abc import Mapping
from itertools import count
from typing import Any

import msgspec

from casework.application.evidence_file import EXTENSIONS
from casework.application.export.book import CaseCopy, CopiedEntry
from casework.application.export.variants import Variant
from casework.application.visibility import is_told_whole
from casework.ledger.verify import Entry, open_disclosures, parse_entry


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an entry names by its hash, and its path in the package."""

    path: str
    sha256: str
    size_bytes: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as the package tells it."""

    position: int
    octets: bytes
    entry: Entry
    disclosures: tuple[str, ...]
    opened: Mapping[str, Any]
    proof: str
    file: Attachment | None
    is_file_withheld: bool

    @property
    def withheld(self) -> int:
        """How many personal fields are left out."""
        return len(self.entry.sd) - len(self.opened)

    @property
    def name(self) -> str:
        """The name of its type without kind and version: ``warning-issued``."""
        return self.entry.type.split(".")[1]


def tell(copy: CaseCopy, variant: Variant) -> tuple[Told, ...]:
    """Return the entries of a copy as this variant tells them.

    Raises:
        LedgerError: an entry that is malformed, or a disclosure that does not fit it.
    """
    taken: dict[str, str] = {}
    told = []
    for copied in copy.entries:
        one = _told(copied, variant, taken)
        if one.file is not None:
            taken[one.file.path] = one.file.sha256
        told.append(one)
    return tuple(told)


def restricted_files(told: tuple[Told, ...]) -> list[str]:
    """Return the restricted evidence that goes along: it is shown to nobody without a reason (domain.md 8)."""
    return [f"E{one.entry.data['evidence_no']}" for one in told if one.file is not None and _is_restricted(one.entry)]


def _told(copied: CopiedEntry, variant: Variant, taken: Mapping[str, str]) -> Told:
    entry = parse_entry(copied.octets, f"entry {copied.position}")
    view = variant.views.get(entry.data["sensitivity"], "shell")
    is_whole = is_told_whole(view, is_restricted=_is_restricted(entry), shows_restricted=variant.shows_restricted)
    disclosures = tuple(sorted(copied.disclosures.values())) if is_whole else ()
    file = _attachment(entry.data, taken)
    return Told(
        position=copied.position,
        octets=copied.octets,
        entry=entry,
        disclosures=disclosures,
        opened=dict(sorted(open_disclosures(entry, disclosures).items())),
        proof=copied.proof,
        file=file if is_whole else None,
        is_file_withheld=file is not None and not is_whole,
    )


def _is_restricted(entry: Entry) -> bool:
    return bool(entry.data.get("restricted"))


def _attachment(data: Mapping[str, Any], taken: Mapping[str, str]) -> Attachment | None:
    """Return the file that an entry names; other pages filed under one letter's id get a number."""
    if "evidence_no" in data and "sha256" in data:
        extension = EXTENSIONS.get(data["media_type"], (".bin",))[0]
        path = f"evidence/E{data['evidence_no']}{extension}"
        return Attachment(path=path, sha256=data["sha256"], size_bytes=data["size_bytes"])
    if "letter_id" not in data or "pdf_sha256" not in data:
        return None
    sha256, stem = data["pdf_sha256"], f"letters/{data['letter_id']}"
    names = (f"{stem}.pdf" if number == 1 else f"{stem}.{number}.pdf" for number in count(1))
    path = next(name for name in names if taken.get(name, sha256) == sha256)
    return Attachment(path=path, sha256=sha256, size_bytes=data["size_bytes"])
