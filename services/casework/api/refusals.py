"""What the domain and the store refuse, as problems (RFC 9457). One table; no view catches anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import flask
import marshmallow
from marshmallow import fields

from casework.application.casework import CaseNotFound
from casework.application.evidence_opening import EvidenceErased
from casework.application.export.exports import TooManyExports
from casework.application.merge_fields import PersonalFieldsGone
from casework.application.statistics import TermUnknown
from casework.application.store import (
    ClockDiffers,
    CommandReused,
    EvidenceBroken,
    EvidenceMissing,
    KeyErased,
    RecordBroken,
    StaleVersion,
    StoreError,
    Unavailable,
    UnreadableEntry,
)
from casework.application.tree import BeyondCheckpoint, NoCheckpoint
from casework.application.versions import VersionNeeded, VersionStale
from casework.domain.calendar import CalendarMissing
from casework.domain.refusal import (
    BadFacts,
    EditionSettled,
    Failure,
    NoSuchEdition,
    NoSuchNumber,
    NothingToActOn,
    Refused,
)
from casework.domain.rule import Rule
from casework.domain.rules import R13, R15, R23
from casework.ledger.tiles import MalformedPath
from servicekit import logs, problems, requestlog
from servicekit.problems import Problem, Slug

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask

SLUGS: Final[Mapping[str, Slug]] = {
    "refused": Slug(409, "Not possible now", "`refusals` lists every rule that fails, and who may resolve it."),
    "nothing-to-act-on": Slug(409, "Nothing to act on", "What the address names was already answered or ended."),
    "erased": Slug(410, "Erased", "The case was erased, and with it what was asked for; events and hashes remain."),
    "not-whole": Slug(500, "The record does not hold", "Something was altered or lost: nothing was handed out."),
    "calendar-missing": Slug(409, "School calendar missing", "Term dates are needed that were not given."),
}


class OverridableSchema(marshmallow.Schema):
    """Who may set a rule aside, with which codes."""

    roles = fields.List(fields.String(), required=True)
    codes = fields.List(fields.String(), required=True)


class RefusalSchema(marshmallow.Schema):
    """One rule that fails."""

    rule = fields.String(required=True, metadata={"description": "R01 and so on"})
    code = fields.String(required=True)
    clause = fields.String(required=True, metadata={"description": "The clause of the policy that it serves"})
    override = fields.Nested(OverridableSchema, required=True, allow_none=True)
    instead = fields.String(metadata={"description": "The path of the decision that comes first"})
    missing = fields.List(fields.String(), metadata={"description": "What is missing for the rule to hold"})
    says = fields.String(metadata={"description": "All of it, as a sentence"})


class CaseworkProblemSchema(problems.ProblemSchema):
    """The problem object with what casework adds to it."""

    decision = fields.String(metadata={"description": "409, 403: the decision that was refused"})
    refusals = fields.List(fields.Nested(RefusalSchema), metadata={"description": "403, 409, 412: rules that fail"})
    size = fields.Integer(metadata={"description": "404: of how many entries the checkpoint is that was asked of"})
    nearest = fields.List(fields.Integer(), metadata={"description": "Sizes next to one that was never signed"})


class CaseworkApi(problems.ProblemApi):
    """The API with this shape of problem in its document."""

    ERROR_SCHEMA = CaseworkProblemSchema


def install(app: Flask) -> None:
    """Answer each of these errors as its problem, on every route."""
    for error_type, answer in ANSWERS.items():
        app.register_error_handler(error_type, _handler(answer))


def failure_json(failure: Failure) -> dict[str, Any]:
    """Return one failing rule as it stands in an answer."""
    return {**_rule_json(failure.rule), "missing": list(failure.missing), "says": failure.sentence}


def _rule_json(rule: Rule) -> dict[str, Any]:
    override = None
    if rule.soft:
        override = {"roles": sorted(rule.soft.who), "codes": list(rule.soft.codes)}
    named = {"rule": rule.id, "code": rule.code, "clause": rule.clause, "override": override}
    return {**named, "instead": rule.instead} if rule.instead else named


def _refused(error: Refused) -> Problem:
    return Problem(
        error.status,
        "refused",
        title=SLUGS["refused"].title,
        detail=str(error),
        decision=error.decision,
        refusals=[failure_json(failure) for failure in error.failures],
    )


def _bad_facts(error: BadFacts) -> Problem:
    errors = [
        {
            **problems.fault(fault.pointer, fault.expected, fault.found, where=fault.where),
            **({"rule": fault.rule} if fault.rule else {}),
        }
        for fault in error.faults
    ]
    return problems.invalid(errors)


def _stale(error: VersionStale) -> Problem:
    problem = problems.stale_version(error.current)
    problem.members["refusals"] = [_rule_json(R15)]
    return problem


def _reused(_error: CommandReused) -> Problem:
    found = problems.fault("", "the same request as before under this Idempotency-Key", "another one", where="header")
    return problems.invalid([{**found, "rule": R23.id}])


def _conflict(slug: str) -> Callable[[Exception], Problem]:
    def answer(error: Exception) -> Problem:
        return Problem(409, slug, title=SLUGS[slug].title, detail=str(error))

    return answer


def _erased(_error: KeyErased) -> Problem:
    failure = Failure(rule=R13, missing=("a case that was not erased",))
    detail = "This case was erased: nothing can be added to it, and its files are gone."
    return Problem(409, "refused", title=SLUGS["refused"].title, detail=detail, refusals=[failure_json(failure)])


def _gone(_error: PersonalFieldsGone) -> Problem:
    detail = "This case was erased: names, words and addresses are gone for good. Do not ask again."
    return Problem(410, "erased", title=SLUGS["erased"].title, detail=detail)


def _file_gone(_error: EvidenceErased) -> Problem:
    detail = "This case was erased, and its files with it; their hashes remain on the record. Do not ask again."
    return Problem(410, "erased", title=SLUGS["erased"].title, detail=detail)


def _not_there(**members: Any) -> Problem:
    """Say of what no checkpoint covers what they do cover, which is nothing that anybody may not know."""
    problem = problems.not_found()
    problem.members.update(members)
    return problem


def _not_whole(error: StoreError) -> Problem:
    """Say what does not hold: ids, positions and hashes, which whoever may see a case may see; the log has its kind."""
    logs.get_logger().error("the record does not hold", error=type(error).__name__, request_id=requestlog.request_id())
    detail = f"Nothing was handed out or recorded: {error}. The operator runs `casework verify`, which says what else."
    return Problem(500, "not-whole", title=SLUGS["not-whole"].title, detail=detail)


ANSWERS: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    Refused: _refused,
    BadFacts: _bad_facts,
    NoSuchNumber: lambda _error: problems.not_found(),
    NoSuchEdition: lambda _error: problems.not_found(),
    CaseNotFound: lambda _error: problems.not_found(),
    NothingToActOn: _conflict("nothing-to-act-on"),
    EditionSettled: _conflict("nothing-to-act-on"),
    CalendarMissing: _conflict("calendar-missing"),
    TermUnknown: _conflict("calendar-missing"),
    VersionNeeded: lambda error: problems.precondition_required(error.current),
    VersionStale: _stale,
    StaleVersion: lambda _error: problems.unavailable("Somebody else was writing to this case. Try again."),
    CommandReused: _reused,
    KeyErased: _erased,
    PersonalFieldsGone: _gone,
    EvidenceErased: _file_gone,
    RecordBroken: _not_whole,
    UnreadableEntry: _not_whole,
    EvidenceMissing: _not_whole,
    EvidenceBroken: _not_whole,
    MalformedPath: lambda error: problems.malformed(f"The address cannot be read: {error}."),
    BeyondCheckpoint: lambda error: _not_there(size=error.size),
    NoCheckpoint: lambda error: _not_there(nearest=list(error.nearest)),
    TooManyExports: lambda error: problems.too_many_requests("This key has made too many exports.", error.wait_s),
    ClockDiffers: lambda _error: problems.unavailable("The clocks of service and database differ too much.", 60),
    Unavailable: lambda _error: problems.unavailable("The record is not available. Send the same request again."),
}


def _handler(answer: Callable[[Any], Problem]) -> Callable[[Exception], Any]:
    def handle(error: Exception) -> Any:
        return flask.current_app.handle_user_exception(answer(error))

    return handle
