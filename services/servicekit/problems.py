"""One error shape on every route: `application/problem+json` (RFC 9457).

A view or use case raises a `Problem`, usually by one of the constructors below. Everything else ends here too: what
Flask and werkzeug raise, what webargs finds in a request (all of it at once, by place and field), and any exception
nobody expected, which is answered 500 with no more than the id under which the log has it.

Unknown and not-yours are the same bytes: no detail ever repeats what was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import flask
import flask_smorest  # type: ignore[import-untyped]  # the library ships no types
import marshmallow
from flask import json
from werkzeug.exceptions import HTTPException

from servicekit import requestlog
from servicekit.faults import fault, faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Flask, Response
    from structlog.typing import FilteringBoundLogger

__all__ = [
    "JSON_BYTES_MAX",
    "PROBLEM_JSON",
    "SLUGS",
    "URN",
    "Problem",
    "ProblemApi",
    "ProblemSchema",
    "Slug",
    "fault",
    "faults",
    "forbidden",
    "install",
    "invalid",
    "malformed",
    "missing_header",
    "not_found",
    "precondition_required",
    "stale_version",
    "too_large",
    "too_many_requests",
    "unauthenticated",
    "unavailable",
    "unsupported_media_type",
]

PROBLEM_JSON: Final = "application/problem+json"
URN: Final = "urn:school-casework:problem:"
JSON_BYTES_MAX: Final = 1024 * 1024


class Slug(NamedTuple):
    """What a problem type means: its status, its title (the same every time) and one sentence for the documents."""

    status: int
    title: str
    meaning: str


SLUGS: Final[Mapping[str, Slug]] = {
    "malformed": Slug(400, "Malformed request", "The body is no JSON, or a header cannot be read; `header` names it."),
    "missing-header": Slug(400, "Header missing", "The header named by `header` is required here."),
    "unauthenticated": Slug(401, "Not authenticated", "There is no credential, or it is not good. It is not said why."),
    "forbidden": Slug(403, "Not allowed", "The caller may see this but not do it; `roles` lists who may."),
    "not-found": Slug(404, "Not found", "There is no such thing, or the caller may not see it: the same answer."),
    "method-not-allowed": Slug(405, "Method not allowed", "The address knows other methods; `Allow` lists them."),
    "stale-version": Slug(412, "Changed meanwhile", "If-Match names an older version; `current` is the newest."),
    "too-large": Slug(413, "Too large", "The body is larger than `limit_bytes`."),
    "unsupported-media-type": Slug(415, "Type not accepted", "The content is none of the types in `expected`."),
    "invalid": Slug(422, "Invalid content", "`errors` lists every fault: place, field, expected, found."),
    "precondition-required": Slug(
        428, "If-Match required", "Say which version this builds on; `current` is the newest."
    ),
    "too-many-requests": Slug(429, "Too many requests", "Wait `retry_after_s` seconds."),
    "internal": Slug(500, "Internal error", "Our fault. `instance` is the id under which the log has it."),
    "unavailable": Slug(503, "Not available now", "Try again after `retry_after_s` seconds."),
}


class Problem(Exception):
    """An answer that is not the one hoped for."""

    def __init__(
        self,
        status: int,
        slug: str,
        *,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(f"{status} {slug}")
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def body(self) -> dict[str, Any]:
        """Return the problem object: the standard's members first, then ours."""
        return {
            "type": URN + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }


def malformed(detail: str, *, header: str | None = None) -> Problem:
    """400: the body or the header cannot be read."""
    problem = _problem("malformed", detail)
    if header is not None:
        problem.members["header"] = header
    return problem


def missing_header(header: str, expected: str) -> Problem:
    """400: a required header is not there."""
    return _problem("missing-header", f"{header} is required here: {expected}.", header=header)


