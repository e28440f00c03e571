"""The register of channels: who may read and set it, what is refused, and that the same again records nothing."""

import threading
from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries, put
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

SET = "policy.channel-set.v1"
DOJO = {"platform": "classdojo", "kind": "messaging", "is_school_controlled": True, "name": "Class Dojo"}
PLACED = len(("fb-community", "fb-school"))


def ids(school: Played, by: str = "u-head") -> list[str]:
    answer = school.get(by, "/v1/channels")
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json["channels"]]


def pointers(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(error["in"], error["pointer"]) for error in answer.json["errors"]}


def test_a_new_channel_is_entered_and_may_be_posted_on(school: Played) -> None:
    answer = put(school, "u-head", "/v1/channels/dojo", DOJO)
    assert (answer.status_code, answer.json) == (201, {"id": "dojo", **DOJO})
    assert ids(school) == ["dojo", "fb-community", "fb-school"]
    entry = entries(school, SET)[-1]["data"]
    assert (entry["actor"], entry["role"], entry["by"], entry["clauses"]) == (
        "u-head",
        "headteacher",
        "u-head",
        ["P10"],
    )
    assert entry["channel"] == {"id": "dojo", **DOJO}
    assert school.post("u-deputy", "/v1/incidents", {**REPORT, "channel": "dojo"}).status_code == 201


def test_said_again_as_it_is_nothing_is_recorded(school: Played) -> None:
    assert [put(school, "u-head", "/v1/channels/dojo", DOJO).status_code for _ in range(3)] == [201, 200, 200]
    assert len(entries(school, SET)) == PLACED + 1


def test_said_otherwise_it_is_changed(school: Played, database: Database) -> None:
    office = employ(school, database, "u-office")
    put(school, "u-head", "/v1/channels/dojo", DOJO)
    changed = {key: value for key, value in DOJO.items() if key != "name"} | {"is_school_controlled": False}
    answer = put(school, office, "/v1/channels/dojo", changed)
    assert (answer.status_code, answer.json) == (200, {"id": "dojo", **changed, "name": None})
    assert put(school, office, "/v1/channels/dojo", {**changed, "name": None}).status_code == 200
    assert [entry["data"]["role"] for entry in entries(school, SET)[PLACED:]] == ["headteacher", "office"]


def test_every_fault_of_address_and_body_is_named_at_once(school: Played) -> None:
    wrong = {"platform": "Face Book", "kind": "club", "is_school_controlled": "yes", "colour": "red", "name": ""}
    assert pointers(put(school, "u-head", "/v1/channels/Dojo!", wrong)) == {
        ("path", "/channel"),
        *(("body", f"/{name}") for name in wrong),
    }
    assert pointers(put(school, "u-head", "/v1/channels/dojo", {})) == {
        ("body", "/platform"),
        ("body", "/kind"),
        ("body", "/is_school_controlled"),
    }
    assert len(entries(school, SET)) == PLACED
    refused = [entry["data"]["decision"] for entry in entries(school, "access.decision-refused.v1")]
    assert refused == ["set_channel", "set_channel"]


@pytest.mark.parametrize("channel", ["-dojo", "DOJO", "d" * 61, "dojo%0A", "do jo", "d%C3%B6jo", "P1'--"])
def test_an_id_that_cannot_be_is_refused(school: Played, channel: str) -> None:
    assert pointers(put(school, "u-head", f"/v1/channels/{channel}", DOJO)) == {("path", "/channel")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("platform", "classdojo\n"),
        ("platform", ""),
        ("platform", None),
        ("kind", None),
        ("name", " \t"),
        ("name", "n" * 121),
        ("name", "Class\x00Dojo"),
        ("name", 7),
        ("is_school_controlled", None),
        ("id", "dojo"),
    ],
)
def test_a_value_that_cannot_be_is_refused(school: Played, name: str, value: object) -> None:
    assert pointers(put(school, "u-head", "/v1/channels/dojo", {**DOJO, name: value})) == {("body", f"/{name}")}


@pytest.mark.parametrize("kind", ["personal_profile", "story"])
def test_a_persons_own_channel_has_no_name_as_the_register_is_public_and_for_ever(school: Played, kind: str) -> None:
    named = {"platform": "facebook", "kind": kind, "is_school_controlled": False, "name": "Kerry Mallinson"}
    answer = put(school, "u-head", "/v1/channels/fb-personal", named)
    assert pointers(answer) == {("body", "/name")}
    assert "Mallinson" not in answer.text
    assert put(school, "u-head", "/v1/channels/fb-personal", {**named, "name": None}).status_code == 201


def test_a_body_that_is_no_object_is_refused(school: Played) -> None:
    headers = {"Authorization": f"Bearer {school._keys['u-head']}"}
    for body, kind, status in (
        (b"{", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"[]", "application/json", 422),
    ):
        answer = school._client.put("/v1/channels/dojo", data=body, headers=headers, content_type=kind)
        assert answer.status_code == status, body


READS = {
    "u-t5",
    "u-deputy",
    "u-head",
    "u-dsl",
    "u-gov",
    "letters",
    "u-audit",
    "u-office",
    "u-chair",
    "x-legal",
    "u-dpo",
}


@pytest.mark.parametrize("by", sorted({*READS, "u-mis", "u-admin", "u-monitor"}))
def test_who_reads_the_policy_reads_its_channels_and_two_roles_set_them(
    school: Played, database: Database, by: str
) -> None:
    if by not in school._keys:
        employ(school, database, by)
    assert school.get(by, "/v1/channels").status_code == (200 if by in READS else 403)
    assert put(school, by, "/v1/channels/dojo", DOJO).status_code == (201 if by in {"u-head", "u-office"} else 403)


def test_who_has_the_register_as_it_is_is_told_so(school: Played) -> None:
    tag = school.get("u-head", "/v1/channels").headers["ETag"]
    again = school.get("u-head", "/v1/channels", **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    put(school, "u-head", "/v1/channels/dojo", DOJO)
    assert school.get("u-head", "/v1/channels", **{"If-None-Match": tag}).status_code == 200


def test_of_many_at_once_each_gets_its_channel_and_the_same_is_recorded_once(school: Played) -> None:
    together, answers = threading.Barrier(4), []

    def set_it(channel: str) -> None:
        together.wait(10)
        answers.append(put(school, "u-head", f"/v1/channels/{channel}", DOJO).status_code)

    threads = [threading.Thread(target=set_it, args=(channel,)) for channel in ("dojo", "dojo", "dojo", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [200, 200, 201, 201]
    assert ids(school) == ["dojo", "fb-community", "fb-school", "other"]
    assert len(entries(school, SET)) == PLACED + 2
