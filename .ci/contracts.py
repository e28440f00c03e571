"""Write `contracts/` anew: each service's OpenAPI document, a schema for each event type of the feed, the problems.

`make openapi` runs this; `tests/contracts` compares what it gives, byte for byte.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from flask import Flask

from casework.api.application import unopened as casework
from casework.application.schemas import entry_schema
from casework.domain.catalogue import EVENT_TYPES
from letters.api.application import unopened as letters
from servicekit import openapi, problems

SERVICES: Mapping[str, Callable[[], Flask]] = {"casework": casework, "letters": letters}
"""Each service by its name, with nothing opened behind its routes."""


def contracts() -> Mapping[str, str]:
    """Return the text of each file, by its path below `contracts/`."""
    apps = {name: make() for name, make in SERVICES.items()}
    files = {f"openapi/{name}.json": openapi.document(app.extensions["api"]) for name, app in apps.items()}
    for name, event_type in EVENT_TYPES.items():
        files[f"events/{name}.schema.json"] = _text(entry_schema(event_type))
    return {**files, "problems.json": _text(_problems(apps.values()))}


def _problems(apps: Iterable[Flask]) -> Mapping[str, Mapping[str, object]]:
    """Return what each problem type means, in whichever service; one name has one meaning."""
    found: dict[str, problems.Slug] = {}
    for app in apps:
        for slug, row in app.extensions["problems"].items():
            if found.setdefault(slug, row) != row:
                message = f"{slug}: expected one meaning in all services, found {found[slug]} and {row}"
                raise ValueError(message)
    return {problems.URN + slug: row._asdict() for slug, row in found.items()}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "contracts"
    for path, text in contracts().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {len(contracts())} files below contracts/\n")
