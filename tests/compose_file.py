"""docker-compose.yml as an engine would read it: variables put in, merges and anchors resolved."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "SCHOOL": "rowanlane",
    "SCHOOL_TITLE": "Rowan Lane Primary School",
    "SCHOOL_ORIGIN": "rowan-lane.example",
}

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+)(?:(?P<how>:-|:\?)(?P<rest>[^}]*))?\})")


class MissingVariable(Exception):
    """The file demands a variable that is not set; the message is the file's own."""


def load(environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the file with these variables set (or with a school's)."""
    variables = ENVIRONMENT if environment is None else environment

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        given = variables.get(found["name"])
        if not given and found["how"] == ":?":
            raise MissingVariable(f"{found['name']}: {found['rest']}")
        return given or found["rest"] or ""

    def filled(node: Any) -> Any:
        if isinstance(node, dict):
            return {filled(key): filled(child) for key, child in node.items()}
        if isinstance(node, list):
            return [filled(child) for child in node]
        return _VARIABLE.sub(value, node) if isinstance(node, str) else node

    return dict(filled(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))))


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    return dict(load()["services"])


def granted(service: dict[str, Any]) -> dict[str, str]:
    """Return the secrets a service is given: the name of each file in /run/secrets, and which secret it is."""
    listed = [{"source": entry} if isinstance(entry, str) else entry for entry in service.get("secrets", [])]
    return {entry.get("target", entry["source"]): entry["source"] for entry in listed}


def commands() -> list[list[str]]:
    """Return each command of ours that the file runs, as words; `"$NAME"` and `$(...)` stand for themselves."""
    named = []
    for service in services().values():
        command = service.get("command", [])
        script = command[-1].replace("\\\n", " ").replace("||\n", "\n").replace("|", "\n") if "sh" in command else None
        named += [line.split() for line in script.splitlines()] if script else [command]
        named.append(service.get("healthcheck", {}).get("test", [])[1:])
    return [words for words in named if words and words[0] in {"casework", "letters"}]
