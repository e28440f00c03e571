"""What an export asks of the record: one case copied as it is stored, each entry proved under one signed checkpoint."""

import json
from collections.abc import Iterable, Mapping
from typing import Protocol
from uuid import UUID

import msgspec


class CopiedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The stored bytes of one entry; what opens its personal fields, by name; its proof to the copy's checkpoint."""

    position: int
    octets: bytes
    disclosures: Mapping[str, str]
    proof: str


class NamedKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The entries that name the record's keys: its first, then each change.

    Each change, by its position, has the proofs by position of that first entry and of its own, to the first checkpoint
    over it, which the old key has signed.
    """

    entries: tuple[bytes, ...]
    proofs: Mapping[int, Mapping[int, str]]


class CaseCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A case at a checkpoint: its entries 1 to n, and what they are proved by."""

    origin: str
    is_scratch: bool
    stream: UUID
    size: int
    note: str
    vkeys: tuple[str, ...]
    entries: tuple[CopiedEntry, ...]
    keys: NamedKeys | None = None
    """None where the key was never changed."""
    further: Mapping[UUID, int] = {}
    """Further streams of the case, as that of its legal advice, and how many of the entries are theirs."""

    @property
    def version(self) -> int:
        """Return the version of the case's last entry, which is how many of its own there are."""
        return len(self.entries) - sum(self.further.values())


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the record with its own proof; in the form that ``verify.py --receipt`` reads."""

    entry: bytes
    proof: str
    vkeys: tuple[str, ...]

    def as_json(self) -> bytes:
        """Return the receipt as a file."""
        said = {"entry": self.entry.decode(), "proof": self.proof, "vkey": "\n".join(self.vkeys)}
        return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


class RecordBook(Protocol):
    """Copies and proves; whoever implements it never returns what does not hold."""

    def copy(self, stream: UUID, further: Iterable[UUID] = ()) -> CaseCopy:
        """Sign what is new in the record and return all of a case up to there, with further streams of it.

        Raises:
            KeyErased: the case was erased.
            RecordBroken: the record does not hold; nothing of it is to go out.
            Unavailable: see ``application.store``.
        """

    def receipt(self, stream: UUID) -> Receipt:
        """Return the first entry of a stream, proved under the first checkpoint that covers it; sign one if none does.

        Raises:
            RecordBroken, Unavailable: as above.
        """
