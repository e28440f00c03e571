"""Copies of cases, each entry proved, out of the database: what :mod:`casework.application.export` asks of the record.

Nothing leaves here that does not hold: each entry must fit the leaf that was stored with it, each sealed part must open
and give exactly the digests of its entry, each proof must lead to the root that was signed.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec

from casework.adapters.key_files import Signing
from casework.adapters.keys import CaseKeys, CaseSecret
from casework.adapters.proofs import Prover, Stamped
from casework.adapters.scan import RecordScan
from casework.adapters.schools import School
from casework.adapters.signer import CheckpointRun
from casework.application.export.book import CaseCopy, CopiedEntry, NamedKeys, Receipt
from casework.application.store import RecordBroken
from casework.ledger.levels import KEY_ROTATED
from casework.ledger.note import check_signature, open_note
from casework.ledger.rows import Row
from casework.ledger.verify import (
    LeafDiffers,
    LedgerError,
    check_digests,
    check_proof,
    derive_disclosures,
    leaf_hash,
    parse_entry,
    short,
)
from servicekit.sealing import SealingError

NAMING: Final = ("record.opened.v1", KEY_ROTATED)


class CaseBook:
    """The cases of one school, to be copied."""

    def __init__(self, dsn: str, school: School, signer: Signing, keys: CaseKeys, prover: Prover) -> None:
        self._dsn = dsn
        self._school = school
        self._signer = signer
        self._keys = keys
        self._prover = prover
        self._run = CheckpointRun(dsn, school, signer)

    def copy(self, stream: UUID, further: Iterable[UUID] = ()) -> CaseCopy:
        """Sign what is new in the record and return all of a case up to there, with further streams of it.

        Raises:
            KeyErased: the case was erased.
            RecordBroken: something does not hold; the message names it.
            Unavailable: see `casework.application.store`.
        """
        secrets = {each: self._keys.for_reading(each) for each in (stream, *further)}
        with _holding():
            under = self._stamped(self._signed_now())
            with RecordScan(self._dsn, self._school) as scan:
                rows = sorted(
                    (
                        (row, sealed)
                        for each in secrets
                        for row, sealed in scan.rows(stream=each, with_sealed=True)
                        if row.position <= under.checkpoint.size
                    ),
                    key=lambda one: one[0].position,
                )
                keys = self._named_keys(scan, under.checkpoint.size)
            proofs = self._prover.entry_proofs({row.position: row.leaf for row, _ in rows}, under)
            return CaseCopy(
                origin=self._signer.origin,
                is_scratch=scan.home.is_scratch,
                stream=stream,
                size=under.checkpoint.size,
                note=under.note,
                vkeys=self._vkeys,
                keys=keys,
                entries=tuple(_copied(row, sealed, secrets[UUID(row.stream)], proofs) for row, sealed in rows),
                further={each: sum(UUID(row.stream) == each for row, _ in rows) for each in secrets if each != stream},
            )

    def receipt(self, stream: UUID) -> Receipt:
        """Return the first entry of a stream, proved under the first checkpoint that covers it; sign one if none does.

        Raises:
            RecordBroken, Unavailable: as above.
        """
        with _holding():
            return self._receipt(stream) or self._receipt_signed_now(stream)

    def _named_keys(self, scan: RecordScan, size: int) -> NamedKeys | None:
        """Return the entries that name the record's keys up to a size, with their proofs; None if none was changed."""
        rows = [row for row, _ in scan.rows(stream=scan.home.stream) if row.position <= size and row.type in NAMING]
        if len(rows) < 2:
            return None
        leaves = {row.position: _leaf(row) for row in rows}
        proofs = {}
        for row in rows[1:]:
            covering = scan.checkpoint_over(row.position)
            assert covering is not None  # noqa: S101 - the one of this size does, and later ones
            of = {position: leaves[position] for position in (rows[0].position, row.position)}
            proofs[row.position] = self._prover.entry_proofs(of, self._stamped(covering.note))
        return NamedKeys(entries=tuple(row.entry for row in rows), proofs=proofs)

    @property
    def _vkeys(self) -> tuple[str, ...]:
        return tuple(map(str, self._signer.keys))

    def _receipt_signed_now(self, stream: UUID) -> Receipt:
        self._run.run()
        made = self._receipt(stream)
        assert made is not None  # noqa: S101 - the run signs all that is committed, and this entry was read before
        return made

    def _receipt(self, stream: UUID) -> Receipt | None:
        with RecordScan(self._dsn, self._school) as scan:
            row, _ = next(scan.rows(stream=stream))
            stored = scan.checkpoint_over(row.position)
            if stored is None:
                return None
        proof = self._prover.entry_proofs({row.position: row.leaf}, self._stamped(stored.note))[row.position]
        check_proof(proof, leaf_hash(row.entry), self._signer.keys, self._signer.origin, check=check_signature)
        return Receipt(entry=row.entry, proof=proof, vkeys=self._vkeys)

    def _signed_now(self) -> str:
        signed = self._run.run()
        assert signed is not None  # noqa: S101 - a case is there, so the record is not empty
        return signed.note

    def _stamped(self, note: str) -> Stamped:
        return Stamped(open_note(note, self._signer.keys, self._signer.origin), note)


def _copied(row: Row, sealed: bytes | None, secret: CaseSecret, proofs: Mapping[int, str]) -> CopiedEntry:
    """Return an entry with its disclosures, once it fits its leaf and they fit it."""
    where, leaf = str(row), _leaf(row)
    entry = parse_entry(row.entry, where)
    values: dict[str, object] = {}
    if sealed is not None:
        values = msgspec.json.decode(secret.sealer.unseal(sealed, leaf), type=dict[str, object])
    # Also where there is no sealed part: one that was taken away must not pass for fields that are withheld.
    check_digests(entry, values, secret.salt_key, where)
    disclosures = derive_disclosures(secret.salt_key, entry.stream, entry.version, values)
    return CopiedEntry(position=row.position, octets=row.entry, disclosures=disclosures, proof=proofs[row.position])


def _leaf(row: Row) -> bytes:
    """Return the leaf of an entry, which must be the one that was stored with it."""
    leaf = leaf_hash(row.entry)
    if leaf != row.leaf:
        raise LeafDiffers(str(row), short(row.leaf, "leaf stored by append"), short(leaf, "of the stored bytes"))
    return leaf


@contextmanager
def _holding() -> Iterator[None]:
    try:
        yield
    except LedgerError as error:
        raise RecordBroken(str(error)) from None
    except (SealingError, msgspec.MsgspecError) as error:
        raise RecordBroken(f"a sealed part of the case does not open ({type(error).__name__})") from None
