"""Which keys sign a record: the record itself says so, and the key file has to have them.

Its first entry names the first key, `record.key-rotated.v1` each later one. The checkpoint that covers such an entry is
signed by the old key and the new, later ones by the new alone. So whoever trusts one key can follow them all; and a new
key in the file signs nothing before the record names it. If the old key was lost, the new one signs alone: that nobody
follows to by signatures.
"""

from typing import Any, Final, NamedTuple

import psycopg

from casework.adapters import sql_files
from casework.adapters.key_files import Signing
from casework.application.store import Unavailable

POSITION_MAX: Final = 2**63 - 1


class NamedKey(NamedTuple):
    """A verifier key as the record names it: at which position, and in the place of which."""

    position: int
    old: str | None
    new: str


def named_keys(connection: psycopg.Connection[Any], schema: str, upto: int = POSITION_MAX) -> list[NamedKey]:
    """Return the keys that the record names up to a position, the first one first."""
    rows = connection.execute(sql_files.query("record_keys", schema), {"upto": upto})
    return [NamedKey._make(row) for row in rows]


def signing_keys(named: list[NamedKey], signed_size: int, signer: Signing) -> tuple[str, ...]:
    """Return by which keys the next checkpoint is signed: what `signed_size` covers was told by an earlier one.

    Raises:
        Unavailable: the key that signs now is not in the key file.
    """
    held = signer.vkeys
    if not named:
        return held[:1]
    if named[-1].new not in held:
        expected = f"a signing key {named[-1].new}, as entry {named[-1].position} says"
        raise Unavailable(f"record key: expected {expected}, found others: put its line first in the key file")
    fresh = [key for key in named if key.position > signed_size] or named[-1:]
    names = [*(key.old for key in fresh[:1] if key.position > signed_size), *(key.new for key in fresh)]
    return tuple(name for name in names if name in held)
