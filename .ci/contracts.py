"""Write `contracts/` of casework anew: its OpenAPI document, its problems, and of each event type schema and example.

`make openapi` runs this; `tests/contracts` compares what it gives, byte for byte.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from casework.api.application import create_app
from casework.api.refusals import SLUGS
from casework.api.uploads import Uploads
from casework.application.schemas import entry_schema
from casework.domain.catalogue import EVENT_TYPES
from servicekit import openapi, problems
from tests.contracts.examples import example_files


def _never(*_: object) -> None:
    message = "only the document is asked for"
    raise RuntimeError(message)


def contracts() -> Mapping[str, str]:
    """Return the text of each file, by its path below `contracts/`."""
    app = create_app(casework=_never, authenticate=_never, uploads=Uploads(_never, limit_bytes=0))  # type: ignore[arg-type]  # never called
    files = {"openapi/casework.json": openapi.document(app.extensions["api"])}
    for name, event_type in EVENT_TYPES.items():
        files[f"events/{name}.schema.json"] = _text(entry_schema(event_type))
    files |= {f"examples/{name}": text for name, text in example_files()}
    slugs = {slug: row._asdict() for slug, row in {**problems.SLUGS, **SLUGS}.items()}
    return {**files, "problems.json": _text({problems.URN + slug: row for slug, row in slugs.items()})}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "contracts"
    for path, text in contracts().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {len(contracts())} files below contracts/\n")
