"""What stands around the letters: lists for the office, checks, readiness, who may call."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from letters import bootstrap
from letters.bootstrap import Web
from letters.domain.catalogue import CATALOGUE
from servicekit import identity
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import merge_fields
from tests.letters.people import Answer, People
from tests.letters.test_api import approval


def test_parked_causes_are_for_head_office_and_admin(people: People, web: Web, casework: FakeCasework) -> None:
    casework.happens("incident.warning-issued.v2", version=12)
    web.service.follower().once()
    for who in ("u-head", "u-sbm", "u-admin"):
        (parked,) = people.get(who, "/v1/parked").json["parked"]
        assert parked["cause_type"] == "incident.warning-issued.v2"
    assert people.get("u-deputy", "/v1/parked").status_code == 403


def test_the_catalogue_says_who_approves(people: People) -> None:
    answer = people.get("u-deputy", "/v1/templates").json
    rows = {row["template"]: row for row in answer["templates"]}
    assert set(rows) == set(CATALOGUE)
    assert rows["L04"]["approvers"] == ["headteacher"]
    assert len(rows["L04"]["bundle_sha256"]) == 64


def test_an_address_is_normalised_or_every_line_at_fault_is_named(people: People) -> None:
    good = people.post("u-sbm", "/v1/address-checks", {"lines": ["Kerry Mallinson", "14 Mill Lane,", "sw1a 1aa"]})
    assert (good.status_code, good.json["lines"]) == (200, ["Kerry Mallinson", "14 Mill Lane", "SW1A 1AA"])
    bad = people.post("u-sbm", "/v1/address-checks", {"lines": ["(Kerry)", "--", "nowhere"]})
    assert bad.status_code == 422
    assert {error["pointer"] for error in bad.json["errors"]} == {"/lines/0", "/lines/1", "/lines/2"}


def test_casework_down_lets_known_keys_in_for_a_minute_and_nobody_else(
    people: People, casework: FakeCasework, warning: str
) -> None:
    assert people.get("u-head", warning).status_code == 200
    casework.stop()
    assert people.get("u-head", warning).status_code == 200
    unknown = people.get("u-deputy", warning)
    assert (unknown.status_code, unknown.headers["Retry-After"]) == (503, "5")


def test_what_needs_casework_says_so_while_it_is_down(people: People, casework: FakeCasework, warning: str) -> None:
    asked = approval(people, warning)
    casework.stop()
    assert people.post("u-head", f"{warning}/redraft").status_code == 503
    assert people.post("u-head", f"{warning}/approve", asked).status_code == 201, "the kept calendar serves"


def test_readiness_says_what_the_follower_found(
    people: People, web: Web, casework: FakeCasework, warning: str, home: Path
) -> None:
    client = web.app.test_client()
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200
    (home / "keys" / "letters.token").write_text(casework.keys["u-head"][:-1] + "x")
    with pytest.raises(Exception, match="401"):
        web.service.follower().once()
    answer = Answer(client.get("/readyz"))
    (failing,) = answer.json["failing"]
    assert (answer.status_code, failing["check"], failing["found"]) == (503, "follower", "401 unauthenticated")
    assert people.get("u-head", warning).status_code == 200, "reading goes on"


def test_a_follower_that_fell_silent_is_missed(
    people: People, web: Web, warning: str, letters_database: Database
) -> None:
    client = web.app.test_client()
    with psycopg.connect(letters_database.superuser) as superuser:
        superuser.execute("UPDATE letters.follower SET said_at = now() - interval '299 s'")
    assert client.get("/readyz").status_code == 200
    with psycopg.connect(letters_database.superuser) as superuser:
        superuser.execute("UPDATE letters.follower SET said_at = now() - interval '301 s'")
    (failing,) = Answer(client.get("/readyz")).json["failing"]
    assert (failing["check"], failing["expected"][-12:]) == ("follower", "within 300 s")
    assert failing["found"].startswith("one that last did so 30")
    assert people.get("u-head", warning).status_code == 200, "reading letters goes on"
    web.service.follower().once()
    assert client.get("/readyz").status_code == 200


def test_a_disk_without_room_for_letters_is_not_ready(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOM_BYTES", 1 << 60)
    answer = Answer(web.app.test_client().get("/readyz"))
    (failing,) = answer.json["failing"]
    assert (answer.status_code, failing["check"]) == (503, "disk")
    assert failing["expected"] == f"{1 << 40} MB of room for files"


def test_metrics_count_what_waits_for_a_person(people: People, web: Web, casework: FakeCasework, warning: str) -> None:
    casework.happens("incident.warning-issued.v2", version=13)
    web.service.follower().once()
    lines = people.get("u-monitor", "/metrics").data.decode().splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith("letters_"))
    assert figures == {
        "letters_dead": "0",
        "letters_outcome_unknown": "0",
        "letters_email_waiting": "0",
        "letters_not_laid_out": "0",
        "letters_unfiled": "0",
        "letters_causes_parked": "1",
    }


def test_every_route_says_who_may_call_it(web: Web) -> None:
    assert identity.unclassified(web.app) == []


def test_a_key_is_needed_everywhere(web: Web) -> None:
    client = web.app.test_client()
    for path in ("/v1/letters", "/v1/parked", "/v1/templates", f"/v1/letters/{uuid4()}"):
        assert client.get(path).status_code == 401


@pytest.mark.parametrize("who", ["u-admin", "u-monitor", "letters"])
def test_other_roles_see_no_letters(people: People, who: str) -> None:
    assert people.get(who, "/v1/letters").status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        ("approve", {"pdf_sha256": "ABC", "checks": "all"}, {"/pdf_sha256", "/checks"}),
        ("hold", {"reason": ""}, {"/reason"}),
        ("hold", {"reason": "x", "until": "tomorrow"}, {"/until"}),
        ("dispatched", {"class": "pigeon"}, {"/posted_at", "/class"}),
        ("dispatched", {"posted_at": 5}, {"/posted_at"}),
        ("release", {}, {"/hold", "/reason"}),
    ],
)
def test_every_fault_of_a_body_is_listed(
    people: People, warning: str, path: str, body: dict[str, Any], pointers: set[str]
) -> None:
    answer = people.post("u-head", f"{warning}/{path}", body)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == pointers


def test_no_name_or_address_stands_outside_the_sealed_content(
    people: People, web: Web, warning: str, letters_database: Database
) -> None:
    people.post("u-dsl", f"{warning}/hold", {"reason": "Kerry Mallinson rang"})
    people.get("u-head", warning)
    words = ["Mallinson", "Mill Lane", "Ellery", "Ashdown", "vile", merge_fields()["facts"]["concerns"]]
    with psycopg.connect(letters_database.superuser) as superuser:
        stored = superuser.execute("SELECT state FROM letters.letters_events").fetchall()
        listed = superuser.execute("SELECT letter_list::text FROM letters.letter_list").fetchall()
    everything = b"".join(bytes(row[0]) for row in stored).decode() + str(listed)
    assert len(stored) >= 4
    assert [word for word in words if word in everything.replace("p-mallinson", "")] == []
