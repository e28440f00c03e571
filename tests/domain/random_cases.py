"""Cases in which anybody tries anything at any time: thousands of them, each made again from its number.

    python -m tests.domain.random_cases 1000000

plays that many, on all processors, and says which of the invariants of `invariants.py` does not hold, in which case.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from casework.domain.calendar import CalendarMissing
from casework.domain.decision import Decision
from casework.domain.folding import fold
from casework.domain.refusal import Refusal, Refused
from casework.domain.steps import DECISIONS
from tests.domain.invariants import broken
from tests.domain.inventing import invented
from tests.domain.playing import PNG, ROLES, Played, continued, judged, reported
from tests.domain.wandering import may, numbered

TRIES_MAX: Final = 24
BATCH: Final = 500
CHANNELS: Final = ("fb-community", "fb-school", "dojo", "insta")
ACTORS: Final = (*ROLES, "u-timer")
ABLE: Final = 0.8
"""How often somebody tries whose role may."""
CHILDS: Final = 0.2
"""How many cases of those that begin with nothing but a report are of a child's account."""
ENDING: Final = 0.1
"""How often a case may be ended for good."""
PAUSES: Final = (0, 0, 0, 1, 24, 100)
"""Hours between two decisions."""


@dataclass
class Tried:
    """What came of many cases: what does not hold, and what was taken and refused, to see that all was tried."""

    broken: list[tuple[str, int, str]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)
    """Decisions, by name."""
    refused: Counter[str] = field(default_factory=Counter)
    """Rules, by id."""

    def add(self, other: "Tried") -> None:
        """Count the cases of another batch, too."""
        self.broken += other.broken
        self.taken += other.taken
        self.refused += other.refused


def blocked(channel: str) -> Played:
    """Return a case whose poster went on, and is blocked where that was on the school's own page."""
    played = continued(channel)
    if channel == "fb-school":
        block: dict[str, Any] = {
            "channel": channel,
            "scope": "comment",
            "review_on": date(2025, 10, 10),
            "reason": "goes on",
        }
        played.when("u-head", "block_access", posts=[1], **block)
    return played


BEGINNINGS: Final = (reported, reported, judged, continued, blocked)


def played_at_random(number: int, refused: Counter[str] | None = None) -> Played:
    """Return the case of this number; whatever is not a refusal is raised, and with it the case ends."""
    random = Random(number)
    begin, channel = random.choice(BEGINNINGS), random.choice(CHANNELS)
    is_childs = begin is reported and random.random() < CHILDS
    played = reported(channel, "child_account") if is_childs else begin(channel)
    for _ in range(random.randint(1, TRIES_MAX)):
        played.now += timedelta(hours=random.choice(PAUSES))
        decision = random.choice(WALKED if random.random() < ENDING else LASTING)
        for rules in _try(random, decision, played):
            (Counter() if refused is None else refused).update(rules)
    return played


WALKED: Final = tuple(decision for decision in DECISIONS if decision.name != "report_incident")
LASTING: Final = tuple(decision for decision in WALKED if decision.name not in {"erase_case", "withdraw_incident"})
"""Decisions that do not end a case for good: else hardly any would get far."""


def _try(random: Random, decision: Decision, played: Played) -> Iterator[tuple[str, ...]]:
    """Try a decision, and again with an override where all that refuses it may be set aside; yield what refuses."""
    file = random.choice((None, PNG)) if decision.takes_file and not decision.needs_file else None
    by, facts = _actor(random, decision), invented(random, decision, played, file)
    number, override = numbered(played, decision, random.choice((1, 1, 2))), None
    for _ in range(2):
        before = played.case
        try:
            played.when(by, decision.name, number=number, override=override, file=file, **facts)
        except (Refusal, CalendarMissing) as refusal:
            assert played.case is before, f"{decision.name} was refused, and the case changed"
            yield getattr(refusal, "rules", ())
            override = _override(random, refusal)
        else:
            return
        if override is None:
            return


def _actor(random: Random, decision: Decision) -> str:
    """Return somebody, mostly of a role that may."""
    able = [who for who in ACTORS if may(decision, ROLES.get(who, "system"))]
    return random.choice(able if able and random.random() < ABLE else ACTORS)


def _override(random: Random, refusal: Exception) -> dict[str, object] | None:
    """Return an override of all that refuses, if all of it may be set aside."""
    if not isinstance(refusal, Refused) or not all(failure.rule.soft for failure in refusal.failures):
        return None
    codes = [code for failure in refusal.failures if failure.rule.soft for code in failure.rule.soft.codes]
    return {"rules": refusal.rules, "code": random.choice(codes), "reason": "so decided"}


def tried(numbers: range) -> Tried:
    """Play the cases of these numbers, and hold each to the invariants and to its replay."""
    found = Tried()
    for number in numbers:
        try:
            played = played_at_random(number, found.refused)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            found.broken.append(("only refusals are raised", number, repr(error)))
            continue
        if fold(None, played.events) != played.case:
            found.broken.append(("replay gives the live case", number, "it differs"))
        found.broken += [(name, number, what) for name, what in broken(played.events)]
        found.taken.update(name for name, _ in played.written)
    return found


def batches(count: int) -> Iterator[range]:
    """Yield so many numbers, cut into batches."""
    yield from (range(first, min(first + BATCH, count)) for first in range(0, count, BATCH))


def main(count: int) -> int:
    """Play so many cases on all processors, and print what does not hold."""
    found = Tried()
    with ProcessPoolExecutor() as pool:
        for done, batch in enumerate(pool.map(tried, batches(count)), 1):
            found.add(batch)
            sys.stderr.write(f"\r{min(done * BATCH, count):,} of {count:,} cases, {len(found.broken)} broken")
    sys.stderr.write("\n")
    for name, number, what in found.broken:
        sys.stdout.write(f"case {number}: {name}: {what}\n")
    for each in (found.taken, found.refused):
        sys.stdout.write(" ".join(f"{name} {times:,}" for name, times in sorted(each.items())) + "\n")
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
