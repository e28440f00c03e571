"""What holds for every test: where the fixtures are, and that a busy machine is no fault."""

import pytest
from hypothesis import settings

pytest_plugins = ["tests.fix_postgres", "tests.api.fix_first_school", "tests.api.fix_refusals"]

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say here what tests/journeys understands: pytest asks nobody further down before it reads its command line."""
    parser.addoption("--scenarios", metavar="DIR", help="The stories that tests/journeys plays (else its own).")
