"""A case copied out of a small record, as the database would be copied, and the package that is made of it."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.keys import CaseKeys, CaseSecret
from casework.adapters.schools import RecordHome
from casework.adapters.stored import WrappedKey
from casework.application.export.book import CaseCopy, CopiedEntry
from casework.application.export.cover import Cover
from casework.application.export.package import build, write_zip
from casework.application.export.telling import tell
from casework.application.export.variants import VARIANTS
from casework.domain.catalogue import EVENT_TYPES
from casework.domain.event import Recorded
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.evidence import EvidenceCaptured
from casework.ledger.entry import leaf_hash
from casework.ledger.merkle import LeafReader, inclusion, root
from casework.ledger.note import Signer
from casework.ledger.proof import tlog_proof
from casework.ledger.verify import derive_disclosures
from servicekit.sealing import unseal
from tests.domain.playing import CASE, edition

ORIGIN = "rowan-lane.example/ledger"
SIGNER = Signer(ORIGIN, [b"\x33" * 32])
HOME = RecordHome(UUID("5b0f7a52-6f3e-4f0a-9c1d-2e8a41d70000"), ORIGIN, is_scratch=False)
SECRET = CaseSecret(b"\x11" * 32)
NOW = datetime(2025, 10, 11, 9, tzinfo=UTC)
BEFORE, AFTER = 5, 3
"""So many entries of others stand in the record before this case, and after it."""


class OneSecret(CaseKeys):
    """Keys for a case that is in no database."""

    def __init__(self) -> None:
        """Hold nothing."""

    def for_entries(self, ids: Iterable[UUID]) -> Mapping[UUID, CaseSecret]:
        return dict.fromkeys(ids, SECRET)

    def open(self, key: WrappedKey | None) -> CaseSecret:
        return SECRET


MAPPER = EntryMapper(EVENT_TYPES.values(), HOME, OneSecret())


def content(event: EvidenceCaptured | CorrespondenceRecorded, version: int) -> bytes:
    """Return the file that an event of a played case stands for: each has one of its own."""
    return f"{type(event).type_name} {version}, as a file".encode()


def with_files(events: Iterable[Recorded]) -> tuple[list[Recorded], dict[str, bytes]]:
    """Give each event that names a file the hash and size of one that is there."""
    given: list[Recorded] = []
    files: dict[str, bytes] = {}
    for at in events:
        event: Any = at.event
        if isinstance(event, EvidenceCaptured | CorrespondenceRecorded):
            octets = content(event, at.originator_version)
            name = "sha256" if isinstance(event, EvidenceCaptured) else "pdf_sha256"
            digest = hashlib.sha256(octets).hexdigest()
            files[digest] = octets
            event = replace(event, **cast("Any", {name: digest, "size_bytes": len(octets)}))
        given.append(replace(at, event=event))
    return given, files


def decided_apart(events: Sequence[Recorded], *starts: int) -> list[Recorded]:
    """Give the events from each of these indexes on a command of their own, as decisions taken one by one have."""
    own = [sum(index >= start for start in starts) for index in range(len(events))]
    return [
        replace(at, carried=replace(at.carried, command=uuid5(CASE, f"command {number}")))
        for at, number in zip(events, own, strict=True)
    ]


def copied(events: Sequence[Recorded], *, is_scratch: bool = False) -> CaseCopy:
    """Return a case as `CaseBook` copies it: real entries, real disclosures, real proofs, under a real signature."""
    stored = MAPPER.encode(events)
    others = [hashlib.sha256(f"another entry {number}".encode()).digest() for number in range(BEFORE + AFTER)]
    leaves = [*others[:BEFORE], *(leaf_hash(entry.state) for entry in stored), *others[BEFORE:]]
    reader, size = LeafReader(leaves), len(leaves)
    note = SIGNER.sign_checkpoint(size, root(reader, size))
    entries = []
    for index, entry in enumerate(stored, BEFORE):
        values: dict[str, object] = {}
        if entry.sealed is not None:
            values = msgspec.json.decode(unseal(SECRET.seal_key, entry.sealed, leaf_hash(entry.state)))
        version = entry.originator_version
        entries.append(
            CopiedEntry(
                position=index + 1,
                octets=entry.state,
                disclosures=derive_disclosures(SECRET.salt_key, str(entry.originator_id), version, values),
                proof=tlog_proof(index, inclusion(reader, index, size), note),
            )
        )
    return CaseCopy(
        origin=ORIGIN,
        is_scratch=is_scratch,
        stream=CASE,
        size=size,
        note=note,
        vkeys=(SIGNER.vkey,),
        entries=tuple(entries),
    )


def cover(variant: str = "legal_full", **changes: Any) -> Cover:
    """Return what the cover says."""
    said = Cover(
        school="Rowan Lane Primary School",
        reference="RL-2025-0001",
        phase="escalation",
        outcome=None,
        variant=VARIANTS[variant],
        made_at=NOW,
        made_by="u-adviser",
        role="legal",
        recipient=None,
        purpose=None,
        editions={"2021-spring": edition()},
        in_force="2021-spring",
        is_development=False,
    )
    return replace(said, **changes)


def packed(events: Iterable[Recorded], said: Cover | None = None, **how: Any) -> bytes:
    """Return the .zip of a case as played."""
    given, files = with_files(events)
    made, said = copied(given, **how), said or cover()
    target = io.BytesIO()
    write_zip(target, build(made, tell(made, said.variant), said), lambda file: [files[file.sha256]])
    return target.getvalue()
