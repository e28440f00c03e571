"""Events to entries and back: the mapper of the library eventsourcing, for the record.

An event's public fields, with what every event carries, are the ``data`` of its entry; its sealed fields are digests
there, and their values the sealed part beside it. Types are found by permanent name in a dictionary: no stored text
can name a module. On the way in, everything is decoded again and compared before it is stored.

Reading: one decoder of each type reads its own facts out of the entry, where sealed fields are missing and so
``UNSET``; a second one, of the sealed fields alone, reads the sealed part. With the key gone they stay ``UNSET``, and
the case still folds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NoReturn, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from msgspec.structs import asdict, replace

from casework.adapters.keys import CaseKeys, CaseSecret
from casework.adapters.schools import RecordHome
from casework.adapters.stored import EntryNotification, StoredEntry, WrappedKey
from casework.application.store import NotReversible, UnknownEventType, UnreadableEntry
from casework.domain.event import Carried, Event, Recorded, registry, sealed_names
from casework.ledger.entry import MalformedEntry, build, leaf_hash
from servicekit.mapper import differing_fields, place
from servicekit.sealing import SealingError

ACCESS: Final = "access."

_CANONICAL: Final = msgspec.json.Encoder(order="sorted").encode
"""Of what `verify` has checked it makes what `canonical` would, several times faster."""
_NO_STREAM: Final = UUID(int=0)
_WITH_SEALED_PART: Final = (StoredEntry, EntryNotification)


class _Entry(msgspec.Struct, frozen=True):
    """An entry without what is its type's own, which is decoded in a second pass over it."""

    id: str
    time: datetime
    type: str
    data: Carried


class _Codec:
    """How events of one type are read, and which of their fields are sealed."""

    def __init__(self, event_type: type[Event]) -> None:
        clash = set(event_type.__struct_fields__) & set(Carried.__struct_fields__)
        if clash:
            raise ValueError(f"{event_type.type_name}: every event carries {', '.join(sorted(clash))} already")
        self.event_type = event_type
        self.sealed = sealed_names(event_type)
        self.public: Callable[[bytes], Any] = msgspec.json.Decoder(
            msgspec.defstruct("PublicFacts", [("data", event_type)])
        ).decode
        fields = {field.name: field.type for field in msgspec.structs.fields(event_type)}
        part = msgspec.defstruct(
            "SealedPart", [(name, fields[name]) for name in self.sealed], forbid_unknown_fields=True, kw_only=True
        )
        self.part: Callable[[bytes], Any] = msgspec.json.Decoder(part).decode


