"""What every event is and what every event carries.

An :class:`Event` holds only the facts of its own type (``warning_no``, ``party`` ...). What all events share (who, in
which role, when it happened, under which edition and clauses) is :class:`Carried`; the two together are the ``data`` of
an entry of the record. :class:`Recorded` is an event at its place: stream, version and the instant it was recorded.

Personal fields are marked :data:`Sealed`. They are kept apart under the case's own key, and are ``UNSET`` once that key
is destroyed: an effect must work with every sealed field absent, so that an erased case still folds.

Optional public fields default to ``None`` and are then left out of the entry; no other default is allowed on an event,
because a default is left out and would be read back as whatever the default is by then.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, ClassVar, Literal, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from msgspec import UnsetType

T = TypeVar("T")
_CLAUSES = re.compile(r" \(P[0-9]{2}[^)]*\)")

SEALED = msgspec.Meta(extra={"sealed": True})
Sealed = Annotated[T | UnsetType, SEALED]
"""A personal field: a salted digest in the entry, its value under the case's key. ``UNSET`` when that key is gone."""

Sensitivity = Literal["open", "dsl", "client", "privileged"]
Label = Annotated[str, msgspec.Meta(pattern=r"^(P[1-9][0-9]*|host|police|adviser|authority)$")]
"""A person in one case (P1, P2 ...) or an outside body (``host``, ``police``, ``adviser``, ``authority``)."""
OUTSIDE_BODIES = frozenset({"host", "police", "adviser", "authority"})
"""The labels of those whom a letter may go to, and who are nobody of the case."""


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The soft rules a named role set aside, and the code of the reason (the reason's words are sealed)."""

    rules: tuple[str, ...]
    code: str


class Carried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event carries (domain.md 3).

    ``occurred_at`` is when it happened, with an offset; when it was recorded stands in the entry's ``time``.
    ``command`` is shared by the events of one decision; ``cause`` is the event id that a timer acted on.
    """

    occurred_at: datetime
    actor: str
    role: str
    acting_for: str | None = None
    command: UUID
    cause: str | None = None
    edition: str | None = None
    clauses: tuple[str, ...] | None = None
    override: Override | None = None
    sensitivity: Sensitivity


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact that happened, under a permanent name."""

    type_name: ClassVar[str]
    """The permanent name, e.g. ``incident.warning-issued.v1``; never a module path."""
    clauses: ClassVar[tuple[str, ...]] = ()
    """The policy's clauses that this event applies."""
    sensitivity: ClassVar[Sensitivity] = "open"
    is_of_case: ClassVar[bool] = False
    """Whether it is a fact about one case, with an effect on it: asked at every event of a fold."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event at its place in a stream: what the library eventsourcing calls a domain event."""

    originator_id: UUID
    originator_version: int
    recorded_at: datetime
    carried: Carried
    event: Event

    @property
    def id(self) -> str:
        """Return the event's id in the record, ``<stream>/<version>``."""
        return f"{self.originator_id}/{self.originator_version}"


@cache
def in_words(event_type: type[Event]) -> str:
    """Return what an event of this type says happened, in neutral words: the first line of what describes it."""
    first = (inspect.getdoc(event_type) or "").partition("\n")[0].replace("`", "")
    return _CLAUSES.sub("", first)


@cache
def sealed_names(event_type: type[Event]) -> tuple[str, ...]:
    """Return the names of the personal fields of this type, sorted."""
    hints = get_type_hints(event_type, include_extras=True)
    return tuple(sorted(name for name, hint in hints.items() if SEALED in getattr(hint, "__metadata__", ())))


def registry(event_types: Iterable[type[Event]]) -> Mapping[str, type[Event]]:
    """Return the event types by their permanent names.

    Raises:
        ValueError: two types claim the same name.
    """
    by_name: dict[str, type[Event]] = {}
    for event_type in event_types:
        if by_name.setdefault(event_type.type_name, event_type) is not event_type:
            message = f"two event types are named {event_type.type_name}"
            raise ValueError(message)
    return by_name


def known(value: T | UnsetType | None) -> T | None:
    """Return a sealed value, or None where it is withheld, erased or was never given."""
    return None if isinstance(value, UnsetType) else value
