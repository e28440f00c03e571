"""An event mapper for eventsourcing: permanent type names, frozen msgspec Structs, plain JSON.

The library's own mapper stores module paths and imports whatever a stored text names, turns tuples into lists and
enums into strings, and knows no dates. Here a type is found in a dictionary by its permanent name, and what does not
come back from its own bytes exactly as it was is refused before it is stored.

An event is a frozen :class:`msgspec.Struct` with a ``type_name: ClassVar[str]`` and the two fields the library needs,
``originator_id`` and ``originator_version``. Its state is the whole Struct as JSON, so the two stand in the bytes as
well as in the columns beside them, and must agree.
"""

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Protocol, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

_PATH = re.compile(r"at `(\$[^`]*)`$")


class TypedEvent(Protocol):
    """What the mapper needs of an event's class."""

    type_name: ClassVar[str]
    originator_id: UUID
    originator_version: int


class MapperError(Exception):
    """Base of what a mapper raises: ``<stream>/<version>``, the type's name, and what is wrong; never a value."""


class UnknownEventType(MapperError):
    """A stored event has a type name that this version of the software does not know."""

    def __init__(self, event_id: str, type_name: str) -> None:
        super().__init__(f"event {event_id}: unknown type {type_name}")
        self.event_id = event_id
        self.type_name = type_name


class UnreadableEvent(MapperError):
    """The stored bytes are not an event of the type they claim."""


class NotReversible(MapperError):
    """An event would not come back from its stored bytes as it was; it was not stored."""


class TypedMapper(Mapper[UUID]):
    """Map events of a fixed set of types, by their permanent names."""

    def __init__(self, event_types: Iterable[type[Any]]) -> None:
        """Prepare a decoder for each type.

        Raises:
            ValueError: two types claim the same name.
        """
        super().__init__(transcoder=JSONTranscoder())
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._encoder = msgspec.json.Encoder()
        for event_type in event_types:
            if event_type.type_name in self._decoders:
                message = f"two event types are named {event_type.type_name}"
                raise ValueError(message)
            self._decoders[event_type.type_name] = msgspec.json.Decoder(event_type)

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Encode an event, decode it again and compare.

        Raises:
            UnknownEventType: the type was not given to this mapper.
            NotReversible: the event does not come back equal; its differing fields are named.
        """
        event = cast("TypedEvent", domain_event)
        stored = StoredEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=event.type_name,
            state=self._encoder.encode(event),
        )
        try:
            again = self.to_domain_event(stored)
        except UnreadableEvent as error:
            raise NotReversible(str(error)) from error
        if again != domain_event:
            differing = differing_fields(domain_event, again)
            message = f"event {_id(stored)}: {event.type_name} does not come back equal in {', '.join(differing)}"
            raise NotReversible(message)
        return stored

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """Decode a stored event.

        Raises:
            UnknownEventType: the stored name is not one of this mapper's.
            UnreadableEvent: the bytes do not fit the type of that name, or the columns beside them.
        """
        decoder = self._decoders.get(stored_event.topic)
        if decoder is None:
            raise UnknownEventType(_id(stored_event), stored_event.topic)
        try:
            event = decoder.decode(stored_event.state)
        except msgspec.MsgspecError as error:
            message = f"event {_id(stored_event)}: not a {stored_event.topic}, at {place(error)}"
            raise UnreadableEvent(message) from None
        if (event.originator_id, event.originator_version) != (
            stored_event.originator_id,
            stored_event.originator_version,
        ):
            message = f"event {_id(stored_event)}: its state says {event.originator_id}/{event.originator_version}"
            raise UnreadableEvent(message)
        return cast("DomainEventProtocol[UUID]", event)


def place(error: msgspec.MsgspecError) -> str:
    """Return the path of the field that msgspec complains of, e.g. ``$.posts[0]``; its message may quote the value."""
    found = _PATH.search(str(error))
    return found[1] if found else "$"


def differing_fields(before: object, after: object) -> list[str]:
    """Name the fields in which two Structs of one type differ; their values are never shown."""
    if type(before) is not type(after) or not isinstance(before, msgspec.Struct):
        return [f"its type ({type(before).__name__}, {type(after).__name__})"]
    return [name for name in before.__struct_fields__ if getattr(before, name) != getattr(after, name)] or ["nothing"]


def _id(stored: StoredEvent) -> str:
    return f"{stored.originator_id}/{stored.originator_version}"
