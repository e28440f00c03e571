"""What the OpenAPI document says, the service does: schemathesis sends what fits the document, and what does not.

Each example goes to a real application on a real record, with real keys; the examples are the same each time, and few.
What fits may still be refused for what no document can say: a rule, a version, a post that the case does not have. But
never because of its shape; and nothing that does not fit is ever taken.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, strategies
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok

from tests.api.fix_first_school import PNG, rowan_lane
from tests.api.fix_refusals import Tried
from tests.fix_postgres import Database

EXAMPLES = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 2}
"""Few, as each that does not fit takes a tenth of a second to think of; with 60 of each nothing more was found."""
DOCUMENT = json.loads((Path(__file__).parents[2] / "contracts" / "openapi" / "casework.json").read_text("utf-8"))
KEYS_ARE_OURS = SchemathesisConfig(
    projects=ProjectsConfig(default=ProjectConfig(generation=GenerationConfig(with_security_parameters=False)))
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=KEYS_ARE_OURS)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
ANSWERED_ALIKE = (
    "GET /v1/whoami",
    "GET /v1/calendar",
    "GET /v1/channels",
    "GET /v1/tasks.ics",
    "GET /ledger/checkpoint",
    "POST /ledger/checkpoint",
    "GET /ledger/key",
)
"""Routes to which nothing can be sent that does not fit."""
ASKED_BY = {"GET /v1/events": "u-audit", "safeguarding-screenings": "u-dsl", "correspondence": "letters"}
SHAPE = re.compile(r"null|true|false|a number|a string of \d+ characters|an empty string|a list of \d+|an object")
"""What a fault of shape says was found; what only the case, the school or the clock can tell says something else."""
MAY_BE_REFUSED = {403, 404, 409, 412, 415}
"""Of what fits the document: by a rule, a number that is not there, a version, or a file that is not what it says."""

offsets = strategies.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
naive = strategies.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30))  # noqa: DTZ001 - placed by the offset
schemathesis.openapi.format(
    "date-time", strategies.builds(lambda at, offset: at.replace(tzinfo=offset).isoformat(), naive, offsets)
)
schemathesis.openapi.format("binary", strategies.just(PNG))
load_all_checks()
ALWAYS: list[Any] = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


class Probed:
    """A school that is probed, and a case of it that the probes are about."""

    def __init__(self, tried: Tried) -> None:
        self._school = tried.school
        self._path = tried.asked.path
        self._numbers = count()

    def probe(self, case: Case) -> Any:
        """Send an example, about the case and under a key of its own unless it is to be wrong in these."""
        by = next((role for part, role in ASKED_BY.items() if part in case.operation.label), "u-head")
        headers = {"Authorization": f"Bearer {self._school._keys[by]}"}
        if _is_right(case, ParameterLocation.HEADER):
            headers["Idempotency-Key"] = f"probe-{next(self._numbers)}"
        if _is_right(case, ParameterLocation.PATH) and "incident" in case.path_parameters:
            case.path_parameters["incident"] = self._path.rpartition("/")[2]
        answer = case.call(app=self._school._client.application, headers=headers)
        case.validate_response(answer, checks=ALWAYS)
        return answer

    def read(self) -> list[int]:
        """Return the statuses with which the case is shown, whatever was taken in it."""
        return [self._school.get("u-head", self._path + view).status_code for view in ("", "/history", "/actions")]


def _is_right(case: Case, where: ParameterLocation) -> bool:
    found = case.meta.components.get(where) if case.meta else None
    return found is None or found.mode is GenerationMode.POSITIVE


@pytest.fixture(scope="module")
def probed(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probed]:
    """Answer a school with a case in which much has happened."""
    with rowan_lane(module_database, tmp_path_factory.mktemp("probed")) as school:
        yield Probed(Tried(school, module_database))


def each_of(label: str, mode: GenerationMode, check: Callable[[Case], None]) -> None:
    """Check a few examples of a route, the same ones each time; one that fails is shown as it is, not shrunk."""
    run = hypothesis.given(case=OPERATIONS[label].as_strategy(generation_mode=mode))(check)
    settings = hypothesis.settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings(run)()


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_fits_the_document_is_never_refused_for_its_shape(probed: Probed, label: str) -> None:
    def check(case: Case) -> None:
        answer = probed.probe(case)
        if answer.status_code == 422:
            misshapen = [error for error in answer.json()["errors"] if SHAPE.fullmatch(error["found"])]
            assert not misshapen, (case.body, misshapen)
        elif answer.status_code >= 400:
            assert answer.status_code in MAY_BE_REFUSED, (case.body, answer.text)

    each_of(label, GenerationMode.POSITIVE, check)


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in ANSWERED_ALIKE])
def test_what_does_not_fit_the_document_is_refused(probed: Probed, label: str) -> None:
    def check(case: Case) -> None:
        answer = probed.probe(case)
        assert 400 <= answer.status_code < 500, (case.meta and case.meta.phase.data, case.body, answer.text)

    each_of(label, GenerationMode.NEGATIVE, check)


def test_whatever_was_taken_the_case_can_still_be_read(probed: Probed) -> None:
    assert probed.read() == [200, 200, 200]
