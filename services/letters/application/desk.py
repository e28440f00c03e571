"""What people decide about letters: load, decide, append, once for each Idempotency-Key.

Every decision goes the same way: the letter must be in the caller's audience, a request that was carried out before
gives its first answer again, then the domain decides on the newest version. If somebody else was faster, it decides
again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec
import stamina
from msgspec.structs import replace

from letters.application.audience import find_for
from letters.application.casework import Calendars
from letters.application.clock import Clock
from letters.application.content import Content, Contents, content
from letters.application.drafts import Drafts
from letters.application.letters import Letters, Overtaken
from letters.application.register import Viewer
from letters.application.rendering import Renderer
from letters.domain import choices, decision, sending
from letters.domain import sending_event as sev
from letters.domain.acting import Act
from letters.domain.catalogue import Channel
from letters.domain.checks import Approval, Override, row_of
from letters.domain.choices import Change
from letters.domain.drafting import Place
from letters.domain.errors import Erased, KeyReused, NotFound, StaleVersion, StoreUnavailable, Unfit
from letters.domain.event import Command, LetterEvent
from letters.domain.letter import Letter
from letters.domain.naming import file_stem, resend_id
from letters.domain.sending import Posting
from letters.domain.sending_event import PostingClass
from letters.domain.template_data import TEMPLATES
from letters.domain.windows import HOURS, Hours

ATTEMPTS = 3
ON_PAPER = ("print", "by_hand")
"""Channels by which a printed page leaves."""


class Tray(Protocol):
    """Where letters that somebody took are laid out, to be printed or sent by hand."""

    def lay_out(self, name: str, body: bytes) -> None:
        """Put a file there, whole, in place of an earlier one of that name."""
        ...


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what, by which request; ``if_match`` is the version the caller has seen, if it says so."""

    viewer: Viewer
    letter: UUID
    key: str
    body_sha256: str
    if_match: int | None = None
    reason: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The letter after the request, and whether the request had been carried out before."""

    letter: Letter
    is_replayed: bool


class ApprovalAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What an approver sends: the hash of the PDF that was read, ticked checks, findings set aside with reasons."""

    pdf_sha256: str
    checks: tuple[str, ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()
    confirmation: str | None = None
    """How the complainant signed a notice of their own."""
    at_any_time: bool = False


class PostingAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What the office says of a letter that left: by post, or passed on by hand, web form, portal or telephone."""

    posted_at: datetime
    posting_class: PostingClass = "first"
    place: str | None = None
    tracking_no: str | None = None
    reference: str | None = None
    text_sha256: str | None = None
    image_sha256: str | None = None
    scan: bytes | None = None
    """The certificate of posting, or a picture of what the other side answered."""
    despite_hold: bool = False


Decide = Callable[[Letter, Act], Sequence[LetterEvent]]


class Desk:
    """The decisions, one method each."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        letters: Letters,
        contents: Contents,
        calendars: Calendars,
        drafts: Drafts,
        renderer: Renderer,
        tray: Tray,
        clock: Clock,
        approvals: Mapping[str, int],
        hours: Mapping[Channel, Hours] = HOURS,
    ) -> None:
        self._letters = letters
        self._contents = contents
        self._calendars = calendars
        self._drafts = drafts
        self._renderer = renderer
        self._tray = tray
        self._clock = clock
        self._approvals = approvals
        self._hours = hours

    def approve(self, request: Request, asked: ApprovalAsked) -> Outcome:
        """Approve exactly these bytes; they are read once more first, so that nothing altered is ever approved."""

        def decide(letter: Letter, act: Act) -> Sequence[LetterEvent]:
            reasons = [content(letter.id, letter.draft.case, "reason", why.encode()) for _, why in asked.overrides]
            said = (asked.confirmation or "").strip()
            confirmed = [content(letter.id, letter.draft.case, "confirmation", said.encode())] if said else []
            approval = Approval(
                by=act.by,
                role=act.role,
                at=act.at,
                pdf_sha256=asked.pdf_sha256,
                checks=asked.checks,
                overrides=tuple(
                    Override(finding=finding, reason_sha256=reason.sha256)
                    for (finding, _), reason in zip(asked.overrides, reasons, strict=True)
                ),
                confirmation_sha256=confirmed[0].sha256 if confirmed else None,
                approvals_min=self._approvals.get(letter.draft.template, 1),
                calendar=self._calendars.current(),
                hours=self._hours,
                at_any_time=asked.at_any_time,
            )
            events = decision.approve(letter, act, approval)
            self._contents.get(letter.id, "pdf", asked.pdf_sha256)
            self._contents.put([*reasons, *confirmed])
            return events

        return self._decide(request, decide)

    def reject(self, request: Request) -> Outcome:
        """Send a letter back to be drafted again."""
        return self._decide(request, decision.reject)

    def hold(self, request: Request) -> Outcome:
        """Keep a letter from leaving."""
        return self._decide(request, decision.hold)

    def release(self, request: Request, hold: str) -> Outcome:
        """Lift a hold."""
        return self._decide(request, lambda letter, act: decision.release(letter, act, hold))

    def cancel(self, request: Request) -> Outcome:
        """Say that a letter will not be sent."""
        return self._decide(request, decision.cancel)

    def redraft(self, request: Request, signatory: str | None) -> Outcome:
        """Draft a letter again with today's date and casework's present answer, then render it."""

        def revise(letter: Letter, act: Act) -> Sequence[LetterEvent]:
            decision.check_redraft(letter, act)
            return self._drafts.revision(letter, _next_revision(letter, act), signatory or letter.draft.signatory)

        return self._revise(request, revise)

    def choose(self, request: Request, change: Change) -> Outcome:
        """Change what staff chose for a letter (channel, words, address, print), and draft it again so.

        Raises:
            Unfit: something of it does not fit the letter; every fault is listed.
        """

        def revise(letter: Letter, act: Act) -> Sequence[LetterEvent]:
            decision.check_redraft(letter, act, "draft")
            chosen = change.of(self._drafts.choices(letter))
            faults = choices.faults(change, chosen, row_of(letter), TEMPLATES[letter.draft.template])
            if faults:
                raise Unfit(faults)
            return self._drafts.revision(letter, _next_revision(letter, act), letter.draft.signatory, chosen)

        return self._revise(request, revise)

    def take(self, request: Request) -> Outcome:
        """Take an issued letter to send it; unaltered since the approval, what is printed or copied is laid out.

        Once: the same request again lays nothing out, for the office may have posted the letter since, and put the PDF
        away. A crash before the PDF lies there costs taking the letter again, by a request of its own.
        """

        def decide(letter: Letter, act: Act) -> Sequence[LetterEvent]:
            events = sending.take(letter, act, self._calendars.current(), self._hours)
            self._issued_pdf(letter)  # Read before it is taken, so that nothing altered ever is.
            return events

        outcome = self._decide(request, decide)
        draft, message = outcome.letter.draft, outcome.letter.message_sha256
        name = file_stem(draft.our_ref, draft.originator_id)
        if not outcome.is_replayed and message is not None:
            self._tray.lay_out(f"{name}.txt", self._contents.get(outcome.letter.id, "message", message))
        if not outcome.is_replayed and (draft.channel in ON_PAPER or message is not None):
            self._tray.lay_out(f"{name}.pdf", self._issued_pdf(outcome.letter))
        return outcome

    def confirm_posted(self, request: Request, asked: PostingAsked) -> Outcome:
        """Record that a letter left."""

        def decide(letter: Letter, act: Act) -> Sequence[LetterEvent]:
            by = ("place", "tracking_no", "reference", "text_sha256", "image_sha256")
            said = {name: getattr(asked, name) for name in by}
            proof = content(letter.id, letter.draft.case, "proof", msgspec.json.encode(said, order="sorted"))
            scan = None if asked.scan is None else content(letter.id, letter.draft.case, "scan", asked.scan)
            posting = Posting(
                posted_at=asked.posted_at,
                posting_class=asked.posting_class,
                proof_sha256=proof.sha256,
                scan_sha256=scan.sha256 if scan else None,
                text_sha256=asked.text_sha256,
                is_proven=bool((asked.reference or "").strip() or asked.text_sha256 or asked.image_sha256 or scan),
                despite_hold=asked.despite_hold,
            )
            events = sending.confirm_posted(letter, act, posting, self._calendars.current(), self._hours)
            self._contents.put([proof, *([scan] if scan else [])])
            return events

        return self._decide(request, decide)

    def confirm_delivered(self, request: Request, at: datetime) -> Outcome:
        """Record that a letter arrived."""
        return self._decide(request, lambda letter, act: sending.confirm_outcome(letter, act, sev.Delivered, at))

    def confirm_returned(self, request: Request, at: datetime) -> Outcome:
        """Record that a letter came back."""
        return self._decide(request, lambda letter, act: sending.confirm_outcome(letter, act, sev.Returned, at))

    def reconcile(self, request: Request, left_at: datetime | None) -> Outcome:
        """Record whether a letter of unknown outcome left, and when."""
        return self._decide(request, lambda letter, act: sending.reconcile(letter, act, left_at))

    def retry(self, request: Request) -> Outcome:
        """Issue a dead letter anew."""
        return self._decide(request, sending.retry)

    def resend(self, request: Request) -> Outcome:
        """Draft a new letter to be sent in place of one that was: with an approval of its own, and linked."""

        def again(letter: Letter, act: Act) -> Sequence[LetterEvent]:
            sending.check_resend(letter, act)
            new = resend_id(letter.id, len(letter.resent) + 1)
            place = Place(letter=new, at=act.at, by=act.by, role=act.role)
            drafted = self._drafts.revision(letter, place, letter.draft.signatory)
            linked = [replace(draft, resend_of=letter.id) for draft in drafted]
            return [*linked, *sending.resent(letter, act, new)]

        outcome = self._decide(request, again)
        new = self._letters.find(outcome.letter.resent[-1]) if outcome.letter.resent else None
        if not outcome.is_replayed and new is not None and new.status == "drafted":
            self._render(new)
        return outcome

    def _revise(self, request: Request, revise: Decide) -> Outcome:
        """Make another revision, and render it."""
        outcome = self._decide(request, revise)
        if not outcome.is_replayed and outcome.letter.status == "drafted":
            self._render(outcome.letter)
        return outcome

    def _decide(self, request: Request, decide: Decide) -> Outcome:
        """Carry a request out, once.

        Raises:
            NotFound, Forbidden, Refused: as the audience and the decision say.
            KeyReused: the key came before with another body.
            StaleVersion: the caller has seen another version.
            StoreUnavailable, Overtaken: not carried out, after three attempts within two seconds.
        """
        repeat = (StoreUnavailable, Overtaken)
        for attempt in stamina.retry_context(on=repeat, attempts=ATTEMPTS, timeout=2.0, wait_initial=0.05):
            with attempt:
                return self._decide_once(request, decide)
        raise AssertionError  # the last attempt raises what stopped it

    def _decide_once(self, request: Request, decide: Decide) -> Outcome:
        letter = find_for(self._letters, request.letter, request.viewer)
        done = letter.commands.get((request.viewer.subject, request.key))
        if done is not None:
            if done.body_sha256 != request.body_sha256:
                raise KeyReused
            return Outcome(letter=self._at(letter, done.version), is_replayed=True)
        if request.if_match is not None and request.if_match != letter.version:
            raise StaleVersion(request.if_match, letter.version)
        reason = self._reason(letter, request)
        events = decide(letter, self._act(request, reason))
        self._contents.put(reason)
        self._letters.append(events)  # From here on the request is carried out, whatever becomes of the answer.
        return Outcome(letter=self._at(letter, events[-1].originator_version), is_replayed=False)

    def _act(self, request: Request, reason: Sequence[Content]) -> Act:
        return Act(
            by=request.viewer.subject,
            role=request.viewer.role,
            at=self._clock.now(),
            command=Command(id=request.key, body_sha256=request.body_sha256),
            reason_sha256=reason[0].sha256 if reason else None,
        )

    def _issued_pdf(self, letter: Letter) -> bytes:
        """Return the bytes that were approved (NotFound if none were; Altered, Erased)."""
        if letter.issued is None:
            raise NotFound
        return self._contents.get(letter.id, "pdf", letter.issued.pdf_sha256)

    def _at(self, letter: Letter, version: int) -> Letter:
        return self._letters.find(letter.id, version) or letter

    def _render(self, letter: Letter) -> None:
        """Render at once, so that the person can go on; what does not work now, the follower repeats."""
        try:
            self._renderer.render(letter)
        except (Overtaken, Erased, StoreUnavailable):
            return

    @staticmethod
    def _reason(letter: Letter, request: Request) -> list[Content]:
        if request.reason is None:
            return []
        return [content(letter.id, letter.draft.case, "reason", request.reason.encode())]


def _next_revision(letter: Letter, act: Act) -> Place:
    """Return the place of the letter's next revision, which this person asks for."""
    return Place(
        letter=letter.id,
        version=letter.version + 1,
        revision=letter.draft.revision + 1,
        at=act.at,
        by=act.by,
        role=act.role,
        command=act.command,
    )
