"""The school's own monitoring: what calls for a review of its policy, recorded once a term (P06)."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from casework.application.casework import Casework
from casework.application.monitoring import Monitoring
from casework.application.timers import Run, Timers
from casework.domain.calendar import Term
from casework.domain.monitoring import Figures, calls_for_review
from casework.domain.policy import ReviewTriggers
from tests.api.fix_first_school import Played
from tests.api.further_staff import entries
from tests.api.test_first_story import REPORT, Case
from tests.api.test_policy import decide
from tests.application.live import cases_of
from tests.application.test_timers import another

NOW = "2025-09-18T12:00:00+01:00"
TRIGGERED = "policy.review-triggered.v1"
TRIGGERS = ReviewTriggers(threats_per_term=3, overrides_percent=25)
AHEAD = {"code": "repeat", "reason": "the same person as in spring"}
Do = Callable[[Case], Any]


@pytest.mark.parametrize(
    ("threats", "overridden", "decided", "expected"),
    [
        (2, 0, 0, False),
        (3, 0, 0, True),
        (4, 0, 9, True),
        (0, 0, 4, False),
        (0, 1, 5, False),
        (0, 2, 5, True),
        (0, 4, 4, False),
        (0, 1, 1, False),
        (2, 24, 100, False),
        (2, 25, 100, True),
    ],
)
def test_so_many_threats_or_so_large_a_share_of_overrides_call_for_a_review(
    threats: int, overridden: int, decided: int, *, expected: bool
) -> None:
    assert calls_for_review(Figures(threats=threats, overridden=overridden, decided=decided), TRIGGERS) is expected


def cases(school: Played, count: int, then: Do) -> list[Case]:
    """Return so many cases of a threat or another matter, in each of which this was done at noon."""
    made = [Case(school, school.post("u-deputy", "/v1/incidents", REPORT)) for _ in range(count)]
    for case in made:
        answer = then(case)
        assert answer.status_code == 201, answer.text
    return made


def threat(case: Case) -> Any:
    return case.do(NOW, "u-deputy", "categorisations", {"codes": ["C4", "C6"], "primary": "C6"})


def dispensation(case: Case) -> Any:
    return case.do(NOW, "u-head", "first-step-dispensations", AHEAD)


def referral(case: Case) -> Any:
    facts = {"route": "101", "grounds": ["racial_element"], "is_immediate": False}
    return case.do(NOW, "u-deputy", "police-referrals", facts)


def run(use: Casework, school: Played, now: str = NOW) -> bool:
    school.at(now)
    return Monitoring(use).run(datetime.fromisoformat(now))


def test_three_threats_in_a_term_call_for_a_review_once(use: Casework, school: Played) -> None:
    cases(school, 2, threat)
    assert not run(use, school)
    last = cases(school, 1, threat)[0]
    assert [run(use, school), run(use, school), run(use, school, "2025-12-24T12:00:00+00:00")] == [True, False, False]
    (entry,) = entries(school, TRIGGERED)
    data = entry["data"]
    assert (data["kind"], data["actor"], data["role"], data["clauses"]) == (
        "own_monitoring",
        "timer",
        "system",
        ["P06"],
    )
    assert data["cause"].startswith(last.path.rpartition("/")[2]), "the last of what was counted"
    assert school.get("u-head", "/v1/policy").json["reviews"][0]["kind"] == "own_monitoring"


def test_a_case_counts_once_however_often_it_is_categorised(use: Casework, school: Played) -> None:
    (case,) = cases(school, 1, threat)
    for _ in range(3):
        assert threat(case).status_code == 201
    assert not run(use, school)


def test_a_case_that_was_withdrawn_counts_for_nothing(use: Casework, school: Played) -> None:
    mistaken = cases(school, 3, threat)[0]
    gone = mistaken.do(NOW, "u-deputy", "withdrawals", {"because": "error", "reason": "it was a quotation"})
    assert gone.status_code == 201, gone.text
    assert not run(use, school)
    cases(school, 1, threat)
    assert run(use, school)


def test_a_case_that_goes_on_after_it_was_withdrawn_counts_again(use: Casework, school: Played) -> None:
    mistaken = cases(school, 3, threat)[0]
    mistaken.do(NOW, "u-deputy", "withdrawals", {"because": "error", "reason": "it was a quotation"})
    assert not run(use, school)
    again = mistaken.do(NOW, "u-head", "reopenings", {"reason": "it was none"})
    assert again.status_code == 201, again.text
    assert run(use, school)


def test_a_quarter_of_overrides_calls_for_a_review(use: Casework, school: Played) -> None:
    cases(school, 4, referral)
    assert not run(use, school)
    cases(school, 1, dispensation)
    assert not run(use, school), "one in five"
    cases(school, 1, dispensation)
    assert run(use, school), "two in six"


def test_an_override_given_with_a_decision_counts_as_one_decision(use: Casework, school: Played) -> None:
    def unfounded(case: Case) -> Any:
        override = {"rules": ["R06"], "code": "other_ground", "reason": "harassment of staff"}
        facts = {"route": "101", "grounds": [], "is_immediate": False, "override": override}
        return case.do(NOW, "u-head", "police-referrals", facts)

    cases(school, 4, referral)
    cases(school, 1, unfounded)
    assert not run(use, school)
    cases(school, 1, unfounded)
    assert run(use, school)


def test_the_next_term_counts_anew_and_may_call_again(use: Casework, school: Played) -> None:
    spring = Term(name="spring_2026", first=date(2026, 1, 5), last=date(2026, 3, 27))
    use.calendar = replace(use.calendar, terms=(*use.calendar.terms, spring))
    cases(school, 3, threat)
    assert run(use, school, "2026-01-04T12:00:00+00:00"), "the holidays belong to the term before"
    assert not run(use, school, "2026-01-05T12:00:00+00:00")
    of_spring = "2026-01-06T12:00:00+00:00"
    for case in cases(school, 3, threat):
        assert case.do(of_spring, "u-deputy", "categorisations", {"codes": ["C6"], "primary": "C6"}).status_code == 201
    assert [run(use, school, of_spring), run(use, school, of_spring)] == [True, False]
    assert len(entries(school, TRIGGERED)) == 2


def test_nobody_is_reminded_of_what_was_said_this_term_already(use: Casework, school: Played) -> None:
    cases(school, 3, threat)
    assert decide(school, "u-head", "reviews", {"kind": "own_monitoring"}).status_code == 201
    assert not run(use, school)


def test_another_kind_of_review_does_not_silence_it_and_before_the_first_term_nothing_counts(
    use: Casework, school: Played
) -> None:
    cases(school, 3, threat)
    assert decide(school, "u-head", "reviews", {"kind": "national_change"}).status_code == 201
    terms, use.calendar = use.calendar, replace(use.calendar, terms=())
    assert not run(use, school)
    use.calendar = terms
    assert run(use, school)


def test_the_policy_itself_says_how_much_is_too_much(use: Casework, school: Played) -> None:
    cases(school, 1, threat)
    assert not run(use, school)
    triggers = {"threats_per_term": 1, "overrides_percent": 100}
    change = {"name": "review_triggers", "new": triggers}
    assert decide(school, "u-head", "parameter-changes", change).status_code == 201
    assert run(use, school)


def test_the_timer_looks_at_it_and_says_so(use: Casework, school: Played) -> None:
    cases(school, 3, threat)
    now = datetime.fromisoformat(NOW) + timedelta(minutes=1)
    school.at(now.isoformat())
    assert Timers(use, cases_of(use)).run(now) == Run(looked_at=3, lapsed=0, is_review_triggered=True)
    assert Timers(use, cases_of(use)).run(now) == Run(looked_at=3, lapsed=0)


def test_of_two_timers_at_once_one_calls(use: Casework, school: Played, tmp_path: Path) -> None:
    cases(school, 3, threat)
    together = threading.Barrier(2)
    called: list[bool] = []

    class Together(Monitoring):
        """Two timers that have both counted before either goes on."""

        def _trigger(self, *given: Any) -> bool:
            together.wait(10)
            return super()._trigger(*given)

    def look(here: Casework) -> None:
        called.append(Together(here).run(datetime.fromisoformat(NOW)))

    threads = [threading.Thread(target=look, args=(here,)) for here in (use, another(use, tmp_path))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(called) == [False, True]
    assert len(entries(school, TRIGGERED)) == 1
