"""A story that was played, as a test tells it: what each service answers to whom, what is kept, what was recorded.

The services would not do what must not be done, so a test plants it here; the checks are those of the player.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from tests.journeys.cast import Cast
from tests.journeys.played import Played
from tests.journeys.record import Entry
from tests.journeys.story import STORIES, Step, Story

BEGUN: Final = datetime(2025, 9, 18, 9, tzinfo=UTC)
"""When the story begins: ten o'clock in London. Each step, and each event, comes a minute after the one before."""
CASE: Final = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
HERE: Final = f"/v1/incidents/{CASE}"
REFERENCE: Final = "RL-2025-0031"
CAST: Final = Cast.read(STORIES)
TERM: Final = "/v1/statistics"
CATEGORIES: Final = {"C4": {"name": "offensive about named people"}}
YEARS: Final = {"closed": 6, "no_breach": 1, "withdrawn": 1}
POLICY: Final = {"edition": {"categories": CATEGORIES, "parameters": {"retention_years": YEARS}}}
FIGURES: Final = {"reported": 0, "by_category": {}, "by_channel": {}, "by_association": {}}
NOTHING: Final[Mapping[str, Any]] = {
    "/v1/policy": POLICY,
    "/v1/statistics": FIGURES,
    "/v1/communications": {"communications": [], "next": 0, "has_more": False},
    "/v1/repeat-posters": {"repeat_posters": []},
    f"{HERE}/evidence": {"evidence": []},
}
"""What is answered where a test tells nothing else; any other path is unknown."""


