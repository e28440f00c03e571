"""What others build on is committed, and is what the software says of itself."""

import json
import runpy
from collections.abc import Mapping
from pathlib import Path

import jsonschema_rs
import pytest

from casework.domain.catalogue import EVENT_TYPES
from tests.api.fix_first_school import Played
from tests.api.test_first_story import contacted_and_asked, reported_and_judged, went_on_and_warned

HOUSE = Path(__file__).parent.parent.parent
COMMITTED = HOUSE / "contracts"


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    files: Mapping[str, str] = runpy.run_path(str(HOUSE / ".ci" / "contracts.py"))["contracts"]()
    return files


def test_the_committed_contracts_are_what_the_software_says(made: Mapping[str, str]) -> None:
    stale = [path for path, text in made.items() if (COMMITTED / path).read_text(encoding="utf-8") != text]
    assert not stale, f"run make openapi, and read what changed: {stale}"


def test_no_event_schema_is_left_of_a_type_that_is_gone(made: Mapping[str, str]) -> None:
    found = {f"events/{file.name}" for file in (COMMITTED / "events").glob("*.schema.json")}
    assert found == {path for path in made if path.startswith("events/")}


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
