"""What people may do to a letter: each function takes the letter and what is asked, and returns the new events.

A decision refuses with every failing check, or returns events; it writes nothing. Who may: the roles stand beside each
decision in ``ROLES``; approving and rejecting take theirs from the letter's row of the catalogue.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain

import msgspec
from msgspec.structs import replace

from letters.domain import event as ev
from letters.domain.catalogue import CHAIR, DSL, HANDLER, HEAD, MANUAL, OFFICE, Channel
from letters.domain.checks import LIFTED_BY_NOBODY, Approval, approvals_needed, approver_roles, failing, held, leaves
from letters.domain.errors import Forbidden, NoTermData, Refusal, Refused
from letters.domain.letter import OUTDATED, REDRAFTABLE, Letter
from letters.domain.windows import HARD, HOURS, MESSAGE_CHARACTERS_MAX, Hours, closing, opening
from letters.domain.working_days import Calendar, arrival, local_date

CLAIM = timedelta(minutes=15)
"""How long a letter that somebody took is theirs alone."""
TAKEN_BY_HAND = MANUAL | {"print", "classdojo"}

ROLES: Mapping[str, tuple[str, ...]] = {
    "draft": (HANDLER, HEAD, DSL),
    "redraft": (HANDLER, HEAD, DSL),
    "hold": (HANDLER, HEAD, DSL),
    "release": (HEAD, DSL),
    "cancel": (HANDLER, HEAD, DSL),
    "dispatch": (HANDLER, HEAD, DSL, OFFICE),
    "dispatched": (HANDLER, HEAD, DSL, OFFICE),
    "delivered": (HANDLER, HEAD, OFFICE),
    "returned": (HANDLER, HEAD, OFFICE),
}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, when, by which request; the reason's words are sealed and stand here as their hash."""

    by: str
    role: str
    at: datetime
    command: ev.Command
    reason_sha256: str | None = None


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What the office says about a letter it sent; place, numbers and references are sealed under the hash."""

    posted_at: datetime
    posting_class: ev.PostingClass
    proof_sha256: str
    text_sha256: str | None = None
    """The hash of the words that were passed on, where somebody gives it."""
    is_proven: bool = False
    """Whether anything shows that it arrived at the other end: their reference, or the hash of a text or a picture."""
    despite_hold: bool = False


def approve(letter: Letter, act: Act, asked: Approval) -> list[ev.LetterEvent]:
    """Approve exactly the bytes whose hash is given; the last approval needed also issues the letter."""
    _permit("approve", letter, act, approver_roles(letter))
    _refuse_if("approve", failing(letter, asked))
    events: list[ev.LetterEvent] = [
        _by(
            letter,
            act,
            ev.FindingOverridden,
            offset,
            reason_sha256=override.reason_sha256,
            revision=letter.draft.revision,
            finding=override.finding,
        )
        for offset, override in enumerate(asked.overrides)
    ]
    events.append(
        _by(
            letter,
            act,
            ev.Approved,
            len(events),
            revision=letter.draft.revision,
            pdf_sha256=asked.pdf_sha256,
            checks=asked.checks,
            confirmation_sha256=asked.confirmation_sha256,
        )
    )
    if len(letter.approvals) + 1 >= approvals_needed(letter, asked):
        events.append(_issue(letter, act, asked, len(events)))
    return events


def reject(letter: Letter, act: Act) -> list[ev.LetterEvent]:
    """Send the letter back: it must be drafted again before anybody can approve it."""
    _permit("reject", letter, act, approver_roles(letter))
    _in_status("reject", letter, ("ready", "approved"))
    return [_by(letter, act, ev.Rejected, revision=letter.draft.revision)]


def hold(letter: Letter, act: Act) -> list[ev.LetterEvent]:
    """Keep the letter from leaving until someone releases it."""
    _permit("hold", letter, act)
    _unsent("hold", letter, act.at)
    return [_by(letter, act, ev.Held, hold="manual", cause=None)]


def release(letter: Letter, act: Act, released: str) -> list[ev.LetterEvent]:
    """Lift a hold; but neither an unsafe address (R17) nor an open conflict of interest (R11) can be waved through."""
    _permit("release", letter, act)
    if released in LIFTED_BY_NOBODY and released in letter.holds:
        _refuse_if("release", tuple(refusal for refusal in held(letter) if refusal.found == released))
    if released not in letter.holds:
        found = ", ".join(sorted(letter.holds)) or "none"
        _refuse_if("release", [_refusal("no_such_hold", "This hold does not stand.", released, found)])
    return [_by(letter, act, ev.Released, hold=released, cause=None)]


def cancel(letter: Letter, act: Act) -> list[ev.LetterEvent]:
    """Say that the letter will not be sent."""
    _permit("cancel", letter, act)
    _unsent("cancel", letter, act.at)
    return [_by(letter, act, ev.Cancelled, cause="person")]


def check_redraft(letter: Letter, act: Act, decision: str = "redraft") -> None:
    """Refuse another revision before casework is asked again: an issued letter is frozen, unless outdated."""
    _permit(decision, letter, act)
    is_freed = OUTDATED in letter.holds and letter.is_unsent(act.at)
    _in_status(decision, letter, tuple(sorted({*REDRAFTABLE, *([letter.status] if is_freed else [])})))


def take(letter: Letter, act: Act, calendar: Calendar, hours: Mapping[Channel, Hours] = HOURS) -> list[ev.LetterEvent]:
    """Take an issued letter to send it; the claim is the taker's alone while it lasts.

    It ends with the channel's window: what nobody confirmed until then may be taken again in the next one.
    """
    _permit("dispatch", letter, act)
    channel = letter.draft.channel
    refusals = [*_may_leave(letter, act), *held(letter), *_outside_window(channel, act.at, calendar, hours)]
    if channel not in TAKEN_BY_HAND:
        refusals.append(_refusal("other_channel", "E-mail leaves by itself.", "print or manual", channel))
    _refuse_if("dispatch", refusals)
    attempt = letter.claim.attempt + 1 if letter.claim else 1
    closes = closing(channel, act.at, hours)
    until = act.at + CLAIM if closes is None else min(act.at + CLAIM, closes)
    return [_by(letter, act, ev.DispatchStarted, attempt=attempt, claimed_until=until)]


def confirm_posted(
    letter: Letter, act: Act, posting: Posting, calendar: Calendar, hours: Mapping[Channel, Hours] = HOURS
) -> list[ev.LetterEvent]:
    """Record that the letter was sent. What happened is never refused: a hold, or the hour, has to be acknowledged.

    What goes by no post leaves no certificate: whoever passed it on says by what the other side, or we, know it again.
    """
    _permit("dispatched", letter, act)
    _in_status("dispatched", letter, ("issued", "dispatching"))
    channel = letter.draft.channel
    outside = list(_outside_window(channel, posting.posted_at, calendar, hours))
    checks = (
        _time_implausible(letter, posting.posted_at, act.at),
        _hold_unseen(letter, posting),
        _proof(letter, posting),
        () if posting.despite_hold else map(_to_acknowledge, outside),
    )
    _refuse_if("dispatched", chain.from_iterable(checks))
    return [
        _by(
            letter,
            act,
            ev.Dispatched,
            posted_at=posting.posted_at,
            posting_class=posting.posting_class if channel == "print" else None,
            expected_by=arrival(channel, posting.posted_at, posting.posting_class, calendar),
            calendar_sha256=calendar.sha256,
            proof_sha256=posting.proof_sha256,
            despite_hold=bool(letter.holds or outside),
        )
    ]


def confirm_outcome(
    letter: Letter, act: Act, outcome: type[ev.Delivered] | type[ev.Returned], at: datetime
) -> list[ev.LetterEvent]:
    """Record that the letter arrived, or came back."""
    name = "delivered" if outcome is ev.Delivered else "returned"
    _permit(name, letter, act)
    _in_status(name, letter, ("dispatched", "delivered") if outcome is ev.Returned else ("dispatched",))
    _refuse_if(name, _time_implausible(letter, at, act.at))
    return [_by(letter, act, outcome, at=at)]


def _issue(letter: Letter, act: Act, asked: Approval, offset: int) -> ev.LetterEvent:
    """Return the event that lets the letter leave, at any time or once the channel's window opens."""
    opens = leaves(letter, asked)
    return _by(
        letter,
        act,
        ev.Issued,
        offset,
        revision=letter.draft.revision,
        pdf_sha256=asked.pdf_sha256,
        channel=letter.draft.channel,
        not_before=opens.at,
        why=opens.why,
        expected_by=arrival(letter.draft.channel, opens.at, "first", asked.calendar),
        calendar_sha256=asked.calendar.sha256,
    )


