"""What both services keep of a school, as bytes: the rows of their databases, and the files beside them.

Rows are read as Postgres sends them in its binary COPY: text is UTF-8 and bytea is raw there, so that words are found
wherever they stand, in a column, in JSON or in an encoded event. What is sealed is ciphertext, and holds no words.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

DIRECTORY: Final = ("person", "contact_point", "relation")
"""The school's list of people, as its information system gives it: not part of any case."""
GIVEN: Final = ("people.csv", "relations.csv", "keys")
"""Files that the player itself handed in."""
_TABLES: Final = """
    SELECT schemaname, tablename FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""


class Stored:
    """Two databases, by the names of their services, and the folder in which the services keep files."""

    def __init__(self, databases: Mapping[str, str], folder: Path) -> None:
        self._databases = databases
        self._folder = folder

    def tables(self, service: str, *names: str, without: tuple[str, ...] = ()) -> Iterator[tuple[str, bytes]]:
        """Yield tables of a service with all that stands in them: those of these names, else all but some."""
        with psycopg.connect(self._databases[service], autocommit=True) as connection:
            for schema, name in connection.execute(_TABLES).fetchall():
                if name in names or (not names and name not in without):
                    yield f"{service}: {schema}.{name}", _copied(connection, schema, name)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield every file that the services keep, logs and e-mails among them."""
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder)
            if path.is_file() and name.parts[0] not in GIVEN:
                yield str(name), path.read_bytes()


def _copied(connection: psycopg.Connection, schema: str, table: str) -> bytes:
    statement = sql.SQL("COPY (SELECT * FROM {}) TO STDOUT (FORMAT binary)").format(sql.Identifier(schema, table))
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        return b"".join(bytes(piece) for piece in rows)
