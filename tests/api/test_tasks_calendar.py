"""What is due as a calendar: what calendar programs fetch, with the key as a password, and nobody's name in it."""

import base64
from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import entries
from tests.api.test_first_story import REPORT, contacted_and_asked, reported_and_judged
from tests.api.test_lists import NOW, categorised, reported

READ = "access.list-read.v1"
PATH = "/v1/tasks.ics"


def lines(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/calendar; charset=utf-8"
    found: list[str] = answer.text.replace("\r\n ", "").split("\r\n")
    return found


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_day_is_a_whole_day_and_an_instant_is_in_utc(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    case.do("2025-09-23T09:00:00+01:00", "u-deputy", "removal-requests", {"posts": [1]})
    reported(school)
    found = lines(school.get("u-deputy", PATH))
    assert "DTSTART:20250926T160000Z" in found
    assert "SUMMARY:RL-2025-0001 removal deadline 2" in found
    first = found.index("SUMMARY:RL-2025-0002 screen safeguarding")
    assert found[first - 1] == "DTSTART;VALUE=DATE:20250923"
    assert found.count("BEGIN:VEVENT") == 3


def test_nothing_personal_is_in_it(school: Played) -> None:
    reported(school)
    text = school.get("u-deputy", PATH).text
    assert [word for word in (REPORT["words"], "Ellery", "u-t5", "facebook") if word in text] == []


def test_a_task_keeps_its_uid_and_one_that_has_no_day_is_left_out(school: Played) -> None:
    reported(school)
    before = lines(school.get("u-deputy", PATH))
    school.at("2025-12-18T09:00:00+00:00")
    reported(school)
    after = lines(school.get("u-deputy", PATH))
    uids = [[line for line in found if line.startswith("UID:")] for found in (before, after)]
    assert set(uids[0]) < set(uids[1])
    assert [line for line in after if "RL-2025-0002" in line] == ["SUMMARY:RL-2025-0002 screen safeguarding"]


def test_a_task_that_waits_long_is_called_to_mind_before(school: Played) -> None:
    categorised(school, "C3")
    found = lines(school.get("u-deputy", PATH))
    days = [found[at - 1] for at, line in enumerate(found) if "defamation limitation" in line]
    assert days == ["DTSTART;VALUE=DATE:20260917", "DTSTART;VALUE=DATE:20260617", "DTSTART;VALUE=DATE:20260817"]
    assert found.count("SUMMARY:RL-2025-0001 defamation limitation\\, due later") == 2


def test_a_key_is_taken_as_a_password_here_and_nowhere_else(school: Played) -> None:
    reported(school)
    key = school._keys["u-deputy"]
    headers = {"Authorization": basic("whoever", key)}
    assert school._client.get(PATH, headers=headers).text == school.get("u-deputy", PATH).text
    assert school._client.get("/v1/tasks", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "header",
    [None, basic("u", "wrong"), basic("u", "cwk_000000000000_" + "x" * 43), "Basic ???", "Basic", "Basic " + "w" * 9],
)
def test_a_password_that_is_no_good_key_is_asked_for_again(school: Played, header: str | None) -> None:
    answer = school._client.get(PATH, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="an API key as password"')


def test_who_holds_it_already_is_told_so_and_read_nothing(school: Played) -> None:
    reported(school)
    first = school.get("u-deputy", PATH)
    school.at("2025-09-18T12:00:00+01:00")
    again = school.get("u-deputy", PATH, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert [entry["data"]["count"] for entry in entries(school, READ)] == [2]
    reported(school)
    changed = school.get("u-deputy", PATH, **{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert [(entry["data"]["view"], entry["data"]["count"]) for entry in entries(school, READ)] == [
        ("tasks-calendar", 2),
        ("tasks-calendar", 4),
    ]


def test_a_task_that_only_the_safeguarding_lead_may_know_of_is_in_no_other_calendar(school: Played) -> None:
    case = reported(school)
    held = {"reason": "may have been harmed", "finding": "harm_threshold_may_be_met", "is_hold": True}
    case.do(NOW, "u-dsl", "safeguarding-screenings", held)
    assert "lado contact" in school.get("u-dsl", PATH).text
    assert "lado contact" not in school.get("u-deputy", PATH).text
    assert "RL-2025" not in school.get("u-t5", PATH).text
