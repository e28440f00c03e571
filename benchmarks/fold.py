"""Folding a case from its events, decoded already: our fold, against the library's aggregate."""

from typing import Final

from eventsourcing.application import project_aggregate

from benchmarks.library_case import played
from benchmarks.measuring import Comparison, Target
from casework.domain.folding import fold
from tests.domain.playing import continued

OURS: Final = continued()
THEIRS: Final = tuple(played(OURS.now).collect_events())
if len(OURS.events) != len(THEIRS):
    raise AssertionError(f"expected as many events of both, found {len(OURS.events)} and {len(THEIRS)}")


def ours() -> object:
    """Fold the case."""
    return fold(None, OURS.events)


def theirs() -> object:
    """Project the library's aggregate by the library's own function."""
    return project_aggregate(None, THEIRS)


COMPARISONS: Final = (Comparison("fold of 12 events / the library's aggregate", ours, theirs, Target(at_least=20)),)
