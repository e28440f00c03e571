"""Reading letters: the list, one letter, its PDF, text, timeline, and the check of what is stored."""

from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import flask
from flask import Response
from flask.views import MethodView

from letters.api import schemas
from letters.api.decisions import HERE
from letters.api.documented import answers, says, takes_query
from letters.api.represent import letter_json, moment_json, row_json, verification_json
from letters.api.use_cases import LOOKERS, UseCasesOf, viewer
from letters.application.register import Query
from letters.domain import scan
from letters.domain.letter import Letter
from letters.domain.naming import file_stem
from servicekit import conditional, identity
from servicekit.bodies import Blueprint


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the reading routes."""
    made = Blueprint("letters", __name__, description="Letters; whoever is shown one is recorded first")
    _add_list(made, use)
    _add_letter(made, use)
    _add_content(made, use)
    return made


def page_of(rows: list[dict[str, Any]], name: str, after: int, limit: int) -> dict[str, Any]:
    """Return a page of what was found, which is one more than asked for if there are more."""
    shown = rows[:limit]
    return {name: shown, "next": shown[-1]["position"] if shown else after, "has_more": len(rows) > limit}


def _add_list(made: Blueprint, use: UseCasesOf) -> None:
    @made.route(HERE)
    class List(MethodView):
        """The letters that the caller may see."""

        @identity.allow(*LOOKERS)
        @takes_query(made, schemas.ListQuery)
        @answers(made, schemas.LetterPage)
        def get(self, **query: Any) -> dict[str, Any]:
            """List letters, oldest first, by case, person, status, template and date."""
            asked = Query(**query)
            rows = [row_json(row) for row in use().reading.search(asked, viewer())]
            return page_of(rows, "letters", asked.after, asked.limit)


def _add_letter(made: Blueprint, use: UseCasesOf) -> None:
    @made.route(f"{HERE}/<uuid:letter>")
    class One(MethodView):
        """One letter."""

        @identity.allow(*LOOKERS)
        @answers(made, schemas.LetterState)
        def get(self, letter: UUID) -> Response:
            """Show a letter as it stands: status, holds, problems, findings, hashes."""
            reading = use().reading
            tag = conditional.etag(reading.version(letter, viewer()))
            if conditional.not_modified(flask.request, tag):
                return _tagged(flask.Response(status=304), tag)
            found = reading.letter(letter, viewer())
            body = letter_json(found, is_erased=reading.is_erased(found))
            return _tagged(flask.make_response(body), conditional.etag(found.version))

    @made.route(f"{HERE}/<uuid:letter>/timeline")
    class Timeline(MethodView):
        """The events of one letter."""

        @identity.allow(*LOOKERS)
        @answers(made, schemas.Timeline)
        def get(self, letter: UUID) -> Response:
            """Show everything that happened to a letter."""
            reading = use().reading
            found, moments = reading.timeline(letter, viewer())
            is_erased = reading.is_erased(found)
            events = [moment_json(moment, is_erased=is_erased) for moment in moments]
            body = {"letter_id": str(found.id), "version": found.version, "events": events}
            return _tagged(flask.make_response(body), conditional.etag(found.version))

    @made.route(f"{HERE}/<uuid:letter>/verify")
    class Verify(MethodView):
        """The proof."""

        @identity.allow(*LOOKERS)
        @answers(made, schemas.VerificationAnswer)
        def get(self, letter: UUID) -> dict[str, Any]:
            """Check the stored bytes, data and template of a letter, and render it again."""
            return verification_json(use().reading.verify(letter, viewer()))


def _add_content(made: Blueprint, use: UseCasesOf) -> None:
    @made.route(f"{HERE}/<uuid:letter>/pdf")
    class Pdf(MethodView):
        """The page itself."""

        @identity.allow(*LOOKERS)
        @says(made, responses={"200": _content("application/pdf", "The PDF, its hash as ETag", "binary")})
        def get(self, letter: UUID) -> Response:
            """Return the PDF, as it would be or was sent."""
            found, pdf = use().reading.pdf(letter, viewer())
            return _file(found, pdf, "application/pdf", "pdf", found.provenance.pdf_sha256 if found.provenance else "")

    @made.route(f"{HERE}/<uuid:letter>/pages/<int:number>.png")
    class Page(MethodView):
        """One page, to look at."""

        @identity.allow(*LOOKERS)
        @says(made, responses={"200": _content("image/png", "The page, from 1", "binary")})
        def get(self, letter: UUID, number: int) -> Response:
            """Return a page as a picture; what is approved and sent is the PDF."""
            found, png = use().reading.page(letter, number, viewer())
            digest = sha256(png).hexdigest()
            return _file(found, png, "image/png", f"{number}.png", digest)

    @made.route(f"{HERE}/<uuid:letter>/text")
    class Text(MethodView):
        """The words of the page."""

        @identity.allow(*LOOKERS)
        @says(made, responses={"200": _content("text/plain", "Every word of the letter, in reading order", None)})
        def get(self, letter: UUID) -> Response:
            """Return the letter as plain text."""
            found, text = use().reading.text(letter, viewer())
            digest = found.provenance.text_sha256 if found.provenance else ""
            return _file(found, text, "text/plain; charset=utf-8", "txt", digest)

    @made.route(f"{HERE}/<uuid:letter>/message")
    class Message(MethodView):
        """The words that go with the page."""

        @identity.allow(*LOOKERS)
        @says(made, responses={"200": _content("text/plain", "What is copied into the channel with the PDF", None)})
        def get(self, letter: UUID) -> Response:
            """Return the words that go with the letter by its channel: a ClassDojo message, the cover of an e-mail."""
            found, message = use().reading.message(letter, viewer())
            return _file(found, message, "text/plain; charset=utf-8", "txt", found.message_sha256 or "")

    @made.route(f"{HERE}/<uuid:letter>/scan")
    class Scan(MethodView):
        """The proof of posting."""

        @identity.allow(*LOOKERS)
        @says(made, responses={"200": {"description": "The scan, its hash as ETag", "content": _SCAN}})
        def get(self, letter: UUID) -> Response:
            """Return the scan that whoever posted the letter, or passed it on, gave as proof."""
            found, body = use().reading.scan(letter, viewer())
            kind = scan.media_type(body) or "application/octet-stream"
            digest = found.dispatched.scan_sha256 if found.dispatched else None
            return _file(found, body, kind, f"proof.{kind.rpartition('/')[2]}", digest or "")


_SCAN: Final = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in scan.TYPES}


def _file(letter: Letter, body: bytes, content_type: str, extension: str, digest: str) -> Response:
    """Return content to be saved, never shown inside a page."""
    name = file_stem(letter.draft.our_ref, letter.id)
    response = flask.Response(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{extension}"'
    return _tagged(response, f'"{digest}"')


def _content(content_type: str, description: str, text_format: str | None) -> dict[str, Any]:
    schema = {"type": "string"} | ({"format": text_format} if text_format else {})
    return {"description": description, "content": {content_type: {"schema": schema}}}


def _tagged(response: Response, tag: str) -> Response:
    response.headers["ETag"] = tag
    return response
