"""A record as it is served, read whole by an auditor over HTTP and checked here: no database, no key of the school.

Every entry is fetched in bundles (C2SP tlog-tiles), its leaf is computed here, and the root over all of them must be
the one in the signed checkpoint, and those in the checkpoints that somebody kept. Where an entry names a new key, the
checkpoint over that entry is fetched as well: it is signed by the old key too, so whoever trusts that one can follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck
from casework.ledger.rows import StoredCheckpoint, read_home, read_row
from casework.ledger.tiles import WIDTH, Bundle, read_bundle
from casework.ledger.verify import (
    Checkpoint,
    Incomplete,
    UnknownKey,
    counted,
    open_checkpoint,
    parse_checkpoint,
    parse_vkeys,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from casework.ledger.record import RecordReport
    from casework.ledger.rows import HeldNote
    from casework.ledger.verify import VerifierKey
    from servicekit.apiclient import ApiClient


def served_keys(client: ApiClient) -> str:
    """Return the verifier keys as the service shows them: worth trusting only if they came another way as well."""
    return _text(client, "/ledger/key")


def verify_served(
    client: ApiClient,
    keys: Sequence[VerifierKey],
    *,
    held: Iterable[HeldNote] = (),
    progress: Callable[[int, int], None],
) -> RecordReport:
    """Check all that the latest checkpoint covers; `progress` is told how many entries are done, of how many.

    Raises:
        LedgerError: the checkpoint is signed by none of these keys and none named after them, or what is served is not
            what it covers.
    """
    note = _text(client, "/ledger/checkpoint")
    signed = _signed(client, note, keys)
    entries = _entries(client, signed)
    first = next(entries)
    check = RecordCheck(
        read_home(first, signed.origin),
        keys,
        [StoredCheckpoint(signed.size, signed.root, note)],
        held=held,
        covering=lambda position: _covering(client, position),
        check=check_signature,
    )
    check.add(read_row(1, first))
    for position, octets in enumerate(entries, 2):
        check.add(read_row(position, octets))
        if position % WIDTH == 0 or position == signed.size:
            progress(position, signed.size)
    return check.finish()


def _signed(client: ApiClient, note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return what the latest checkpoint says; by a key that is not trusted, only if one that is came before it."""
    where = "checkpoint as served"
    try:
        return open_checkpoint(note, keys, keys[0].name, check=check_signature, where=where)
    except UnknownKey:
        served = parse_vkeys(served_keys(client), "key as served")
        if not set(served) & set(keys):
            raise
        # Whether the old key has signed the change to this one, the entries under it will say.
        return open_checkpoint(note, served, keys[0].name, check=check_signature, where=where)


def _covering(client: ApiClient, position: int) -> StoredCheckpoint:
    """Return the first checkpoint that covers a position."""
    where = f"checkpoint over entry {position} as served"
    found, problem = client.look_for(f"/ledger/checkpoint/{position}")
    if found is None:
        above = [size for size in problem.get("nearest", ()) if isinstance(size, int) and size > position]
        if not above:
            raise Incomplete(where, "one, as a later one covers it", "none")
        found, _ = client.download(f"/ledger/checkpoint/{min(above)}", is_patient=True)
    note = found.decode("utf-8", "replace")
    said = parse_checkpoint(note.rpartition("\n\n")[0] + "\n", where)
    if said.size < position:
        raise Incomplete(where, f"one of {position} entries at least", f"one of {said.size}")
    return StoredCheckpoint(said.size, said.root, note)


def _entries(client: ApiClient, signed: Checkpoint) -> Iterator[bytes]:
    for number in range(-(-signed.size // WIDTH)):
        bundle = Bundle(number, min(WIDTH, signed.size - number * WIDTH))
        octets, _ = client.download(f"/ledger/tile/{bundle.path}", is_patient=True)
        entries = read_bundle(octets)
        if len(entries) != bundle.width:
            expected = counted(bundle.width, "entry", "entries")
            raise Incomplete(f"bundle {bundle.path} as served", expected, str(len(entries)))
        yield from entries


def _text(client: ApiClient, path: str) -> str:
    return client.download(path, is_patient=True)[0].decode("utf-8", "replace")
