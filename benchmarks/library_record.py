"""The library eventsourcing as it comes: its Application over its stock Postgres recorder, in a schema of its own."""

from typing import Final
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.utils import Environment, EnvType
from psycopg.conninfo import conninfo_to_dict

SCHEMA: Final = "stock"


class Observations(Aggregate):
    """What `benchmarks.observed.Observed` says, of an aggregate of the library."""

    @event("Begun")
    def __init__(  # noqa: PLR0917 - as many as there are texts
        self, where: str, when: str, who: str, what: str, how: str, why: str, before: str, after: str
    ) -> None:
        self.last = (where, when, who, what, how, why, before, after)

    @event("Observed")
    def observe(  # noqa: PLR0917 - as many as there are texts
        self, where: str, when: str, who: str, what: str, how: str, why: str, before: str, after: str
    ) -> None:
        """Hold what was seen last."""
        self.last = (where, when, who, what, how, why, before, after)


class Stock(Application[UUID]):
    """The library's Application; what the process's environment says is left out."""

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return these settings alone."""
        return Environment(name, dict(env or {}))


def stock(owner_dsn: str, *, connections: int = 1, is_there: bool = False) -> Stock:
    """Open it, with so many connections; its tables are made, unless they are there."""
    if not is_there:
        with psycopg.connect(owner_dsn) as connection:
            connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
    at = conninfo_to_dict(owner_dsn)
    return Stock(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(at["dbname"]),
            "POSTGRES_HOST": str(at["host"]),
            "POSTGRES_PORT": str(at.get("port", 5432)),
            "POSTGRES_USER": str(at["user"]),
            "POSTGRES_PASSWORD": str(at.get("password", "")),
            "POSTGRES_SCHEMA": SCHEMA,
            "CREATE_TABLE": "n" if is_there else "y",
            "POSTGRES_POOL_SIZE": str(connections),
            "POSTGRES_MAX_WAITING": str(connections),
        }
    )
