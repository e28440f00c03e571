"""The tree over a record of 70,000 entries: its tiles built anew, and the proof of one entry.

70,000 leaves are more than one tile of 65,536 covers, so the tree has three levels of tiles, as one of ten million has.
Tiles are rebuilt as `casework tiles rebuild` does it, leaves read from the database and tiles kept there; SHA-256 is
that of each entry, in memory. A proof is the one that is served: the signed note opened, the leaf and the tiles read,
the path checked before it leaves; against the SELECT of one entry.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import psycopg

from benchmarks import laid_record, trial_school
from benchmarks.checking import SMALL, hashing_of
from benchmarks.measuring import Comparison, Measured, Target
from casework.adapters import sql_files
from casework.adapters.signer import Rebuilt

ENTRIES: Final = 70_000
SEED: Final = 20260126
_ONE: Final = "SELECT entry FROM {s}.event WHERE position = %b"


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open a school whose record is long, and signed as a whole."""
    with ExitStack() as held:
        trial = held.enter_context(trial_school.opened())
        laid_record.lay(trial, SMALL if is_small else ENTRIES)
        octets = laid_record.entries(trial)
        count = len(octets)
        school = trial.school
        numbers = random.Random(SEED)  # noqa: S311 - the same places in each run, and no secret
        connection = held.enter_context(psycopg.connect(trial.at.app, autocommit=True))
        statement = sql_files.compose(_ONE, school.school.schema)

        def rebuild() -> Rebuilt:
            return school.checkpoints.rebuild_tiles(lambda _: None)

        def prove() -> str:
            return school.tree.proof(numbers.randint(1, count), count)

        def select() -> object:
            return connection.execute(statement, [numbers.randint(1, count)], prepare=True, binary=True).fetchone()

        name = f"tiles rebuild, {count:,} entries / SHA-256"
        yield [
            Comparison(name, rebuild, hashing_of(octets), Target(at_most=4), count, count),
            Comparison(f"proof of one of {count:,} entries / SELECT of one", prove, select, Target(at_most=10)),
        ]