class EntryMapper(Mapper[UUID]):
    """Maps the events of one school's record."""

    def __init__(self, event_types: Iterable[type[Event]], home: RecordHome, keys: CaseKeys) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._codecs = {name: _Codec(event_type) for name, event_type in registry(event_types).items()}
        self._home = home
        self._keys = keys
        self._entry = msgspec.json.Decoder(_Entry).decode

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEntry:
        """Encode one event."""
        return self.encode([cast("Recorded", domain_event)])[0]

    def encode(self, events: Sequence[Recorded]) -> list[StoredEntry]:
        """Encode events, decode them again and compare, with one trip for all their keys; new ones are kept by then.

        Raises:
            UnknownEventType: a type that this mapper was not given.
            KeyErased: a personal field for a case whose key was destroyed.
            NotReversible: an event that no entry can hold, or that would come back changed.
        """
        secrets = self._keys.for_entries({self.key_id(event) for event in events if self._codec(event).sealed})
        return [self._encode(event, secrets.get(self.key_id(event))) for event in events]

    def to_domain_event(self, stored_event: StoredEvent, plaintext: bytes | None = None) -> Recorded:
        """Decode an entry, with its sealed part if its key is there, or if its `plaintext` is known already.

        Raises:
            UnknownEventType: naming position, id and type; it is never skipped.
            UnreadableEntry: the entry does not fit its type or its columns, or its sealed part does not open.
        """
        return next(self.decode([stored_event], plaintext))

    def decode(self, entries: Iterable[StoredEvent], plaintext: bytes | None = None) -> Iterator[Recorded]:
        """Decode entries, each when it is asked for, as :meth:`to_domain_event` does; those of a stream share a key."""
        stream, text = _NO_STREAM, ""
        key, unseal = None, None
        for stored in entries:
            state, version = stored.state, stored.originator_version
            codec = self._codecs.get(stored.topic) or _refuse(stored)
            try:
                entry = self._entry(state)
                event = codec.public(state).data
            except msgspec.MsgspecError as error:
                at = place(error).replace("$.data", "$", 1)
                raise UnreadableEntry(f"{_place(stored)}: not a {stored.topic}, at {at}") from None
            if stored.originator_id is not stream:
                stream = cast("UUID", stored.originator_id)
                text = _text(stream)
            if entry.id != f"{text}/{version}" or entry.type != stored.topic:
                raise UnreadableEntry(f"{_place(stored)}: the entry itself says {entry.id}, {entry.type}")
            opened = plaintext
            if opened is None and isinstance(stored, _WITH_SEALED_PART) and stored.sealed is not None:
                try:
                    if stored.key is not key:
                        key, unseal = stored.key, self._unsealing(stored.key)
                    if unseal is not None:
                        opened = unseal(stored.sealed, leaf_hash(state))
                except SealingError as error:
                    raise UnreadableEntry(f"{_place(stored)}: its sealed part: {error}") from None
            if opened is not None:
                event = replace(event, **_sealed_facts(codec, opened, stored))
            yield Recorded(
                originator_id=stream,
                originator_version=version,
                recorded_at=entry.time,
                carried=entry.data,
                event=event,
            )

    def key_id(self, event: Recorded) -> UUID:
        """Return under which key an event is sealed: the case's, or for `access.*` the school's own."""
        return self._home.stream if event.event.type_name.startswith(ACCESS) else event.originator_id

    def _encode(self, event: Recorded, secret: CaseSecret | None) -> StoredEntry:
        public, sealed = self._values(event)
        try:
            entry, plaintext = build(
                origin=self._home.origin,
                stream=event.originator_id,
                version=event.originator_version,
                type_name=event.event.type_name,
                time=event.recorded_at,
                data=public,
                sealed=sealed or None,
                salt_key=secret.salt_key if secret else None,
                encode=_CANONICAL,
            )
        except MalformedEntry as error:
            raise NotReversible(f"event {event.id} ({event.event.type_name}): {error}") from None
        part = secret.sealer.seal(plaintext, leaf_hash(entry)) if secret and plaintext else None
        stored = StoredEntry(event.originator_id, event.originator_version, event.event.type_name, entry, sealed=part)
        self._compare(event, stored, plaintext)
        return stored

    def _values(self, event: Recorded) -> tuple[dict[str, object], dict[str, object]]:
        """Return the public and the sealed values of an event, as plain JSON."""
        values: dict[str, object] = msgspec.to_builtins(event.event)
        names = self._codec(event).sealed
        missing = [name for name in names if name not in values]
        if missing:
            what = f"event {event.id} ({event.event.type_name})"
            raise NotReversible(f"{what}: expected a value or None for {', '.join(missing)}, found it withheld")
        sealed = {name: values.pop(name) for name in names}
        return {**msgspec.to_builtins(event.carried), **values}, sealed

    def _compare(self, event: Recorded, stored: StoredEntry, plaintext: bytes | None) -> None:
        try:
            again = self.to_domain_event(stored, plaintext)
        except UnreadableEntry as error:
            raise NotReversible(str(error)) from None
        if again != event:
            names = [
                *differing_fields(event.event, again.event),
                *differing_fields(event.carried, again.carried),
                *differing_fields(event, again),
            ]
            found = ", ".join(name for name in dict.fromkeys(names) if name not in {"nothing", "event", "carried"})
            raise NotReversible(f"{_place(stored)}: it would not come back as it is in {found}")

    def _unsealing(self, key: WrappedKey | None) -> Callable[[bytes, bytes], bytes] | None:
        """Return what opens a sealed part that is bound to its entry's leaf; None where the key was erased."""
        secret = self._keys.open(key)
        return None if secret is None else secret.sealer.unseal

    def _codec(self, event: Recorded) -> _Codec:
        codec = self._codecs.get(event.event.type_name)
        if codec is None:
            raise UnknownEventType(event.id, event.event.type_name)
        return codec


def _refuse(stored: StoredEvent) -> NoReturn:
    raise UnknownEventType(_id(stored), stored.topic, _position(stored))


def _sealed_facts(codec: _Codec, plaintext: bytes, stored: StoredEvent) -> dict[str, Any]:
    try:
        return asdict(codec.part(plaintext))
    except msgspec.MsgspecError as error:
        raise UnreadableEntry(f"{_place(stored)}: its sealed part does not fit, at {place(error)}") from None


def _id(stored: StoredEvent) -> str:
    return f"{_text(stored.originator_id)}/{stored.originator_version}"


@lru_cache(maxsize=256)
def _text(stream: UUID | str) -> str:
    """Return a stream's id as text: made once for its entries, which are read one after the other."""
    return str(stream)


def _position(stored: StoredEvent) -> int | None:
    if isinstance(stored, EntryNotification):
        return stored.id
    return stored.position if isinstance(stored, StoredEntry) else None


def _place(stored: StoredEvent) -> str:
    """Name an entry in a message: position where it has one, id, type."""
    position = _position(stored)
    what = f"entry {position} ({_id(stored)})" if position else f"event {_id(stored)}"
    return f"{what}, {stored.topic}"
