"""Handing out a file that is kept: whole or not at all, and recorded before its first byte leaves.

A kept file is proved piece by piece, its last piece last. So it is copied aside first, into a file without a name, at
no time held in memory whole; once it is proved it is recorded, and only then handed over.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Protocol
from uuid import UUID

import msgspec


class Kept(Protocol):
    """Where files are kept, sealed under the key of their case."""

    def read(self, incident: UUID, digest: str) -> Iterator[bytes]:
        """Yield a file, each piece once it is proved to be what was kept."""


class HandedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be handed out: open at its beginning; it goes when it is closed."""

    file: IO[bytes]
    size_bytes: int
    name: str


def hand_out(pieces: Iterable[bytes], name: str, record: Callable[[], object]) -> HandedOut:
    """Return a file under a name that says nothing personal; raises what its pieces and recording it raise."""
    file = tempfile.TemporaryFile(prefix="handed-out-")  # noqa: SIM115 - it is handed to the caller, who closes it
    try:
        for piece in pieces:
            file.write(piece)
        size = file.tell()
        file.seek(0)
        record()
    except BaseException:
        file.close()
        raise
    # Recorded: from here on bytes may leave.
    return HandedOut(file=file, size_bytes=size, name=name)
