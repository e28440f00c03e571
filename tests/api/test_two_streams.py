"""Decisions that write into more than one stream: on stale screens, sent twice, and with a reply that was lost."""

from typing import Any

import pytest

from casework.application.record import Record
from tests.api.exported import ask
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries
from tests.api.test_correspondence import PDF, facts
from tests.api.test_first_story import REPORT, rules
from tests.api.test_legal_advice import ANSWER, QUESTION, advised, grant_of
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
ASKED = {"adviser": "x-legal", "question": QUESTION}
PAPER = ("letter.pdf", PDF, "application/pdf")


def reported(school: Played) -> str:
    return f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}"


def version(school: Played, path: str) -> int:
    found: int = school.get("u-head", path).json["version"]
    return found


def on(version: int) -> dict[str, Any]:
    """Return the header of somebody whose screen shows this version."""
    return {"If-Match": f'"{version}"'}


def types(school: Played) -> list[str]:
    """Return the types of all that was recorded in cases, advice and grants, in order."""
    found = school.get("u-audit", "/v1/events?limit=1000").json["events"]
    kinds = ("incident.", "advice.", "access.grant")
    return [entry["type"] for entry in found if entry["type"].startswith(kinds)]


def test_each_sent_twice_is_recorded_once_and_answered_alike(school: Played, database: Database) -> None:
    path = advised(school, database)
    other = reported(school)
    grant = grant_of(school)
    tried: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("u-head", "legal-advice-requests", ASKED, ON_THE_NEWEST),
        ("x-legal", "legal-advice-requests/1/answers", {"text": ANSWER}, {}),
        ("letters", "correspondence", facts(template="L10"), {"file": PAPER}),
        ("u-head", "grants", {"adviser": "x-legal"}, {}),
        ("u-head", f"grants/{grant}/withdrawals", {}, {}),
        ("u-deputy", "links", {"to": other.rpartition("/")[2], "relation": "same_thread"}, {}),
    ]
    for nth, (by, what, given, more) in enumerate(tried):
        before = len(types(school))
        first = school.post(by, f"{path}/{what}", given, key=f"click-{nth}", **more)
        assert first.status_code == 201, (what, first.text)
        written = len(types(school))
        again = school.post(by, f"{path}/{what}", given, key=f"click-{nth}", **more)
        assert (again.status_code, again.json) == (201, first.json), what
        assert again.headers["Idempotency-Replayed"] == "true"
        assert written - before == len(first.json["events"])
        assert len(types(school)) == written


def test_the_second_click_with_another_key_finds_nothing_to_act_on(school: Played, database: Database) -> None:
    path = advised(school, database)
    for status in (201, 409):
        answered = school.post("x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER})
        assert answered.status_code == status
    assert answered.json["type"].rpartition(":")[2] == "nothing-to-act-on"
    assert types(school).count("advice.answer-recorded.v1") == 1


def test_advice_is_not_sought_on_a_stale_screen_and_nothing_of_it_is_left(school: Played, database: Database) -> None:
    path = reported(school)
    employ(school, database, "x-legal")
    seen = version(school, path)
    school.post("u-deputy", f"{path}/notes", {"text": "the parent rang"})
    before = types(school)
    stale = school.post("u-head", f"{path}/legal-advice-requests", ASKED, **on(seen))
    assert rules(stale, 412) == ["R15"]
    assert types(school) == before
    assert school.get("x-legal", path).status_code == 404


@pytest.mark.parametrize("moves", ["here", "there"])
def test_of_two_cases_in_one_thread_either_may_move_on_while_they_are_linked(
    school: Played, monkeypatch: pytest.MonkeyPatch, moves: str
) -> None:
    """Decided again on the newest versions of both: both say so, or neither."""
    here, there = reported(school), reported(school)
    append = Record.append
    meddled: list[str] = []

    def meddling(record: Record, events: Any, **given: Any) -> None:
        written = list(events)
        if not meddled and any(at.event.type_name == "incident.linked.v1" for at in written):
            meddled.append(moves)
            path = here if moves == "here" else there
            assert school.post("u-dsl", f"{path}/notes", {"text": "meanwhile"}).status_code == 201
        append(record, written, **given)

    monkeypatch.setattr(Record, "append", meddling)
    link = {"to": there.rpartition("/")[2], "relation": "same_thread"}
    done = school.post("u-deputy", f"{here}/links", link)
    assert (done.status_code, meddled) == (201, [moves]), done.text
    assert [len(school.get("u-head", path).json["links"]) for path in (here, there)] == [1, 1]
    assert types(school).count("incident.linked.v1") == 2


def test_a_stated_version_is_of_the_case_in_the_address_alone(school: Played) -> None:
    here, there = reported(school), reported(school)
    link = {"to": there.rpartition("/")[2], "relation": "same_thread"}
    seen = version(school, here)
    school.post("u-deputy", f"{here}/notes", {"text": "the parent rang"})
    stale = school.post("u-deputy", f"{here}/links", link, **on(seen))
    assert rules(stale, 412) == ["R15"]
    school.post("u-deputy", f"{there}/notes", {"text": "so did the other"})
    assert school.post("u-deputy", f"{here}/links", link, **on(seen + 1)).status_code == 201


def test_whoever_erases_twice_is_told_that_it_is_done(school: Played, database: Database) -> None:
    path = advised(school, database)
    office = employ(school, database, "u-office")
    why = {"reason": "not needed any more"}
    first, again = (school.post(office, f"{path}/erasures", why, key="once", **ON_THE_NEWEST) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rules(school.post(office, f"{path}/erasures", why, **ON_THE_NEWEST), 409) == ["R13"]
    assert types(school).count("incident.erased.v1") == 2
    late = school.post("x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER})
    assert rules(late, 409) == ["R13"]


@pytest.mark.parametrize("ends", ["withdrawn", "expired"])
def test_an_adviser_whose_grant_ended_fetches_no_copy_that_was_made_before(
    school: Played, database: Database, ends: str
) -> None:
    path = advised(school, database)
    made = ask(school, "x-legal", path.rpartition("/")[2], "legal_full", key="copy")
    parts = [f"/v1/exports/{made.json['id']}/{part}" for part in ("package", "receipt")]
    assert [school.get("x-legal", part).status_code for part in parts] == [200, 200]
    if ends == "withdrawn":
        assert school.post("u-head", f"{path}/grants/{grant_of(school)}/withdrawals", {}).status_code == 201
    else:
        school.at("2025-12-18T09:00:00+00:00")
    assert [school.get("x-legal", part).status_code for part in parts] == [404, 404]
    assert ask(school, "x-legal", path.rpartition("/")[2], "legal_full").status_code == 404
    assert school.get("x-legal", "/v1/whoami").json["grants"] == []
    assert entries(school, "access.decision-refused.v1")[-1]["data"]["decision"] == "export_case"
