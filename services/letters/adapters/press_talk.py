"""How the press and its child talk: one message each way, as msgpack, behind its length in eight bytes.

::

    00 00 00 00 00 00 00 2a  <42 bytes of msgpack>

A message is a tagged array of fields; the tag is the name of its struct. End of file ends the child.
"""

from typing import IO

import msgspec

LENGTH_BYTES = 8


class Render(msgspec.Struct, frozen=True, tag=True):
    """Ask for a letter: PDF, page images' hashes and plain text. ``overlay`` is none, preview or zones."""

    bundle: dict[str, bytes]
    data: str
    timestamp: int
    overlay: str = "none"


class Draw(msgspec.Struct, frozen=True, tag=True):
    """Ask for the pages of a letter as PNG."""

    bundle: dict[str, bytes]
    data: str
    ppi: int
    overlay: str = "none"


class Try(msgspec.Struct, frozen=True, tag=True):
    """Ask whether a font of ours has a glyph for one character."""

    char: str


class Printed(msgspec.Struct, frozen=True, tag=True):
    """A rendered letter."""

    pdf: bytes
    text: str
    page_images_sha256: tuple[str, ...]


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """The pages, as PNG."""

    pages: tuple[bytes, ...]


class Tried(msgspec.Struct, frozen=True, tag=True):
    """Whether there is a glyph."""

    is_covered: bool


class Fault(msgspec.Struct, frozen=True, tag=True):
    """The engine refused: an assertion of the template, or a fault in it."""

    code: str
    message: str
    line: int | None = None


Question = Render | Draw | Try
Answer = Printed | Drawn | Tried | Fault


def frame(message: Question | Answer) -> bytes:
    """Return the bytes of one message."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH_BYTES) + body


def read(stream: IO[bytes]) -> bytes | None:
    """Read one message's bytes, or None at the end of the stream."""
    head = stream.read(LENGTH_BYTES)
    return stream.read(int.from_bytes(head)) if len(head) == LENGTH_BYTES else None
