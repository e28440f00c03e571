"""Files to hand in as evidence: small, of the type that the story's method gives, and no two the same."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

BY_METHOD: Final[Mapping[str, str]] = {
    "screenshot": "image/png",
    "forwarded_image": "image/png",
    "dojo_export": "text/plain",
    "url_and_description": "text/plain",
    "wacz": "application/wacz",
    "signed_wacz": "application/wacz",
}


class Upload(NamedTuple):
    """A file as it is handed in."""

    name: str
    content: bytes
    media_type: str


def evidence_file(method: str, label: str, media_type: str | None = None) -> Upload:
    """Return a file of the type given, else of the one that this method makes; its content names the label."""
    chosen = media_type or BY_METHOD.get(method, "image/png")
    extension, make = KINDS[chosen]
    return Upload(f"evidence{extension}", make(label), chosen)


def _png(label: str) -> bytes:
    """Return one grey pixel, with the label as its comment (PNG 11.3.3.3, tEXt)."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    text = b"Comment\x00" + label.encode("latin-1", "replace")
    chunks = ((b"IHDR", header), (b"tEXt", text), (b"IDAT", zlib.compress(b"\x00\x7f")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _text(label: str) -> bytes:
    return f"{label}\n".encode()


def _wacz(label: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("datapackage.json", "{}")
        archive.writestr("archive/data.warc", label)
    return kept.getvalue()


def _jpeg(label: str) -> bytes:
    """Return the frame of a JPEG: start, a comment, end; whoever receives it looks at the signature alone."""
    comment = label.encode()
    return b"\xff\xd8\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + b"\xff\xd9"


def _pdf(label: str) -> bytes:
    return b"%PDF-1.7\n% " + label.encode() + b"\n%%EOF\n"


KINDS: Final[Mapping[str, tuple[str, Callable[[str], bytes]]]] = {
    "image/png": (".png", _png),
    "image/jpeg": (".jpg", _jpeg),
    "application/pdf": (".pdf", _pdf),
    "text/plain": (".txt", _text),
    "application/wacz": (".wacz", _wacz),
}
