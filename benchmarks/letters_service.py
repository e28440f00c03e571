"""The letters service of one process on a server of its own: migrated, durable (fsync on), keys made for this run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from letters import bootstrap
from letters.adapters.kept import KeptBundles
from letters.adapters.press import Press
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.application.casework import MergeFieldsSource
from letters.application.drafts import Drafts
from letters.application.pacing import Pacing
from letters.application.preparation import Preparation, School
from letters.application.rendering import Renderer
from letters.bootstrap import Service
from letters.domain.working_days import Calendar
from tests.letters.given import CALENDAR

BINARIES: Final = "EMBEDDED_PG_BIN"
PREFIX: Final = "school-casework-benchmark-"


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder that an account of the server's may enter, and remove it afterwards."""
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def opened(press: Press, casework_url: str = "http://127.0.0.1:9", casework_token: str = "") -> Iterator[Service]:
    """Open the service; the press is lent."""
    with folder() as home:
        environ = {"LOCAL_DIR": str(home), "LETTERS_CASEWORK_URL": casework_url}
        environ |= {BINARIES: os.environ[BINARIES]} if BINARIES in os.environ else {}
        values = bootstrap.read_settings(environ)
        with bootstrap.database(values) as at:
            bootstrap.prepare(values, at)
            token = values.need(bootstrap.TOKEN_FILE)
            token.write_text(casework_token, encoding="utf-8")
            token.chmod(0o600)
            service = Service(values, at, press)
            try:
                yield service
            finally:
                service.close()


def preparation(templates: TemplateStore, press: Press) -> Preparation:
    """Return what makes drafts, for the example school."""
    return Preparation(templates, press, School(letterhead=read_school(EXAMPLE_SCHOOL).school.fields()))


def drafts(service: Service, casework: MergeFieldsSource) -> Drafts:
    """Return the reader of pages that asks this casework."""
    return Drafts(
        service.letters,
        service.register,
        service.contents,
        casework,
        preparation(service.templates, service.press),
        service.clock,
        Pacing(),
    )


def renderer(service: Service) -> Renderer:
    """Return what lays out drafts and proves them, with a calendar from memory."""
    return Renderer(
        service.letters,
        service.contents,
        service.press,
        service.templates,
        KeptBundles(service.pool),
        _Calendars(),
        service.clock,
        lambda *_: None,
    )


class _Calendars:
    def current(self) -> Calendar:
        return CALENDAR
