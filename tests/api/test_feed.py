"""The feed over real HTTP: what is stored comes out, and whoever waits is woken, turned away or sent off in time."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, TypeAlias

import httpx
import psycopg
import pytest

from casework.adapters.recorder import Recorder
from casework.api.feed import ASK_EVERY_S, WAITERS_MAX
from servicekit.stopping import stopping
from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database
from tests.servicekit.fix_server import answering

WAKES_WITHIN_S = 1.0
Waiting: TypeAlias = "Future[tuple[httpx.Response, float]]"
"""An answer to come, and the moment it came."""


class Feed:
    """The feed of a school that is served, as somebody with a key reads it."""

    def __init__(self, school: Played, url: str, threads: ThreadPoolExecutor) -> None:
        self.school = school
        self._url = url
        self._threads = threads

    def get(self, query: str = "", *, by: str = "u-audit", **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.school._keys[by]}", **headers}
        return httpx.get(f"{self._url}/v1/events?{query}", headers=given, timeout=30, trust_env=False)

    def head(self) -> int:
        """Return the last position."""
        position: int = self.get("limit=1000").json()["next"]
        return position

    def wait(self, after: int, wait_s: int, *, by: str = "u-audit", more: str = "") -> Waiting:
        """Begin to wait for something new."""
        return self._threads.submit(self._waited, f"after={after}{more}", by, wait_s)

    def _waited(self, query: str, by: str, wait_s: int) -> tuple[httpx.Response, float]:
        return self.get(query, by=by, Prefer=f"wait={wait_s}"), time.monotonic()

    def report(self) -> None:
        """Append: a case is reported."""
        answer = self.school.post("u-deputy", "/v1/incidents", REPORT)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def feed(school: Played) -> Iterator[Feed]:
    """Serve the school's own application by threads; nobody waits any longer when the test is over."""
    with answering(school.app) as url, ThreadPoolExecutor(WAITERS_MAX + 2) as threads:
        try:
            yield Feed(school, url, threads)
        finally:
            stopping.set()
            threads.shutdown()
            stopping.clear()


def all_but_one_wait(feed: Feed, after: int) -> tuple[Waiting, list[Waiting]]:
    """Ask once more than there is room to wait; return whoever is answered first, and the others."""
    asked = [feed.wait(after, 20) for _ in range(WAITERS_MAX + 1)]
    first = next(as_completed(asked, timeout=10))
    return first, [waiting for waiting in asked if waiting is not first]


# --- A page ---------------------------------------------------------------------------------------------------------


def test_the_bytes_of_the_feed_are_those_stored(feed: Feed, database: Database) -> None:
    feed.report()
    answer = feed.get("limit=1000")
    with psycopg.connect(database.superuser) as connection:
        rows = connection.execute("SELECT position, entry FROM school_rowan.event ORDER BY position").fetchall()
    stored = b",".join(entry for _, entry in rows)
    ends = f'],"has_more":false,"next":{len(rows)},"positions":[{",".join(str(at) for at, _ in rows)}]}}'
    assert answer.content == b'{"events":[' + stored + ends.encode()
    assert answer.headers["Content-Type"] == "application/json"


