"""A whole command: a decision in a case of eleven events, against a method of the library's aggregate (platform.md 4).

Ours is `Casework.decide`, as the route calls it: command key, case, the policy's version and the actor's family asked
for, the case opened and folded, every rule tried, the event checked, sealed and appended under its key. (The policy is
folded once for all; nobody is named whom the directory would have to tell of.) The library's own is what its
documentation shows: get the aggregate, call a method that has no rule, save; it stores the same facts as they are, and
knows no command. Both write the twelfth event, each time of a case that has eleven. What is compared is the
processor time of this process, which is the client; the clock is shown beside it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

from benchmarks import library_case, trial_school
from benchmarks.library_case import LibraryCase
from benchmarks.library_record import Stock, stock
from benchmarks.measuring import Measured, Samples, Sampling, Target
from benchmarks.trial_school import copied, decide, refused_case

CASES: Final = 100
CASES_SMALL: Final = 2
GOES_ON: Final = {"posts": [1], "limb": "still_visible", "judged": "inappropriate"}
Clock = Callable[[], float]
Command = partial[None]


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open a school and a stock application on one server."""
    with ExitStack() as held:
        trial = held.enter_context(trial_school.opened())
        application = held.enter_context(closing(stock(trial.at.owner or trial.at.app)))
        commands = Commands(trial, application, CASES_SMALL if is_small else CASES)
        name = "a decision on a case of 11 events / the library's aggregate: "
        yield [
            Sampling(f"{name}client CPU", lambda: commands.samples(time.process_time), {"": max}, Target(at_most=0.4)),
            Sampling(f"{name}clock", lambda: commands.samples(time.perf_counter), {"": max}, Target(is_shown=True)),
        ]


class Commands:
    """So many commands in as many cases, both ways."""

    def __init__(self, trial: trial_school.Trial, application: Stock, cases: int) -> None:
        self._use = trial.school.casework
        self._events = refused_case(self._use)
        self._application = application
        self._cases = cases

    def samples(self, clock: Clock) -> Samples:
        """Return how long one command takes by this clock, both ways, in seconds; the cases are made beforehand."""
        return [self._each(self.ours(), clock)], [self._each(self.other(), clock)]

    def ours(self) -> list[Command]:
        """Return decisions to take, each in a case of its own."""
        cases = [copied(self._use, self._events) for _ in range(self._cases)]
        return [partial(decide, self._use, case, "record_continued_use", GOES_ON) for case in cases]

    def other(self) -> list[Command]:
        """Return commands to carry out, each on an aggregate of its own."""
        aggregates = [library_case.refused(datetime.now(UTC)) for _ in range(self._cases)]
        for aggregate in aggregates:
            self._application.save(aggregate)
        return [partial(self._go_on, aggregate.id) for aggregate in aggregates]

    def _go_on(self, aggregate: UUID) -> None:
        case: LibraryCase = self._application.repository.get(aggregate)
        library_case.go_on(case, datetime.now(UTC))
        self._application.save(case)

    def _each(self, commands: Sequence[Command], clock: Clock) -> float:
        began = clock()
        for command in commands:
            command()
        return (clock() - began) / len(commands)
