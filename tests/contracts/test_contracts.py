"""What others build on is committed, and is what the software says of itself."""

import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import flask
import jsonschema_rs
import pytest

from casework.domain.catalogue import EVENT_TYPES
from servicekit.problems import Slug
from tests.api.fix_first_school import Played
from tests.api.test_first_story import contacted_and_asked, reported_and_judged, went_on_and_warned

HOUSE = Path(__file__).parent.parent.parent
COMMITTED = HOUSE / "contracts"


@pytest.fixture(scope="module")
def script() -> Mapping[str, Any]:
    return runpy.run_path(str(HOUSE / ".ci" / "contracts.py"))


@pytest.fixture(scope="module")
def made(script: Mapping[str, Any]) -> Mapping[str, str]:
    files: Mapping[str, str] = script["contracts"]()
    return files


def test_the_committed_contracts_are_what_the_software_says(made: Mapping[str, str]) -> None:
    stale = [path for path, text in made.items() if (COMMITTED / path).read_text(encoding="utf-8") != text]
    assert not stale, f"run make openapi, and read what changed: {stale}"


def test_each_service_has_a_document_of_its_own_routes(made: Mapping[str, str], script: Mapping[str, Any]) -> None:
    documents = {path: json.loads(text) for path, text in made.items() if path.startswith("openapi/")}
    assert set(documents) == {f"openapi/{service}.json" for service in script["SERVICES"]}
    assert "/v1/incidents" in documents["openapi/casework.json"]["paths"]
    assert "/v1/letters/{letter}/approve" in documents["openapi/letters.json"]["paths"]


@pytest.mark.parametrize("folder", ["events", "openapi"])
def test_nothing_is_left_of_what_is_gone(made: Mapping[str, str], folder: str) -> None:
    found = {f"{folder}/{file.name}" for file in (COMMITTED / folder).iterdir()}
    assert found == {path for path in made if path.startswith(f"{folder}/")}


def test_a_problem_with_two_meanings_is_refused(script: Mapping[str, Any]) -> None:
    one, other = flask.Flask("one"), flask.Flask("other")
    one.extensions["problems"] = {"refused": Slug(409, "Not possible now", "One meaning.")}
    other.extensions["problems"] = {"refused": Slug(409, "Not possible now", "Another.")}
    with pytest.raises(ValueError, match="refused: expected one meaning"):
        script["_problems"]([one, other])


def test_what_casework_emits_fits_its_schemas(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    went_on_and_warned(school, case)
    seen = set()
    answer = school.get("u-audit", "/v1/events?limit=1000")
    assert answer.status_code == 200, answer.text
    for entry in answer.json["events"]:
        schema = json.loads((COMMITTED / "events" / f"{entry['type']}.schema.json").read_text(encoding="utf-8"))
        jsonschema_rs.validate(schema, entry)
        seen.add(entry["type"])
    assert {"record.opened.v1", "policy.adopted.v1", "incident.warning-issued.v1", "access.decision-refused.v1"} <= seen
    assert seen <= set(EVENT_TYPES)
