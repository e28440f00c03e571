"""Sealing of files too large to hold in memory: a sequence of sealed segments.

A file is cut into segments of 1 MiB, each sealed by AES-256-GCM under a key of the file's own. The nonce is the number
of the segment and a mark on the last one (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so
segments that were dropped, repeated, reordered or cut off do not open::

    0x01 || salt(16, random) || segment 0 || segment 1 ... || last segment
    file key = HKDF-SHA-256(secret key, info "servicekit/v1/sealed-file|" || salt)
    segment  = AES-256-GCM(file key, nonce index(11 bytes, big-endian) || 0x00, or 0x01 if last, plaintext, AAD)

The last segment may be shorter than the others, and empty only in an empty file.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from servicekit.sealing import FORMAT, TAG_BYTES, SealBroken, derive

SEGMENT_BYTES: Final = 1 << 20
SALT_BYTES: Final = 16
_INFO: Final = b"servicekit/v1/sealed-file|"


def seal_file(key: bytes, chunks: Iterable[bytes], aad: bytes) -> Iterator[bytes]:
    """Seal a file given in chunks of any size; yield the sealed bytes, at most about 1 MiB at a time."""
    salt = os.urandom(SALT_BYTES)
    cipher = AESGCM(derive(key, _INFO + salt))
    yield FORMAT + salt
    for index, (segment, is_last) in enumerate(_regroup(chunks, SEGMENT_BYTES)):
        yield cipher.encrypt(_segment_nonce(index, is_last=is_last), segment, aad)


def sealed_size(size: int) -> int:
    """Return how many bytes a file of this size has once it is sealed."""
    segments = max(1, -(-size // SEGMENT_BYTES))
    return len(FORMAT) + SALT_BYTES + size + segments * TAG_BYTES


def opened_size(sealed: int) -> int:
    """Return how many bytes a sealed file of this size has once it is opened."""
    body = sealed - len(FORMAT) - SALT_BYTES
    segments = -(-body // (SEGMENT_BYTES + TAG_BYTES))
    return body - segments * TAG_BYTES


def unseal_file(key: bytes, chunks: Iterable[bytes], aad: bytes) -> Iterator[bytes]:
    """Open what :func:`seal_file` made; yield plaintext, each piece only once it is proved.

    Raises:
        SealBroken: anything but the whole file, as it was sealed and where it was sealed for. Pieces yielded before
            are genuine, the file is not whole.
    """
    sealed = _Reader(chunks)
    header = sealed.take(len(FORMAT) + SALT_BYTES)
    if header[:1] != FORMAT or len(header) < len(FORMAT) + SALT_BYTES:
        message = f"sealed file: expected a header of format {FORMAT.hex()}, found {header[:1].hex() or 'nothing'}"
        raise SealBroken(message)
    cipher = AESGCM(derive(key, _INFO + header[1:]))
    for index, (segment, is_last) in enumerate(_regroup(sealed.rest(), SEGMENT_BYTES + TAG_BYTES)):
        try:
            yield cipher.decrypt(_segment_nonce(index, is_last=is_last), segment, aad)
        except InvalidTag:
            message = f"sealed file: segment {index} does not open: altered, moved, cut off, or under another key"
            raise SealBroken(message) from None


def _segment_nonce(index: int, *, is_last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\x01" if is_last else b"\x00")


def _regroup(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces of exactly `size` bytes, the last one shorter or equal and marked."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        # The piece that may be the last is kept back until a byte after it is seen.
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True


class _Reader:
    """Chunks of any size, read first by count, then to the end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""

    def take(self, count: int) -> bytes:
        while len(self._held) < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._held += chunk
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def rest(self) -> Iterator[bytes]:
        yield self._held
        yield from self._chunks
