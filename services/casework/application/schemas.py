"""The JSON Schema of an entry of each type, made from the events themselves: what a reader of the feed may rely on.

An entry's ``data`` is what every event carries, joined with the public fields of its type; of sealed fields it holds
the digests, `_sd`. The schema is closed: a new field is a new version of the type.
"""

from typing import Any

import msgspec

from casework.domain.event import Carried, Event, sealed_names

DIGEST = {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}


def entry_schema(event_type: type[Event]) -> dict[str, Any]:
    """Return the schema (2020-12) of the entries of one type."""
    sealed = sealed_names(event_type)
    parts, definitions = msgspec.json.schema_components([Carried, event_type], ref_template="#/$defs/{name}")
    carried, own = (definitions.pop(part["$ref"].rpartition("/")[2]) for part in parts)
    public = {name: hint for name, hint in own["properties"].items() if name not in sealed}
    properties = {**carried["properties"], **public}
    required = {*carried["required"], *(name for name in own.get("required", ()) if name not in sealed)}
    if sealed:
        digests = {"type": "array", "items": DIGEST, "minItems": len(sealed), "maxItems": len(sealed)}
        properties |= {"_sd": digests, "_sd_alg": {"const": "sha-256"}}
        required |= {"_sd", "_sd_alg"}
    data = {
        "type": "object",
        "properties": {name: _without_default(hint) for name, hint in properties.items()},
        "required": sorted(required),
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event_type.type_name,
        "description": (event_type.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": {
            "data": data,
            "id": {"type": "string", "pattern": "^[0-9a-f-]{36}/[1-9][0-9]*$"},
            "source": {"type": "string"},
            "specversion": {"const": "1.0"},
            "time": {"type": "string", "pattern": "^[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z$"},
            "type": {"const": event_type.type_name},
        },
        "required": ["data", "id", "source", "specversion", "time", "type"],
        "additionalProperties": False,
        **({"$defs": definitions} if definitions else {}),
    }


def _without_default(hint: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema without its default: what has no value is left out of an entry, never null."""
    kept = {name: value for name, value in hint.items() if name != "default"}
    if "anyOf" in kept:
        some = [choice for choice in kept["anyOf"] if choice != {"type": "null"}]
        return some[0] if len(some) == 1 else {**kept, "anyOf": some}
    return kept
