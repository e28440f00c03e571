"""When a message may be sent on a messaging channel (P26, P27), as whoever sends it asks casework."""

import pytest

from tests.api.fix_first_school import Played


@pytest.mark.parametrize(
    ("asked", "opens"),
    [("?at=2025-09-18T17:20:00%2B01:00", "2025-09-19T08:00:00+01:00"), ("", "2025-09-18T08:50:00+01:00")],
)
def test_it_opens_on_the_next_school_morning_or_is_open_now(school: Played, asked: str, opens: str) -> None:
    answer = school.get("letters", f"/v1/calendar/sending-window{asked}").json
    assert (answer["opens_at"], answer["hours"]) == (opens, ["08:00", "17:00"])


def test_without_term_data_nothing_is_guessed(school: Played) -> None:
    answer = school.get("letters", "/v1/calendar/sending-window?at=2027-01-05T09:00:00Z")
    assert (answer.status_code, answer.json["type"]) == (409, "urn:school-casework:problem:calendar-missing")


def test_an_instant_without_an_offset_is_refused_by_rule(school: Played) -> None:
    answer = school.get("letters", "/v1/calendar/sending-window?at=2025-09-18T17:20:00")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["rule"] == "R20"
