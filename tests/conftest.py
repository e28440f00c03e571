"""What holds for every test: where the fixtures are, and that a busy machine is no fault."""

import pytest
from hypothesis import settings

from tests.journeys.story import StoryFault, folder_of

pytest_plugins = ["tests.fix_postgres", "tests.api.fix_first_school", "tests.api.fix_refusals"]

settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say here what tests/journeys understands: pytest asks nobody further down before it reads its command line."""
    parser.addoption("--scenarios", metavar="DIR", help="The stories that tests/journeys plays (else its own).")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a folder without stories: pytest would skip the one test there is, and end as if all were well."""
    try:
        folder_of(config.getoption("--scenarios"))
    except StoryFault as fault:
        message = f"--scenarios: {fault}"
        raise pytest.UsageError(message) from fault
