"""What a decision begins with, in one trip: its command, its case, the policy's version and the actor's family.

Four questions one after the other would take four times as long, and each would tell of another moment.
"""

from typing import Final
from uuid import UUID

from casework.adapters.asking import question
from casework.adapters.driver_errors import translated
from casework.adapters.pool import Pool
from casework.adapters.stored import StoredEntry, WrappedKey
from casework.application.store import Beginning, KnownCommand, RecordBroken

_OWN: Final = 8
"""So many columns are the first row's own; the others are those of an entry."""


class Beginnings:
    """Asks one school's record and directory."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema

    def beginning(self, command: UUID, *, stream: UUID | None, policy: UUID, person: str | None) -> Beginning:
        """Return what a decision begins with.

        Args:
            command: its key.
            stream: its case; None of one that is to be opened.
            policy: the policy's stream.
            person: whose family may count, by the directory; None where none does.

        Raises:
            RecordBroken: the case does not begin with its first entry.
            Unavailable: see :mod:`casework.application.store`.
        """
        asked = {"command": command, "stream": stream, "policy": policy, "person": person}
        with translated():
            first, *rows = self._pool.ask(question("beginning", self._schema), asked)
        body_sha256, first_position, last_position, policy_version, family, key_id, master, wrapped = first[:_OWN]
        entries = [row[_OWN:] for row in rows]
        if stream is None or not entries:
            stored: tuple[StoredEntry, ...] = ()
        elif (version := entries[0][1]) != 1:
            missing = f"stream {stream}: expected version 1 first, found {version}"
            raise RecordBroken(f"{missing}; `casework verify` says more")
        else:
            # One key serves all of them, and is unwrapped once.
            key = None if key_id is None else WrappedKey(key_id, master, wrapped)
            stored = tuple(
                [
                    StoredEntry(stream, version, type_name, entry, position, sealed, key)
                    for position, version, type_name, entry, sealed in entries
                ]
            )
        return Beginning(
            known=None if body_sha256 is None else KnownCommand(body_sha256, first_position, last_position),
            policy_version=policy_version or 0,
            family=frozenset(family),
            entries=stored,
        )
