"""What the design's table of routes names besides: pages as pictures, the list by person and date, what is unfiled."""

from hashlib import sha256
from io import BytesIO

import psycopg
import pytest
from PIL import Image

from letters.bootstrap import Web
from letters.domain import event as ev
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import PARTY
from tests.letters.people import People
from tests.letters.test_api import approve, state


def test_each_page_is_shown_as_a_picture_and_the_look_recorded(people: People, web: Web, warning: str) -> None:
    pages = state(people, warning)["provenance"]["pages"]
    before = web.service.letters.head()
    for number in range(1, pages + 1):
        shown = people.get("u-head", f"{warning}/pages/{number}.png")
        assert shown.headers["ETag"] == f'"{sha256(shown.data).hexdigest()}"'
        assert Image.open(BytesIO(shown.data)).size == (909, 1286), "A4 at 110 dots an inch"
    reads = [event for _, event in web.service.letters.notifications(before, 10)]
    assert [each.what for each in reads if isinstance(each, ev.Read)] == [f"page {n}" for n in range(1, pages + 1)]
    for number in (0, pages + 1):
        assert people.get("u-head", f"{warning}/pages/{number}.png").status_code == 404
    assert people.get("u-auditor", f"{warning}/pages/1.png").status_code == 403


def test_no_page_is_shown_of_a_letter_that_was_altered(
    people: People, warning: str, letters_database: Database
) -> None:
    with psycopg.connect(letters_database.superuser) as superuser:
        altered = superuser.execute("UPDATE letters.template_bundle SET files = '{}'")
        assert altered.rowcount == 1
    answer = people.get("u-head", f"{warning}/pages/1.png")
    assert (answer.status_code, answer.json["type"]) == (409, "urn:school-casework:problem:altered")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"person={PARTY}", 1),
        ("person=p-somebody-else", 0),
        ("from=2025-09-23&to=2025-09-23", 1),
        ("from=2025-09-24", 0),
        ("to=2025-09-22", 0),
        (f"person={PARTY}&from=2025-09-01&to=2025-09-30&status=ready", 1),
    ],
)
def test_letters_are_found_by_person_and_date(people: People, warning: str, query: str, count: int) -> None:
    assert warning
    assert len(people.get("u-head", f"/v1/letters?{query}").json["letters"]) == count


def test_letters_of_an_erased_case_are_not_found_by_person(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    casework.happens("erased", version=40)
    web.service.follower().once()
    assert len(people.get("u-head", "/v1/letters").json["letters"]) == 1
    assert people.get("u-head", f"/v1/letters?person={PARTY}").json["letters"] == [], warning


@pytest.mark.parametrize("query", ["from=yesterday", "person=", "to=2025-13-01", "until=2025-09-01"])
def test_what_cannot_be_meant_is_said(people: People, query: str) -> None:
    assert people.get("u-head", f"/v1/letters?{query}").status_code == 422


def test_an_admin_sees_that_a_letter_is_not_filed_and_not_whose(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    assert people.get("u-admin", "/v1/unfiled").json["letters"] == []
    approve(people, warning)
    people.post("u-sbm", f"{warning}/dispatched", {"posted_at": "2025-09-23T14:20:00+01:00"})
    (row,) = people.get("u-admin", "/v1/unfiled").json["letters"]
    assert set(row) == {"position", "letter_id", "status", "changed_at", "unfiled"}
    assert (row["letter_id"], row["unfiled"]) == (warning.rpartition("/")[2], ["sent"])
    assert people.get("u-head", "/v1/unfiled").json["letters"][0]["our_ref"].startswith("RL-2025-0001/L04-")
    web.service.follower().once()
    assert people.get("u-admin", "/v1/unfiled").json["letters"] == [], casework.url
