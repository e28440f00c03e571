"""`casework verify` on the database, all of it or one case: rows and opened sealed parts, for the ledger to check.

All that decides anything stands in :mod:`casework.ledger`.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from casework.adapters.looking import home_of, looking
from casework.adapters.scan import RecordScan
from casework.adapters.sealed_parts import SealedParts
from casework.ledger.levels import KEY_ROTATED
from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import HeldNote, Row
from casework.ledger.verify import VerifierKey
from servicekit.sealing import MasterKeys

PROGRESS_ENTRIES = 1000


def verify_record(
    scan: RecordScan,
    keys: Iterable[VerifierKey],
    *,
    held: Iterable[HeldNote] = (),
    masters: MasterKeys | None = None,
    progress: Callable[[int, int], None] | None = None,
    processes: int | None = None,
) -> RecordReport:
    """Check a whole record.

    Args:
        scan: the record, as it is now.
        keys: the keys to trust, newest first.
        held: checkpoints that somebody outside kept; without one, `history` does not run.
        masters: the master keys; without them, `content` does not run.
        progress: told how many entries are done, of how many.
        processes: how many look at rows, this one among them; by default as many as there are processors, and this one
            alone for a short record.
    """
    parts = SealedParts(scan, masters) if masters else None
    size = scan.size()
    check = RecordCheck(
        home_of(scan),
        keys,
        scan.checkpoints(),
        held=held,
        with_content=masters is not None,
        commands=scan.commands(),
        check=check_signature,
    )

    def add(rows: Iterable[tuple[Row, bytes | None]]) -> None:
        for row, sealed in rows:
            check.add(row, parts.open(row, sealed) if parts and sealed is not None else None)

    add(scan.rows(upto=0, with_sealed=parts is not None))  # Before the first entry there is none.
    with looking(scan, masters, size, processes) as looked:
        for after, upto, block in looked:
            if block is None or not check.take(block):
                # Something stands out among these, or cannot be told many at once: each is looked at.
                add(scan.rows(after=after, upto=upto, with_sealed=parts is not None))
            if progress and upto > after:
                progress(upto, size)
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
    parts = SealedParts(scan, masters) if masters else None
    rows = {row.position: (row, sealed) for row, sealed in scan.rows(stream=case, with_sealed=parts is not None)}
    if not rows:
        return None
    rotations = {row.position: row.entry for row, _ in scan.rows(stream=scan.home.stream) if row.type == KEY_ROTATED}
    check = RecordCheck(
        home_of(scan),
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
