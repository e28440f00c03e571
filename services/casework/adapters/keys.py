"""Keys: the secret of each case, kept wrapped in the database, and the files in which the rest lie.

A case's secret is 32 random bytes; three keys are derived from it: for salts, for sealed parts, for evidence. It is
kept (stored, wrapped) before anything is sealed under it, and unwrapped anew for each load and each write; nothing here
remembers one.

KEYS_DIR holds `master.key` (wraps the secrets; without it all is erased) and `<school>.record.key` (signs checkpoints;
64 hex digits a line, newest first; `ledger.note`). Both are made once, only added to, and refused if others may read
them; a running service rereads them (`key_files`).
"""

import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import local
from typing import Final, Protocol
from uuid import UUID

from casework.adapters.asking import question
from casework.adapters.driver_errors import translated
from casework.adapters.errors import KeyFileRefused
from casework.adapters.pool import Pool
from casework.adapters.stored import WrappedKey
from casework.application.store import KeyErased
from casework.ledger.note import SEED, Signer
from casework.ledger.verify import MalformedNote
from servicekit.outfile import write_secret, write_whole
from servicekit.sealing import MalformedKeyFile, MasterKeys, Sealer, UnknownMasterKey, derive, new_secret

MASTER_KEY_FILE: Final = "master.key"

_CONTAINER_SECRETS: Final = Path("/run/secrets")


class CaseSecret:
    """The secret of one case, and the three keys made of it."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._sealer: Sealer | None = None

    @cached_property
    def salt_key(self) -> bytes:
        """The key of the salts of its disclosures."""
        return derive(self._secret, b"casework/v1/salt")

    @property
    def seal_key(self) -> bytes:
        """The key of its entries' sealed parts."""
        return derive(self._secret, b"casework/v1/seal")

    @property
    def sealer(self) -> Sealer:
        """That key, made ready for all of them."""
        sealer = self._sealer
        if sealer is None:  # No cached_property: its lock would take as long as opening a sealed part, at each load.
            sealer = self._sealer = Sealer(self.seal_key)
        return sealer

    @cached_property
    def evidence_key(self) -> bytes:
        """The key of its evidence files and of their names."""
        return derive(self._secret, b"casework/v1/evidence")


class Wrapping(Protocol):
    """The master keys, or the file that they are in (`key_files`)."""

    def wrap(self, secret: bytes, key_id: UUID) -> tuple[str, bytes]:
        """Wrap a secret under the newest one; return that one's id, and 60 bytes."""

    def unwrap(self, master_id: str, wrapped: bytes, key_id: UUID) -> bytes:
        """Unwrap a secret."""


class _LastUsed(local):
    """The key, as it is stored, that this thread opened last."""

    key: WrappedKey | None = None


class CaseKeys:
    """The case secrets of one school."""

    def __init__(self, pool: Pool, schema: str, masters: Wrapping) -> None:
        self._pool = pool
        self._schema = schema
        self._masters = masters
        self._last = _LastUsed()

    def open(self, key: WrappedKey | None) -> CaseSecret | None:
        """Unwrap a secret that came with a load, once for all entries of that load; None if it was erased."""
        if key is None:
            return None
        opened = key.opened
        if isinstance(opened, CaseSecret):
            return opened
        if key.master is None or key.wrapped is None:
            self._last.key = None
            return None
        key.opened = opened = CaseSecret(self._masters.unwrap(key.master, key.wrapped, key.id))
        self._last.key = WrappedKey(key.id, key.master, key.wrapped)
        return opened

    def for_entries(self, ids: Iterable[UUID]) -> Mapping[UUID, CaseSecret]:
        """Return the secrets that entries are sealed under, as :meth:`for_writing` does.

        A command loads its case and writes to it: the key that came with this thread's last load, still wrapped, spares
        a question. It may have been destroyed since; that is for `append` to say, under its lock.
        """
        wanted = set(ids)
        last = self._last.key
        at_hand: dict[UUID, CaseSecret] = {}
        if last is not None and last.id in wanted:
            with suppress(UnknownMasterKey):  # Wrapped anew meanwhile, and the master key of before is gone.
                at_hand = {last.id: self._opened(last)}
        return {**at_hand, **self.for_writing(wanted - at_hand.keys())}

    def for_writing(self, ids: Iterable[UUID]) -> Mapping[UUID, CaseSecret]:
        """Return the secrets of these keys, making and keeping those that are new.

        Raises:
            KeyErased: one of them was destroyed: nothing can be sealed under it any more.
            Unavailable: see :mod:`casework.application.store`.
        """
        wanted = set(ids)
        if not wanted:
            return {}
        keep = question("keep", self._schema)
        kept: dict[UUID, WrappedKey] = {}
        for key_id in wanted:
            master, wrapped = self._masters.wrap(new_secret(), key_id)
            with translated():
                (row,) = self._pool.ask(keep, {"key": key_id, "master": master, "wrapped": wrapped})
            # The one that is stored counts: there was one, or somebody else was first. Ours was never used.
            kept[key_id] = WrappedKey(key_id, *row)
        return {key_id: self._opened(key) for key_id, key in kept.items()}

    def for_reading(self, key_id: UUID) -> CaseSecret:
        """Return the secret of a key, to open evidence sealed under it.

        Raises:
            KeyErased: it was destroyed, or there never was one.
        """
        with translated():
            rows = self._pool.ask(question("case_key", self._schema), {"key": key_id})
        return self._opened(WrappedKey(key_id, *rows[0]) if rows else WrappedKey(key_id, None, None))

    def _opened(self, key: WrappedKey) -> CaseSecret:
        opened = self.open(key)
        if opened is None:
            raise KeyErased(f"key {key.id}: destroyed, as an entry of the record says")
        return opened


