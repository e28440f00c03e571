"""The tree over a record of 70,000 entries: its tiles built anew, and the proof of one entry.

70,000 leaves are more than one tile of 65,536 covers, so the tree has three levels of tiles, as one of ten million has.
Tiles are rebuilt as `casework tiles rebuild` does it, leaves read from the database and tiles kept there; SHA-256 is
that of each entry, in memory. A proof is the one that is served: the signed note opened, the leaf and the tiles read,
the path checked before it leaves; against the SELECT of one entry, which goes the same way, over a pool and prepared.
The two take turns, call by call: in a loop of its own a SELECT takes 55 us or 130, as the server's processor has slept.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Final

from benchmarks import laid_record, trial_school
from benchmarks.checking import SMALL, hashing_of
from benchmarks.measuring import Comparison, Measured, Sampling, Target, in_turns
from casework.adapters import sql_files
from casework.adapters.asking import Question
from casework.adapters.pool import make_pool
from casework.adapters.signer import Rebuilt

ENTRIES: Final = 70_000
SEED: Final = 20260126
CALLS: Final = 300
_ONE: Final = "SELECT entry FROM {s}.event WHERE position = $1"


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
        pool = held.enter_context(make_pool(trial.at.app))
        one = Question(sql_files.compose(_ONE, school.school.schema), ("position",))

        def rebuild() -> Rebuilt:
            return school.checkpoints.rebuild_tiles(lambda _: None)

        def prove() -> str:
            return school.tree.proof(numbers.randint(1, count), count)

        def select() -> object:
            return pool.ask(one, {"position": numbers.randint(1, count)})

        name = f"tiles rebuild, {count:,} entries / SHA-256"
        yield [
            Comparison(name, rebuild, hashing_of(octets), Target(at_most=4), count, count),
            Sampling(
                f"proof of one of {count:,} entries / SELECT of one",
                in_turns(prove, select, SMALL if is_small else CALLS),
                {"": median},
                Target(at_most=10),
            ),
        ]
