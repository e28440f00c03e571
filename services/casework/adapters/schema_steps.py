"""The steps of one schema: what there is, what is needed, and how to get there (alembic over SQL files)."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import psycopg
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script.base import Script
from alembic.script.revision import RevisionMap
from psycopg import sql
from sqlalchemy import Connection

from casework.adapters import sql_files

VERSION_TABLE = "schema_version"
_OBJECTS = "objects "


@dataclass(frozen=True)
class Schema:
    """A schema of the database, and the folder of `sql/` that its steps stand in."""

    name: str
    folder: str

    @property
    def needed(self) -> str:
        """Return the number of the last step."""
        return sql_files.versions(self.folder)[-1][0]


@dataclass(frozen=True)
class Found:
    """What is there of a schema, beside what is needed. `version` is None where there is nothing."""

    name: str
    needed: str
    version: str | None
    known_versions: frozenset[str]
    has_current_objects: bool

    @property
    def is_current(self) -> bool:
        """Return whether nothing is to be done."""
        return self.version == self.needed and self.has_current_objects

    @property
    def is_ahead(self) -> bool:
        """Return whether a newer version of the software was here."""
        return self.version is not None and self.version not in self.known_versions

    @property
    def is_behind(self) -> bool:
        """Return whether `casework migrate` has something to do."""
        return not self.is_current and not self.is_ahead

    @property
    def described(self) -> str:
        """Return what is there, as a message says it."""
        if self.version == self.needed:
            return f"{self.name} at {self.version} with other functions or rights"
        return f"{self.name} at {self.version or 'nothing'}"


def found(connection: psycopg.Connection[Any], schema: Schema) -> Found:
    """Look at one schema."""
    table = f"{schema.name}.{VERSION_TABLE}"
    row = connection.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [table]).fetchone()
    known = frozenset(number for number, _ in sql_files.versions(schema.folder))
    if row is None or not connection.execute("SELECT 1 FROM pg_class WHERE oid = to_regclass(%s)", [table]).fetchone():
        return Found(schema.name, schema.needed, None, known, has_current_objects=False)
    statement = sql.SQL("SELECT max(version_num) FROM {}").format(sql.Identifier(schema.name, VERSION_TABLE))
    version = connection.execute(statement).fetchone()
    return Found(
        name=schema.name,
        needed=schema.needed,
        version=version[0] if version else None,
        known_versions=known,
        has_current_objects=row[0] == _OBJECTS + sql_files.objects_sha256(schema.folder),
    )


def upgrade(connection: Connection, schema: Schema) -> None:
    """Run the steps that are missing, then put in all objects, in the transaction that the caller began."""
    scripts = RevisionMap(lambda: _scripts(connection, schema))

    def missing(heads: Any, _context: MigrationContext) -> list[MigrationStep]:
        steps = scripts.iterate_revisions("heads", heads or "base")
        return [MigrationStep.upgrade_from_script(scripts, script) for script in reversed(list(steps))]  # type: ignore[arg-type]  # alembic types what it yields as its base class

    options: dict[str, Any] = {"fn": missing, "version_table": VERSION_TABLE, "version_table_schema": schema.name}
    MigrationContext.configure(connection, opts=options).run_migrations()
    for text in sql_files.objects(schema.folder):
        _run(connection, text, schema)
    marked = _OBJECTS + sql_files.objects_sha256(schema.folder)
    _run(connection, f"COMMENT ON TABLE {{s}}.{VERSION_TABLE} IS '{marked}'", schema)


def _scripts(connection: Connection, schema: Schema) -> list[Script]:
    """Give alembic a module for each SQL file, each step after the one before it."""
    scripts = []
    before: str | None = None
    for number, path in sql_files.versions(schema.folder):
        module = ModuleType(path)
        module.__dict__.update(
            revision=number,
            down_revision=before,
            upgrade=lambda path=path: _run(connection, sql_files.text(path), schema),
        )
        scripts.append(Script(module, number, path))
        before = number
    return scripts


def _run(connection: Connection, text: str, schema: Schema) -> None:
    # Without `no_parameters`, a `%` or `:name` in the text would be taken for a parameter.
    connection.execution_options(no_parameters=True).exec_driver_sql(text.replace("{s}", schema.name))
