"""A small record to check, built as casework builds one, and a package of one of its cases."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from casework.ledger import verify
from casework.ledger.entry import build, disclosures, leaf_hash
from casework.ledger.merkle import LeafReader, inclusion, root
from casework.ledger.note import Signer
from casework.ledger.proof import tlog_proof
from casework.ledger.rows import Columns, Content, Home, Opened, Row, StoredCheckpoint

ORIGIN = "rowan-lane.example/ledger"
OPENED = datetime(2026, 9, 1, 8, tzinfo=UTC)
NAMES = UUID("5b0f7a52-6f3e-4f0a-9c1d-2e8a41d70000")
SIGNER = Signer(ORIGIN, [b"\x33" * 32])
OTHER = Signer(ORIGIN, [b"\x34" * 32])
EVIDENCE = b"a screenshot, say"
LETTER = b"%PDF-1.7 a letter, say"
PERSONAL = "Mallinson"
"""Stands in every sealed value here, and may stand in no message."""


@dataclass
class Book:
    """The entries of a record, with what is needed to disclose and to sign them."""

    entries: list[bytes] = field(default_factory=list)
    contents: list[Content | None] = field(default_factory=list)
    checkpoints: list[StoredCheckpoint] = field(default_factory=list)
    versions: dict[UUID, int] = field(default_factory=dict)
    signers: tuple[Signer, ...] = (SIGNER,)

    def add(self, stream: UUID, type_name: str, sealed: Mapping[str, object] | None = None, **data: object) -> Row:
        """Append an entry."""
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        command = str(uuid5(NAMES, f"command {len(self.entries)}"))
        entry = build(
            origin=ORIGIN,
            stream=stream,
            version=version,
            type_name=type_name,
            time=OPENED + timedelta(minutes=len(self.entries)),
            data={"command": command, **data},
            sealed=sealed,
            salt_key=salt_key(stream),
        ).entry
        self.entries.append(entry)
        self.contents.append(Opened(sealed, salt_key(stream)) if sealed else None)
        return row_of(len(self.entries), entry)

    def sign(self) -> StoredCheckpoint:
        """Sign and keep a checkpoint over all entries so far."""
        self.checkpoints.append(signed_at(self, *self.signers))
        return self.checkpoints[-1]

    def rows(self) -> list[Row]:
        return [row_of(position, entry) for position, entry in enumerate(self.entries, 1)]


def signed_at(made: Book, *by: Signer) -> StoredCheckpoint:
    """Return a checkpoint over all entries so far, signed by these."""
    size, top = len(made.entries), root([leaf_hash(entry) for entry in made.entries])
    text = by[0].sign_checkpoint(size, top).rpartition("\n\n")[0]
    lines = [signer.sign_checkpoint(size, top).rpartition("\n\n")[2] for signer in by]
    return StoredCheckpoint(size, top, f"{text}\n\n{''.join(lines)}")


def salt_key(stream: UUID) -> bytes:
    return hashlib.sha256(b"salt of " + stream.bytes).digest()


def stream(name: str) -> UUID:
    return uuid5(NAMES, name)


HOME = Home(str(stream("record")), ORIGIN, is_scratch=False)


def columns_of(rows: Sequence[Row]) -> Columns:
    return Columns._make(zip(*rows, strict=True))


def row_of(position: int, entry: bytes) -> Row:
    """Return an entry as the database keeps it."""
    event = json.loads(entry)
    own, version = event["id"].split("/")
    return Row(
        position, own, int(version), event["type"], event["time"], event["data"]["command"], entry, leaf_hash(entry)
    )


def book(size: int, every: int = 0) -> Book:
    """Return a record of this many entries, with a checkpoint after every so many, and at the end."""
    made = Book()
    made.add(stream("record"), "record.opened.v1", key=SIGNER.vkey, is_scratch=False)
    while len(made.entries) < size:
        number = len(made.entries)
        if every and number % every == 0:
            made.sign()
        if number % 3 == 1:
            made.add(stream(f"read {number}"), "access.case-read.v1", incident=str(stream("case 0")), view="case")
        else:
            sealed = {"account": f"{PERSONAL} said {number}", "concern_response": None}
            made.add(
                stream(f"case {number % 5}"), "incident.parent-contacted.v1", sealed, method="telephone", party="P1"
            )
    made.sign()
    return made


def case_book() -> tuple[Book, UUID]:
    """Return a record in which one case has evidence and letters, between entries of another."""
    made, case, other = Book(), stream("case"), stream("other case")
    made.add(stream("record"), "record.opened.v1", key=SIGNER.vkey, is_scratch=False)
    sealed = {"summary": f"{PERSONAL} posted it", "how_seen": None}
    made.add(case, "incident.reported.v1", sealed, reference="RL-2026-0031", kind="adult_post")
    made.add(other, "incident.reported.v1", sealed, reference="RL-2026-0032", kind="adult_post")
    for number, octets in enumerate((EVIDENCE, b"withheld"), 1):
        known = {"evidence_no": number, "sha256": hashlib.sha256(octets).hexdigest(), "media_type": "image/png"}
        made.add(case, "incident.evidence-captured.v1", {"text": PERSONAL}, **known)
    made.add(other, "incident.note-added.v1", {"text": PERSONAL}, note_no=1, kind="note")
    sha256 = hashlib.sha256(LETTER).hexdigest()
    made.add(case, "incident.correspondence-recorded.v1", letter_id="l-1", pdf_sha256=sha256, state="sent")
    made.sign()
    return made, case


@dataclass
class Exported:
    """A package, as files to be spoilt, and its receipt."""

    files: dict[str, bytes]
    receipt: dict[str, str]

    def folder(self, path: Path) -> Path:
        for name, octets in self.files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(octets)
        return path

    def zip(self, path: Path) -> Path:
        path.write_bytes(zipped(self.files))
        return path

    def write_manifest(self, **changes: object) -> None:
        """List the files as they are now."""
        manifest = json.loads(self.files.get("manifest.json", b"{}")) | changes
        listed = {name: hashlib.sha256(octets).hexdigest() for name, octets in self.files.items()}
        listed.pop("manifest.json", None)
        self.files["manifest.json"] = json.dumps(manifest | {"files": listed}, indent=1).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a .zip, the same each time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name in sorted(files):
            package.writestr(zipfile.ZipInfo(name, (2026, 11, 24, 0, 0, 0)), files[name])
    return target.getvalue()


def exported(withhold: frozenset[str] = frozenset({"how_seen"}), book: tuple[Book, UUID] | None = None) -> Exported:
    """Return a package of the case, without the disclosures of these fields, and the receipt of its .zip."""
    made, case = book or case_book()
    checkpoint = made.checkpoints[-1]
    reader = LeafReader([leaf_hash(entry) for entry in made.entries])
    files: dict[str, bytes] = {
        "record/checkpoint": checkpoint.note.encode(),
        "record/log.vkey": made.signers[0].vkey.encode() + b"\n",
    }
    lines: list[bytes] = []
    opened: list[bytes] = []
    withheld: dict[str, int] = {}
    for position, (entry, content) in enumerate(zip(made.entries, made.contents, strict=True), 1):
        parsed = verify.parse_entry(entry)
        if parsed.stream != str(case):
            continue
        values = content.values if isinstance(content, Opened) else {}
        shown = {name: value for name, value in values.items() if name not in withhold}
        told = sorted(disclosures(salt_key(case), case, parsed.version, shown).values())
        withheld[parsed.id] = len(values) - len(shown)
        lines.append(entry + b"\n")
        opened.append(verify.encoded({"disclosures": told, "id": parsed.id}) + b"\n")
        proof = tlog_proof(position - 1, inclusion(reader, position - 1, checkpoint.size), checkpoint.note)
        files[f"record/proofs/{position}.tlog-proof"] = proof.encode()
    files |= {
        "record/entries.jsonl": b"".join(lines),
        "record/disclosures.jsonl": b"".join(opened),
        "evidence/E1.png": EVIDENCE,
        "letters/l-1.pdf": LETTER,
        "case.json": b"{}\n",
        "history.txt": b"what happened\n",
        "README.txt": b"how to check\n",
        "verify.py": Path(verify.__file__).read_bytes(),
    }
    package = Exported(files, {})
    package.write_manifest(
        format="casework-export/1",
        origin=ORIGIN,
        is_scratch=False,
        stream=str(case),
        version=made.versions[case],
        size=checkpoint.size,
        withheld=withheld,
    )
    package.receipt = receipt_of(made, case, zipped(package.files))
    return package


def receipt_of(made: Book, case: UUID, package: bytes, **changes: Any) -> dict[str, str]:
    """Record that the package was made; return the receipt."""
    said = {
        "incident": str(case),
        "variant": "legal_full",
        "version": made.versions[case],
        "tree_size": made.checkpoints[-1].size,
        "sha256": hashlib.sha256(package).hexdigest(),
    }
    row = made.add(stream("disclosure"), "disclosure.exported.v1", {"recipient": PERSONAL}, **{**said, **changes})
    checkpoint = made.sign()
    hashes = inclusion([leaf_hash(entry) for entry in made.entries], row.position - 1, checkpoint.size)
    proof = tlog_proof(row.position - 1, hashes, checkpoint.note)
    return {"entry": row.entry.decode(), "proof": proof, "vkey": SIGNER.vkey}
