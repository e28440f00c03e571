"""What was put right stands beside what was recorded, in the case and in its history, for whoever may read both."""

from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT, URL
from tests.api.test_history import REASON

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
RIGHT = f"{URL}9"


def reported(school: Played) -> str:
    return f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}"


def corrected(school: Played, path: str, version: int, by: str = "u-deputy", **facts: Any) -> Any:
    given = {"corrects": f"{path.rpartition('/')[2]}/{version}", "reason": "misread", **facts}
    return school.post(by, f"{path}/corrections", given, **ON_THE_NEWEST)


def test_the_original_stays_and_what_is_right_stands_beside_it(school: Played) -> None:
    path = reported(school)
    case = path.rpartition("/")[2]
    assert corrected(school, path, 3, field="url", value=RIGHT).status_code == 201
    assert corrected(school, path, 3, field="words", value="lazy").status_code == 201
    shown = school.get("u-head", path).json
    assert shown["posts"][0]["url"] == RIGHT
    assert shown["corrections"] == [
        {"corrects": f"{case}/3", "field": "url", "value": RIGHT, "event": f"{case}/4"},
        {"corrects": f"{case}/3", "field": "words", "value": "lazy", "event": f"{case}/5"},
    ]
    events = school.get("u-head", f"{path}/history").json["events"]
    assert events[2]["facts"]["url"] == URL
    assert events[2]["corrected"] == [
        {"field": "url", "value": RIGHT, "event": f"{case}/4"},
        {"field": "words", "value": "lazy", "event": f"{case}/5"},
    ]
    assert [event["corrected"] for event in events if event["id"] != f"{case}/3"] == [[]] * 4


def test_the_past_knows_nothing_of_it(school: Played) -> None:
    path = reported(school)
    corrected(school, path, 3, field="url", value=RIGHT)
    past = school.get("u-head", f"{path}?at=v3").json
    assert (past["posts"][0]["url"], past["corrections"]) == (URL, [])
    assert school.get("u-head", f"{path}/history?at=v3").json["events"][2]["corrected"] == []


@pytest.mark.parametrize(("by", "sees"), [("u-head", "value"), ("u-audit", "shell"), ("u-deputy", None)])
def test_what_is_right_is_for_those_who_read_what_was_wrong(school: Played, by: str, sees: str | None) -> None:
    path = reported(school)
    screening = {"is_hold": False, "finding": "other", "reason": REASON}
    school.post("u-dsl", f"{path}/safeguarding-screenings", screening, **ON_THE_NEWEST)
    assert corrected(school, path, 4, field="reason", value="a bruise was shown").status_code == 422
    assert corrected(school, path, 4, by="u-dsl", field="reason", value="a bruise was shown").status_code == 201
    for view in (path, f"{path}/history"):
        read = school.get(by, view)
        assert ("a bruise" in read.text) is (sees == "value")
        assert (f"{path.rpartition('/')[2]}/5" in read.text) is (sees is not None)


@pytest.mark.parametrize(
    ("facts", "pointer", "expected"),
    [
        ({"field": "colour"}, "/field", "one of ['channel', 'count', "),
        ({"field": "posted_at", "value": "2030-01-01T00:00:00Z"}, "/value", "an instant that is not in the future"),
        ({"corrects": "00000000-0000-4000-8000-000000000000/3"}, "/corrects", "an entry that you may read"),
    ],
)
def test_what_cannot_be_corrected_is_answered_with_what_can(
    school: Played, facts: dict[str, Any], pointer: str, expected: str
) -> None:
    answer = corrected(school, reported(school), 3, **{"field": "url", "value": RIGHT, **facts})
    assert answer.status_code == 422
    [error] = answer.json["errors"]
    assert error["pointer"] == pointer
    assert error["expected"].startswith(expected)
    assert RIGHT not in answer.text


def test_it_is_taken_on_a_version(school: Played) -> None:
    path = reported(school)
    facts = {"corrects": f"{path.rpartition('/')[2]}/3", "field": "url", "value": RIGHT, "reason": "misread"}
    assert school.post("u-deputy", f"{path}/corrections", facts).status_code == 428
