"""What goes with the keys of an erased case: its files, at once or at the timer's next run, and keys that came back."""

from uuid import UUID, uuid4

import pytest

from casework.application.erasing import Erasing, Named
from casework.application.store import Unavailable
from casework.domain.event import Recorded
from tests.domain.playing import CASE, gone


class Store:
    """Erasures and files in memory; the files may be out of reach."""

    def __init__(self, *named: Named, files: int = 2) -> None:
        self.entries = list(named)
        self.left: dict[UUID, int] = {each.case: files for each in named}
        self.is_away = False
        self.asked: list[UUID] = []

    def named(self) -> list[Named]:
        return self.entries

    def destroy(self, position: int) -> None:
        self.entries = [
            Named(case=each.case, position=each.position, is_undone=each.is_undone and each.position != position)
            for each in self.entries
        ]

    def delete_case(self, incident: UUID) -> int:
        if self.is_away:
            raise Unavailable("the store of files cannot be reached")
        self.asked.append(incident)
        return self.left.pop(incident, 0)


def erased() -> list[Recorded]:
    """Return the events of an erasure, and of what was done before it."""
    played = gone()
    played.further_keys = (uuid4(),)
    played.when("u-dpo", "erase_case", reason="asked for")
    return played.events


def test_the_files_of_a_case_are_deleted_once_its_erasure_is_recorded_and_no_others() -> None:
    store = Store()
    erasing = Erasing(store, store)
    *before, _, _ = events = erased()
    erasing.recorded(before)
    assert store.asked == []
    erasing.recorded(events)
    assert store.asked == [CASE]


def test_an_erasure_stands_though_its_files_cannot_be_deleted_and_the_next_run_deletes_them() -> None:
    store = Store(Named(case=CASE, position=9, is_undone=False))
    erasing = Erasing(store, store)
    store.is_away = True
    erasing.recorded(erased())
    with pytest.raises(Unavailable):
        erasing.finish()
    store.is_away = False
    erasing.finish()
    assert store.left == {}


def test_a_case_is_looked_into_until_nothing_is_left_and_then_no_more() -> None:
    store = Store(Named(case=CASE, position=9, is_undone=False))
    erasing = Erasing(store, store)
    for _ in range(4):
        erasing.finish()
    assert store.asked == [CASE, CASE]


def test_a_key_that_came_back_is_destroyed_at_each_run() -> None:
    store = Store(Named(case=CASE, position=9, is_undone=True), Named(case=CASE, position=10, is_undone=False), files=0)
    erasing = Erasing(store, store)
    erasing.finish()
    assert [each.is_undone for each in store.entries] == [False, False]
    store.entries = [Named(case=CASE, position=9, is_undone=True)]
    erasing.finish()
    assert [each.is_undone for each in store.entries] == [False]
