"""Schools: each is a schema with its own record, origin and keys, over one pool."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from casework.adapters import sql_files
from casework.adapters.errors import SchoolUnknown

SELECT_SCHOOLS: Final = "SELECT name, title, code, origin FROM casework.school ORDER BY name"
INSERT_SCHOOL: Final = "INSERT INTO casework.school (name, title, code, origin, schema) VALUES (%s, %s, %s, %s, %s)"


@dataclass(frozen=True)
class School:
    """A school: its short name, its title, what begins its case numbers, and its record's public name."""

    name: str
    title: str
    code: str
    origin: str

    @property
    def schema(self) -> str:
        """Return the schema that holds its record."""
        return sql_files.school_schema(self.name)


@dataclass(frozen=True)
class RecordHome:
    """The one row that names a record: its own stream, its origin, and whether it is only for trials."""

    stream: UUID
    origin: str
    is_scratch: bool


def list_schools(connection: psycopg.Connection[Any]) -> list[School]:
    """Return all schools, by name."""
    return connection.cursor(row_factory=class_row(School)).execute(SELECT_SCHOOLS).fetchall()


def find_school(connection: psycopg.Connection[Any], name: str) -> School:
    """Return the school of this name.

    Raises:
        SchoolUnknown: there is none.
    """
    for school in list_schools(connection):
        if school.name == name:
            return school
    raise SchoolUnknown(f"school {name}: unknown; `casework school list` names them all")


def record_home(connection: psycopg.Connection[Any], school: School) -> RecordHome:
    """Return what names this school's record."""
    statement = sql_files.compose("SELECT stream, origin, is_scratch FROM {s}.record", school.schema)
    row = connection.cursor(row_factory=class_row(RecordHome)).execute(statement).fetchone()
    if row is None:
        raise SchoolUnknown(f"school {school.name}: its record has no origin; `casework school add` did not finish")
    return row


def is_founded(connection: psycopg.Connection[Any], school: School) -> bool:
    """Tell whether this school's record has its first entry."""
    statement = sql_files.compose("SELECT EXISTS (SELECT FROM {s}.event WHERE position = 1)", school.schema)
    row = connection.execute(statement).fetchone()
    return bool(row and row[0])


def list_founded(connection: psycopg.Connection[Any]) -> list[School]:
    """Return the schools that can be worked with: those whose making was finished, by name."""
    return [school for school in list_schools(connection) if is_founded(connection, school)]


def next_reference(connection: psycopg.Connection[Any], school: School, year: int) -> str:
    """Return the next reference of a case, `RL-2026-0031`: never given twice; gaps are allowed."""
    statement = sql_files.compose("SELECT nextval('{s}.case_number')", school.schema)
    row = connection.execute(statement).fetchone()
    assert row is not None  # noqa: S101 - nextval returns a row or raises
    return f"{school.code}-{year}-{row[0]:04d}"
