"""What stories say of figures is held against what the routes answer: here they answer what a test says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.journeys.cast import Cast
from tests.journeys.final import final_faults
from tests.journeys.must_not import must_not_faults
from tests.journeys.played import Played
from tests.journeys.story import STORIES, Step, Story
from tests.journeys.test_must_not import CASE, ToldDesk, ToldRecord

CAST = Cast.read(STORIES)
FIGURES: Mapping[str, Any] = {
    "term": "autumn_2025",
    "reported": 2,
    "duplicates": 1,
    "no_breach": 1,
    "inappropriate": 1,
    "identity_corrected": 0,
    "first_step_resolved": 0,
    "escalated": 1,
    "threats": 1,
    "police_referrals": 1,
    "by_category": {"C4": 1},
    "by_association": {"parent": 1},
    "return_counts": {"race": 1},
    "minutes_to_police": {"cases": 1, "median": 5.0},
    "overrides": {"R03": {"threat": 1}, "R14": {"other": 1}},
    "hidden_below": None,
}
HIDDEN = {**FIGURES, "hidden_below": 5, "threats": None, "police_referrals": None}


class ToldPair:
    """Services that answer what a test says; governors are shown no small figure."""

    def __init__(self, told: Mapping[str, Any], governors: Mapping[str, Any]) -> None:
        keys = CAST.of_role("governor")
        self.keys = {account.subject: account.subject for account in CAST.accounts()}

        def answer(request: httpx.Request) -> httpx.Response:
            is_governor = request.headers["Authorization"] == f"Bearer {keys}"
            path = request.url.raw_path.decode()
            body = {**told}.get(path.partition("?")[0])
            return httpx.Response(200, json=governors if is_governor and "statistics" in path else body)

        self.casework = httpx.Client(base_url="http://casework.example", transport=httpx.MockTransport(answer))


class ToldCases:
    """The one case of a story, a child's account if a test says so."""

    def __init__(self, kind: str) -> None:
        self.cases = {"only": CASE}
        self._kind = kind

    def shown(self, _case: str) -> Mapping[str, Any]:
        return {"kind": self._kind}


def played(
    final: Mapping[str, Any],
    *sentences: str,
    kind: str = "adult_post",
    governors: Mapping[str, Any] = HIDDEN,
    **told: Any,
) -> Played:
    """Return a story that was played in autumn, with these answers of casework's."""
    at = datetime(2025, 9, 18, 9, tzinfo=UTC)
    step = Step(story="S00", number=1, at=at, by="u-head", do="report_incident", expect="accepted")
    story = Story(id="S00", settings={}, steps=[step], final=final, must_not=sentences)
    answers = {
        "/v1/statistics": {**FIGURES, **told.get("figures", {})},
        "/v1/repeat-posters": {"repeat_posters": told.get("posters", [])},
        "/v1/communications": {"communications": told.get("log", []), "next": 0, "has_more": False},
    }
    pair: Any = ToldPair(answers, governors)
    acting: Any = ToldCases(kind)
    record: Any = ToldRecord([])
    desk: Any = ToldDesk()
    return Played(story, pair, acting, record, desk, CAST, frozenset())


THEIRS = [{"person": "p-holt", "incidents": [{"id": CASE}]}]


@pytest.mark.parametrize(
    ("final", "differing"),
    [
        ({"stats": {"term": "autumn_2025", "category": "C4", "escalated": 1, "association": "parent"}}, None),
        ({"stats": {"reported": 2, "duplicates": 1, "no_breach": 1, "inappropriate": 1}}, None),
        ({"stats": {"category": "C6"}}, "expected {'category': 'C6'}, found {'category': None}"),
        ({"stats": {"reported": 1}}, "expected {'reported': 1}, found {'reported': 2}"),
        ({"return_counts": {"race": 1}}, None),
        ({"return_counts": {"sex": 1}}, "expected {'sex': 1}, found {'race': 1}"),
        ({"governor_report": "1 threat, 1 police referral, no names"}, None),
        ({"governor_report": "2 threats"}, "found ({'threat': 1}, {}, [])"),
        ({"p_holt": {"incidents_as_poster": 0}}, None),
    ],
)
def test_what_is_said_of_figures_is_held_to_the_routes(final: Mapping[str, Any], differing: str | None) -> None:
    faults = final_faults(played(final))
    assert (not faults) if differing is None else (len(faults) == 1 and differing in faults[0])


def test_a_small_figure_or_a_name_told_to_governors_is_found() -> None:
    told = {**HIDDEN, "threats": 1, "note": CAST.people["p-holt"]["name"]}
    (fault,) = final_faults(played({"governor_report": "1 threat"}, governors=told))
    assert fault.endswith("found ({'threat': 1}, {'threats': 1}, ['p-holt'])")


def test_who_is_counted_as_a_poster_and_should_not_be_is_found() -> None:
    (fault,) = final_faults(played({"p_holt": {"incidents_as_poster": 0}}, posters=THEIRS))
    assert fault == "final p_holt.incidents_as_poster: expected 0, found 1"


def test_a_figure_that_no_route_tells_is_a_fault() -> None:
    assert final_faults(played({"stats": {"weather": "dry"}})) == [
        "final stats: weather: dry: expected a check of it, found none"
    ]


SAID = [{"kind": "letter_sent", "person": "p-holt", "position": 7}]


@pytest.mark.parametrize(
    ("sentence", "told", "where"),
    [
        ("p-holt in the repeat-poster view", {"posters": THEIRS}, "1 cases"),
        ("p-holt in the repeat-poster view or the MIS communication log after 19 Jan", {"posters": THEIRS}, "1 cases"),
        (
            "p-holt in the repeat-poster view or the MIS communication log after 19 Jan",
            {"log": SAID},
            "letter_sent at position 7",
        ),
        ("k-tyler as a poster in any statistic or repeat view", {"kind": "child_account"}, "1 posters by association"),
        ("p-wenlock-j counted as a poster", {"kind": "child_account"}, "1 posters by association"),
        ("two incidents counted", {}, "2 reported"),
    ],
)
def test_what_must_not_be_counted_is_found(sentence: str, told: Mapping[str, Any], where: str) -> None:
    faults = must_not_faults(played({}, sentence, **told))
    assert [fault.rpartition(", found ")[2] for fault in faults] == [where]
    nothing: Any = {"figures": {"reported": 1, "by_association": {}}}
    assert must_not_faults(played({}, sentence, **nothing)) == []
