"""The school's own files: ``SCHOOL_DIR/<school>/school.toml`` and ``logo.svg``; casework's calendar.toml is not ours.

Worked example of ``school.toml``::

    [letterhead]
    name = "Rowan Lane Primary School"
    address = ["Rowan Lane", "Rowanby", "DE99 1AB"]
    phone = "01632 960001"
    email = "office@rowan-lane.example.org"

    [modules]
    premises = true
"""

import tomllib
from pathlib import Path
from typing import Any

from letters.application.preparation import School
from letters.domain.errors import NotReady

LETTERHEAD = {"name": str, "address": list, "phone": str, "email": str}
OPTIONAL = {"letterhead": list, "website": str}


def read(folder: Path) -> School:
    """Read ``school.toml``.

    Raises:
        NotReady: the file is missing or no TOML, or fields are missing or of another type, all listed at once.
    """
    path = folder / "school.toml"
    try:
        whole: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise NotReady(f"the school's file {path}", type(error).__name__) from error
    except tomllib.TOMLDecodeError as error:
        raise NotReady(f"TOML in {path}", str(error)) from error
    letterhead, modules = whole.get("letterhead"), whole.get("modules", {})
    faults = [*_letterhead_faults(letterhead), *_module_faults(modules)]
    if faults or not isinstance(letterhead, dict):
        raise NotReady(f"a letterhead in {path}", "; ".join(faults))
    return School(letterhead=letterhead, modules=modules)


def logo(folder: Path) -> bytes | None:
    """Return the school's logo, if it has one."""
    path = folder / "logo.svg"
    return path.read_bytes() if path.is_file() else None


def _letterhead_faults(found: object) -> list[str]:
    if not isinstance(found, dict):
        return ["no table [letterhead]"]
    missing = [f"letterhead.{name} is missing" for name in LETTERHEAD if not found.get(name)]
    known = {**LETTERHEAD, **OPTIONAL}
    mistyped = [
        f"letterhead.{name} is no {'list of lines' if known[name] is list else 'text'}"
        for name, value in found.items()
        if name in known and not _is(value, known[name])
    ]
    return [*missing, *mistyped, *(f"letterhead.{name} is unknown" for name in found if name not in known)]


def _is(value: object, kind: type) -> bool:
    return isinstance(value, kind) and (kind is str or all(isinstance(line, str) for line in value))  # type: ignore[attr-defined]  # a list by now


def _module_faults(found: object) -> list[str]:
    if not isinstance(found, dict):
        return ["modules is no table"]
    return [f"modules.{name} is neither true nor false" for name, value in found.items() if not isinstance(value, bool)]
