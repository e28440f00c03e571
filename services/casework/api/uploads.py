"""Multipart uploads: `facts` (JSON) and `file`, hashed on the way, looked at, kept before the decision is tried.

A file whose decision is then refused stays behind unnamed and sealed: nothing points to it. The other way round, an
event could name a file that a crash never stored.
"""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from casework.api.documented import FORM
from casework.application.evidence_file import EXTENSIONS, FalseType, media_type_of
from casework.domain.decision import FileFacts
from servicekit import problems
from servicekit.bodies import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    import marshmallow
    from werkzeug.datastructures import FileStorage

CHUNK_BYTES: Final = 64 * 1024


class Keeper(Protocol):
    """Where evidence is kept: sealed under the case's own key, found by its hash."""

    def keep(self, incident: UUID, digest: str, file: IO[bytes]) -> None:
        """Keep this file for this case; again, it changes nothing."""


class UploadRequest(flask.Request):
    """A request whose uploaded files are closed with it, also those of a form that broke off half read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streams: list[IO[bytes]] = []

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*args, **kwargs)
        self.streams.append(stream)
        return stream

    def close(self) -> None:
        """Close what is open of the request."""
        super().close()
        for stream in self.streams:
            stream.close()


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
        request.max_form_memory_size = problems.JSON_BYTES_MAX
        if request.mimetype != FORM:
            raise problems.unsupported_media_type([FORM])
        try:
            faults = list(_part_faults(request))
        except RequestEntityTooLarge:
            raise problems.too_large(self._exceeded(request)) from None
        if faults:
            raise problems.invalid(faults)
        upload = request.files["file"]
        text = _facts(request)
        given = _loaded(schema, parse_json(text))
        # Without a name, as it lies in the clear: whatever ends this process takes the file with it.
        with tempfile.TemporaryFile() as copy:
            size, digest = self._copied(upload, copy)
            media_type = _looked_at(upload, copy)
            self._keeper().keep(incident, digest, copy)
        file = FileFacts(sha256=digest, size_bytes=size, media_type=media_type)
        asked = b"\n".join((request.method.encode(), request.path.encode(), decision.encode(), text, digest.encode()))
        return given, file, sha256(asked).digest()

    def _exceeded(self, request: flask.Request) -> int:
        """Return the limit that a form passed: that of the file, or else that of its facts."""
        is_large = (request.content_length or 0) > (request.max_content_length or 0)
        streams = request.streams if isinstance(request, UploadRequest) else []
        is_file_large = any(stream.tell() > self._limit_bytes for stream in streams)
        return self._limit_bytes if is_large or is_file_large else problems.JSON_BYTES_MAX

    def _copied(self, upload: FileStorage, copy: IO[bytes]) -> tuple[int, str]:
        hashed, size = sha256(), 0
        while chunk := upload.stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > self._limit_bytes:
                raise problems.too_large(self._limit_bytes)
            hashed.update(chunk)
            copy.write(chunk)
        return size, hashed.hexdigest()


def _part_faults(request: flask.Request) -> Iterator[dict[str, str]]:
    """Name each part that is missing, given twice, or not expected at all."""
    found: Mapping[str, int] = {name: len(request.form.getlist(name)) for name in request.form}
    files: Mapping[str, int] = {name: len(request.files.getlist(name)) for name in request.files}
    for name, given, other, expected in (
        ("facts", found, files, "one part of JSON"),
        ("file", files, found, "one part with a file name"),
    ):
        if given.get(name) != 1 or name in other:
            count = given.get(name, 0) + other.get(name, 0)
            says = "nothing" if not count else f"{count} parts" if count > 1 else "a part of the other kind"
            yield problems.fault(f"/{name}", expected, says, where="form")
    for name in {**found, **files}:
        if name not in {"facts", "file"}:
            yield problems.fault(f"/{name}", "no such part", "a part", where="form")


def _facts(request: flask.Request) -> bytes:
    """Return the facts as sent: werkzeug puts U+FFFD in place of what is no UTF-8, and words are never changed here."""
    text = request.form["facts"]
    if "\ufffd" in text:
        detail = "The JSON cannot be read: expected UTF-8, found another byte in facts (U+FFFD is written \\ufffd)."
        raise problems.malformed(detail)
    return text.encode()


def _looked_at(upload: FileStorage, copy: IO[bytes]) -> str:
    try:
        return media_type_of(copy, upload.mimetype, PurePath(upload.filename or "").suffix)
    except FalseType as error:
        raise problems.unsupported_media_type(list(EXTENSIONS), f"The file cannot be taken: {error}.") from None


def _loaded(schema: type[marshmallow.Schema], given: Any) -> dict[str, Any]:
    errors = schema().validate(given)
    if errors:
        raise problems.invalid(problems.faults({"form": errors}, {"form": given}))
    loaded: dict[str, Any] = schema().load(given)
    return loaded
