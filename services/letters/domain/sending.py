"""What people do with a letter that may leave, and say of it: taken, left, arrived, came back, lost, sent again.

As in :mod:`letters.domain.decision`: the letter and what is asked go in, events or a refusal come out. What a
dispatcher does to an e-mail is in :mod:`letters.domain.dispatching`; here is what it leaves to people.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

import msgspec
from msgspec.structs import replace

from letters.domain import event as ev
from letters.domain import sending_event as sev
from letters.domain.acting import Act, because, by, in_status, permit, refuse_if
from letters.domain.catalogue import MANUAL, Channel
from letters.domain.checks import held
from letters.domain.errors import NoTermData, Refusal, Refused
from letters.domain.letter import SENT, Letter
from letters.domain.windows import HARD, HOURS, MESSAGE_CHARACTERS_MAX, Hours, closing, opening
from letters.domain.working_days import Calendar, arrival, local_date

CLAIM = timedelta(minutes=15)
"""How long a letter that somebody took is theirs alone."""
TAKEN_BY_HAND = MANUAL | {"print", "classdojo"}


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What the office says about a letter it sent; place, numbers and references are sealed under the hash."""

    posted_at: datetime
    posting_class: sev.PostingClass
    proof_sha256: str
    scan_sha256: str | None = None
    text_sha256: str | None = None
    """The hash of the words that were passed on, where somebody gives it."""
    is_proven: bool = False
    """Whether anything shows that it arrived at the other end: their reference, or the hash of a text or a picture."""
    despite_hold: bool = False


def take(letter: Letter, act: Act, calendar: Calendar, hours: Mapping[Channel, Hours] = HOURS) -> list[ev.LetterEvent]:
    """Take an issued letter to send it; the claim is the taker's alone while it lasts.

    It ends with the channel's window: what nobody confirmed until then may be taken again in the next one.
    """
    permit("dispatch", letter, act)
    channel = letter.draft.channel
    outside = _outside_window(channel, act.at, calendar, hours)
    refuse_if("dispatch", [*_may_leave(letter, act), *held(letter), *_leaves_by_itself(letter), *outside])
    attempt = letter.claim.attempt + 1 if letter.claim else 1
    closes = closing(channel, act.at, hours)
    until = act.at + CLAIM if closes is None else min(act.at + CLAIM, closes)
    return [by(letter, act, sev.DispatchStarted, attempt=attempt, claimed_until=until)]


def confirm_posted(
    letter: Letter, act: Act, posting: Posting, calendar: Calendar, hours: Mapping[Channel, Hours] = HOURS
) -> list[ev.LetterEvent]:
    """Record that the letter was sent. What happened is never refused: a hold, or the hour, has to be acknowledged.

    What goes by no post leaves no certificate: whoever passed it on says by what the other side, or we, know it again.
    """
    permit("dispatched", letter, act)
    in_status("dispatched", letter, ("issued", "dispatching"))
    channel = letter.draft.channel
    outside = list(_outside_window(channel, posting.posted_at, calendar, hours))
    checks = (
        _leaves_by_itself(letter),
        _time_implausible(letter, posting.posted_at, act.at),
        _hold_unseen(letter, posting),
        _proof(letter, posting),
        () if posting.despite_hold else map(_to_acknowledge, outside),
    )
    refuse_if("dispatched", chain.from_iterable(checks))
    return [
        by(
            letter,
            act,
            sev.Dispatched,
            posted_at=posting.posted_at,
            posting_class=posting.posting_class if channel == "print" else None,
            expected_by=arrival(channel, posting.posted_at, posting.posting_class, calendar),
            calendar_sha256=calendar.sha256,
            proof_sha256=posting.proof_sha256,
            scan_sha256=posting.scan_sha256,
            despite_hold=bool(letter.holds or outside),
        )
    ]


def confirm_outcome(
    letter: Letter, act: Act, outcome: type[sev.Delivered] | type[sev.Returned], at: datetime
) -> list[ev.LetterEvent]:
    """Record that the letter arrived, or came back."""
    name = "delivered" if outcome is sev.Delivered else "returned"
    permit(name, letter, act)
    in_status(name, letter, ("dispatched", "delivered") if outcome is sev.Returned else ("dispatched",))
    refuse_if(name, _time_implausible(letter, at, act.at))
    return [by(letter, act, outcome, at=at)]


def reconcile(letter: Letter, act: Act, left_at: datetime | None) -> list[ev.LetterEvent]:
    """Record what a person found out about a letter of unknown outcome: when it left; None: that it did not.

    What did not leave is issued again as it was: the same bytes, the same message id.
    """
    permit("reconcile", letter, act)
    in_status("reconcile", letter, ("unknown",))
    if left_at is None:
        return [by(letter, act, sev.Reconciled, outcome="not_sent")]
    refuse_if("reconcile", _time_implausible(letter, left_at, act.at))
    claim = letter.claim
    return [
        by(letter, act, sev.Reconciled, outcome="sent"),
        by(
            letter,
            act,
            sev.Dispatched,
            1,
            posted_at=left_at,
            posting_class=None,
            expected_by=local_date(left_at),
            calendar_sha256=(claim.calendar_sha256 if claim else None) or "",
            proof_sha256=None,
            eml_sha256=claim.eml_sha256 if claim else None,
            despite_hold=bool(letter.holds),
        ),
    ]


