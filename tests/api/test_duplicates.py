"""The same post again is accepted, and the answer says so: naming no case that is not the caller's to know (12)."""

from typing import Any

import pytest

from tests.api.exported import let_in
from tests.api.fix_first_school import PNG, Played
from tests.api.fix_refusals import SHOT
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT, URL
from tests.fix_postgres import Database

SHARED = f"{URL}?ref=share"
GROUP = [{"kind": "group", "name": "the Year 5 teachers"}]
MEMBER = "possible_duplicate_of"
NOT_SAID = "not said"
ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
CAPTURED = {"posts": [1], "method": "screenshot"}


def report(school: Played, by: str, **changed: Any) -> Any:
    """Report a post about nobody of the staff; return the answer."""
    key = changed.pop("key", None)
    answer = school.post(by, "/v1/incidents", {**REPORT, "targets": GROUP, **changed}, key=key)
    assert answer.status_code == 201, answer.text
    return answer


def said(answer: Any) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json.get(MEMBER, NOT_SAID)


def test_the_first_report_of_a_post_is_told_nothing(school: Played) -> None:
    assert said(report(school, "u-deputy")) == NOT_SAID
    assert said(report(school, "u-deputy", url=f"{URL}2")) == NOT_SAID


def test_the_same_address_however_it_was_shared_names_the_oldest_case(school: Played) -> None:
    first = report(school, "u-deputy").json["id"]
    assert said(report(school, "u-head", url=SHARED)) == first
    assert said(report(school, "u-deputy")) == first


def test_the_same_answer_is_given_again(school: Played) -> None:
    first = report(school, "u-deputy", key="first")
    second = report(school, "u-deputy", url=SHARED, key="second")
    assert said(report(school, "u-deputy", key="first")) == NOT_SAID
    assert report(school, "u-deputy", url=SHARED, key="second").json == second.json
    assert second.json[MEMBER] == first.json["id"]


def test_who_may_not_read_the_other_case_is_told_of_it_and_not_which(school: Played, database: Database) -> None:
    let_in(school, database, "u-t2", "staff")
    first = report(school, "u-t5").json["id"]
    assert said(report(school, "u-t2", url=SHARED)) is None
    assert said(report(school, "u-t5", url=SHARED)) == first, "one's own report"


@pytest.mark.parametrize(
    ("kept_from", "told"),
    [({"kind": "child_account"}, "u-head"), ({"targets": [{"person": "u-deputy"}]}, "u-head")],
)
def test_of_a_childs_account_and_of_a_post_about_oneself_not_even_that(
    school: Played, kept_from: dict[str, Any], told: str
) -> None:
    first = report(school, "u-head", **kept_from).json["id"]
    assert said(report(school, "u-deputy")) == NOT_SAID
    assert said(report(school, told)) == first


def test_a_target_who_reported_it_knows_of_it_until_the_safeguarding_lead_holds_it(school: Played) -> None:
    first = report(school, "u-t5", targets=[{"person": "u-t5"}]).json["id"]
    assert said(report(school, "u-t5")) == first
    path = f"/v1/incidents/{first}"
    assert school.post("u-dsl", f"{path}/categorisations", {"codes": ["C1"], "primary": "C1"}, **ON_THE_NEWEST)
    hold = {"is_hold": True, "finding": "harm_threshold_may_be_met", "reason": "to be looked into"}
    assert school.post("u-dsl", f"{path}/safeguarding-screenings", hold, **ON_THE_NEWEST).status_code == 201
    assert said(report(school, "u-t5", url=SHARED)) != first


def test_the_same_file_in_another_case_and_in_this_one(school: Played) -> None:
    one, other = (report(school, "u-deputy", url=f"{URL}{n}").json["id"] for n in range(2))
    paths = [f"/v1/incidents/{case}/evidence" for case in (one, other)]
    assert said(school.post("u-deputy", paths[0], CAPTURED, file=SHOT)) == NOT_SAID
    assert said(school.post("u-deputy", paths[1], CAPTURED, file=SHOT)) == one
    assert said(school.post("u-deputy", paths[0], CAPTURED, file=SHOT)) == one
    another = ("post.png", PNG + b"another", "image/png")
    assert said(school.post("u-deputy", paths[1], CAPTURED, file=another)) == NOT_SAID


def test_a_post_that_is_added_with_a_file_is_looked_for_by_both(school: Played) -> None:
    one, other = (report(school, "u-deputy", url=f"{URL}{n}").json["id"] for n in range(2))
    school.post("u-deputy", f"/v1/incidents/{one}/evidence", CAPTURED, file=SHOT)
    posted = {"channel": "fb-community", "posted_at": REPORT["posted_at"], "targets": ["P1"]}
    path = f"/v1/incidents/{other}/posts"
    assert said(school.post("u-deputy", path, {**posted, "url": f"{URL}7"})) == NOT_SAID
    assert said(school.post("u-deputy", path, {**posted, "url": f"{URL}8"}, file=SHOT)) == one
    assert said(school.post("u-deputy", path, {**posted, "url": f"{URL}0"})) == one
    assert said(school.post("u-deputy", f"/v1/incidents/{other}/notes", {"text": URL})) == NOT_SAID


def test_messages_without_an_address_are_like_no_others(school: Played) -> None:
    for url in (None, "", "  "):
        assert said(report(school, "u-deputy", url=url)) == NOT_SAID


def test_office_staff_are_told_too(school: Played, database: Database) -> None:
    employ(school, database, "u-office")
    first = report(school, "u-t5").json["id"]
    assert said(report(school, "u-office")) == first
