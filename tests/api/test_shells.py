"""What is withheld in the case, its history and its past alike: the words of events that a role sees as shells."""

from typing import Any

import pytest

from tests.api.exported import reported
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
AMY = ("u-t5", "Amy Ellery")
WHEN = ("", "?at=v4", "?at=p9999", "?at=2025-09-18T08:50:00Z")
READS_A_CHILDS: dict[str, bool] = {
    "u-head": True, "u-dsl": True, "u-dpo": True, "x-legal": True, "u-audit": False,
}  # fmt: skip
"""Who sees the case of a child's account, and whether whole or its shells."""


def hired(school: Played, database: Database, by: str, case: str) -> str:
    """Give whoever has no key yet one; the adviser's opens this case."""
    return by if by in school._keys else employ(school, database, by, [case] if by == "x-legal" else [])


def read(school: Played, by: str, path: str) -> Any:
    answer = school.get(by, path)
    assert answer.status_code == 200, answer.text
    return answer


def people_and_links(shown: Any) -> list[Any]:
    return [(party["person"], party["name"]) for party in shown["parties"]] + [post["url"] for post in shown["posts"]]


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("by", READS_A_CHILDS)
def test_of_a_childs_account_an_auditor_is_shown_no_name_and_no_link(
    school: Played, database: Database, by: str, when: str
) -> None:
    case = reported(school, by="u-dsl", kind="child_account", targets=[{"person": "u-t5"}, {"name": "Ann Else"}])
    answer = read(school, hired(school, database, by, case), f"/v1/incidents/{case}{when}")
    whole = [AMY, (None, "Ann Else"), REPORT["url"]]
    nothing = [(None, None), (None, None), None]
    sees = READS_A_CHILDS[by]
    assert people_and_links(answer.json) == (whole if sees else nothing)
    assert any(word in answer.text for word in ("u-t5", "Amy Ellery", "Ann Else", str(REPORT["url"]))) == sees


def test_a_shell_is_the_same_case_but_for_what_is_withheld(school: Played) -> None:
    case = reported(school, by="u-dsl", kind="child_account")
    for when in WHEN:
        whole, shell = (read(school, by, f"/v1/incidents/{case}{when}") for by in ("u-head", "u-audit"))
        assert whole.headers["ETag"] == shell.headers["ETag"]
        expected = whole.json
        expected["parties"] = [{**party, "person": None, "name": None} for party in expected["parties"]]
        expected["posts"] = [{**post, "url": None} for post in expected["posts"]]
        assert shell.json == expected


@pytest.mark.parametrize("by", ["u-head", "u-dsl", "u-deputy", "u-audit", "u-office", "u-dpo", "x-legal"])
def test_of_an_open_case_whoever_may_read_it_is_shown_people_and_links(
    school: Played, database: Database, by: str
) -> None:
    case = reported(school)
    done = school.post(
        "u-dsl",
        f"/v1/incidents/{case}/safeguarding-screenings",
        {"is_hold": True, "finding": "other", "reason": "may be at risk"},
        **ON_THE_NEWEST,
    )
    assert done.status_code == 201, done.text
    shown = read(school, hired(school, database, by, case), f"/v1/incidents/{case}").json
    assert people_and_links(shown) == [AMY, REPORT["url"]]
    assert shown["version"] == done.json["version"]
    assert [task["task"] for task in shown["tasks"] if task["task"] == "screen_safeguarding"] == []


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/tasks"])
@pytest.mark.parametrize("by", ["u-head", "u-audit"])
def test_lists_name_nobody_to_anybody(school: Played, path: str, by: str) -> None:
    reported(school, by="u-dsl", kind="child_account", targets=[{"person": "u-t5"}, {"name": "Ann Else"}])
    answer = read(school, by, path)
    assert "RL-2025-0001" in answer.text
    assert not any(word in answer.text for word in ("u-t5", "Amy Ellery", "Ann Else", str(REPORT["url"])))
