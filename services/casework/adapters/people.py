"""The people directory of one school: who people are and where they can be reached. Events copy no address.

Filled by `casework people load`: people named in the files are added or changed, whoever is not named stays as is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import class_row, kwargs_row

from casework.adapters import sql_files
from casework.adapters.asking import question
from casework.adapters.driver_errors import translated
from casework.adapters.people_rows import ContactPoint, DirectoryPerson, Relation, read_people, read_relations
from casework.adapters.pool import Pool
from casework.application.merge_fields import Account, KnownPerson, Tie
from casework.domain.moment import Person

_CLOSEST: Final = ("parent", "carer", "relative", "associated")


@dataclass(frozen=True)
class Loaded:
    """What a load did, in people."""

    added: int
    changed: int
    unchanged: int


class Directory:
    """The people of one school."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema

    def get(self, ids: Iterable[str]) -> dict[str, DirectoryPerson]:
        """Return those of these people whom the directory knows, with their contact points."""
        with translated(), self._pool.connection() as connection:
            return _people(connection, self._schema, list(ids))

    def persons(self, ids: Iterable[str]) -> Mapping[str, Person]:
        """Return those of these people whom the directory knows, as a decision needs them."""
        with translated():
            rows = self._pool.ask(question("persons", self._schema), {"ids": list(ids)})
        return {row[0]: _domain_person(*row) for row in rows}

    def relations(self, ids: Iterable[str]) -> list[Relation]:
        """Return the relations in which one of these people is the adult or the pupil."""
        with translated(), self._pool.connection() as connection:
            return _relations(connection, self._schema, list(ids))

    def known(self, ids: Collection[str]) -> Mapping[str, KnownPerson]:
        """Return those of these people whom the directory knows, as a letter needs them."""
        return {id_: _known_person(person) for id_, person in self.get(ids).items()}

    def families(self, ids: Collection[str]) -> list[Tie]:
        """Return every tie of the pupils among these people, and of the pupils whom they belong to."""
        with translated():
            rows = self._pool.ask(question("families", self._schema), {"ids": list(ids)})
        return list(map(Tie._make, rows))

    def accounts(self, now: datetime) -> list[Account]:
        """Return the school's accounts, each with the person it is tied to, those without a good key too."""
        parameters = {"schema": self._schema, "now": now}
        with translated(), self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=kwargs_row(Account))
            return cursor.execute(sql_files.query("accounts", self._schema), parameters).fetchall()

    def is_empty(self) -> bool:
        """Tell whether nobody is known yet."""
        with translated(), self._pool.connection() as connection:
            statement = sql_files.compose("SELECT NOT EXISTS (SELECT FROM {s}.person)", self._schema)
            row = connection.execute(statement).fetchone()
        return bool(row and row[0])

    def load(self, people: Path, relations: Path) -> Loaded:
        """Load people.csv and relations.csv; see :mod:`casework.adapters.people_rows`.

        The relations of each adult named in relations.csv are replaced by those given there.

        Raises:
            RowsRefused: any row of either is bad; all are listed, nothing was stored.
        """
        read = read_people(people)
        with translated(), self._pool.connection() as connection, connection.transaction():
            # Two loads at once would each compare with what the other is replacing.
            connection.execute(sql_files.compose("LOCK TABLE {s}.person IN SHARE ROW EXCLUSIVE MODE", self._schema))
            statement = sql_files.compose("SELECT id, kind FROM {s}.person", self._schema)
            kinds = dict(connection.execute(statement).fetchall()) | {person.id: person.kind for person in read}
            related = read_relations(relations, kinds)
            before = _people(connection, self._schema, [person.id for person in read])
            changed = [person for person in read if before.get(person.id) != person]
            _store_people(connection, self._schema, changed)
            _store_relations(connection, self._schema, related)
        added = sum(person.id not in before for person in changed)
        return Loaded(added=added, changed=len(changed) - added, unchanged=len(read) - len(changed))


def _people(connection: psycopg.Connection[Any], schema: str, ids: list[str]) -> dict[str, DirectoryPerson]:
    statement = sql_files.compose(
        "SELECT id, kind, name, job, year, dob, language, format FROM {s}.person WHERE id = ANY (%s)", schema
    )
    cursor = connection.cursor(row_factory=class_row(DirectoryPerson))
    people = {person.id: person for person in cursor.execute(statement, [ids])}
    points: dict[str, list[ContactPoint]] = defaultdict(list)
    for person, kind, lines, *rest in connection.execute(sql_files.query("contact_points", schema), [ids]):
        points[person].append(ContactPoint(kind, tuple(lines), *rest))
    return {id_: replace(person, contact_points=tuple(points[id_])) for id_, person in people.items()}


def _relations(connection: psycopg.Connection[Any], schema: str, ids: list[str]) -> list[Relation]:
    cursor = connection.cursor(row_factory=class_row(Relation))
    return cursor.execute(sql_files.query("relations", schema), {"ids": ids}).fetchall()


def _store_people(connection: psycopg.Connection[Any], schema: str, people: list[DirectoryPerson]) -> None:
    cursor = connection.cursor()
    cursor.executemany(sql_files.query("store_person", schema), [vars(person) for person in people])
    delete = sql_files.compose("DELETE FROM {s}.contact_point WHERE person = ANY (%s)", schema)
    cursor.execute(delete, [[person.id for person in people]])
    cursor.executemany(
        sql_files.query("store_contact_point", schema),
        [
            {**vars(point), "lines": list(point.lines), "person": person.id, "n": n}
            for person in people
            for n, point in enumerate(person.contact_points, start=1)
        ],
    )


def _store_relations(connection: psycopg.Connection[Any], schema: str, relations: list[Relation]) -> None:
    cursor = connection.cursor()
    delete = sql_files.compose("DELETE FROM {s}.relation WHERE adult = ANY (%s)", schema)
    cursor.execute(delete, [[relation.adult for relation in relations]])
    cursor.executemany(sql_files.query("store_relation", schema), [vars(relation) for relation in relations])


def _known_person(person: DirectoryPerson) -> KnownPerson:
    points = [
        {name: value for name, value in vars(point).items() if name != "source"} for point in person.contact_points
    ]
    known = {
        "kind": person.kind,
        "name": person.name,
        "language": person.language,
        "is_large_print": person.format == "large_print",
        "contact_points": points,
    }
    return msgspec.convert(known, KnownPerson)


def _domain_person(id_: str, kind: str, name: str, is_confidential: bool, ties: list[str]) -> Person:  # noqa: FBT001 - a row
    return msgspec.convert(
        {
            "id": id_,
            "kind": kind,
            "name": name,
            "is_confidential": is_confidential,
            "association": next((tie for tie in _CLOSEST if tie in ties), "unknown"),
        },
        Person,
    )
