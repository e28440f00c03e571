"""The stored form of a folded case, and the name of that form.

JSON, with every field written out. A task's `due` is a text, as it may be one of five things::

    2025-09-26T17:00:00+01:00    an instant                school_days 5     so many school days later
    2025-09-26                   a day                     working_days 2    so many working days later
    stated first_step_due_school_days                      as many as the edition states under this parameter

The form is named by a hash of the program text that folds, so no change of an effect can be forgotten: rows that
another text made are made anew.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import msgspec

from casework.application.read_models.figures import Figures
from casework.application.read_models.folded import FoldedCase
from casework.domain.incident import Due, Incident, SchoolDays, StatedSchoolDays, Task, WorkingDays

FOLDING: Final = ("casework.domain", "casework.application.read_models")
"""The packages whose text decides what a fold gives."""


class _StoredTask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task, with its due day as text."""

    name: str
    number: int | None
    due: str
    since: datetime
    edition: str | None
    sensitivity: str


_FIELDS: Final = [(f.name, f.type) for f in msgspec.structs.fields(Incident) if f.name != "tasks"]
_StoredCase: Final = msgspec.defstruct(
    "StoredCase", [*_FIELDS, ("tasks", tuple[_StoredTask, ...])], kw_only=True, forbid_unknown_fields=True
)
_Stored: Final = msgspec.defstruct(
    "Stored",
    [("position", int), ("case", _StoredCase), ("figures", Figures)],
    kw_only=True,
    forbid_unknown_fields=True,
)
_DECODER: Final = msgspec.json.Decoder(_Stored)


def to_stored(folded: FoldedCase) -> str:
    """Return a folded case as it is stored."""
    tasks = [{**msgspec.structs.asdict(task), "due": _due_text(task.due)} for task in folded.case.tasks]
    case = {**msgspec.structs.asdict(folded.case), "tasks": tasks}
    stored = {"position": folded.position, "case": case, "figures": folded.figures}
    return msgspec.json.encode(stored).decode()


def from_stored(text: str) -> FoldedCase:
    """Return the folded case that a row holds.

    Raises:
        ValueError: it is not of this form.
    """
    try:
        found: Any = _DECODER.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(
            f"a read model: expected one of form {form()[:8]}, found another ({type(error).__name__})"
        ) from None
    tasks = tuple(Task(**{**msgspec.structs.asdict(task), "due": _due_of(task.due)}) for task in found.case.tasks)
    case = Incident(**{**msgspec.structs.asdict(found.case), "tasks": tasks})
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


_COUNTED: Final[Mapping[str, Callable[[str], Due]]] = {
    "school_days": lambda text: SchoolDays(int(text)),
    "working_days": lambda text: WorkingDays(int(text)),
    "stated": StatedSchoolDays,
}


def _due_text(due: Due) -> str:
    match due:
        case SchoolDays(count):
            return f"school_days {count}"
        case WorkingDays(count):
            return f"working_days {count}"
        case StatedSchoolDays(parameter):
            return f"stated {parameter}"
        case _:
            return due.isoformat()


def _due_of(text: str) -> Due:
    word, _, rest = text.partition(" ")
    if word in _COUNTED:
        return _COUNTED[word](rest)
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
