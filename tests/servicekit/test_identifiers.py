"""Identifiers are those of RFC 9562 5.7, in the order they are made, and no two are alike."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from servicekit.identifiers import TICKS, Uuid7, uuid7, uuid7_of

A_6 = UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
"""RFC 9562 A.6, an example of version 7: 2022-02-22T19:22:22Z, then `rand_a` and `rand_b` as given there."""
A_6_MS, A_6_RAND_A, A_6_RAND_B = 0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F
EACH = 2_000


def told(instants: Iterable[int]) -> Uuid7:
    """Return what makes identifiers by a clock that says these nanoseconds, one after the other."""
    return Uuid7(iter(instants).__next__)


def ticks_of(made: UUID) -> int:
    """Read back the instant of an identifier, in 4096ths of a millisecond since 1970."""
    return (made.int >> 80) * TICKS + (made.int >> 64) % TICKS


def test_the_example_of_the_rfc_is_laid_out_bit_by_bit() -> None:
    assert uuid7_of(A_6_MS * TICKS + A_6_RAND_A, A_6_RAND_B) == A_6


def test_whatever_the_instant_and_the_chance_it_is_of_version_7() -> None:
    for ticks in (0, TICKS - 1, TICKS, (1 << 60) - 1):
        for chance in (0, (1 << 62) - 1):
            made = uuid7_of(ticks, chance)
            assert (made.version, made.variant) == (7, RFC_4122)
            assert (ticks_of(made), made.int % (1 << 62)) == (ticks, chance)


def test_a_new_one_says_when_it_was_made_by_the_clock_of_the_machine() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_a_fraction_of_a_millisecond_counts() -> None:
    make = told([5_000_000, 5_250_000, 5_999_999])
    assert [ticks_of(make()) - 5 * TICKS for _ in range(3)] == [0, 1024, 4095]


def test_under_a_clock_that_stands_still_each_is_higher_than_the_one_before_and_the_millisecond_goes_on() -> None:
    make = told([5_999_000] * EACH)
    made = [ticks_of(make()) for _ in range(EACH)]
    assert made == list(range(made[0], made[0] + EACH))
    assert made[-1] >= 6 * TICKS


def test_a_clock_that_is_put_back_takes_nothing_from_the_order() -> None:
    make = told([9_000_000, 2_000_000, 2_000_000, 9_000_001, 10_000_000])
    made = [make() for _ in range(5)]
    assert made == sorted(set(made))
    assert ticks_of(made[-1]) == 10 * TICKS


def test_two_that_begin_at_one_instant_as_after_a_fork_make_different_ones() -> None:
    makers = [told([5_000_000] * EACH) for _ in range(2)]
    made = [[make() for _ in range(EACH)] for make in makers]
    assert [ticks_of(each) for each in made[0]] == [ticks_of(each) for each in made[1]]
    assert len({*made[0], *made[1]}) == 2 * EACH


def test_threads_that_make_them_at_once_get_each_tick_once_and_their_own_in_order() -> None:
    make = Uuid7(lambda: 5_000_000)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: [make() for _ in range(EACH)], range(4)))
    assert all(own == sorted(own) for own in made)
    assert sorted(ticks_of(each) - 5 * TICKS for own in made for each in own) == list(range(4 * EACH))
