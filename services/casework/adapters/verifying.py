"""`casework verify` on the database: rows, checkpoints and opened sealed parts, fed to the checks of the ledger.

All that decides anything stands in :mod:`casework.ledger`; this reads and unseals.
"""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import msgspec

from casework.adapters.keys import CaseSecret
from casework.adapters.scan import RecordScan
from casework.adapters.stored import WrappedKey
from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import Content, Erased, HeldNote, Home, Opened, Row, Unopened
from casework.ledger.verify import VerifierKey, leaf_hash
from servicekit.sealing import MasterKeys, SealingError, unseal

PROGRESS_ENTRIES = 1000


def verify_record(
    scan: RecordScan,
    keys: Iterable[VerifierKey],
    *,
    held: Iterable[HeldNote] = (),
    masters: MasterKeys | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RecordReport:
    """Check a whole record.

    Args:
        scan: the record, as it is now.
        keys: the keys to trust, newest first.
        held: checkpoints that somebody outside kept; without one, `history` does not run.
        masters: the master keys; without them, `content` does not run.
        progress: told how many entries are done, of how many.
    """
    home = Home(str(scan.home.stream), scan.home.origin, scan.home.is_scratch)
    check = RecordCheck(
        home, keys, scan.checkpoints(), held=held, with_content=masters is not None, check=check_signature
    )
    parts = _SealedParts(scan, masters) if masters else None
    size = scan.size()
    for row, sealed in scan.rows(with_sealed=parts is not None):
        check.add(row, parts.open(row, sealed) if parts and sealed is not None else None)
        if progress and (row.position % PROGRESS_ENTRIES == 0 or row.position == size):
            progress(row.position, size)
    return check.finish()


class _SealedParts:
    """Opens sealed parts; the secrets of all cases are read once, and one case's keys derived once in a row."""

    def __init__(self, scan: RecordScan, masters: MasterKeys) -> None:
        self._masters = masters
        self._home = scan.home.stream
        self._keys: Mapping[UUID, WrappedKey] = scan.keys()
        self._erased = scan.erased_keys()
        self._last: tuple[UUID, CaseSecret] | None = None

    def open(self, row: Row, sealed: bytes) -> Content:
        """Return what became of a sealed part: its values, or why they are not there."""
        key_id = self._home if row.type.startswith("access.") else UUID(row.stream)
        if key_id in self._erased:
            return Erased(str(key_id), self._erased[key_id])
        key = self._keys.get(key_id)
        if key is None:
            return Unopened("a key that is kept", "none")
        try:
            secret = self._secret(key)
            values = msgspec.json.decode(unseal(secret.seal_key, sealed, leaf_hash(row.entry)), type=dict[str, object])
        except SealingError as error:
            return Unopened("a sealed part that opens under its case's key", str(error))
        except msgspec.MsgspecError:
            return Unopened("a JSON object", "something else")
        return Opened(values, secret.salt_key)

    def _secret(self, key: WrappedKey) -> CaseSecret:
        if self._last is None or self._last[0] != key.id:
            assert key.master is not None  # noqa: S101 - what was erased is not asked for
            assert key.wrapped is not None  # noqa: S101 - the same
            self._last = key.id, CaseSecret(self._masters.unwrap(key.master, key.wrapped, key.id))
        return self._last[1]
