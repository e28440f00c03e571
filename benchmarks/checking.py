"""What `casework verify` takes: its levels against SHA-256 over the same bytes, and sealed parts against their SELECT.

`order`, `leaf` and `tree` are those of a signed record of 150,000 entries, each of about 760 bytes with eight digests,
checked as the command checks it: rows by cursors of the database, in as many processes as there are processors,
`signature` with them, no sealed part opened: what the processes take on their processors is not in the cpu column.
SHA-256 is that of each entry, in memory. `content` is what opening 2,000 sealed parts adds to the check of their
record; the SELECT is that of all rows and sealed parts that it reads, by the same cursor. Each check must hold.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from typing import Final

from benchmarks import laid_record, trial_school
from benchmarks.measuring import Comparison, Measured, Samples, Sampling, Target
from benchmarks.trial_school import Trial
from casework.adapters.keys import read_master_keys
from casework.adapters.scan import RecordScan
from casework.adapters.verifying import verify_record
from casework.ledger.merkle import root
from casework.ledger.record import RecordReport
from casework.ledger.verify import leaf_hash, parse_vkey
from servicekit.sealing import MasterKeys
from servicekit.service_settings import KEYS_DIR

ENTRIES: Final = 150_000
SEALED: Final = 2_000
SMALL: Final = 30
CHECKS: Final = 5
"""So many of each kind in a round: what sealed parts add is a difference, and would be lost in one."""
Call = Callable[[], object]


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open two schools: one whose record is long, one in whose record all that is personal is sealed."""
    with ExitStack() as held:
        long, sealed = (held.enter_context(trial_school.opened()) for _ in range(2))
        laid_record.lay(long, SMALL if is_small else ENTRIES)
        laid_record.append(sealed, SMALL if is_small else SEALED)
        octets = laid_record.entries(long)
        hashing, count = hashing_of(octets), len(octets)
        yield [
            Comparison(
                f"order, leaf, tree of {count:,} entries / SHA-256",
                lambda: checked(long),
                hashing,
                Target(at_most=10),
                count,
                count,
            ),
            Comparison(
                f"leaf and root of {count:,} entries in memory / SHA-256",
                lambda: root([leaf_hash(each) for each in octets]),
                hashing,
                Target(at_most=2.6),
                count,
                count,
            ),
            Sampling(
                f"content of {SMALL if is_small else SEALED:,} sealed parts / SELECT",
                Content(sealed).samples,
                {"": max},
                Target(at_most=12),
            ),
        ]


class Content:
    """What it takes to check what is sealed in the record of a school."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._masters = read_master_keys(trial.values.need(KEYS_DIR))

    def samples(self) -> Samples:
        """Return how long it takes, and how long reading it all does, in seconds."""
        with_content = _seconds(lambda: checked(self._trial, self._masters))
        without = _seconds(lambda: checked(self._trial))
        return [with_content - without], [_seconds(lambda: read(self._trial))]


def checked(trial: Trial, masters: MasterKeys | None = None) -> RecordReport:
    """Check the record of a school, and open what is sealed in it if the keys are given.

    Raises:
        ValueError: it does not hold.
    """
    keys = [parse_vkey(key) for key in trial.school.checkpoints.keys]
    with RecordScan(trial.at.app, trial.school.school) as scan:
        report = verify_record(scan, keys, masters=masters)
    if not report.holds:
        raise ValueError("\n".join(report.lines()))
    return report


def read(trial: Trial) -> None:
    """Read the rows of a record, with sealed parts, and look at none."""
    with RecordScan(trial.at.app, trial.school.school) as scan:
        deque(scan.rows(with_sealed=True), maxlen=0)


def hashing_of(octets: Sequence[bytes]) -> Call:
    """Return what hashes each of these."""

    def hashing() -> None:
        for each in octets:
            sha256(each).digest()

    return hashing


def _seconds(call: Call) -> float:
    began = time.perf_counter()
    for _ in range(CHECKS):
        call()
    return (time.perf_counter() - began) / CHECKS
