"""`casework verify` on the database, all of it or one case: rows and opened sealed parts, for the ledger to check.

All that decides anything stands in :mod:`casework.ledger`.
"""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import msgspec

from casework.adapters.keys import CaseSecret
from casework.adapters.scan import RecordScan
from casework.adapters.stored import WrappedKey
from casework.ledger.levels import KEY_ROTATED
from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import Content, Erased, HeldNote, Home, Opened, Row, Unopened
from casework.ledger.verify import LedgerError, VerifierKey, leaf_hash, parse_entry
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
    check = RecordCheck(
        _home(scan),
        keys,
        scan.checkpoints(),
        held=held,
        with_content=masters is not None,
        commands=scan.commands(),
        check=check_signature,
    )
    parts = _SealedParts(scan, masters) if masters else None
    size = scan.size()
    for row, sealed in scan.rows(with_sealed=parts is not None):
        check.add(row, parts.open(row, sealed) if parts and sealed is not None else None)
        if progress and (row.position % PROGRESS_ENTRIES == 0 or row.position == size):
            progress(row.position, size)
    return check.finish()


def verify_case(
    scan: RecordScan,
    case: UUID,
    keys: Iterable[VerifierKey],
    *,
    held: Iterable[HeldNote] = (),
    masters: MasterKeys | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RecordReport | None:
    """Check one case, as `verify_record` does all; None if the record has no such stream.

    Of other entries the leaves are read, no more: they are what joins the case to the signed root.
    """
    parts = _SealedParts(scan, masters) if masters else None
    rows = {row.position: (row, sealed) for row, sealed in scan.rows(stream=case, with_sealed=parts is not None)}
    if not rows:
        return None
    rotations = {row.position: row.entry for row, _ in scan.rows(stream=scan.home.stream) if row.type == KEY_ROTATED}
    check = RecordCheck(
        _home(scan),
        keys,
        scan.checkpoints(),
        held=held,
        with_content=parts is not None,
        only=str(case),
        erasures=parts.erasures(case) if parts else None,
        check=check_signature,
    )
    size = scan.size()
    for position, leaf in scan.leaves():
        if position in rows:
            row, sealed = rows[position]
            check.add(row, parts.open(row, sealed) if parts and sealed is not None else None)
        else:
            check.pass_over(position, leaf, rotations.get(position))
        if progress and (position % PROGRESS_ENTRIES == 0 or position == size):
            progress(position, size)
    return check.finish()


def _home(scan: RecordScan) -> Home:
    return Home(str(scan.home.stream), scan.home.origin, scan.home.is_scratch)


class _SealedParts:
    """Opens sealed parts; the secrets of all cases are read once, and one case's keys derived once in a row."""

    def __init__(self, scan: RecordScan, masters: MasterKeys) -> None:
        self._scan = scan
        self._masters = masters
        self._home = scan.home.stream
        self._keys: Mapping[UUID, WrappedKey] = scan.keys()
        self._erased = scan.erased_keys()
        self._last: tuple[UUID, CaseSecret] | None = None

    def erasures(self, key_id: UUID) -> dict[int, str]:
        """Return which key the entry erases that this key is said to be erased by: it may stand in another stream."""
        position = self._erased.get(key_id)
        for row, _ in self._scan.rows(after=position - 1) if position is not None else ():
            try:
                entry = parse_entry(row.entry)
            except LedgerError:
                return {}
            is_so = entry.type == "incident.erased.v1" and leaf_hash(row.entry) == row.leaf
            return {row.position: str(entry.data.get("key_id"))} if is_so else {}
        return {}

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
