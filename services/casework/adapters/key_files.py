"""Key files that a running service rereads: after `casework key rotate` nothing has to be started anew.

A key file is only ever replaced whole (`outfile`), so it is another file once it changed: looked at, by its inode, time
and size, each time its keys are needed. One that cannot be read is told in the log, once, and by readiness until it
can; what was read before is used on, and signs nothing that the record does not call for (`record_keys`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from casework.adapters.errors import KeyFileRefused
from casework.adapters.keys import master_key_file, read_master_keys, read_signer, record_key_file
from servicekit import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from casework.ledger.verify import VerifierKey
    from servicekit.sealing import MasterKeys

T = TypeVar("T")

Stamp = tuple[int, int, int]


class Signing(Protocol):
    """The keys of one record, as they are now; see `casework.ledger.note.Signer`."""

    @property
    def origin(self) -> str:
        """The record's public name, which is the name of each key."""

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The verifier keys, newest first."""

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The keys that can sign, newest first."""

    def sign_checkpoint(self, size: int, root: bytes, by: Sequence[str] = ()) -> str:
        """Return a checkpoint signed by the keys named, by default the newest."""


class RecordKeyFile:
    """The signing keys of one school, as its key file has them now."""

    def __init__(self, folder: Path, school: str, origin: str) -> None:
        self.origin = origin
        self._signer = _Reread(record_key_file(folder, school), lambda: read_signer(folder, school, origin))

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The verifier keys, newest first, also of keys that were lost."""
        return self._signer.now().keys

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The keys that can sign, newest first."""
        return self._signer.now().vkeys

    def sign_checkpoint(self, size: int, root: bytes, by: Sequence[str] = ()) -> str:
        """Return a checkpoint signed by the keys named; see `Signer.sign_checkpoint`."""
        return self._signer.now().sign_checkpoint(size, root, by)


class MasterKeyFile:
    """The master keys, as their file has them now."""

    def __init__(self, folder: Path) -> None:
        self._masters: _Reread[MasterKeys] = _Reread(master_key_file(folder), lambda: read_master_keys(folder))

    @property
    def by_id(self) -> Mapping[str, bytes]:
        """The keys by their ids, the newest first."""
        return self._masters.now().by_id

    def wrap(self, secret: bytes, key_id: UUID) -> tuple[str, bytes]:
        """Wrap a secret under the newest; see `MasterKeys.wrap`."""
        return self._masters.now().wrap(secret, key_id)

    def unwrap(self, master_id: str, wrapped: bytes, key_id: UUID) -> bytes:
        """Unwrap a secret; see `MasterKeys.unwrap`."""
        return self._masters.now().unwrap(master_id, wrapped, key_id)


class _Reread(Generic[T]):
    """What a file says, read again once it is another file."""

    def __init__(self, path: Path, read: Callable[[], T]) -> None:
        self._path = path
        self._read = read
        # Looked at before it is read: a file that changes in between is another one at the next look.
        self._seen = self._stamp()
        self._said = read()

    def now(self) -> T:
        stamp = self._stamp()
        if stamp != self._seen:
            try:
                self._said = self._read()
            except KeyFileRefused as error:
                logs.get_logger().error("a key file changed and cannot be read", exc_info=error)
            else:
                logs.get_logger().info("a key file was read anew")
            self._seen = stamp
        return self._said

    def _stamp(self) -> Stamp | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
