"""A file as an answer: an attachment, sent piece by piece, and closed with the answer."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

import flask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

    from casework.application.handing_out import HandedOut

CHUNK_BYTES: Final = 64 * 1024


def handed_out(found: HandedOut, content_type: str) -> Response:
    """Return the answer that hands out this file."""
    response = flask.Response(_chunks(found.file), content_type=content_type)
    response.content_length = found.size_bytes
    response.call_on_close(found.file.close)
    return attached(response, found.name)


def attached(response: Response, name: str) -> Response:
    """Have the answer kept under this name, never shown in its place."""
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
