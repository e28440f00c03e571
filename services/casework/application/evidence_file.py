"""What kind of file an upload is: its content, what it was declared as and its extension must agree.

Content is looked at by signature, never opened or unpacked. Plain text is UTF-8 without control characters other than
tab and line ends, and no HTML. A WACZ is a ZIP that names ``datapackage.json`` and ``archive/`` (WACZ 1.1.1 section 3).
"""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 4096
CONTROLS: Final = frozenset(range(32)) - {9, 10, 13} | {127}
HTML_SIGNS: Final = (b"<!doctype", b"<html", b"<script", b"<body", b"<svg")


class FalseType(Exception):
    """The file is not of a type that is accepted, or not of the one it claims."""


def media_type_of(path: Path, declared: str, extension: str) -> str:
    """Return the media type of a file, once content, declaration and extension agree.

    Raises:
        FalseType: saying what was declared and what was found.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    kinds = (name for name, is_type in SIGNATURES.items() if head and is_type(head, path))
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


def _starts(*signatures: bytes) -> Callable[[bytes, Path], bool]:
    return lambda head, _path: head.startswith(signatures)


def _is_webp(head: bytes, _path: Path) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_mp4(head: bytes, _path: Path) -> bool:
    return head[4:8] == b"ftyp"


def _is_wacz(head: bytes, path: Path) -> bool:
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    return "datapackage.json" in names and any(name.startswith("archive/") for name in names)


def _is_text(head: bytes, path: Path) -> bool:
    if any(sign in head.lower() for sign in HTML_SIGNS):
        return False
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return not any(
                CONTROLS & {ord(c) for c in chunk if ord(c) < 128} for chunk in iter(lambda: file.read(65536), "")
            )
    except UnicodeDecodeError:
        return False


SIGNATURES: Final[Mapping[str, Callable[[bytes, Path], bool]]] = {
    "image/png": _starts(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _starts(b"\xff\xd8\xff"),
    "image/webp": _is_webp,
    "application/pdf": _starts(b"%PDF-"),
    "video/mp4": _is_mp4,
    "application/wacz": _is_wacz,
    "text/plain": _is_text,
}
