"""What kind of file an upload is: its content, what it was declared as and its extension must agree.

Content is looked at by how it begins, never opened or unpacked. A signature alone is not enough, since a page of HTML
could follow it: what the standard puts next must be there as well. Plain text is UTF-8 without control characters other
than tab and line ends, and no HTML. A WACZ is a ZIP that names ``datapackage.json`` and ``archive/`` (WACZ 1.1.1
section 3).
"""

import codecs
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO, Final

HEAD_BYTES: Final = 4096
CONTROLS: Final = frozenset(range(32)) - {9, 10, 13} | {127}
HTML_SIGNS: Final = (b"<!doctype", b"<html", b"<script", b"<body", b"<svg")
PNG_START: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
JPEG_SEGMENTS: Final = frozenset({*range(0xC0, 0xD0), *range(0xDA, 0xF0), 0xFE})
"""Markers that a length follows: frames, tables, the scan, applications' own, comments (ITU-T T.81 table B.1)."""
WEBP_CHUNKS: Final = frozenset({b"WEBPVP8 ", b"WEBPVP8L", b"WEBPVP8X"})
PDF_START: Final = re.compile(rb"%PDF-[12]\.[0-9](?:[ \t%][^\r\n<]*)?(?:\Z|[\r\n]\s*(?:\Z|[%0-9]))")


class FalseType(Exception):
    """The file is not of a type that is accepted, or not of the one it claims."""


def media_type_of(file: IO[bytes], declared: str, extension: str) -> str:
    """Return the media type of a file, once content, declaration and extension agree.

    Raises:
        FalseType: saying what was declared and what was found.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    kinds = (name for name, is_type in SIGNATURES.items() if head and is_type(head, file))
    found = next(kinds, "none of the accepted types" if head else "empty")
    if declared not in EXTENSIONS or extension.lower() not in EXTENSIONS[declared] or found != declared:
        # Only what is known is repeated: a file's name may end in somebody's.
        types = declared if declared in EXTENSIONS else "another type"
        names = extension if extension.lower() in {end for ends in EXTENSIONS.values() for end in ends} else "otherwise"
        message = f"declared as {types}, named {names}, but its content is {found}"
        raise FalseType(message)
    return found


EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    "video/mp4": (".mp4",),
    "application/wacz": (".wacz",),
    "text/plain": (".txt",),
}


def _is_png(head: bytes, _file: IO[bytes]) -> bool:
    """Tell whether the signature is followed by a whole header: 13 bytes and their CRC (ISO/IEC 15948 5.2, 11.2.2)."""
    if not head.startswith(PNG_START) or len(head) < 33:
        return False
    return zlib.crc32(head[12:29]) == int.from_bytes(head[29:33], "big")


def _is_jpeg(head: bytes, file: IO[bytes]) -> bool:
    """Tell whether a whole segment follows the start, and a marker follows that (ITU-T T.81 B.1.1)."""
    if not head.startswith(b"\xff\xd8\xff"):
        return False
    at = len(head) - len(head[2:].lstrip(b"\xff"))  # Any number of fill bytes FF may stand before a marker.
    segment = head[at : at + 3]
    if len(segment) < 3 or segment[0] not in JPEG_SEGMENTS:
        return False
    length = int.from_bytes(segment[1:], "big")
    file.seek(at + 1 + length)
    return length >= 2 and file.read(1) == b"\xff"


def _is_webp(head: bytes, file: IO[bytes]) -> bool:
    """Tell whether the sizes fit in one another and the first chunk is one of WebP's (RFC 9649 2.4 to 2.7)."""
    if len(head) < 20 or head[:4] != b"RIFF" or head[8:16] not in WEBP_CHUNKS:
        return False
    riff, chunk = (struct.unpack_from("<I", head, at)[0] for at in (4, 16))
    return bool(20 + chunk <= 8 + riff <= file.seek(0, os.SEEK_END))


def _is_pdf(head: bytes, _file: IO[bytes]) -> bool:
    """Tell whether a PDF's header is the first line, and a comment or an object the next (ISO 32000-2 7.5.2)."""
    return PDF_START.match(head) is not None


def _is_mp4(head: bytes, _file: IO[bytes]) -> bool:
    return head[4:8] == b"ftyp"


def _is_wacz(head: bytes, file: IO[bytes]) -> bool:
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    return "datapackage.json" in names and any(name.startswith("archive/") for name in names)


def _is_text(head: bytes, file: IO[bytes]) -> bool:
    if any(sign in head.lower() for sign in HTML_SIGNS):
        return False
    try:
        file.seek(0)
        text = codecs.iterdecode(iter(lambda: file.read(65536), b""), "utf-8")
        return not any(CONTROLS & {ord(c) for c in chunk if ord(c) < 128} for chunk in text)
    except UnicodeDecodeError:
        return False


SIGNATURES: Final[Mapping[str, Callable[[bytes, IO[bytes]], bool]]] = {
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
    "image/webp": _is_webp,
    "application/pdf": _is_pdf,
    "video/mp4": _is_mp4,
    "application/wacz": _is_wacz,
    "text/plain": _is_text,
}
