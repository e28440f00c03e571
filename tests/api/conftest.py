"""Fixtures of the tests of exports: a case to be exported, and an adviser's export of it."""

from pathlib import Path

import pytest

from tests.api.exported import ADVISER, Fetched, exported, let_in, reported
from tests.api.fix_first_school import Played
from tests.fix_postgres import Database


@pytest.fixture
def case(school: Played) -> str:
    """Return a case with evidence and a letter."""
    return reported(school)


@pytest.fixture
def held(school: Played, database: Database, case: str, tmp_path: Path) -> Fetched:
    """Return an adviser's export of that case."""
    return exported(school, tmp_path, let_in(school, database, ADVISER, "legal", case), case, "legal_full")
