"""A decision with a file beside it: multipart, ``facts`` as JSON, and ``file``, the scan that shows what is said."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import flask
import marshmallow
from werkzeug.exceptions import RequestEntityTooLarge

from letters.domain import scan
from servicekit import problems
from servicekit.bodies import parse_json

FORM: Final = "multipart/form-data"


def is_sent() -> bool:
    """Tell whether the request is a form, as one with a scan is."""
    return bool(flask.request.mimetype == FORM)


def receive(schema: type[marshmallow.Schema]) -> tuple[dict[str, Any], bytes, bytes]:
    """Return the facts, the scan, and what tells this request from any other, however the form is put together.

    Raises:
        Problem: 413, 415 or 422.
    """
    request = flask.request
    request.max_content_length = scan.BYTES_MAX + problems.JSON_BYTES_MAX
    request.max_form_memory_size = problems.JSON_BYTES_MAX
    if (request.content_length or 0) > request.max_content_length:
        raise problems.too_large(scan.BYTES_MAX)  # Before it is read: a form that broke off leaves files open.
    try:
        faults = _part_faults(request)
    except RequestEntityTooLarge:
        raise problems.too_large(scan.BYTES_MAX) from None
    if faults:
        raise problems.invalid(faults)
    text = request.form["facts"].encode()
    given = _loaded(schema, parse_json(text))
    body = request.files["file"].read()
    if len(body) > scan.BYTES_MAX:
        raise problems.too_large(scan.BYTES_MAX)
    if scan.media_type(body) is None:
        detail = f"The file cannot be taken: expected {', '.join(scan.TYPES)}, whole; found something else."
        raise problems.unsupported_media_type(list(scan.TYPES), detail)
    asked = (request.method.encode(), request.path.encode(), text, sha256(body).digest())
    return given, body, b"\n".join(asked)


def form_schema(schema: type[marshmallow.Schema]) -> Mapping[str, Any]:
    """Return the form, as the OpenAPI document shows it."""
    file = {"type": "string", "format": "binary", "description": f"PDF, PNG or JPEG, at most {scan.BYTES_MAX} bytes"}
    return {"type": "object", "properties": {"facts": schema, "file": file}, "required": ["facts", "file"]}


def _part_faults(request: flask.Request) -> list[Mapping[str, str]]:
    """Name each part that is missing, given twice, or not expected at all."""
    found = [*(("facts", name) for name in request.form), *(("file", name) for name in request.files)]
    faults = []
    for part, parts in (("facts", request.form), ("file", request.files)):
        if (count := len(parts.getlist(part))) != 1:
            faults.append(problems.fault(f"/{part}", "one part", f"{count} parts", where="form"))
    others = sorted({name for kind, name in found if name != kind})
    return [*faults, *(problems.fault(f"/{name}", "no such part", "a part", where="form") for name in others)]


def _loaded(schema: type[marshmallow.Schema], given: Any) -> dict[str, Any]:
    errors = schema().validate(given)
    if errors:
        raise problems.invalid(problems.faults({"form": errors}, {"form": given}))
    loaded: dict[str, Any] = schema().load(given)
    return loaded