def retry(letter: Letter, act: Act) -> list[ev.LetterEvent]:
    """Issue a dead letter anew, as it was approved: it leaves when its channel opens."""
    permit("retry", letter, act)
    in_status("retry", letter, ("dead",))
    refuse_if("retry", [*held(letter), *_too_late(letter, act)])
    issued = letter.issued
    if issued is None:
        raise Refused("retry", [because("not_issued", "Only an approved letter can leave.", "issued", letter.status)])
    return [
        by(
            letter,
            act,
            ev.Issued,
            revision=issued.revision,
            pdf_sha256=issued.pdf_sha256,
            channel=issued.channel,
            not_before=act.at,
            why="retried",
            expected_by=local_date(act.at),
            calendar_sha256=issued.calendar_sha256,
        )
    ]


def check_resend(letter: Letter, act: Act) -> None:
    """Refuse to send again what was not sent: that is drafted again, or reconciled."""
    permit("resend", letter, act)
    in_status("resend", letter, tuple(sorted(SENT)))


def resent(letter: Letter, act: Act, new: UUID) -> list[ev.LetterEvent]:
    """Link a letter to the one that is sent in its place."""
    return [by(letter, act, sev.Resent, new_letter=new)]


def _may_leave(letter: Letter, act: Act) -> Iterable[Refusal]:
    """Yield why the letter cannot be taken now."""
    is_mine = letter.claim is not None and letter.claim.by == act.by
    if letter.is_claimed(act.at) and not is_mine:
        until = letter.claim.claimed_until.isoformat() if letter.claim else ""
        yield because("taken", "Someone has this letter in hand.", f"after {until}", act.at.isoformat())
    elif letter.status not in ("issued", "dispatching"):
        yield because("not_issued", "Only an approved letter can leave.", "issued", letter.status)


def _leaves_by_itself(letter: Letter) -> Iterable[Refusal]:
    if letter.draft.channel not in TAKEN_BY_HAND:
        yield because("other_channel", "E-mail leaves by itself.", "print or manual", letter.draft.channel)


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
        yield because("no_term_data", detail, "a term on or around the day", local_date(at).isoformat())
        return
    if opens > at:
        first, last = hours.get(channel, HOURS[channel])
        detail = f"Messages are sent on school days from {first:%H:%M} until {last:%H:%M} only."
        refusal = because("outside_window", detail, f"from {opens.isoformat()}", at.isoformat())
        yield replace(refusal, opens_at=opens)


def _to_acknowledge(refusal: Refusal) -> Refusal:
    """Return why the hour has to be acknowledged: the letter has left, and that is recorded."""
    detail = f"{refusal.detail} If the letter left all the same, say so with despite_hold."
    return replace(refusal, detail=detail, expected="despite_hold true", opens_at=None)


def _too_late(letter: Letter, act: Act) -> Iterable[Refusal]:
    due = letter.draft.deadline
    if due is not None and local_date(due) < local_date(act.at):
        detail = "What the letter asks for was due before today: draft it again."
        yield because("deadline_before_arrival", detail, f"{local_date(act.at)} or later", str(local_date(due)))


def _time_implausible(letter: Letter, at: datetime, now: datetime) -> list[Refusal]:
    """Return R20 where a letter left or arrived in the future, or before the moment it could."""
    earliest = letter.dispatched.posted_at if letter.dispatched else letter.issued.recorded_at if letter.issued else at
    if earliest <= at <= now:
        return []
    expected = f"from {earliest.isoformat()} to {now.isoformat()}"
    return [because("R20", "The time is implausible.", expected, at.isoformat())]


def _hold_unseen(letter: Letter, posting: Posting) -> list[Refusal]:
    if not letter.holds or posting.despite_hold:
        return []
    found = ", ".join(sorted(letter.holds))
    detail = "A hold stands. If the letter left all the same, say so with despite_hold."
    return [because("held", detail, "despite_hold true", found)]


def _proof(letter: Letter, posting: Posting) -> list[Refusal]:
    """Return what is wrong with how a letter that a person passed on is known to have arrived.

    A message that was copied is known by its words, and by nothing else.
    """
    if letter.draft.channel in MESSAGE_CHARACTERS_MAX and posting.text_sha256 != letter.message_sha256:
        detail = "Confirm by text_sha256 the words that were copied and sent: they are the letter's message."
        return [because("other_text", detail, letter.message_sha256 or "a message", posting.text_sha256 or "none")]
    if letter.draft.channel not in MANUAL:
        return []
    ours = letter.provenance.text_sha256 if letter.provenance else None
    if posting.text_sha256 not in (None, ours):
        detail = "The text that was passed on is not the one that was approved."
        return [because("other_text", detail, ours or "none", posting.text_sha256 or "none")]
    if posting.is_proven:
        return []
    detail = "Say by what it is known to have arrived: their reference, or the hash of the text or of a picture."
    return [because("proof_needed", detail, "reference, text_sha256, image_sha256 or a file", "none of them")]
