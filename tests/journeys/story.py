"""A story as its file tells it: steps, what each must lead to, what is true at the end, what must never be found.

Reading is strict. A word that `model.yaml` does not list, a member that no step has, or somebody who is not in the cast
is a fault of the story, said with the step's number: a story that is misread would pass for the wrong reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml

Outcome = Literal["accepted", "refused", "replayed"]

STORIES = Path(__file__).parent / "stories"
BESIDE = ("cast.yaml", "model.yaml")
STORY_MEMBERS = {"id", "title", "tests", "story", "background", "steps", "final", "must_not"}
STEP_MEMBERS = {
    *("at", "by", "do", "incident", "key", "if_match", "with", "note"),
    *("expect", "status", "rules", "events", "letters", "tasks"),
}
NEEDED = ("at", "by", "do", "expect")
ONLY_CASE = "only"
"""What the case of a story is called that has one."""


class StoryFault(AssertionError):
    """A story cannot be played as it is written; the message says where, what was expected and what was found."""


@dataclass(frozen=True)
class ExpectedLetter:
    """A letter that a step must draft, and what it then waits for; without a hold it is sent at once."""

    template: str
    hold: str | None = None

    @classmethod
    def of(cls, text: str) -> "ExpectedLetter":
        """Read ``L02``, or ``L04 hold: approval by u-head``."""
        template, _, hold = text.partition(" hold:")
        return cls(template.strip(), hold.strip() or None)

    @property
    def waits_for_approval(self) -> bool:
        """Whether it may be ready, and a later step approves it."""
        return self.hold is not None and self.hold.startswith("approval")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: who does what, with which facts, and what must come of it."""

    story: str
    number: int
    at: datetime
    by: str
    do: str
    incident: str | None = None
    key: str | None = None
    if_match: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    expect: Outcome
    status: int | None = None
    rules: Sequence[str] = ()
    events: Sequence[str] = ()
    letters: Sequence[ExpectedLetter] = ()
    tasks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where it stands, in short."""
        return f"{self.story} step {self.number} ({self.do})"

    def __str__(self) -> str:
        return f"{self.story} step {self.number} ({self.do} by {self.by} at {self.at.isoformat()})"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One story, with the settings that its school needs."""

    id: str
    settings: Mapping[str, Any]
    steps: Sequence[Step]
    final: Mapping[str, Any]
    must_not: Sequence[str]


@dataclass(frozen=True)
class Model:
    """The words that stories may use, from `model.yaml`."""

    paths: Mapping[str, str]
    """Decision to its path below the case; in brackets where it has none."""
    other_steps: frozenset[str]
    events: frozenset[str]
    rules: frozenset[str]
    letters: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> "Model":
        """Read `model.yaml`, beside the stories or one folder up."""
        given = yaml.safe_load(beside(folder, "model.yaml").read_text(encoding="utf-8"))
        return cls(
            paths=given["decisions"],
            other_steps=frozenset(word for words in given["other_steps"].values() for word in words),
            events=frozenset(f"{stream}.{name}.v1" for stream, names in given["events"].items() for name in names),
            rules=frozenset(given["rules"]),
            letters=frozenset({**given["letters"], **given["letters_later"]}),
        )


def beside(folder: Path, name: str) -> Path:
    """Return the file of this name in the folder of the stories, or one folder up."""
    for place in (folder, folder.parent):
        if (place / name).exists():
            return place / name
    message = f"expected {name} in {folder} or one folder up, found none"
    raise StoryFault(message)


def folder_of(named: str | None) -> Path:
    """Return the folder of the stories: the one named, else our own.

    Raises:
        StoryFault: it is not there, or holds no story.
    """
    folder = Path(named or STORIES)
    if not folder.is_dir():
        message = f"expected a folder of stories, found none at {folder}"
        raise StoryFault(message)
    if not story_files(folder):
        message = f"expected stories (S*.yaml), found none in {folder}: name the folder that they lie in"
        raise StoryFault(message)
    return folder


def story_files(folder: Path) -> list[Path]:
    """Return the stories of a folder, by name."""
    return sorted(path for path in folder.glob("*.yaml") if path.name not in BESIDE)


def load(path: Path) -> Mapping[str, Any]:
    """Return what a story's file holds."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(given, dict):
        message = f"{path.name}: expected a story, found {type(given).__name__}"
        raise StoryFault(message)
    return given


def read_story(given: Mapping[str, Any], model: Model, people: Iterable[str]) -> Story:
    """Read a story.

    Raises:
        StoryFault: listing everything that is wrong with it.
    """
    name = str(given.get("id", "a story without id"))
    known = frozenset(people)
    faults = [f"{name}: no member of a story: {member}" for member in sorted(set(given) - STORY_MEMBERS)]
    faults += [f"{name}: expected {member}, found none" for member in ("id", "steps") if not given.get(member)]
    for number, step in enumerate(given.get("steps", ()), 1):
        faults += [f"{name} step {number}: {fault}" for fault in _faults(step, model, known)]
    if faults:
        raise StoryFault("\n".join(faults))
    return Story(
        id=name,
        settings=(given.get("background") or {}).get("settings") or {},
        steps=[_step(name, number, step) for number, step in enumerate(given["steps"], 1)],
        final=given.get("final") or {},
        must_not=given.get("must_not") or [],
    )


def _step(story: str, number: int, given: Mapping[str, Any]) -> Step:
    return Step(
        story=story,
        number=number,
        at=given["at"] if isinstance(given["at"], datetime) else datetime.fromisoformat(given["at"]),
        by=given["by"],
        do=given["do"],
        incident=given.get("incident"),
        key=given.get("key"),
        if_match=given.get("if_match"),
        given=given.get("with") or {},
        expect=given["expect"],
        status=given.get("status"),
        rules=given.get("rules") or (),
        events=given.get("events") or (),
        letters=[ExpectedLetter.of(text) for text in given.get("letters") or ()],
        tasks=given.get("tasks") or {},
    )


def _faults(step: Mapping[str, Any], model: Model, people: frozenset[str]) -> Iterator[str]:
    """Yield what is wrong with one step."""
    yield from (f"no member of a step: {member}" for member in sorted(set(step) - STEP_MEMBERS))
    yield from (f"expected {member}, found none" for member in NEEDED if member not in step)
    if step.get("do") not in {*model.paths, *model.other_steps}:
        yield f"expected a step of model.yaml, found `{step.get('do')}`"
    if step.get("by") not in people:
        yield f"expected somebody of cast.yaml, found `{step.get('by')}`"
    if step.get("expect") not in ("accepted", "refused", "replayed"):
        yield f"expected accepted, refused or replayed, found `{step.get('expect')}`"
    if step.get("if_match") not in (None, "stale"):
        yield f"expected if_match: stale, found `{step['if_match']}`"
    if step.get("expect") == "refused" and not (step.get("status") and step.get("rules")):
        yield "expected status and rules of a refusal, found one or both missing"
    yield from _unknown_words(step, model)


def _unknown_words(step: Mapping[str, Any], model: Model) -> Iterator[str]:
    templates = [ExpectedLetter.of(text).template for text in step.get("letters") or ()]
    for kind, words, known in (
        ("an event", step.get("events") or (), model.events),
        ("a rule", step.get("rules") or (), model.rules),
        ("a letter", templates, model.letters),
    ):
        yield from (f"expected {kind} of model.yaml, found `{word}`" for word in words if word not in known)
