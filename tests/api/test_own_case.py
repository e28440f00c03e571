"""Somebody of the staff wrote the post, or is close to who did (P12, R11): they do not decide what becomes of it."""

import pytest

from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT, Case, rules, types

NOW = "2025-09-18T10:00:00+01:00"
LATER = "2025-09-18T10:05:00+01:00"
WHY = {"reason": "it was nothing"}
ERROR = {"because": "error", **WHY}
IS_THE_HEAD = {"party": {"person": "u-head"}, "confidence": "probable", "basis_code": "admitted", "basis": "said so"}


@pytest.fixture
def case(school: Played) -> Case:
    """Answer a case whose poster is the headteacher."""
    case = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    assert types(case.do(NOW, "u-deputy", "identifications", IS_THE_HEAD)) == ["party-added", "poster-identified"]
    return case


def test_the_poster_does_not_withdraw_the_case_and_a_deputy_may(case: Case) -> None:
    assert rules(case.do(NOW, "u-head", "withdrawals", ERROR), 403) == ["R11"]
    assert types(case.do(NOW, "u-deputy", "withdrawals", ERROR)) == ["withdrawn"]


def test_the_poster_neither_revives_a_case_nor_lets_it_be_destroyed(case: Case) -> None:
    case.do(NOW, "u-deputy", "withdrawals", ERROR)
    for path, facts in {"reopenings": WHY, "retention-reviews": {"decision": "destroy", **WHY}}.items():
        assert rules(case.do(LATER, "u-head", path, facts), 403) == ["R11"], path
    assert types(case.do(LATER, "u-dsl", "reopenings", WHY)) == ["reopened"]


def test_the_poster_is_told_so_by_the_list_of_what_may_be_done(school: Played, case: Case) -> None:
    actions = school.get("u-head", f"{case.path}/actions").json["actions"]
    open_to = {action["decision"] for action in actions if "R11" not in {each["rule"] for each in action["blocked_by"]}}
    assert open_to == {"add_post", "assign", "capture_evidence", "refer_to_police"}
