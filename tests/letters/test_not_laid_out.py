"""A letter whose pages cannot be made: nobody waits for it in vain, and what helps is said."""

from typing import Any
from uuid import UUID

import pytest
import structlog

from letters.bootstrap import Web
from letters.cli import words
from letters.domain.naming import letter_id
from letters.domain.rendering import not_laid_out
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import PARTY, merge_fields
from tests.letters.people import People
from tests.letters.test_api import state

HELP = "more than ten pages"


@pytest.fixture
def overlong(web: Web, casework: FakeCasework) -> str:
    """Answer the path of a warning about so many posts that, in large print, it needs more than ten pages."""
    fields = merge_fields()
    posts = [{**fields["posts"][0], "n": number, "exhibit": f"E{number}"} for number in range(1, 46)]
    recipients = [{**fields["recipients"][0], "large_print": True}]
    cause = casework.warning_issued(posts=posts, recipients=recipients)
    return f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"


def follow(web: Web) -> list[Any]:
    """Let the follower do what is to do; return what it raised an alarm about."""
    with structlog.testing.capture_logs() as logged:
        web.service.follower().once()
    return [line for line in logged if line["log_level"] == "error"]


def test_whoever_runs_the_service_is_alarmed_once(people: People, web: Web, overlong: str) -> None:
    (alarm,) = follow(web)
    assert alarm["event"] == "letter not laid out"
    assert alarm["letter"] == overlong.rpartition("/")[2]
    assert "pages: expected at most 10, found" in alarm["fault"]
    assert follow(web) == []
    figures = people.get("u-monitor", "/metrics").data.decode().splitlines()
    assert "letters_not_laid_out 1" in figures


def test_nobody_can_approve_it_and_is_told_what_helps(people: People, web: Web, overlong: str) -> None:
    follow(web)
    refused = people.post("u-head", f"{overlong}/approve", {"pdf_sha256": "0" * 64})
    (why,) = [each for each in refused.json["refusals"] if each["code"] == "not_laid_out"]
    assert HELP in why["detail"]
    assert (why["found"], why["instead"]) == ("pages", "redraft")


def test_the_office_is_told_what_is_in_the_way(people: People, web: Web, overlong: str) -> None:
    follow(web)
    shown = words.sheet(state(people, overlong), "")
    assert "drafted: could not be laid out" in shown
    assert HELP in shown
    (row,) = people.get("u-head", "/v1/letters").json["letters"]
    assert "could not be laid out" in words.table([row])


def test_in_the_usual_print_it_is_laid_out_after_all(people: People, web: Web, overlong: str) -> None:
    follow(web)
    people.patch("u-head", f"{overlong}/draft", {"large_print": False})
    after = state(people, overlong)
    assert (after["status"], after["render_failure"]) == ("ready", None)
    assert web.service.letters.find(UUID(after["letter_id"])) is not None
    assert "could not be laid out" not in words.sheet(after, "")


@pytest.mark.parametrize(
    ("code", "field", "says"),
    [
        ("assertion", "pages", HELP),
        ("assertion", "address", "window of an envelope"),
        ("timeout", None, "too long"),
        ("template", None, "whoever runs the service"),
        ("engine_died", None, "whoever runs the service"),
        ("assertion", "rows", "whoever runs the service"),
    ],
)
def test_every_failure_says_what_helps(code: str, field: str | None, says: str) -> None:
    assert says in not_laid_out(code, field)


def test_an_event_set_aside_is_an_alarm(web: Web, casework: FakeCasework) -> None:
    casework.happens("incident.warning-issued.v2", version=12)
    (alarm,) = follow(web)
    assert (alarm["event"], alarm["count"]) == ("causes set aside", 1)
    assert "/v1/parked" in alarm["needs_person"]
    assert follow(web) == []
