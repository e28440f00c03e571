"""Evidence files: sealed under the case's own key, found by their hash, in a directory or any S3-compatible store.

An object's name is a keyed hash of the file's, so a listing of the store says nothing of what it holds; what is there
already is kept. A file that no event names is harmless: nothing points to it, and nothing opens it without the key.
"""

import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import obstore
from obstore.store import from_url

from casework.adapters.keys import CaseKeys, CaseSecret
from servicekit.sealed_file import seal_file, unseal_file

CHUNK_BYTES: Final = 1 << 20


class EvidenceStore:
    """The evidence of one school."""

    def __init__(self, url: str, keys: CaseKeys) -> None:
        self._url = url
        self._keys = keys

    def keep(self, incident: UUID, digest: str, path: Path) -> None:
        """Keep this file for this case; again, it changes nothing.

        Raises:
            KeyErased: the case was erased.
            OSError: the store cannot be written.
        """
        secret = self._keys.for_writing([incident])[incident]
        sealed = b"".join(seal_file(secret.evidence_key, _chunks(path), digest.encode()))
        obstore.put(self._store(), self._name(incident, secret, digest), sealed)

    def read(self, incident: UUID, digest: str) -> Iterator[bytes]:
        """Yield the file, each piece once it is proved to be what was kept.

        Raises:
            KeyErased: the case was erased.
            FileNotFoundError: no such file.
            SealBroken: it was altered.
        """
        secret = self._keys.for_reading(incident)
        found = obstore.get(self._store(), self._name(incident, secret, digest))
        yield from unseal_file(secret.evidence_key, (bytes(chunk) for chunk in found), digest.encode())

    def _store(self) -> obstore.store.ObjectStore:
        if self._url.startswith("file:"):
            return from_url(self._url, mkdir=True)
        return from_url(self._url)

    @staticmethod
    def _name(incident: UUID, secret: CaseSecret, digest: str) -> str:
        return f"{incident}/{hmac.digest(secret.evidence_key, digest.encode(), 'sha256').hex()}"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
