"""Stories, each a test on a pair of services of its own; letters still to come are listed at the end of the run."""

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests.journeys.pair import Room
from tests.journeys.story import folder_of, story_files

NOTES = pytest.StashKey[list[str]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play each story of the folder as a test of its own."""
    if "story_file" in metafunc.fixturenames:
        files = story_files(folder_of(metafunc.config.getoption("--scenarios")))
        metafunc.parametrize("story_file", files, ids=[path.stem for path in files])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the letters that stories name and the catalogue does not have yet."""
    notes = config.stash.get(NOTES, [])
    if notes:
        terminalreporter.section("letters of stories, still to come")
        for note in notes:
            terminalreporter.line(note)


@pytest.fixture
def notes(request: pytest.FixtureRequest) -> list[str]:
    """Answer the list that the summary shows."""
    return request.config.stash.setdefault(NOTES, [])


@pytest.fixture(scope="session")
def room(server: EmbeddedPostgres, superuser: psycopg.Connection, template: str) -> Room:
    """Answer where databases for pairs of services are made."""
    return Room(server, superuser, template)
