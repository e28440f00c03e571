"""Multipart uploads: `facts` (JSON) and `file`, hashed on the way, looked at, kept before the decision is tried.

A file whose decision is then refused stays behind unnamed and sealed: nothing points to it. The other way round, an
event could name a file that a crash never stored.
"""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final, Protocol

import flask

from casework.application.evidence_file import EXTENSIONS, FalseType, media_type_of
from casework.domain.decision import FileFacts
from servicekit import problems
from servicekit.bodies import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    import marshmallow
    from werkzeug.datastructures import FileStorage

CHUNK_BYTES: Final = 64 * 1024


class Keeper(Protocol):
    """Where evidence is kept: sealed under the case's own key, found by its hash."""

    def keep(self, incident: UUID, digest: str, path: Path) -> None:
        """Keep this file for this case; again, it changes nothing."""


class Uploads:
    """Receives files for decisions that take one."""

    def __init__(self, keeper: Callable[[], Keeper], *, limit_bytes: int) -> None:
        self._keeper = keeper
        self._limit_bytes = limit_bytes

    def receive(
        self, schema: type[marshmallow.Schema], incident: UUID, decision: str
    ) -> tuple[dict[str, Any], FileFacts, bytes]:
        """Return the facts, what is known of the file, and the digest of what was asked for.

        Raises:
            Problem: 413, 415 or 422.
        """
        request = flask.request
        request.max_content_length = self._limit_bytes + problems.JSON_BYTES_MAX
        if request.mimetype != "multipart/form-data":
            raise problems.unsupported_media_type(["multipart/form-data"])
        upload = request.files.get("file")
        if upload is None or "facts" not in request.form:
            raise problems.invalid([problems.fault("", "the parts facts (JSON) and file", "one or both missing")])
        text = request.form["facts"].encode()
        given = _loaded(schema, parse_json(text))
        with tempfile.NamedTemporaryFile(prefix="upload-") as kept:
            size, digest = self._copied(upload, kept)
            kept.flush()
            media_type = _looked_at(upload, Path(kept.name))
            self._keeper().keep(incident, digest, Path(kept.name))
        file = FileFacts(sha256=digest, size_bytes=size, media_type=media_type)
        asked = b"\n".join((request.method.encode(), request.path.encode(), decision.encode(), text, digest.encode()))
        return given, file, sha256(asked).digest()

    def _copied(self, upload: FileStorage, kept: Any) -> tuple[int, str]:
        hashed, size = sha256(), 0
        while chunk := upload.stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > self._limit_bytes:
                raise problems.too_large(self._limit_bytes)
            hashed.update(chunk)
            kept.write(chunk)
        return size, hashed.hexdigest()


def _looked_at(upload: FileStorage, path: Path) -> str:
    try:
        return media_type_of(path, upload.mimetype, PurePath(upload.filename or "").suffix)
    except FalseType as error:
        raise problems.unsupported_media_type(list(EXTENSIONS), f"The file cannot be taken: {error}.") from None


def _loaded(schema: type[marshmallow.Schema], given: Any) -> dict[str, Any]:
    errors = schema().validate(given)
    if errors:
        raise problems.invalid(problems.faults({"form": errors}, {"form": given}))
    loaded: dict[str, Any] = schema().load(given)
    return loaded
