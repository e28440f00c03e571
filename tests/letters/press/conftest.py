"""One press for all tests, and every template's samples rendered once."""

from collections.abc import Iterator, Mapping

import pytest

from letters.adapters.press import Press
from letters.adapters.school_file import SchoolFolder, read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from tests.letters.press.outside_told import Make, maker
from tests.letters.press.rendered import Rendered, render_all


@pytest.fixture(scope="session")
def press() -> Iterator[Press]:
    """Answer a press; its child ends with the tests."""
    made = Press()
    yield made
    made.close()


@pytest.fixture(scope="session")
def school() -> SchoolFolder:
    """Answer the invented school."""
    return read_school(EXAMPLE_SCHOOL)


@pytest.fixture(scope="session")
def told(school: SchoolFolder) -> Make:
    """Answer what makes the data of a letter to an outside body or to the affected."""
    return maker(school.school.fields())


@pytest.fixture(scope="session")
def store(school: SchoolFolder) -> TemplateStore:
    """Answer the templates as they are released."""
    return TemplateStore(school.logo)


@pytest.fixture(scope="session")
def rendered(press: Press, store: TemplateStore) -> Mapping[str, Rendered]:
    """Answer every sample of every template, rendered: ``L04-ok``, ``L04-ok-large``, ``L04-long`` ..."""
    return {one.name: one for one in render_all(press, store)}
