"""Every reading route, asked by every role about three cases: no answer holds what is not that role's to know.

The cases: one of adults with a safeguarding finding and legal advice, a child's account, one about the deputy and the
headteacher; each leads to the others. What may not be found is written down from the table of roles (domain.md 8).
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.api.every_route import ROUTES
from tests.api.exported import ask
from tests.api.fix_first_school import Played, rowan_lane
from tests.api.further_staff import FURTHER, employ, entries
from tests.api.test_correspondence import PDF, facts
from tests.api.test_first_story import REPORT
from tests.api.test_legal_advice import ANSWER, QUESTION, advised
from tests.fix_postgres import Database

PAPER = ("letter.pdf", PDF, "application/pdf")
FINDING, REFERRAL, CORRECTED, CHILD, ABOUT = "a bruise", "told the LADO", "no bruise", "says a child", "says of two"
SAFEGUARDING = (FINDING, REFERRAL, CORRECTED, "safeguarding-screened", "safeguarding-referral-made")
ADVICE = (QUESTION, ANSWER, "{advice}", "legal-advice-sought")
ALL_CASES = ("{open}", "{child}", "{about}", CHILD, ABOUT, FINDING, REFERRAL, CORRECTED, *ADVICE)
NOT_TOLD: dict[str, tuple[str, ...]] = {
    "u-deputy": (*SAFEGUARDING, *ADVICE, CHILD, ABOUT, "{child}", "{about}"),
    "u-office": (*SAFEGUARDING, *ADVICE, CHILD, "{child}"),
    "u-dsl": ADVICE,
    "u-head": (ABOUT, "{about}"),
    "u-audit": (FINDING, REFERRAL, CORRECTED, CHILD, QUESTION, ANSWER),
    "u-dpo": (QUESTION, ANSWER),
    "u-t5": (FINDING, REFERRAL, CORRECTED, CHILD, ABOUT, *ADVICE),
    "x-legal": (CHILD, ABOUT),
    "u-mis": (*SAFEGUARDING, *ADVICE, CHILD, ABOUT, "{child}"),
    "letters": (FINDING, REFERRAL, CORRECTED, CHILD, ABOUT, QUESTION, ANSWER),
    **dict.fromkeys(("u-gov", "u-chair", "u-admin", "u-monitor"), ALL_CASES),
}


class World(NamedTuple):
    """A school, and the ids that may not be found or are asked about, by name."""

    school: Played
    ids: dict[str, str]


@pytest.fixture(scope="module")
def world(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with rowan_lane(module_database, tmp_path_factory.mktemp("told")) as school:
        for subject in FURTHER.keys() - {"x-legal"}:
            employ(school, module_database, subject)
        path = advised(school, module_database)
        _safeguarded(school, path)
        _answered(school, path)
        child = _did(school, "u-head", "/v1/incidents", {**REPORT, "kind": "child_account", "words": CHILD})["id"]
        two = {"targets": [{"person": "u-deputy"}, {"person": "u-head"}], "words": ABOUT}
        about = _did(school, "u-dsl", "/v1/incidents", {**REPORT, **two})["id"]
        ids = {"open": path.rpartition("/")[2], "child": child, "about": about}
        for here, there in ((child, about), (child, ids["open"]), (about, ids["open"])):
            _did(school, "u-dsl", f"/v1/incidents/{here}/links", {"to": there, "relation": "same_thread"})
        ids["advice"] = entries(school, "incident.legal-advice-sought.v1")[0]["data"]["advice"]
        ids["export"] = ask(school, "u-audit", ids["open"], "audit").json["id"]
        yield World(school, ids)


def _did(school: Played, by: str, path: str, given: Any, **more: Any) -> Any:
    answer = school.post(by, path, given, **{"If-Match": "*", **more})
    assert answer.status_code == 201, answer.text
    return answer.json


def _safeguarded(school: Played, path: str) -> None:
    _did(school, "u-head", f"{path}/categorisations", {"primary": "C1", "codes": ["C1"]})
    held = {"is_hold": True, "finding": "harm_threshold_may_be_met", "reason": FINDING}
    screened = _did(school, "u-dsl", f"{path}/safeguarding-screenings", held)["events"][0]["id"]
    _did(school, "u-dsl", f"{path}/safeguarding-referrals", {"to": "lado", "reason": REFERRAL})
    corrected = {"corrects": screened, "field": "reason", "value": CORRECTED, "reason": "looked again"}
    _did(school, "u-dsl", f"{path}/corrections", corrected)


def _answered(school: Played, path: str) -> None:
    _did(school, "x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER})
    _did(school, "letters", f"{path}/correspondence", facts(template="L10"), file=PAPER)


def paths(ids: dict[str, str]) -> Iterator[str]:
    """Yield the address of every reading, of each case, also as it stood."""
    for route in ROUTES:
        method, _, rule = route.partition(" ")
        cases = (ids["open"], ids["child"], ids["about"]) if "<uuid:incident>" in rule else ("",)
        for case in cases if method == "GET" else ():
            path = rule.replace("<uuid:incident>", case).replace("<uuid:export>", ids["export"])
            yield re.sub(r"<[^>]*>", "1", path) + ("?limit=1000" if rule == "/v1/events" else "")
            if rule.endswith(("<uuid:incident>", "/history")):
                yield f"{path}?at=v5"


@pytest.mark.parametrize("by", NOT_TOLD)
def test_no_answer_holds_what_is_not_for_that_role(world: World, by: str) -> None:
    found = []
    for path in paths(world.ids):
        answer = world.school.get(by, path)
        text = answer.get_data().decode(errors="replace") if answer.status_code == 200 else ""
        # An id that stands in the address tells nothing to whoever asked for it.
        kept = (word.format_map(world.ids) for word in NOT_TOLD[by])
        found += [(path, word) for word in kept if word in text and word not in path]
    assert found == []


def test_what_is_looked_for_is_there_to_be_found_by_those_it_is_for(world: World) -> None:
    seen = ""
    for by in ("u-dsl", "u-head"):
        for path in paths(world.ids):
            seen += world.school.get(by, path).get_data().decode(errors="replace")
    words = {word for words in NOT_TOLD.values() for word in words}
    assert [word for word in words if word.format_map(world.ids) not in seen] == []
