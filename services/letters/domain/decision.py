"""What people may do to a letter before it leaves: the letter and what is asked go in, the new events come out.

A decision refuses with every failing check, or returns events; it writes nothing. What follows once a letter may leave
is in :mod:`letters.domain.sending`.
"""

from datetime import datetime

from letters.domain import event as ev
from letters.domain.acting import Act, because, by, in_status, permit, refuse_if
from letters.domain.checks import LIFTED_BY_NOBODY, Approval, approvals_needed, approver_roles, failing, held, leaves
from letters.domain.errors import Refused
from letters.domain.letter import OUTDATED, REDRAFTABLE, Letter
from letters.domain.working_days import arrival


def approve(letter: Letter, act: Act, asked: Approval) -> list[ev.LetterEvent]:
    """Approve exactly the bytes whose hash is given; the last approval needed also issues the letter."""
    permit("approve", letter, act, approver_roles(letter))
    refuse_if("approve", failing(letter, asked))
    events: list[ev.LetterEvent] = [
        by(
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
        by(
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
    permit("reject", letter, act, approver_roles(letter))
    in_status("reject", letter, ("ready", "approved"))
    return [by(letter, act, ev.Rejected, revision=letter.draft.revision)]


def hold(letter: Letter, act: Act) -> list[ev.LetterEvent]:
    """Keep the letter from leaving until someone releases it."""
    permit("hold", letter, act)
    _unsent("hold", letter, act.at)
    return [by(letter, act, ev.Held, hold="manual", cause=None)]


def release(letter: Letter, act: Act, released: str) -> list[ev.LetterEvent]:
    """Lift a hold; but neither an unsafe address (R17) nor an open conflict of interest (R11) can be waved through."""
    permit("release", letter, act)
    if released in LIFTED_BY_NOBODY and released in letter.holds:
        refuse_if("release", tuple(refusal for refusal in held(letter) if refusal.found == released))
    if released not in letter.holds:
        found = ", ".join(sorted(letter.holds)) or "none"
        refuse_if("release", [because("no_such_hold", "This hold does not stand.", released, found)])
    return [by(letter, act, ev.Released, hold=released, cause=None)]


def cancel(letter: Letter, act: Act) -> list[ev.LetterEvent]:
    """Say that the letter will not be sent."""
    permit("cancel", letter, act)
    _unsent("cancel", letter, act.at)
    return [by(letter, act, ev.Cancelled, cause="person")]


def check_redraft(letter: Letter, act: Act, decision: str = "redraft") -> None:
    """Refuse another revision before casework is asked again: an issued letter is frozen, unless outdated."""
    permit(decision, letter, act)
    is_freed = OUTDATED in letter.holds and letter.is_unsent(act.at)
    in_status(decision, letter, tuple(sorted({*REDRAFTABLE, *([letter.status] if is_freed else [])})))


def _issue(letter: Letter, act: Act, asked: Approval, offset: int) -> ev.LetterEvent:
    """Return the event that lets the letter leave, at any time or once the channel's window opens."""
    opens = leaves(letter, asked)
    return by(
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


def _unsent(decision: str, letter: Letter, now: datetime) -> None:
    if not letter.is_unsent(now):
        refusal = because("not_unsent", "The letter has left, or will never leave.", "not yet taken", letter.status)
        raise Refused(decision, [refusal])
