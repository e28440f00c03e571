"""The fold: a case from its events, by way of a draft that every event's effect changes in place.

A case is a frozen value, and to make a further one of it at each event, or at each fact, costs more than what the event
says (decision 0011). So a fold copies what it goes on from once, or begins with nothing; effects write into that
copy, a line a fact; and what they made is handed out as a value that nobody changes any more.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import ClassVar, Protocol, Self
from uuid import UUID

import msgspec
from msgspec.structs import astuple

from casework.domain.due import Due
from casework.domain.entries import Entry
from casework.domain.event import Event, Recorded, Sensitivity
from casework.domain.incident import INITIAL_TRACKS, Incident, Party, Post, RemovalRequest, State, Task, TaskKey, Thing


class Draft(State):
    """A case in the making: what the fold holds, and effects change. Nobody else sees it."""

    parties: dict[str, Party] = msgspec.field(default_factory=dict)
    posts: dict[int, Post] = msgspec.field(default_factory=dict)
    requests_by_no: dict[int, RemovalRequest] = msgspec.field(default_factory=dict)
    things: dict[str, dict[int, Thing]] = msgspec.field(default_factory=dict)
    advice: dict[int, UUID] = msgspec.field(default_factory=dict)
    open_tasks: dict[TaskKey, Task] = msgspec.field(default_factory=dict)
    shelved_tasks: dict[TaskKey, Task] = msgspec.field(default_factory=dict)
    tracks: dict[str, str] = msgspec.field(default_factory=INITIAL_TRACKS.copy)

    @classmethod
    def of(cls, case: Incident) -> Self:
        """Return a draft that goes on from a case, and shares with it nothing that effects change."""
        draft = cls(*astuple(case))
        draft.parties = dict(case.parties)
        draft.posts = dict(case.posts)
        draft.requests_by_no = dict(case.requests_by_no)
        draft.things = {kind: dict(things) for kind, things in case.things.items()}
        draft.advice = dict(case.advice)
        draft.open_tasks = dict(case.open_tasks)
        draft.shelved_tasks = dict(case.shelved_tasks)
        draft.tracks = dict(case.tracks)
        return draft

    def finished(self) -> Incident:
        """Turn the draft into the case that it came to, which is frozen: the same value, so nothing is copied."""
        self.__class__ = Incident  # type: ignore[assignment]  # both are a State with no field more
        return self  # type: ignore[return-value]  # as of the line above

    def put(
        self, kind: str, number: int, status: str, at: Recorded, *, is_pending: bool = False, about: str | None = None
    ) -> None:
        """Put this thing in a new state."""
        things = self.things.get(kind)
        if things is None:
            things = self.things[kind] = {}
        before = things.get(number)
        carried = at.carried
        things[number] = Thing(
            status=status,
            is_pending=is_pending,
            event_version=at.originator_version,
            about=about,
            by=before.by if before else carried.actor,
            sensitivity=carried.sensitivity,
        )

    def open_task(
        self, name: str, due: Due, at: Recorded, number: int | None = None, posts: tuple[int, ...] = ()
    ) -> None:
        """Open this task; one of the same name and number is replaced."""
        carried = at.carried
        tasks, key = self.open_tasks, (name, number)
        if key in tasks:
            del tasks[key]  # What is opened anew stands last.
        tasks[key] = Task(
            name=name,
            number=number,
            due=due,
            since=carried.occurred_at,
            edition=carried.edition,
            sensitivity=carried.sensitivity,
            posts=posts,
        )

    def settle(self, name: str, number: int | None = None) -> None:
        """Settle this task, if it is open."""
        self.open_tasks.pop((name, number), None)

    def settle_each(self, name: str) -> None:
        """Settle every task of this name, whatever its number."""
        for key in tuple(self.open_tasks):
            if key[0] == name:
                del self.open_tasks[key]

    def settle_but(self, names: Container[str]) -> None:
        """Settle every task of another name than these."""
        self.open_tasks = {key: task for key, task in self.open_tasks.items() if task.name in names}

    def shelve_but(self, names: Container[str]) -> None:
        """Lay aside every open task of another name than these."""
        self.shelved_tasks = {key: task for key, task in self.open_tasks.items() if task.name not in names}
        self.settle_but(names)

    def unshelve(self) -> None:
        """Open again what was laid aside."""
        self.open_tasks = {**self.shelved_tasks, **self.open_tasks}
        self.shelved_tasks = {}

    def settle_by_removal(self) -> None:
        """Settle the tasks that wait for posts to go, once all of these are seen gone, whenever that was."""
        for key, task in [*self.open_tasks.items()]:
            if task.posts and all(self.posts[no].is_gone for no in task.posts if no in self.posts):
                del self.open_tasks[key]


class Around(Protocol):
    """What an event may tell of besides its case, as it stands when the event is recorded."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries of the case by their ids, where one is named."""
        ...

    def sensitivity_of(self, stream: UUID) -> Sensitivity:
        """Return the least that an event of another stream is marked with."""
        ...


class IncidentEvent(Event, frozen=True, kw_only=True):
    """A fact about one case."""

    is_of_case: ClassVar[bool] = True
    is_decisive: ClassVar[bool] = False
    """Whether somebody settled with it what is to be done: a case that was reopened is under review until then."""

    def apply(self, case: Draft, at: Recorded) -> None:
        """Put into the case what this event says. Never refuses; works with every sealed field absent."""

    def marks(self, _case: Incident, _around: Around) -> Iterator[Sensitivity]:
        """Yield the least that this event is marked with: that of its type, and of whatever else it tells of."""
        yield self.sensitivity


def fold(case: Incident | None, events: Iterable[Recorded]) -> Incident | None:
    """Fold the events of one case, in order, onto what it was, which stays as it is; ``None`` where there are none."""
    events = tuple(events)
    if not events:
        return case
    draft = Draft.of(case) if case else Draft(events[0].originator_id)
    for at in events:
        event = at.event
        if not event.is_of_case:
            message = f"event {at.id} is a {event.type_name}; expected an event of a case"
            raise TypeError(message)
        # It is an IncidentEvent, as was asked; isinstance() asks the same, for a twentieth of the whole fold.
        event.apply(draft, at)  # type: ignore[attr-defined]  # see above
        if draft.is_reopened_undecided and event.is_decisive:  # type: ignore[attr-defined]  # see above
            draft.is_reopened_undecided = False
    draft.version = events[-1].originator_version
    return draft.finished()
