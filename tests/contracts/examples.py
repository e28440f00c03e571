"""From the table of example events to the files of `contracts/examples`: by the very code that writes the record.

The case secret is fixed, and published here: it protects nobody. Each example is the entry, byte for byte as it would
be stored; beside it lie the personal values that its digests commit to, with the disclosures that open them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.keys import CaseKeys, CaseSecret
from casework.adapters.schools import RecordHome
from casework.adapters.stored import StoredEntry, WrappedKey
from casework.domain.catalogue import EVENT_TYPES
from casework.domain.event import Carried, Recorded, sealed_names
from casework.domain.steps import DECISIONS
from casework.ledger.verify import derive_disclosures
from tests.contracts.example_events import ROWS
from tests.contracts.example_row import RECORD, ROLES, Row

HOME = RecordHome(stream=RECORD, origin="rowan-lane.example/ledger", is_scratch=False)
SECRET = CaseSecret(bytes.fromhex("11" * 32))


class PublishedKeys(CaseKeys):
    """Keys of which everybody knows the one secret; no database is asked."""

    def __init__(self) -> None:
        """Hold nothing."""

    def open(self, key: WrappedKey | None) -> CaseSecret | None:
        """Return the secret where there is a key at all."""
        return None if key is None else SECRET

    def for_entries(self, ids: Iterable[UUID]) -> Mapping[UUID, CaseSecret]:
        """Return the secret for each."""
        return dict.fromkeys(ids, SECRET)


def mapper() -> EntryMapper:
    """Return casework's mapper, under the published secret."""
    return EntryMapper(EVENT_TYPES.values(), HOME, PublishedKeys())


def recorded(row: Row) -> Recorded:
    """Return the event of a row at its place, with what every event carries."""
    at = datetime.fromisoformat(row.at)
    event_type = type(row.event)
    is_of_the_record = row.event.type_name.startswith("record.")
    return Recorded(
        originator_id=row.stream,
        originator_version=row.version,
        recorded_at=at,
        event=row.event,
        carried=Carried(
            occurred_at=at,
            actor=row.by,
            role=ROLES[row.by],
            command=uuid5(row.stream, row.at),
            cause=row.cause,
            edition=None if is_of_the_record else "2021-spring",
            clauses=row.clauses or event_type.clauses or _decided_under(row),
            override=row.override,
            sensitivity=event_type.sensitivity,
        ),
    )


def _decided_under(row: Row) -> tuple[str, ...] | None:
    """Return the clauses of the decision that writes this event."""
    return next((decision.clauses for decision in DECISIONS if type(row.event) in decision.writes), None)


def disclosed(stored: StoredEntry, row: Row) -> dict[str, object]:
    """Return the personal values of an example, and the disclosures that open its digests."""
    names = sealed_names(type(row.event))
    plain: dict[str, object] = msgspec.to_builtins(row.event)
    values = {name: plain[name] for name in names}
    opened = derive_disclosures(SECRET.salt_key, str(row.stream), row.version, values)
    return {"id": f"{row.stream}/{row.version}", "values": values, "disclosures": [opened[name] for name in names]}


def example_files() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file: the entries have no final line feed, as stored."""
    for row, stored in zip(ROWS, mapper().encode([recorded(row) for row in ROWS]), strict=True):
        name = row.event.type_name
        yield f"{name}.json", stored.state.decode()
        if stored.sealed is not None:
            text = json.dumps(disclosed(stored, row), sort_keys=True, indent=2, ensure_ascii=False)
            yield f"{name}.disclosed.json", text + "\n"