def _by(
    letter: Letter, act: Act, event: Callable[..., ev.LetterEvent], offset: int = 0, **facts: object
) -> ev.LetterEvent:
    """Return an event of this act at the letter's next place, ``offset`` further on."""
    carried = {"by": act.by, "role": act.role, "reason_sha256": act.reason_sha256, "command": act.command}
    place = {"originator_id": letter.id, "originator_version": letter.version + 1 + offset, "recorded_at": act.at}
    return event(**place, **{**carried, **facts})


def _may_leave(letter: Letter, act: Act) -> Iterable[Refusal]:
    """Yield why the letter cannot be taken now."""
    is_mine = letter.claim is not None and letter.claim.by == act.by
    if letter.is_claimed(act.at) and not is_mine:
        until = letter.claim.claimed_until.isoformat() if letter.claim else ""
        yield _refusal("taken", "Someone has this letter in hand.", f"after {until}", act.at.isoformat())
    elif letter.status not in ("issued", "dispatching"):
        yield _refusal("not_issued", "Only an approved letter can leave.", "issued", letter.status)


def _outside_window(
    channel: Channel, at: datetime, calendar: Calendar, hours: Mapping[Channel, Hours]
) -> Iterable[Refusal]:
    """Yield why nothing may leave by this channel at this hour, where that is hard; with the hour from which it may."""
    if channel not in HARD:
        return
    try:
        opens = opening(channel, at, calendar, hours).at
    except NoTermData:
        detail = "The school's calendar has no term around this day, so nobody knows whether messages may be sent."
        yield _refusal("no_term_data", detail, "a term on or around the day", local_date(at).isoformat())
        return
    if opens > at:
        first, last = hours.get(channel, HOURS[channel])
        detail = f"Messages are sent on school days from {first:%H:%M} until {last:%H:%M} only."
        refusal = _refusal("outside_window", detail, f"from {opens.isoformat()}", at.isoformat())
        yield replace(refusal, opens_at=opens)


