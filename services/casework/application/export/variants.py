"""The variants of an export, in one table: who may make which, and what each shows (domain.md 8).

An entry is never left out: of one that a variant shows as a *shell*, the disclosures and the file stay behind, so its
digests, its hash and its place still prove that it is there. Later variants (panel, subject access, court, governors)
are rows too, but for those in which an entry's very existence stays hidden: these carry no entries and no proofs.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from casework.application.visibility import View
from casework.domain.event import Sensitivity


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its name, who makes it, for whom it is, and how it shows entries of each sensitivity."""

    name: str
    roles: frozenset[str]
    says: str
    views: Mapping[Sensitivity, View]
    shows_advice: bool = False
    """Whether the privileged streams of the case go along: questions to the legal adviser, answers, letters."""
    shows_restricted: bool
    """Whether evidence marked as restricted (a child's image, a slur, an address) goes along, or its hash only."""


_ROWS: tuple[Variant, ...] = (
    Variant(
        name="legal_full",
        roles=frozenset({"legal"}),
        says="everything in this case and its legal advice, for the school's legal adviser",
        shows_advice=True,
        views={"open": "whole", "dsl": "whole", "client": "whole", "privileged": "whole"},
        shows_restricted=True,
    ),
    Variant(
        name="police",
        roles=frozenset({"headteacher", "dsl"}),
        says="for the police: everything but legal advice",
        views={"open": "whole", "dsl": "whole", "client": "shell", "privileged": "shell"},
        shows_restricted=True,
    ),
    Variant(
        name="audit",
        roles=frozenset({"auditor"}),
        says="for auditors: no words of safeguarding or legal advice, and no restricted evidence",
        views={"open": "whole", "dsl": "shell", "client": "shell", "privileged": "shell"},
        shows_restricted=False,
    ),
)
VARIANTS: Final[Mapping[str, Variant]] = {row.name: row for row in _ROWS}


def file_stem(reference: str, variant: str, version: int) -> str:
    """Return what the files of an export are called: ``RL-2025-0031-police-v12``, then ``.zip``, ``.receipt.json``."""
    return f"{reference}-{variant}-v{version}"
