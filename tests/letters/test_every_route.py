"""Every route by every role: who gets through, who is told that they may not, and who is told nothing at all."""

import re
from uuid import uuid4

import pytest

from letters.bootstrap import Web
from servicekit import identity
from tests.letters.every_route import LETTER, PAGE, ROUTES
from tests.letters.fake_casework import ROLES, FakeCasework
from tests.letters.given import merge_fields
from tests.letters.people import Answer, People

OUTSIDE_THE_TABLE = {"/livez", "/readyz", "/metrics"}
AUDIENCE = frozenset(merge_fields()["audience"]["roles"])
NOT_OF_THE_WARNING = {("GET", f"/v1/letters/{LETTER}/message"), ("GET", f"/v1/letters/{LETTER}/scan")}
"""What the warning has not: no words go with what is posted, and nobody posted it yet."""
STRANGERS = ("u-chair", "x-legal", "u-t5")
"""Of roles that may look at letters, and not in the audience of this one: by role, or left out by name."""


_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def filled(path: str, letter: str) -> str:
    """Return the address of a letter's route; of its pages, the first."""
    return path.format(letter=letter, page=1, template="L04", version=1)


def ask(people: People, who: str, route: tuple[str, str], letter: str, query: str = "") -> Answer:
    method, path = route
    address, body = filled(path, letter) + (query or ROUTES[route].query), ROUTES[route].body or {}
    if method == "GET":
        return people.get(who, address)
    return people.patch(who, address, body) if method == "PATCH" else people.post(who, address, body)


def test_the_table_has_a_row_for_every_route_and_no_other(web: Web) -> None:
    found = {
        (route.method, _CONVERTER.sub(r"{\1}", route.rule).replace("{number}", PAGE))
        for route in identity.routes(web.app)
        if route.method != "OPTIONS" and route.rule.startswith("/v1/")
    }
    assert found == set(ROUTES)
    rest = {route.rule for route in identity.routes(web.app) if not route.rule.startswith("/v1/")}
    assert rest <= OUTSIDE_THE_TABLE


@pytest.mark.parametrize("who", sorted(ROLES))
def test_each_role_gets_through_where_the_table_says_and_nowhere_else(
    people: People, casework: FakeCasework, warning: str, who: str
) -> None:
    """On a letter that is not there: whoever gets through is told so, whoever does not is told that."""
    nothing = str(uuid4())
    for route, row in ROUTES.items():
        answer = ask(people, who, route, nothing)
        through = 404 if row.is_of_letter else 200
        expected = through if ROLES[who] in row.who else 403
        assert answer.status_code == expected, (route, who, answer.json)


@pytest.mark.parametrize("who", STRANGERS)
def test_a_foreign_letter_is_as_good_as_none_on_every_route(people: People, warning: str, who: str) -> None:
    letter = warning.rpartition("/")[2]
    for route, row in ROUTES.items():
        if row.is_of_letter and ROLES[who] in row.who:
            there, nowhere = ask(people, who, route, letter), ask(people, who, route, str(uuid4()))
            assert (there.status_code, nowhere.status_code) == (404, 404), (route, there.json)
            assert there.json["detail"] == nowhere.json["detail"]


@pytest.mark.parametrize("who", sorted({who for who, role in ROLES.items() if role in AUDIENCE} - set(STRANGERS)))
def test_the_audience_is_told_that_the_letter_is_there(people: People, warning: str, who: str) -> None:
    letter = warning.rpartition("/")[2]
    for route, row in ROUTES.items():
        if row.is_of_letter and ROLES[who] in row.who and route not in NOT_OF_THE_WARNING:
            assert ask(people, who, route, letter).status_code not in {401, 404}, route


def test_a_query_parameter_that_a_route_does_not_know_is_refused(people: People, warning: str) -> None:
    letter = warning.rpartition("/")[2]
    expected = {"in": "query", "pointer": "/sise", "expected": "no such field", "found": "a string of 1 characters"}
    for route, row in ROUTES.items():
        who = next(who for who, role in ROLES.items() if role in row.who)
        answer = ask(people, who, route, letter, "?sise=2")
        assert answer.status_code == 422, (route, answer.json)
        assert expected in answer.json["errors"], route


@pytest.mark.parametrize("path", sorted({"/livez", "/readyz"}))
def test_a_public_route_takes_no_query_either(web: Web, path: str) -> None:
    assert web.app.test_client().get(f"{path}?sise=2").status_code == 422


def test_no_route_answers_without_a_key(web: Web) -> None:
    client = web.app.test_client()
    for (method, path), row in ROUTES.items():
        answer = client.open(filled(path, str(uuid4())), method=method, json=row.body)
        assert answer.status_code in {401, 429}, path
