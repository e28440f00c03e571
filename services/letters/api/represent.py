"""Letters as JSON: ids, codes, dates and hashes. What a letter says is in its PDF and text alone."""

from datetime import date, datetime
from typing import Any

import msgspec

from letters.application.reading import Moment
from letters.application.rendering import Verification
from letters.domain.checks import approver_roles
from letters.domain.event import Drafted, Recipient
from letters.domain.letter import Letter

_PLACE = frozenset({"originator_id", "originator_version", "recorded_at", "by", "role", "reason_sha256", "command"})
_DRAFT_ONLY = frozenset({"audience", "conflicted", "linked_parties"})
"""Who else is concerned is for casework to show."""


def letter_json(letter: Letter, *, is_erased: bool = False) -> dict[str, Any]:
    """Return a letter as it stands; once its case was erased, without whom it was for."""
    draft = letter.draft
    return {
        "letter_id": str(letter.id),
        "case_id": str(draft.case),
        "version": letter.version,
        "revision": draft.revision,
        "status": letter.status,
        "template": draft.template,
        "cause": draft.cause,
        "our_ref": draft.our_ref,
        "recipient": _recipient(draft.recipient, is_erased=is_erased),
        "channel": draft.channel,
        "letter_date": _plain(draft.letter_date),
        "deadline": _plain(draft.deadline),
        "signatory": draft.signatory,
        "approvers": list(approver_roles(letter)),
        "holds": sorted(letter.holds),
        "problems": _plain(draft.problems),
        "findings": [{**_plain(each), "is_overridden": each.id in letter.overridden} for each in letter.findings],
        "cleaned": _plain(draft.cleaned),
        "provenance": _plain(letter.provenance),
        "message_sha256": letter.message_sha256,
        "approvals": [_event(approval) for approval in letter.approvals],
        "issued": _event(letter.issued),
        "claim": _event(letter.claim),
        "not_before": _plain(letter.not_before),
        "failures": [_event(failure) for failure in letter.failures],
        "outcome_unknown": _event(letter.unknown),
        "dead": _event(letter.dead),
        "resend_of": _plain(letter.resend_of),
        "resent": _plain(letter.resent),
        "dispatched": _event(letter.dispatched),
        "filed": dict(letter.filed),
        "render_failure": _event(letter.render_failure),
        "ended_by": letter.ended_by,
    }


def row_json(row: msgspec.Struct) -> dict[str, Any]:
    """Return a row of a list: a letter, a parked cause, a row of the catalogue."""
    listed: dict[str, Any] = _plain(row)
    return listed


def moment_json(moment: Moment, *, is_erased: bool) -> dict[str, Any]:
    """Return one event of a letter's timeline; once its case was erased, without whom the letter was for."""
    event = moment.event
    facts = _facts(event)
    if isinstance(event, Drafted):
        facts["recipient"] = _recipient(event.recipient, is_erased=is_erased)
    return {
        "type": event.type_name,
        "version": event.originator_version,
        "recorded_at": _plain(event.recorded_at),
        "by": getattr(event, "by", None),
        "role": getattr(event, "role", None),
        "reason": moment.reason,
        "facts": facts,
    }


def verification_json(verified: Verification) -> dict[str, Any]:
    """Return what is left of a letter."""
    plain: dict[str, Any] = _plain(verified)
    letter = plain.pop("letter")
    return {"letter_id": letter, "is_good": verified.is_good, **plain}


def _recipient(recipient: Recipient, *, is_erased: bool) -> dict[str, Any]:
    """Return to whom a letter is; the id in the school's directory tells who that was, so it goes with the case."""
    shown: dict[str, Any] = _plain(recipient)
    return {**shown, "party": None} if is_erased else shown


def _event(event: Any) -> dict[str, Any] | None:
    """Return an event's facts, who did it and when."""
    if event is None:
        return None
    return {"by": getattr(event, "by", None), "recorded_at": _plain(event.recorded_at), **_facts(event)}


def _facts(event: Any) -> dict[str, Any]:
    names = (name for name in event.__struct_fields__ if name not in _PLACE | _DRAFT_ONLY)
    return {name: _plain(getattr(event, name)) for name in names}


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return msgspec.to_builtins(value)
