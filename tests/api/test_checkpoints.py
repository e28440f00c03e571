"""Checkpoints over HTTP: signed on request, and at once for what is urgent; never over a record that does not fit."""

from typing import Any

import psycopg
import pytest

from casework.ledger.note import open_note
from servicekit import conditional
from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

ORIGIN = "rowan-lane.example/ledger"
REFERRAL = {"route": "999", "grounds": ["threat_of_violence"], "is_immediate": True}


def latest(school: Played) -> Any:
    return school.get("u-audit", "/ledger/checkpoint")


def size(answer: Any) -> int:
    return int(answer.text.splitlines()[1])


@pytest.fixture
def reported(school: Played) -> str:
    """Return the address of a case that was just reported."""
    return f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}"


def test_what_is_new_is_signed_on_request_and_by_the_key_that_is_shown(school: Played, reported: str) -> None:
    assert latest(school).status_code == 404
    signed = school.post("u-mis", "/ledger/checkpoint", None)
    keys = school.get("u-mis", "/ledger/key").text.split()
    assert open_note(signed.text, keys, ORIGIN).size == size(signed)
    assert (latest(school).text, latest(school).headers["Cache-Control"]) == (signed.text, "no-cache")
    again = school.post("u-mis", "/ledger/checkpoint", None)
    assert again.text == signed.text


def test_a_reader_who_has_it_already_is_told_so(school: Played, reported: str) -> None:
    signed = school.post("u-mis", "/ledger/checkpoint", None)
    tag = conditional.etag(size(signed))
    assert signed.headers["ETag"] == tag
    answer = school.get("u-mis", "/ledger/checkpoint", **{"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_one_of_a_size_stays_what_it_was_and_of_another_size_the_nearest_are_named(
    school: Played, reported: str
) -> None:
    first = school.post("u-mis", "/ledger/checkpoint", None)
    school.get("u-head", reported)  # Recorded, so there is something new.
    second = school.post("u-mis", "/ledger/checkpoint", None)
    kept = school.get("u-mis", f"/ledger/checkpoint/{size(first)}")
    assert (kept.text, "immutable" in kept.headers["Cache-Control"]) == (first.text, True)
    missing = school.get("u-mis", "/ledger/checkpoint/1")
    assert (missing.status_code, missing.json["nearest"]) == (404, [size(first)])
    beyond = school.get("u-mis", "/ledger/checkpoint/9999")
    assert beyond.json["nearest"] == [size(second)]


def test_a_referral_to_the_police_is_signed_at_once(school: Played, reported: str) -> None:
    taken = school.post("u-head", f"{reported}/police-referrals", REFERRAL)
    assert taken.status_code == 201, taken.text
    entries = school.get("u-audit", "/v1/events?limit=1000").json
    assert size(latest(school)) == entries["positions"][-1]


def test_a_record_that_does_not_fit_is_not_signed_and_a_referral_is_recorded_all_the_same(
    school: Played, reported: str, database: Database
) -> None:
    school.post("u-mis", "/ledger/checkpoint", None)
    signed = latest(school).text
    school.get("u-head", reported)  # Recorded, and not signed yet.
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("ALTER TABLE school_rowan.event DISABLE TRIGGER USER")
        connection.execute("UPDATE school_rowan.event SET leaf = sha256('other')")
    refused = school.post("u-mis", "/ledger/checkpoint", None)
    assert (refused.status_code, refused.json["type"].rpartition(":")[2]) == (500, "not-whole")
    taken = school.post("u-head", f"{reported}/police-referrals", REFERRAL)
    assert taken.status_code == 201, taken.text
    assert latest(school).text == signed
