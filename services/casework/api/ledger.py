"""The record as a transparency log shows it: checkpoints, keys, tiles and proofs (C2SP tlog-tiles 0.1.0, tlog-proof).

Nothing here is personal, and reading it is not recorded; any signed-in role may, so that whoever keeps a checkpoint can
fetch it without asking for more. The entries themselves are for auditors alone, as the feed chooses types by role.

What a checkpoint covers never changes, so it may be kept for ever; but by the caller alone: it is not public.
"""

from __future__ import annotations

import gzip
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import flask
from flask.views import MethodView
from marshmallow import Schema, validate
from marshmallow.fields import Integer

from casework.api.documented import in_path, prints, sends
from casework.application.tree import NoCheckpoint
from casework.ledger.tiles import COUNT_PATTERN, LEVEL_PATTERN, NUMBER_PATTERN, parse_bundle, parse_count, parse_tile
from servicekit import conditional, identity, problems
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from casework.application.checkpoints import Checkpoints, StoredNote
    from casework.application.tree import Tree

TEXT: Final = "text/plain; charset=utf-8"
IMMUTABLE: Final = "private, max-age=31536000, immutable"


OCTETS: Final = "application/octet-stream"


class Size(Integer):
    """The size of a checkpoint, in the one form that it has in an address too: `+5`, `05` and `5_0` are none."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's way
        "invalid": "A size in digits, from 1 and without leading zeros, such as 1234067."
    }

    def _validated(self, value: Any) -> int:
        if re.fullmatch(COUNT_PATTERN, value) is None:
            raise self.make_error("invalid", input=value)
        return int(value)


class ProofQuery(Schema):
    """Under which checkpoint; the latest, if not said."""

    size = Size(validate=validate.Range(1, 2**53 - 1))


def blueprint(checkpoints: Callable[[], Checkpoints], tree: Callable[[], Tree]) -> Blueprint:
    """Return the routes; `checkpoints` and `tree` give those of the caller's school."""
    made = Blueprint("ledger", __name__, description="The record as a transparency log: nothing personal, not recorded")
    _add_checkpoints(made, checkpoints)
    _add_tiles(made, tree)
    _add_proofs(made, tree)
    return made


def _add_checkpoints(made: Blueprint, checkpoints: Callable[[], Checkpoints]) -> None:
    @made.route("/ledger/checkpoint")
    class Latest(MethodView):
        """The latest checkpoint."""

        @identity.any_caller()
        @prints(made, "The note")
        def get(self) -> Response:
            """Show the latest signed checkpoint: keep it, and the record is held to it."""
            found = checkpoints().latest()
            if found is None:
                raise problems.not_found()
            tag = conditional.etag(found.size)
            if conditional.not_modified(flask.request, tag):
                return _tagged(flask.Response(status=HTTPStatus.NOT_MODIFIED), found.size)
            return _note(found)

        @identity.any_caller()
        @prints(made, "The note")
        def post(self) -> Response:
            """Sign what is new, and show the checkpoint; with nothing new, it is the latest one again."""
            return _note(checkpoints().sign())

    @made.route("/ledger/checkpoint/<string:size>", parameters=in_path(size=COUNT_PATTERN))
    class OfSize(MethodView):
        """The checkpoint of a size."""

        @identity.any_caller()
        @prints(made, "The note")
        def get(self, size: str) -> Response:
            """Show the checkpoint of this size; where none was signed, the problem names the nearest sizes."""
            asked = parse_count(size)
            found = checkpoints().of_size(asked)
            if found is None:
                raise NoCheckpoint(asked, checkpoints().nearest(asked))
            return _kept_for_ever(_note(found))

    @made.route("/ledger/key")
    class Key(MethodView):
        """The keys."""

        @identity.any_caller()
        @prints(made, "A line each")
        def get(self) -> Response:
            """Show the verifier keys, newest first. Trust one only if it also came to you another way."""
            return _text("".join(f"{key}\n" for key in checkpoints().keys))


def _add_tiles(made: Blueprint, tree: Callable[[], Tree]) -> None:
    @made.route(
        "/ledger/tile/<string:level>/<path:number>", parameters=in_path(level=LEVEL_PATTERN, number=NUMBER_PATTERN)
    )
    class OfTile(MethodView):
        """A tile."""

        @identity.any_caller()
        @sends(made, "Up to 256 hashes of 32 bytes")
        def get(self, level: str, number: str) -> Response:
            """Show a tile of the tree, as `0/x001/067.p/5`: from these the root can be computed anew."""
            tile = parse_tile(f"{level}/{number}")
            return _kept_for_ever(flask.Response(tree().tile(tile), content_type=OCTETS))

    @made.route("/ledger/tile/entries/<path:number>", parameters=in_path(number=NUMBER_PATTERN))
    class OfBundle(MethodView):
        """Entries under a tile."""

        @identity.allow("auditor")
        @sends(made, "Up to 256 entries, each after its length in two bytes, big-endian")
        def get(self, number: str) -> Response:
            """Show the entries under a tile of level 0, as they are stored; packed by gzip for whoever takes that."""
            octets = tree().bundle(parse_bundle(number))
            response = flask.Response(content_type=OCTETS)
            if flask.request.accept_encodings.quality("gzip") > 0:
                octets = gzip.compress(octets, mtime=0)
                response.headers["Content-Encoding"] = "gzip"
            response.set_data(octets)
            response.headers["Vary"] = "Accept-Encoding"
            return _kept_for_ever(response)


def _add_proofs(made: Blueprint, tree: Callable[[], Tree]) -> None:
    @made.route("/ledger/proof/<string:position>", parameters=in_path(position=COUNT_PATTERN))
    class OfEntry(MethodView):
        """The proof of an entry."""

        @identity.any_caller()
        @prints(made, "The .tlog-proof file")
        @made.arguments(ProofQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # no types there
        def get(self, position: str, size: int | None = None) -> Response:
            """Show the proof that an entry stands at this position under a checkpoint: the note stands in it."""
            response = _text(tree().proof(parse_count(position), size))
            return response if size is None else _kept_for_ever(response)

    @made.route("/ledger/consistency/<string:old>", parameters=in_path(old=COUNT_PATTERN))
    class SinceOld(MethodView):
        """The proof of what came after a checkpoint."""

        @identity.any_caller()
        @prints(made, "The old size, hashes, an empty line, the note")
        def get(self, old: str) -> Response:
            """Show the proof that the latest checkpoint continues an older one: nothing before it was changed."""
            return _text(tree().consistency(parse_count(old), None))

    @made.route(
        "/ledger/consistency/<string:old>/<string:new>", parameters=in_path(old=COUNT_PATTERN, new=COUNT_PATTERN)
    )
    class Between(MethodView):
        """The proof of what came between two checkpoints."""

        @identity.any_caller()
        @prints(made, "The old size, hashes, an empty line, the note")
        def get(self, old: str, new: str) -> Response:
            """Show the proof that a checkpoint continues an older one."""
            return _kept_for_ever(_text(tree().consistency(parse_count(old), parse_count(new))))


def _note(found: StoredNote) -> Response:
    return _tagged(_text(found.note), found.size)


def _text(text: str) -> Response:
    response = flask.Response(text, content_type=TEXT)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _kept_for_ever(response: Response) -> Response:
    response.headers["Cache-Control"] = IMMUTABLE
    return response


def _tagged(response: Response, size: int) -> Response:
    response.headers["ETag"] = conditional.etag(size)
    response.headers["Cache-Control"] = "no-cache"
    return response
