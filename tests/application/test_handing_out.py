"""Handing out a kept file: whole, then recorded, then handed over; never held in memory whole."""

import tracemalloc
from collections.abc import Iterator

import pytest

from casework.application.handing_out import hand_out
from casework.application.store import EvidenceBroken, Unavailable

PIECE = bytes(1 << 20)


def test_it_is_recorded_after_its_last_piece_was_proved_and_before_it_is_handed_over() -> None:
    done: list[str] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"one, ", b"two, ", b"three"):
            yield piece
            done.append(piece.decode())

    found = hand_out(pieces(), "E1.txt", lambda: done.append("recorded"))
    assert done == ["one, ", "two, ", "three", "recorded"]
    with found.file as file:
        assert (file.read(), found.size_bytes, found.name) == (b"one, two, three", 15, "E1.txt")


def test_one_that_breaks_at_its_last_piece_is_neither_recorded_nor_handed_over() -> None:
    done: list[str] = []

    def pieces() -> Iterator[bytes]:
        yield PIECE
        raise EvidenceBroken("segment 1 does not open")

    with pytest.raises(EvidenceBroken):
        hand_out(pieces(), "E1.png", lambda: done.append("recorded"))
    assert done == []


def test_one_that_cannot_be_recorded_is_not_handed_over() -> None:
    def record() -> None:
        raise Unavailable("no lock in time")

    with pytest.raises(Unavailable):
        hand_out([PIECE], "E1.png", record)


def test_a_large_file_is_never_held_in_memory_whole() -> None:
    tracemalloc.start()
    try:
        found = hand_out((PIECE[:] for _ in range(64)), "E1.mp4", lambda: None)
        with found.file:
            _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.size_bytes == 64 << 20
    assert peak < 8 << 20
