"""All files of a package, and its .zip: the same bytes from the same case, moment and reader.

Paths, and what `manifest.json` says, are those that ``ledger/verify.py`` reads; it goes along and checks them. The
.zip stores its files as they are: how they would be compressed differs between versions of zlib.
"""

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

import msgspec

from casework.application.export.book import CaseCopy, NamedKeys
from casework.application.export.cover import Cover, readme
from casework.application.export.history import case_json, history
from casework.application.export.telling import Attachment, Told
from casework.ledger import verify

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a .zip can say; when the package was made, its README.txt says."""
READABLE: Final = 0o100644 << 16
UNIX: Final = 3

ReadFile = Callable[[Attachment], Iterable[bytes]]
"""Reads a kept file, and raises if it is not there or not what it was."""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a package: those made here, whole, and those that are kept elsewhere, by their hash."""

    made: Mapping[str, bytes]
    attachments: Mapping[str, Attachment]


def build(copy: CaseCopy, told: tuple[Told, ...], cover: Cover) -> Contents:
    """Return the files of a package."""
    attachments = {one.file.path: one.file for one in told if one.file is not None}
    made = {
        "README.txt": readme(copy, told, cover).encode(),
        "history.txt": history(told, cover).encode(),
        "case.json": case_json(copy, told, cover).encode(),
        "verify.py": Path(verify.__file__).read_bytes(),
        "record/entries.jsonl": b"".join(one.octets + b"\n" for one in told),
        "record/disclosures.jsonl": b"".join(map(_disclosure_line, told)),
        "record/checkpoint": copy.note.encode(),
        "record/log.vkey": "".join(f"{key}\n" for key in copy.vkeys).encode(),
        **{f"record/proofs/{one.position}.tlog-proof": one.proof.encode() for one in told},
        **(_keys(copy.keys) if copy.keys else {}),
    }
    made["manifest.json"] = _manifest(copy, told, made, attachments)
    return Contents(made=made, attachments=attachments)


def write_zip(target: IO[bytes], contents: Contents, read: ReadFile) -> None:
    """Write the .zip. Raises what `read` raises; the target is then of no use."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as package:
        for path in sorted({*contents.made, *contents.attachments}):
            octets = contents.made.get(path)
            info = zipfile.ZipInfo(path, EPOCH)
            info.create_system, info.external_attr = UNIX, READABLE
            if octets is not None:
                package.writestr(info, octets)
                continue
            file = contents.attachments[path]
            info.file_size = file.size_bytes
            with package.open(info, "w") as member:
                for piece in read(file):
                    member.write(piece)


def _keys(named: NamedKeys) -> dict[str, bytes]:
    """Return the files by which whoever trusts an older key of the record can follow to the one that signs now."""
    proofs = {
        f"record/keys/{change}/{position}.tlog-proof": proof.encode()
        for change, proofs in named.proofs.items()
        for position, proof in proofs.items()
    }
    return {"record/keys/entries.jsonl": b"".join(each + b"\n" for each in named.entries), **proofs}


def _further(copy: CaseCopy) -> list[dict[str, object]]:
    return [{"stream": str(stream), "version": version} for stream, version in copy.further.items()]


def _disclosure_line(one: Told) -> bytes:
    return verify.encoded({"disclosures": list(one.disclosures), "id": one.entry.id}) + b"\n"


def _manifest(
    copy: CaseCopy, told: tuple[Told, ...], made: Mapping[str, bytes], attachments: Mapping[str, Attachment]
) -> bytes:
    said = {
        "format": verify.FORMAT,
        "origin": copy.origin,
        "is_scratch": copy.is_scratch,
        "stream": str(copy.stream),
        "version": copy.version,
        **({"streams": _further(copy)} if copy.further else {}),
        "size": copy.size,
        "withheld": {one.entry.id: one.withheld for one in told if one.withheld},
        "files": {
            **{path: sha256(octets).hexdigest() for path, octets in made.items()},
            **{path: file.sha256 for path, file in attachments.items()},
        },
    }
    return json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"
