"""What is refused, as problems (RFC 9457). One table; no view catches anything."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import flask
import msgspec
from flask import Flask

from letters.application.letters import Overtaken
from letters.domain import errors
from letters.domain.rendering import RenderFailed, not_laid_out
from servicekit import problems
from servicekit.problems import Problem, Slug

RETRY_AFTER_S: Final = 5

SLUGS: Final[Mapping[str, Slug]] = {
    "refused": Slug(409, "Not possible now", "`refusals` lists every rule that fails, and who may resolve it."),
    "calendar-missing": Slug(409, "School calendar missing", "Term dates are needed that were not given."),
    "altered": Slug(409, "Stored content was altered", "Nobody may use it. `expected` and `found` are sha256 hashes."),
    "cause-gone": Slug(409, "Cause not available", "Casework does not show the event behind this letter any more."),
    "not-laid-out": Slug(409, "Cannot be laid out", "`detail` says what the layout refused, and what helps."),
    "erased": Slug(410, "Erased", "The case was erased, and with it what was asked for; events and hashes remain."),
}


def install(app: Flask) -> None:
    """Answer each of these errors as its problem, on every route."""
    for error_type, answer in ANSWERS.items():
        app.register_error_handler(error_type, _handler(answer))


def _refused(error: errors.Refused) -> Problem:
    listed = [
        {name: value for name, value in msgspec.to_builtins(refusal).items() if value not in (None, [])}
        for refusal in error.refusals
    ]
    detail = " ".join(refusal.detail for refusal in error.refusals)
    opens = [refusal["opens_at"] for refusal in listed if "opens_at" in refusal]
    later = {"opens_at": max(opens)} if opens else {}
    return _problem("refused", detail, decision=error.decision, refusals=listed, **later)


def _unfit(error: errors.Unfit) -> Problem:
    return problems.invalid([problems.fault(each.pointer, each.expected, each.found) for each in error.faults])


def _no_term_data(error: errors.NoTermData) -> Problem:
    expected = f"a term on or around {error.day.isoformat()}, in the school's calendar"
    return _problem("calendar-missing", f"Nobody knows whether messages may be sent: expected {expected}, found none.")


def _altered(error: errors.Altered) -> Problem:
    detail = f"The stored {error.kind} is not what was recorded. Keep it as it is, and tell whoever runs this service."
    return _problem("altered", detail, expected=error.expected, found=error.found)


def _not_laid_out(error: RenderFailed) -> Problem:
    """Tell what the layout refused; whatever else went wrong is no fault of what was asked for."""
    if error.code == "assertion":
        return _problem("not-laid-out", not_laid_out(error.code, error.field), found=error.field)
    return problems.unavailable("The press is not available. Try again.")


def _reused(_error: errors.KeyReused) -> Problem:
    expected = "the same request as before under this Idempotency-Key"
    return problems.invalid([problems.fault("", expected, "another one", where="header")])


def _problem(slug: str, detail: str, **members: Any) -> Problem:
    known = SLUGS[slug]
    return Problem(known.status, slug, title=known.title, detail=detail, **members)


ANSWERS: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    errors.Refused: _refused,
    errors.Unfit: _unfit,
    errors.NoTermData: _no_term_data,
    errors.Altered: _altered,
    errors.NotFound: lambda _error: problems.not_found(),
    errors.Forbidden: lambda error: problems.forbidden(error.roles),
    errors.StaleVersion: lambda error: problems.stale_version(error.current),
    errors.KeyReused: _reused,
    errors.Erased: lambda _error: _problem("erased", "The case was erased: its letters cannot be read any more."),
    errors.EventGone: lambda _error: _problem("cause-gone", "Ask casework what became of the case."),
    errors.CaseworkUnavailable: lambda _error: problems.unavailable("Casework does not answer now.", RETRY_AFTER_S),
    errors.FollowerStopped: lambda _error: problems.unavailable("Casework does not accept our key.", RETRY_AFTER_S),
    errors.MergeFieldsMalformed: lambda _error: problems.unavailable("Casework's answer was not as agreed.", 60),
    errors.StoreUnavailable: lambda _error: problems.unavailable("The database is not available. Try again."),
    Overtaken: lambda _error: problems.unavailable("Somebody else was deciding about this letter. Try again."),
    RenderFailed: _not_laid_out,
}


def _handler(answer: Callable[[Any], Problem]) -> Callable[[Exception], Any]:
    def handle(error: Exception) -> Any:
        return flask.current_app.handle_user_exception(answer(error))

    return handle
