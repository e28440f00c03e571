"""The stored form of a folded case, and the name of that form.

JSON, with every field written out. When a task is due is a day, an instant, or a count that says what it counts::

    "2025-09-26"    "2025-09-26T17:00:00+01:00"    {"counts": "SchoolDays", "count": 5}

The form is named by a hash of the program text that folds, so no change of an effect can be forgotten: rows that
another text made are made anew.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, get_args

import msgspec

from casework.application.read_models.figures import Figures
from casework.application.read_models.folded import FoldedCase
from casework.domain.due import Due
from casework.domain.incident import Incident, Task

FOLDING: Final = ("casework.domain", "casework.application.read_models")
"""The packages whose text decides what a fold gives."""


class _StoredTask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task, with its due day as text."""

    name: str
    number: int | None
    due: str | dict[str, Any]
    since: datetime
    edition: str | None
    sensitivity: str
    posts: tuple[int, ...]


_TASKS: Final = ("open_tasks", "shelved_tasks")
"""The fields of a case that hold tasks by their keys: stored as lists, as a task says its own key."""
_FIELDS: Final = [(f.name, f.type) for f in msgspec.structs.fields(Incident) if f.name not in _TASKS]
_StoredCase: Final = msgspec.defstruct(
    "StoredCase",
    [*_FIELDS, *((name, tuple[_StoredTask, ...]) for name in _TASKS)],
    kw_only=True,
    forbid_unknown_fields=True,
)
_Stored: Final = msgspec.defstruct(
    "Stored",
    [("position", int), ("case", _StoredCase), ("figures", Figures)],
    kw_only=True,
    forbid_unknown_fields=True,
)
_COUNTED: Final[Mapping[str, Any]] = {kind.__name__: kind for kind in get_args(Due)}
_DECODER: Final = msgspec.json.Decoder(_Stored)


def to_stored(folded: FoldedCase) -> str:
    """Return a folded case as it is stored."""
    case = {name: getattr(folded.case, name) for name, _ in _FIELDS}
    tasks = {name: [_task_stored(task) for task in getattr(folded.case, name).values()] for name in _TASKS}
    stored = {"position": folded.position, "case": {**case, **tasks}, "figures": folded.figures}
    return msgspec.json.encode(stored).decode()


def from_stored(text: str) -> FoldedCase:
    """Return the folded case that a row holds.

    Raises:
        ValueError: it is not of this form.
    """
    try:
        found: Any = _DECODER.decode(text)
        tasks: Mapping[str, Any] = {
            name: {(t.name, t.number): _task_of(t) for t in getattr(found.case, name)} for name in _TASKS
        }
    except (msgspec.MsgspecError, LookupError) as error:
        raise ValueError(
            f"a read model: expected one of form {form()[:8]}, found another ({type(error).__name__})"
        ) from None
    facts = {name: getattr(found.case, name) for name, _ in _FIELDS}
    case = Incident(**facts, **tasks)
    return FoldedCase(position=found.position, case=case, figures=found.figures)


@cache
def form() -> str:
    """Return the name of the form: the same as long as the text that folds is."""
    digest = sha256()
    for package in FOLDING:
        for path, text in sorted(_texts(files(package), "").items()):
            digest.update(f"{package}/{path}\0{text}\0".encode())
    return digest.hexdigest()


def _texts(folder: Traversable, path: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for each in folder.iterdir():
        if each.is_dir():
            found |= _texts(each, f"{path}{each.name}/")
        elif each.name.endswith(".py"):
            found[path + each.name] = each.read_text(encoding="utf-8")
    return found


def _task_stored(task: Task) -> Mapping[str, Any]:
    return {**msgspec.structs.asdict(task), "due": _due_stored(task.due)}


def _task_of(stored: _StoredTask) -> Task:
    return Task(**{**msgspec.structs.asdict(stored), "due": _due_of(stored.due)})


def _due_stored(due: Due) -> str | dict[str, Any]:
    if isinstance(due, msgspec.Struct):
        return {"counts": type(due).__name__, **msgspec.structs.asdict(due)}
    return due.isoformat()


def _due_of(stored: str | dict[str, Any]) -> Due:
    if isinstance(stored, str):
        return datetime.fromisoformat(stored) if "T" in stored else date.fromisoformat(stored)
    counted: Due = msgspec.convert(stored, _COUNTED[stored.pop("counts")])
    return counted