def _to_acknowledge(refusal: Refusal) -> Refusal:
    """Return why the hour has to be acknowledged: the letter has left, and that is recorded."""
    detail = f"{refusal.detail} If the letter left all the same, say so with despite_hold."
    return replace(refusal, detail=detail, expected="despite_hold true", opens_at=None)


def _time_implausible(letter: Letter, at: datetime, now: datetime) -> list[Refusal]:
    """Return R20 where a letter left or arrived in the future, or before the moment it could."""
    earliest = letter.dispatched.posted_at if letter.dispatched else letter.issued.recorded_at if letter.issued else at
    if earliest <= at <= now:
        return []
    expected = f"from {earliest.isoformat()} to {now.isoformat()}"
    return [_refusal("R20", "The time is implausible.", expected, at.isoformat())]


def _hold_unseen(letter: Letter, posting: Posting) -> list[Refusal]:
    if not letter.holds or posting.despite_hold:
        return []
    found = ", ".join(sorted(letter.holds))
    detail = "A hold stands. If the letter left all the same, say so with despite_hold."
    return [_refusal("held", detail, "despite_hold true", found)]


def _proof(letter: Letter, posting: Posting) -> list[Refusal]:
    """Return what is wrong with how a letter that a person passed on is known to have arrived.

    A message that was copied is known by its words, and by nothing else.
    """
    if letter.draft.channel in MESSAGE_CHARACTERS_MAX and posting.text_sha256 != letter.message_sha256:
        detail = "Confirm by text_sha256 the words that were copied and sent: they are the letter's message."
        return [_refusal("other_text", detail, letter.message_sha256 or "a message", posting.text_sha256 or "none")]
    if letter.draft.channel not in MANUAL:
        return []
    ours = letter.provenance.text_sha256 if letter.provenance else None
    if posting.text_sha256 not in (None, ours):
        detail = "The text that was passed on is not the one that was approved."
        return [_refusal("other_text", detail, ours or "none", posting.text_sha256 or "none")]
    if posting.is_proven:
        return []
    detail = "Say by what it is known to have arrived: their reference, or the hash of the text or of a picture."
    return [_refusal("proof_needed", detail, "reference, text_sha256 or image_sha256", "none of them")]


def _permit(decision: str, letter: Letter, act: Act, roles: tuple[str, ...] | None = None) -> None:
    """Refuse a role that may not; where the chair signs in the headteacher's place, the chair may what a head may."""
    may = ROLES[decision] if roles is None else roles
    if HEAD in may and letter.draft.signatory_role == CHAIR and CHAIR not in may:
        may = (*may, CHAIR)
    if act.role not in may:
        raise Forbidden(decision, may)


def _in_status(decision: str, letter: Letter, allowed: tuple[str, ...]) -> None:
    if letter.status not in allowed:
        refusal = _refusal("wrong_status", "The letter is not at that point.", " or ".join(allowed), letter.status)
        raise Refused(decision, [refusal])


def _unsent(decision: str, letter: Letter, now: datetime) -> None:
    if not letter.is_unsent(now):
        refusal = _refusal("not_unsent", "The letter has left, or will never leave.", "not yet taken", letter.status)
        raise Refused(decision, [refusal])


def _refusal(code: str, detail: str, expected: str, found: str) -> Refusal:
    return Refusal(code=code, detail=detail, expected=expected, found=found)


def _refuse_if(decision: str, refusals: Iterable[Refusal]) -> None:
    """Refuse with all of them, if there are any."""
    listed = tuple(refusals)
    if listed:
        raise Refused(decision, listed)
