"""Sealed parts of entries, opened for a check: their values, or why they are not there."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from casework.adapters.keys import CaseSecret
from casework.adapters.scan import RecordScan
from casework.adapters.stored import WrappedKey
from casework.ledger.levels import KEY_ERASED
from casework.ledger.rows import Content, Erased, Opened, Row, Unopened
from casework.ledger.verify import LedgerError, leaf_hash, parse_entry
from servicekit.sealing import MasterKeys, SealingError

_ACCESS = "access."
_decode = msgspec.json.Decoder(dict[str, object]).decode


class SealedParts:
    """Opens sealed parts. Keys are read as they are needed, and those of the cases last read are kept."""

    def __init__(self, scan: RecordScan, masters: MasterKeys) -> None:
        self._scan = scan
        self._masters = masters
        self._home = scan.home.stream
        self._keys: dict[UUID, tuple[WrappedKey, int | None]] = {}

    def erasures(self, key_id: UUID) -> dict[int, str]:
        """Return which key the entry erases that this key is said to be erased by: it may stand in another stream."""
        _, position = self._scan.some_keys([key_id]).get(key_id, (None, None))
        for row, _ in self._scan.rows(after=position - 1, upto=position) if position is not None else ():
            try:
                entry = parse_entry(row.entry)
            except LedgerError:
                return {}
            is_so = entry.type == KEY_ERASED and leaf_hash(row.entry) == row.leaf
            return {row.position: str(entry.data.get("key_id"))} if is_so else {}
        return {}

    def open_all(self, rows: Iterable[tuple[Row, bytes | None]]) -> list[Content | None]:
        """Return what became of each row's sealed part, None where it has none; their keys are read in one trip."""
        listed = list(rows)
        self._keys = self._scan.some_keys({self._key_id(row) for row, sealed in listed if sealed is not None})
        return [None if sealed is None else self._content(row, sealed) for row, sealed in listed]

    def open(self, row: Row, sealed: bytes) -> Content:
        """Return what became of a sealed part: its values, or why they are not there."""
        key_id = self._key_id(row)
        if key_id not in self._keys:
            self._keys = self._scan.some_keys([key_id])
        return self._content(row, sealed)

    def _key_id(self, row: Row) -> UUID:
        return self._home if row.type.startswith(_ACCESS) else UUID(row.stream)

    def _content(self, row: Row, sealed: bytes) -> Content:
        key_id = self._key_id(row)
        key, erased_by = self._keys.get(key_id, (None, None))
        if erased_by is not None:
            return Erased(str(key_id), erased_by)
        if key is None:
            return Unopened("a key that is kept", "none")
        try:
            secret = self._secret(key)
            return Opened(_decode(secret.sealer.unseal(sealed, leaf_hash(row.entry))), secret.salt_key)
        except SealingError as error:
            return Unopened("a sealed part that opens under its case's key", str(error))
        except msgspec.MsgspecError:
            return Unopened("a JSON object", "something else")

    def _secret(self, key: WrappedKey) -> CaseSecret:
        if not isinstance(key.opened, CaseSecret):
            assert key.master is not None  # noqa: S101 - what was erased is not asked for
            assert key.wrapped is not None  # noqa: S101 - the same
            key.opened = CaseSecret(self._masters.unwrap(key.master, key.wrapped, key.id))
        return key.opened
