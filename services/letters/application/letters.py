"""The event-sourced application: letters are loaded, events are appended, the feed's position is kept.

``ProcessApplication`` of eventsourcing 9.5.6 with its stock process recorder and our typed mapper. A page of casework's
feed is one transaction: every event it leads to, and ``Tracking("casework", next)``. The position only ever grows; a
second follower that read the same page is refused by the tracking row.

Two habits of the library are left out: reading ``os.environ`` into the application's settings, and giving a foreign
feed's events to our own mapper.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Mapper, Notification, Tracking
from eventsourcing.system import ProcessApplication
from eventsourcing.utils import Environment, EnvType

from letters.domain.errors import LettersError
from letters.domain.event import LetterEvent
from letters.domain.letter import EVENTS, Letter, fold
from servicekit.mapper import TypedMapper

FEED = "casework"


class Overtaken(LettersError):
    """Somebody else appended to the same letter, or read the same page, in the meantime: load and decide again."""


class Letters(ProcessApplication[UUID]):
    """Letters, and how far casework's feed was read."""

    name = "Letters"

    def __init__(self, factory: InfrastructureFactory[Any]) -> None:
        self._given_factory = factory
        super().__init__()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Take nothing from the environment of the process."""
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:  # noqa: ARG002 - the library's signature
        """Use the factory that bootstrap made."""
        return self._given_factory

    def construct_mapper(self) -> Mapper[UUID]:
        """Map by permanent names; an unknown one stops the load."""
        return TypedMapper(EVENTS)

    def follow(self, name: str, log: object) -> NoReturn:  # noqa: ARG002 - the library's signature
        """Refuse: casework's events are not of our types; a page of them is appended by :meth:`record_page`."""
        message = f"{name} is followed by letters.application.follow, a page in one transaction"
        raise TypeError(message)

    def find(self, letter: UUID, version: int | None = None) -> Letter | None:
        """Return a letter, at a version if one is given; None if there is none."""
        try:
            found = self.repository.get(letter, version=version, projector_func=cast("Any", fold))
        except AggregateNotFoundError:
            return None
        return cast("Letter", found)

    def history(self, letter: UUID) -> list[LetterEvent]:
        """Return the letter's events, oldest first."""
        return [cast("LetterEvent", event) for event in self.events.get(letter)]

    def append(self, events: Sequence[LetterEvent]) -> None:
        """Append events, all or none. At this point they are durable.

        Raises:
            Overtaken: an event stands at one of their places already.
        """
        try:
            self.save(*cast("Sequence[DomainEventProtocol[UUID]]", events))
        except IntegrityError as error:
            raise Overtaken from error

    def position(self) -> int:
        """Return the position up to which casework's feed was read."""
        return self.recorder.max_tracking_id(FEED) or 0

    def record_page(self, events: Iterable[LetterEvent], position: int) -> None:
        """Append what a page of the feed led to, together with its position.

        A crash before this transaction costs a repeated read, after it nothing: ids are derived from causes.

        Raises:
            Overtaken: another follower read this page, or somebody appended to one of its letters; nothing is written.
        """
        stored = [self.mapper.to_stored_event(cast("Any", event)) for event in events]
        try:
            self.recorder.insert_events(stored, tracking=Tracking(FEED, position))
        except IntegrityError as error:
            raise Overtaken from error

    def head(self) -> int:
        """Return the id of our own newest notification."""
        return self.recorder.max_notification_id() or 0

    def notifications(self, after: int, limit: int = 500) -> Iterator[tuple[int, LetterEvent]]:
        """Return our own notifications after one, oldest first, each with its id."""
        found: Sequence[Notification] = self.recorder.select_notifications(after, limit, inclusive_of_start=False)
        for notification in found:
            yield notification.id, cast("LetterEvent", self.mapper.to_domain_event(notification))