def unauthenticated() -> Problem:
    """401: no credential or a bad one, without saying which (RFC 9110 15.5.2 demands the challenge)."""
    detail = "A valid key is needed: send it as Authorization: Bearer <key>."
    return _problem("unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(roles: Sequence[str] = (), detail: str | None = None) -> Problem:
    """403: the caller may see this, but only `roles` may do it."""
    allowed = ", ".join(roles) or "nobody"
    return _problem("forbidden", detail or f"This is for another role: {allowed}.", roles=list(roles))


def not_found() -> Problem:
    """404: unknown, or not the caller's to see. Always the same bytes, so it takes no argument."""
    return _problem("not-found", "There is nothing at this address that this caller may see.")


def stale_version(current: int) -> Problem:
    """412: If-Match names another version than the current one."""
    detail = f"It changed since it was read. The current version is {current}: read it again, then decide again."
    return _problem("stale-version", detail, current=current)


def precondition_required(current: int) -> Problem:
    """428: If-Match is missing (RFC 6585 3)."""
    detail = f'Say which version this builds on: send If-Match with an ETag as "{current}", the current version.'
    return _problem("precondition-required", detail, current=current)


def too_large(limit_bytes: int) -> Problem:
    """413: the body is larger than allowed."""
    return _problem("too-large", f"At most {limit_bytes} bytes are accepted here.", limit_bytes=limit_bytes)


def unsupported_media_type(expected: Sequence[str], detail: str | None = None) -> Problem:
    """415: the content's type is not accepted, or is not what it claims to be."""
    accepted = ", ".join(expected)
    return _problem("unsupported-media-type", detail or f"Accepted here: {accepted}.", expected=list(expected))


def invalid(errors: Sequence[Mapping[str, Any]], detail: str | None = None) -> Problem:
    """422: faults in fields, all of them at once; see `fault` for the shape of each."""
    count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    return _problem("invalid", detail or f"The request holds {count}: see errors.", errors=list(errors))


def too_many_requests(detail: str, retry_after_s: int) -> Problem:
    """429: the caller is to slow down (RFC 6585 4)."""
    return _problem("too-many-requests", detail, headers=_retry_after(retry_after_s), retry_after_s=retry_after_s)


def unavailable(detail: str, retry_after_s: int = 1) -> Problem:
    """503: something this answer needs is not there at the moment."""
    return _problem("unavailable", detail, headers=_retry_after(retry_after_s), retry_after_s=retry_after_s)


class ProblemSchema(marshmallow.Schema):
    """The problem object as the OpenAPI document shows it. Services extend it by their own members."""

    type = marshmallow.fields.String(required=True, metadata={"format": "uri", "description": f"`{URN}` and a slug"})
    title = marshmallow.fields.String(required=True)
    status = marshmallow.fields.Integer(required=True)
    detail = marshmallow.fields.String(metadata={"description": "What was expected, what was found, what to do next"})
    instance = marshmallow.fields.String(metadata={"description": "500: the id under which the log has it"})
    header = marshmallow.fields.String(metadata={"description": "400: the header at fault"})
    roles = marshmallow.fields.List(marshmallow.fields.String(), metadata={"description": "403: who may"})
    current = marshmallow.fields.Integer(metadata={"description": "412, 428: the newest version"})
    limit_bytes = marshmallow.fields.Integer(metadata={"description": "413: the most that is accepted"})
    expected = marshmallow.fields.List(marshmallow.fields.String(), metadata={"description": "415: what is accepted"})
    errors = marshmallow.fields.List(
        marshmallow.fields.Dict(keys=marshmallow.fields.String(), values=marshmallow.fields.String()),
        metadata={"description": "422: in (place), pointer (RFC 6901), expected, found"},
    )
    retry_after_s = marshmallow.fields.Integer(metadata={"description": "429, 503: when to try again"})


class ProblemApi(flask_smorest.Api):  # type: ignore[misc]  # as above
    """flask-smorest with this error shape, in its answers and in its document."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response | HTTPException:
        """Answer what Flask, werkzeug or webargs raised."""
        return _answer_http(error)

    def _register_responses(self) -> None:
        # The library writes the content type of errors from this attribute, and from no setting.
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_JSON
        try:
            super()._register_responses()
        finally:
            del self.DEFAULT_RESPONSE_CONTENT_TYPE


def install(
    app: Flask,
    *,
    logger: FilteringBoundLogger,
    slugs: Mapping[str, Slug] | None = None,
    not_now: tuple[type[Exception], ...] = (),
    https: bool = False,
) -> None:
    """Answer every error of the application as a problem, and put the safe headers on every answer.

    `slugs` are the service's own problem types, kept with ours in `app.extensions["problems"]` for its documents.
    `not_now` are exceptions that mean "full or away at the moment" (a pool's, a database's): 503 instead of 500.
    `https` says that the public address is https: then browsers are told to stay there (RFC 6797).
    """
    app.extensions["problems"] = {**SLUGS, **(slugs or {})}
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or JSON_BYTES_MAX

    def unexpected(error: Exception) -> Response:
        return _answer_unexpected(error, logger)

    def away(error: Exception) -> Response:
        logger.warning("request not served now", exc_info=error, route=requestlog.route_template())
        return _answer(unavailable("Something this needs is full or away at the moment. Try again."))

    app.register_error_handler(Problem, _answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, unexpected)
    for kind in not_now:
        app.register_error_handler(kind, away)
    app.after_request(_hsts_headers if https else _safe_headers)


def _problem(slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> Problem:
    known = SLUGS[slug]
    return Problem(known.status, slug, title=known.title, detail=detail, headers=headers, **members)


def _retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


def _answer(problem: Problem) -> Response:
    return _response(problem.body(), problem.status, problem.headers)


def _response(body: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    response = flask.Response(json.dumps(body, sort_keys=False), status=status, content_type=PROBLEM_JSON)
    response.headers.update(headers)
    return response


def _answer_unexpected(error: Exception, logger: FilteringBoundLogger) -> Response:
    instance = requestlog.request_id()
    logger.error(
        "request failed",
        exc_info=error,
        request_id=instance,
        route=requestlog.route_template(),
        method=requestlog.known_method(),
    )
    known = SLUGS["internal"]
    body = {"type": URN + "internal", "title": known.title, "status": known.status, "instance": instance}
    return _response(body, known.status, {})


def _answer_http(error: HTTPException) -> Response | HTTPException:
    """Translate what a library raised. Redirects, 304 and ready-made responses pass as they are."""
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    answer = _answer(_translated(error, error.code))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after", "www-authenticate"}:
            answer.headers.setdefault(name, value)
    return answer


def _translated(error: HTTPException, status: int) -> Problem:
    found: Mapping[str, Any] = getattr(error, "data", None) or {}
    match status:
        case 400:
            return malformed("The request cannot be read: expected what the document of this interface says.")
        case 401:
            return unauthenticated()
        case 403:
            return forbidden()
        case 404:
            return not_found()
        case 405:
            allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
            return _problem("method-not-allowed", f"Allowed here: {allowed}.")
        case 413:
            return too_large(flask.request.max_content_length or JSON_BYTES_MAX)
        case 415:
            return unsupported_media_type(["application/json"])
        case 422 if "messages" in found:
            return invalid(faults(found["messages"], getattr(getattr(error, "exc", None), "data", None)))
        case _:
            # RFC 9457 4.2.1: a status that needs no explanation of ours.
            return _Plain(status, "", title=error.name, detail="")


class _Plain(Problem):
    """A problem that says no more than its status."""

    def body(self) -> dict[str, Any]:
        return {"type": "about:blank", "title": self.title, "status": self.status}


_SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def _safe_headers(response: Response) -> Response:
    # Looked through once: `setdefault` looks through all headers for each of these.
    given = {name.lower() for name, _ in response.headers}
    for name, value in _SAFE.items():
        if name.lower() not in given:
            response.headers.add(name, value)
    return response


def _hsts_headers(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return _safe_headers(response)
