"""Wrapping the secrets of all cases anew, under the newest master key: as the owner, whom alone the database lets.

One secret at a time, compared and swapped, so a run that breaks off has done some and the next does the rest; services
go on meanwhile, as the key file has the old master key until somebody takes it out.
"""

from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.stored import WrappedKey
from servicekit.sealing import MasterKeys

_OLDER: Final = "SELECT id, master, wrapped FROM {keys}.case_key WHERE wrapped IS NOT NULL AND master <> %s ORDER BY id"
_REWRAP: Final = "SELECT {keys}.rewrap(%s, %s, %s, %s)"


def rewrap(connection: psycopg.Connection[Any], schema: str, masters: MasterKeys) -> int:
    """Wrap each secret that is under an older master key under the newest one; return how many.

    Raises:
        SealingError: one does not open under the master key it names; those before it are done.
    """
    done = 0
    rows = connection.execute(sql_files.compose(_OLDER, schema), [masters.newest]).fetchall()
    for key in (WrappedKey(*row) for row in rows):
        assert key.master is not None  # noqa: S101 - erased ones are not asked for
        assert key.wrapped is not None  # noqa: S101 - the same
        secret = masters.unwrap(key.master, key.wrapped, key.id)
        master, wrapped = masters.wrap(secret, key.id)
        row = connection.execute(sql_files.compose(_REWRAP, schema), [key.id, key.wrapped, master, wrapped]).fetchone()
        # False: it was erased, or wrapped anew, since it was read; either way it is not under the old key any more.
        done += bool(row and row[0])
    return done