def master_key_file(folder: Path) -> Path:
    """Return where the master keys lie."""
    return folder / MASTER_KEY_FILE


def read_master_keys(folder: Path) -> MasterKeys:
    """Read `master.key`.

    Raises:
        KeyFileRefused: missing, malformed, or readable by others.
    """
    try:
        return MasterKeys.parse(_read_secret(master_key_file(folder)))
    except MalformedKeyFile as error:
        raise KeyFileRefused(f"{master_key_file(folder)}: {error}") from None


def make_master_keys(folder: Path) -> MasterKeys:
    """Make `master.key`; never over one that is there: without it all is erased.

    Raises:
        FileExistsError: there is one.
    """
    masters, text = MasterKeys.generate()
    write_secret(master_key_file(folder), text)
    return masters


def add_master_key(folder: Path) -> MasterKeys:
    """Put a new master key before those that are there, whole or not at all: it wraps from now on, all unwrap.

    Raises:
        KeyFileRefused: there is none, or the file is not as it must be.
        OSError: the file cannot be written.
    """
    read_master_keys(folder)
    path = master_key_file(folder)
    text = MasterKeys.generate()[1] + _read_secret(path)
    write_whole(path, text.encode(), force=True, mode=0o600)
    return read_master_keys(folder)


def record_key_file(folder: Path, school: str) -> Path:
    """Return where the seeds of a school's signing key lie."""
    return folder / f"{school}.record.key"


def read_record_seeds(folder: Path, school: str) -> tuple[bytes, ...]:
    """Read the seeds of a school's signing keys, newest first (Ed25519, RFC 8032: 32 bytes each).

    Raises:
        KeyFileRefused: missing, malformed, or readable by others.
    """
    path = record_key_file(folder, school)
    seeds = [line for line in _read_secret(path).split() if "+" not in line]  # else a key that was lost
    if not seeds or not all(SEED.fullmatch(line) for line in seeds):
        raise KeyFileRefused(f"{path}: expected a line of 64 hex digits for each key, newest first")
    return tuple(bytes.fromhex(line) for line in seeds)


def read_signer(folder: Path, school: str, origin: str) -> Signer:
    """Read a school's signing keys, also the verifier keys of those that were lost.

    Raises:
        KeyFileRefused: missing, malformed, or readable by others.
    """
    path = record_key_file(folder, school)
    try:
        return Signer.parse(origin, "".join(f"{line}\n" for line in _read_secret(path).split()))
    except MalformedNote as error:
        raise KeyFileRefused(f"{path}: {error}") from None


def make_record_seeds(folder: Path, school: str) -> tuple[bytes, ...]:
    """Make a school's signing key, never over one that is there.

    Raises:
        FileExistsError: there is one.
    """
    seed = new_secret()
    write_secret(record_key_file(folder, school), f"{seed.hex()}\n")
    return (seed,)


def add_record_seed(folder: Path, school: str, lost: Iterable[str] = ()) -> None:
    """Put a new signing key before those that a school has, whole or not at all.

    `lost` are the verifier keys of those that it should have, and has not: to open what they signed.

    Raises:
        KeyFileRefused: it has none, unless all were lost, or its file is not as it must be.
        OSError: the file cannot be written.
    """
    path, lost = record_key_file(folder, school), tuple(lost)
    held = [] if lost and not path.exists() else _read_secret(path).split()
    lines = [new_secret().hex(), *held, *(vkey for vkey in lost if vkey not in held)]
    write_whole(path, "".join(f"{line}\n" for line in lines).encode(), force=True, mode=0o600)


def _read_secret(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO) and not path.resolve().is_relative_to(_CONTAINER_SECRETS):
            found = stat.S_IMODE(mode)
            raise KeyFileRefused(f"{path}: expected that only its owner may read it (0600), found {found:04o}")
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise KeyFileRefused(f"{path}: expected a key file, found none; see KEYS_DIR") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileRefused(f"{path}: cannot be read ({type(error).__name__})") from None
