"""When a refused letter is tried again, and what an e-mail is made of: pure."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from letters.domain import dispatching
from letters.domain import sending_event as sev
from letters.domain.dispatching import RETRY_AFTER, TRY_FOR
from letters.domain.eml import Office, Parts, compose, is_address
from tests.letters.given import AT, drafted, given, later

OFFICE = Office(name="Ysgol Tŷ Gwyn", email="office@example.org", domain="example.org")


def failed(number: int, hours: float) -> sev.DispatchFailed:
    return sev.DispatchFailed(
        originator_id=drafted().originator_id,
        originator_version=number + 1,
        recorded_at=later(hours=hours),
        attempt=number,
        kind="temporary",
        stage="rcpt",
        code=450,
        proof_sha256=None,
        next_at=None,
    )


@for_any(st.lists(st.floats(0, 71.9), max_size=9).map(sorted), st.integers(1, 50))
def test_the_next_try_is_a_fifth_around_its_time_and_never_past_72_hours(hours: list[float], attempt: int) -> None:
    letter = given(drafted(), *(failed(number, since) for number, since in enumerate(hours, 1)))
    now = later(hours=hours[-1] if hours else 0)
    found = dispatching.next_try(letter, attempt, now)
    last = (letter.failures[0].recorded_at if hours else now) + TRY_FOR
    delay = RETRY_AFTER[min(len(hours), len(RETRY_AFTER) - 1)]
    assert found is not None
    assert min(now + delay * 0.8, last) <= found <= min(now + delay * 1.2, last)
    assert found == dispatching.next_try(letter, attempt, now)


def test_after_72_hours_there_is_no_next_try() -> None:
    letter = given(drafted(), failed(1, 0))
    assert dispatching.next_try(letter, 2, AT + TRY_FOR - timedelta(seconds=1)) == AT + TRY_FOR
    assert dispatching.next_try(letter, 2, AT + TRY_FOR) is None


def test_letters_do_not_come_back_in_flocks() -> None:
    letters = (given(drafted(originator_id=UUID(int=number))) for number in range(20))
    assert len({dispatching.next_try(letter, 1, AT) for letter in letters}) == 20


def test_the_same_letter_gives_the_same_bytes_in_seven_bits_and_short_lines() -> None:
    parts = Parts(
        letter=UUID(int=7),
        message_id="<7.1@example.org>",
        issued_at=AT,
        our_ref="RL-2025-0001/L04-140846",
        to="kerry@example.org",
        cover="Oddi wrth Ysgol Tŷ Gwyn: RL-2025-0001/L04-140846\n",
        pdf=b"%PDF-1.7 \x00\xff" * 500,
        office=OFFICE,
    )
    made = compose(parts)
    assert made == compose(parts)
    assert made.isascii()
    lines = made.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 78


@pytest.mark.parametrize("text", ["kerry.mallinson@example.org", "a+b@x-y.example.org", "o'neill@example.org"])
def test_an_address_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kerry",
        "kerry@example",
        "a@example.org, b@example.org",
        "Kerry <kerry@example.org>",
        "kerry@example.org\r\nBcc: all@example.org",
        "kerry@example.org\n",
        ".kerry@example.org",
        "kerry@-example.org",
        "kérry@example.org",
        "k" * 250 + "@example.org",
    ],
)
def test_nothing_else_is_an_address(text: str) -> None:
    assert not is_address(text)
