"""The use cases of the school that the web application serves, for what no route calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.adapters.pool import make_pool
from casework.application.casework import Casework
from casework.bootstrap import Places, Schools
from servicekit.clock import FileClock
from tests.api.fix_first_school import Played
from tests.fix_postgres import Database


@pytest.fixture
def use(school: Played, database: Database, tmp_path: Path) -> Iterator[Casework]:
    """Answer the use cases over a pool of their own, as another process would have them; the clock is the school's."""
    places = Places(keys=tmp_path / "keys", evidence=(tmp_path / "evidence").as_uri(), school=tmp_path / "school")
    with make_pool(database.app) as pool:
        yield Schools(pool, places, FileClock(tmp_path / "clock")).of("rowan").casework
