"""An edition of the policy as its TOML file states it (domain.md 9), and the example edition that ships with this."""

import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from casework.domain.policy import Edition

SEED: Final = Path(__file__).parents[1] / "editions" / "2021-spring.toml"
"""An example: unsigned, its review overdue since spring 2022, and shown as such everywhere."""


class EditionFault(ValueError):
    """An edition file does not say what it must; the message names the place, what was expected and found."""


def read_edition(path: Path = SEED) -> Edition:
    """Read an edition.

    Raises:
        EditionFault: no TOML, an unknown clause or parameter, a missing one, or one of a wrong type.
    """
    try:
        return msgspec.convert(_parsed(path), Edition)
    except msgspec.ValidationError as error:
        raise EditionFault(f"{path.name}: {error}") from error


def read_as_json(path: Path) -> dict[str, Any]:
    """Read an edition as it is sent to whoever looks at it: what is wrong with it is for them to say, all at once.

    Raises:
        EditionFault: no TOML, or nothing in it says which edition it is.
    """
    given: dict[str, Any] = msgspec.to_builtins(_parsed(path))
    if not isinstance(given.get("edition"), str):
        raise EditionFault(f'{path.name}: expected edition = "..." at the top, found none')
    return given


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EditionFault(f"{path.name}: {error}") from error