@dataclass
class ToldStored:
    """Tables by their names, ``casework: school.event``, and files by theirs."""

    rows: Mapping[str, bytes] = field(default_factory=dict)
    kept: Mapping[str, bytes] = field(default_factory=dict)

    def tables(self, service: str, *names: str, without: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
        for name, content in self.rows.items():
            table = name.rpartition(".")[2]
            if name.startswith(service) and (table in names or (not names and table not in without)):
                yield name, content

    def files(self) -> Iterator[tuple[str, bytes]]:
        yield from self.kept.items()


class ToldPair:
    """Services that answer what a test says: to everybody under a path, or to one under ``by path``."""

    def __init__(self, answers: Mapping[str, Any], packages: Mapping[str, Mapping[str, bytes]], **kept: Any) -> None:
        self.keys = {account.subject: account.subject for account in CAST.accounts()}
        self._answers = {**NOTHING, **answers}
        self._packages = packages
        client = httpx.Client(base_url="http://told.example", transport=httpx.MockTransport(self._answer))
        self.casework = self.letters = client
        self.stored = ToldStored(kept.get("rows") or {}, kept.get("files") or {})
        self.outbox = self.evidence = kept.get("folder") or Path("/nowhere")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        by, path = request.headers["Authorization"].removeprefix("Bearer "), request.url.path
        if request.method == "POST":
            variant = json.loads(request.content)["variant"]
            return httpx.Response(201, json={"id": variant}) if variant in self._packages else httpx.Response(409)
        if path.startswith("/v1/exports/"):
            variant = path.split("/")[3]
            named = {"Content-Disposition": f'attachment; filename="{REFERENCE}-{variant}.zip"'}
            return httpx.Response(200, content=_zip(self._packages[variant]), headers=named)
        found = self._answers.get(f"{by} {path}", self._answers.get(path))
        if found is None:
            return httpx.Response(404, json={})
        if isinstance(found, bytes):
            named = {"Content-Disposition": f'attachment; filename="{path.rpartition("/")[2]}.bin"'}
            return httpx.Response(200, content=found, headers={"Content-Type": "text/plain", **named})
        return httpx.Response(200, json=found)


@dataclass
class ToldCases:
    """The one case of a story, as it stands."""

    case: Mapping[str, Any]
    cases: Mapping[str, str] = field(default_factory=lambda: {"only": CASE})

    def shown(self, _case: str) -> Mapping[str, Any]:
        return self.case


@dataclass
class ToldRecord:
    """A record of one case that holds what a test says."""

    entries: list[Entry]

    def of_case(self, case: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.stream == case]


@dataclass
class ToldDesk:
    """Letters as a test says, each with its words and what happened to it."""

    rows: Sequence[Mapping[str, Any]]

    def of_this_story(self) -> Sequence[Mapping[str, Any]]:
        return self.rows

    def text(self, letter: str) -> str:
        return next(str(row["text"]) for row in self.rows if row["letter_id"] == letter)

    def timeline(self, letter: str) -> Sequence[Mapping[str, Any]]:
        return next(row.get("timeline", ()) for row in self.rows if row["letter_id"] == letter)


def letter(template: str, party: str, text: str = "Dear parent", **members: Any) -> dict[str, Any]:
    """Return a letter that left."""
    row = {"letter_id": template, "template": template, "party": party, "status": "dispatched", "pdf_sha256": "0"}
    return {**row, "channel": "print", "text": text, **members}


def event(type_: str, **data: Any) -> tuple[str, dict[str, Any]]:
    """Return an event of the case by its name."""
    return f"incident.{type_}.v1", data


def step(do: str, **given: Any) -> dict[str, Any]:
    """Return what a step of a story was: by whom and when is left to its place in the story."""
    return {"do": do, "given": given}


def told(
    *,
    final: Mapping[str, Any] | None = None,
    must_not: Sequence[str] = (),
    steps: Sequence[Mapping[str, Any]] = (),
    events: Sequence[tuple[str, dict[str, Any]]] = (),
    case: Mapping[str, Any] | None = None,
    letters: Sequence[Mapping[str, Any]] = (),
    answers: Mapping[str, Any] | None = None,
    packages: Mapping[str, Mapping[str, bytes]] | None = None,
    rows: Mapping[str, bytes] | None = None,
    files: Mapping[str, bytes] | None = None,
    folder: Path | None = None,
) -> Played:
    """Return a story that was played, with all that it left behind."""
    given = steps or [step("report_incident")]
    played_steps = [
        Step(story="S00", number=at, at=moment(at), by="u-head", expect="accepted", **each)
        for at, each in enumerate(given, 1)
    ]
    entries = [Entry(type_, CASE, at, moment(at), data) for at, (type_, data) in enumerate(events, 1)]
    shown = {"reference": REFERENCE, "kind": "adult_post", "parties": [], "identity": None, **(case or {})}
    story = Story(id="S00", settings={}, steps=played_steps, final=final or {}, must_not=must_not)
    pair: Any = ToldPair(answers or {}, packages or {}, rows=rows, files=files, folder=folder)
    acting: Any = ToldCases(shown)
    record: Any = ToldRecord(entries)
    desk: Any = ToldDesk(letters)
    templates = frozenset(row["template"] for row in letters)
    return Played(story, pair, acting, record, desk, CAST, templates)


def moment(number: int) -> datetime:
    """Return when a step or an event came."""
    return BEGUN + timedelta(minutes=number)


def party(label: str, person: str | None, kind: str = "adult") -> dict[str, Any]:
    """Return somebody in the case."""
    name = CAST.people[person]["name"] if person else "somebody"
    return {"label": label, "person": person, "kind": kind, "name": name}


def lines(*types: str) -> bytes:
    """Return entries of a package, by their types."""
    return b"".join(json.dumps({"type": type_}).encode() + b"\n" for type_ in types)


def package(*types: str, **files: bytes) -> dict[str, bytes]:
    """Return the files of an export: its entries by their types, and what else stands in it."""
    return {"record/entries.jsonl": lines(*types), "history.txt": b"", "case.json": b"{}", **files}


def _zip(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, content in files.items():
            package.writestr(name, content)
    return made.getvalue()