def test_pages_of_any_size_come_to_the_same(feed: Feed) -> None:
    feed.report()
    whole = feed.get("limit=1000").json()
    events, after, pages = [], 0, 0
    while True:
        page = feed.get(f"after={after}&limit=3").json()
        assert len(page["events"]) == len(page["positions"]) <= 3
        events += page["events"]
        after, pages = page["next"], pages + 1
        if not page["has_more"]:
            break
    assert (events, after) == (whole["events"], whole["next"])
    assert pages == -(-len(events) // 3)


def test_more_than_a_thousand_is_not_to_be_asked_for(feed: Feed) -> None:
    assert feed.get("limit=1000").status_code == 200
    answer = feed.get("limit=1001")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/limit"]


def test_a_page_is_tagged_with_the_position_it_leads_to_and_kept_by_no_cache(feed: Feed) -> None:
    page = feed.get("limit=2")
    assert (page.headers["ETag"], page.headers["Cache-Control"]) == ('"2"', "no-cache")
    again = feed.get("limit=2", **{"If-None-Match": '"2"'})
    assert (again.status_code, again.content) == (200, page.content), "a page is sent again whenever it is asked for"


def test_an_empty_page_repeats_the_position_even_one_that_is_not_there_yet(feed: Feed) -> None:
    head = feed.head()
    for after in (head, head + 1000, 2**53 - 1):
        page = feed.get(f"after={after}").json()
        assert page == {"events": [], "has_more": False, "next": after, "positions": []}


def test_one_type_can_be_asked_for_and_what_is_left_out_is_passed(feed: Feed) -> None:
    feed.report()
    page = feed.get("type=incident.reported.v1").json()
    assert [event["type"] for event in page["events"]] == ["incident.reported.v1"]
    assert page["next"] == feed.head() > page["positions"][-1]
    nothing = feed.get("type=incident.reported").json()
    assert (nothing["events"], nothing["next"]) == ([], feed.head()), "a type is asked for by its whole name"


def test_a_type_that_a_role_is_not_fed_is_refused(feed: Feed) -> None:
    answer = feed.get("type=record.opened.v1", by="letters")
    assert answer.status_code == 403
    assert "incident." in answer.json()["detail"]


def test_a_filtered_reader_passes_what_it_is_not_fed(feed: Feed) -> None:
    head = feed.head()
    page = feed.get(by="letters").json()
    assert page == {"events": [], "has_more": False, "next": head, "positions": []}
    feed.report()
    page = feed.get(f"after={head}", by="letters").json()
    assert {event["type"].partition(".")[0] for event in page["events"]} == {"incident"}
    assert (page["positions"][0], page["next"]) == (head + 1, feed.head())


# --- Waiting --------------------------------------------------------------------------------------------------------


def test_a_reader_waits_as_long_as_it_asked_and_gets_an_empty_page(feed: Feed) -> None:
    head, began = feed.head(), time.monotonic()
    answer, ended = feed.wait(head, 1).result(10)
    assert 1 <= ended - began < 1 + WAKES_WITHIN_S
    assert answer.json() == {"events": [], "has_more": False, "next": head, "positions": []}
    assert answer.headers["Preference-Applied"] == "wait=1"
    assert answer.headers["ETag"] == f'"{head}"'
    assert "Retry-After" not in answer.headers


def test_what_is_there_already_is_not_waited_for(feed: Feed) -> None:
    began = time.monotonic()
    answer, ended = feed.wait(0, 25).result(10)
    assert ended - began < WAKES_WITHIN_S
    assert answer.json()["events"]
    assert "Preference-Applied" not in answer.headers


def test_a_waiting_reader_is_woken_by_what_is_appended(feed: Feed) -> None:
    head = feed.head()
    waiting = feed.wait(head, 20)
    time.sleep(0.3)
    assert not waiting.done()
    feed.report()
    appended = time.monotonic()
    answer, ended = waiting.result(10)
    assert ended - appended < WAKES_WITHIN_S
    assert answer.json()["positions"][0] == head + 1
    assert answer.headers["Preference-Applied"] == "wait=20"


def test_a_filtered_reader_is_woken_by_what_it_is_not_fed_to_pass_it(feed: Feed) -> None:
    head = feed.head()
    waiting = feed.wait(head, 20, more="&type=policy.adopted.v1")
    time.sleep(0.3)
    feed.report()
    page = waiting.result(10)[0].json()
    assert page["events"] == []
    assert page["next"] > head


def test_one_waiter_more_than_there_is_room_for_is_sent_away_at_once(feed: Feed) -> None:
    head, began = feed.head(), time.monotonic()
    sent_away, others = all_but_one_wait(feed, head)
    answer, ended = sent_away.result()
    assert ended - began < WAKES_WITHIN_S
    assert answer.status_code == 200
    assert answer.json() == {"events": [], "has_more": False, "next": head, "positions": []}
    assert answer.headers["Retry-After"] == "1"
    assert "Preference-Applied" not in answer.headers
    assert feed.get("limit=1").json()["positions"] == [1], "who does not wait is answered as ever"
    assert not any(waiting.done() for waiting in others)
    feed.report()
    answers = [waiting.result(10)[0] for waiting in others]
    assert all(answer.json()["positions"][0] == head + 1 for answer in answers)
    assert not any("Retry-After" in answer.headers for answer in answers)
    answer, _ = feed.wait(feed.head(), 1).result(10)
    assert "Retry-After" not in answer.headers, "the places are free again"


def test_everybody_who_waits_is_woken_when_the_process_is_to_stop(feed: Feed) -> None:
    head = feed.head()
    _, others = all_but_one_wait(feed, head)
    stopping.set()
    stopped = time.monotonic()
    for waiting in others:
        answer, ended = waiting.result(10)
        assert ended - stopped < WAKES_WITHIN_S
        assert answer.json()["next"] == head


def test_who_waits_asks_for_the_head_alone_and_reads_the_page_once_it_is_there(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    for name in ("max_notification_id", "feed"):
        monkeypatch.setattr(Recorder, name, _counting(asked, name, getattr(Recorder, name)))
    head = feed.head()
    asked.clear()
    answer, _ = feed.wait(head, 1).result(10)
    assert answer.json()["next"] == head
    assert asked["feed"] == 2, "at the beginning and at the end"
    assert 2 < asked["max_notification_id"] <= 1 / ASK_EVERY_S + 1


def _counting(asked: Counter[str], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*given: Any, **named: Any) -> Any:
        asked[name] += 1
        return real(*given, **named)

    return counted
