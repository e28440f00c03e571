"""What is withheld in the case, its history and its past alike: the words of events that a role sees as shells."""

from typing import Any

import pytest

from tests.api.exported import reported
from tests.api.fix_first_school import PNG, Played
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
SLUR = "words of the slur"
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


READERS = ("u-head", "u-dsl", "u-deputy", "u-audit", "u-office", "u-dpo", "x-legal")


@pytest.mark.parametrize("when", ["", "?at=v5"])
@pytest.mark.parametrize("by", READERS)
def test_the_words_of_restricted_evidence_are_in_no_history_and_no_case(
    school: Played, database: Database, by: str, when: str
) -> None:
    """Not even for those who may open it: that takes a reason, and a history asks for none."""
    case = reported(school)
    who = hired(school, database, by, case)
    history = read(school, who, f"/v1/incidents/{case}/history{when}")
    plain, restricted = (e["facts"] for e in history.json["events"] if e["type"] == "incident.evidence-captured.v1")
    assert (restricted["restricted"], len(restricted["sha256"])) == (["slur"], 64)
    assert {"text", "captured_by"} & restricted.keys() == set()
    assert {"text", "captured_by"} <= plain.keys()
    assert SLUR not in history.text + read(school, who, f"/v1/incidents/{case}{when}").text


@pytest.mark.parametrize("marked", ["slur", "child_image", "protected_address"])
def test_each_mark_of_restriction_withholds_the_words_and_none_shows_them(school: Played, marked: str) -> None:
    path = f"/v1/incidents/{reported(school)}"
    for restricted, words in (([marked], "words withheld"), ([], "words shown")):
        facts = {"posts": [1], "method": "screenshot", "restricted": restricted, "text": words, "captured_by": "A. N."}
        kept = school.post("u-deputy", f"{path}/evidence", facts, file=("post.png", PNG, "image/png"))
        assert kept.status_code == 201, kept.text
    for by in ("u-head", "u-deputy", "u-audit"):
        withheld, shown = read(school, by, f"{path}/history").json["events"][-2:]
        assert withheld["facts"].keys() & {"text", "captured_by"} == set()
        assert (shown["facts"]["text"], shown["facts"]["captured_by"]) == ("words shown", "A. N.")
