"""Evidence files: sealed under the case's own key, found by their hash, in a directory or any S3-compatible store.

An object lies at ``<case>/<HMAC-SHA-256(evidence key, sha256 of the file)>``: a listing of the store says how many
files a case has and how large they are, and nothing else; who has the file cannot find it there either. The same file
kept twice in a case is one object. A file that no event names is harmless: nothing points to it.

A directory is written and fsynced before :meth:`EvidenceStore.keep` returns, so the file is there before the event that
names it. An S3-compatible store (`s3://bucket/path`) takes its credentials where the AWS tools do.
"""

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from casework.adapters.keys import CaseKeys, CaseSecret
from casework.application.store import EvidenceBroken, EvidenceMissing, Unavailable
from servicekit.sealed_file import opened_size, seal_file, sealed_size, unseal_file
from servicekit.sealing import SealBroken

CHUNK_BYTES: Final = 1 << 20
PARTS_AT_ONCE: Final = 2


class EvidenceStore:
    """The evidence of one school."""

    def __init__(self, url: str, keys: CaseKeys) -> None:
        """Open the store; a directory is made if it is not there. `url` is a directory's path, or a URL."""
        self._folder = _folder(url)
        self._store: ObjectStore = from_url(url) if self._folder is None else _local(self._folder)
        self._keys = keys

    def keep(self, incident: UUID, digest: str, file: IO[bytes]) -> None:
        """Keep this file for this case, from its beginning; again, it changes nothing.

        Raises:
            KeyErased: the case was erased.
            Unavailable: the store cannot be reached or written.
            ValueError: the file's sha256 is not `digest`.
        """
        secret = self._keys.for_writing([incident])[incident]
        name = _name(incident, secret, digest)
        with _store_errors():
            if self._is_kept(name, sealed_size(file.seek(0, os.SEEK_END))):
                return
            sealed = seal_file(secret.evidence_key, _checked_chunks(file, digest), digest.encode())
            obstore.put(self._store, name, sealed, use_multipart=True, max_concurrency=PARTS_AT_ONCE)
            if self._folder is not None:
                _sync(self._folder, name)
        # At this point the file is durable; a crash from here on leaves one that no event names.

    def read(self, incident: UUID, digest: str) -> Iterator[bytes]:
        """Yield the file, each piece once it is proved to be what was kept.

        Raises:
            KeyErased: the case was erased.
            EvidenceMissing: no such file.
            EvidenceBroken: it was altered, cut off or moved.
            Unavailable: the store cannot be reached.
        """
        secret = self._keys.for_reading(incident)
        hashed = sha256()
        try:
            with _store_errors():
                found = obstore.get(self._store, _name(incident, secret, digest))
                for piece in unseal_file(secret.evidence_key, map(bytes, found), digest.encode()):
                    hashed.update(piece)
                    yield piece
        except SealBroken as error:
            raise EvidenceBroken(f"evidence {digest[:16]} of case {incident}: {error}") from None
        if hashed.hexdigest() != digest:
            raise EvidenceBroken(f"evidence {digest[:16]} of case {incident}: found {hashed.hexdigest()[:16]}")

    def size_of(self, incident: UUID, digest: str) -> int:
        """Return how many bytes a file has. Raises what :meth:`read` raises, but for what only opening it can show."""
        secret = self._keys.for_reading(incident)
        with _store_errors():
            return opened_size(obstore.head(self._store, _name(incident, secret, digest))["size"])

    def delete_case(self, incident: UUID) -> int:
        """Delete all files of a case, as its erasure demands, key or no key; return how many there were."""
        with _store_errors():
            names = [found["path"] for page in obstore.list(self._store, f"{incident}/") for found in page]
            if names:
                obstore.delete(self._store, names)
        return len(names)

    def _is_kept(self, name: str, size: int) -> bool:
        try:
            return obstore.head(self._store, name)["size"] == size
        except FileNotFoundError:
            return False


def _name(incident: UUID, secret: CaseSecret, digest: str) -> str:
    return f"{incident}/{hmac.digest(secret.evidence_key, digest.encode(), 'sha256').hex()}"


def _folder(url: str) -> Path | None:
    """Return the directory that a path or a `file:` URL names; None for another kind of store."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(url) if not parts.scheme else None


def _local(folder: Path) -> LocalStore:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalStore(folder)


def _checked_chunks(file: IO[bytes], digest: str) -> Iterator[bytes]:
    """Yield the file; at its end, refuse one that is not what its hash says, so that the store drops it."""
    hashed = sha256()
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        hashed.update(chunk)
        yield chunk
    if hashed.hexdigest() != digest:
        raise ValueError(f"evidence: expected a file with sha256 {digest[:16]}, found {hashed.hexdigest()[:16]}")


def _sync(folder: Path, name: str) -> None:
    """Put a file and the folders that lead to it on the disk."""
    for path in (folder / name, (folder / name).parent, folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise EvidenceMissing("evidence: no file of that hash is kept for this case") from None
    except (BaseError, OSError) as error:
        # The library's messages hold addresses and file names.
        raise Unavailable(f"evidence store not available ({type(error).__name__})") from error
