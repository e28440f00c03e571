"""E-mail leaves: a letter at a time, at most once, and how it went is recorded.

For each letter: lease it; look whether it may leave; make sure that casework's feed holds nothing we have not read,
for it could be a hold; append ``dispatch-started``; talk to the relay; append the outcome. So a hold is missed only
within the talk itself. Where this process dies, or the database goes away, after ``dispatch-started`` and before the
outcome, nobody knows whether the letter left: the lease runs out, and the letter is unknown until a person has looked.
It is never sent again by itself.

That a letter is sent once rests on the events alone: ``dispatch-started`` stands at one place of the letter's stream,
and whoever comes second is refused. The lease only spares two dispatchers the same work.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import msgspec
import stamina

from letters.application.casework import Calendars, Feed
from letters.application.clock import Clock
from letters.application.content import Contents, content
from letters.application.letters import Letters, Overtaken
from letters.application.preparation import chosen
from letters.application.register import Register
from letters.domain import dispatching, drafting, eml, merge_fields
from letters.domain import event as ev
from letters.domain import sending_event as sev
from letters.domain.catalogue import Channel
from letters.domain.dispatching import LEASE, Accepted, NoAnswer, Outcome, RefusedByRelay
from letters.domain.errors import Altered, Erased, LettersError, NotFound, StoreUnavailable
from letters.domain.letter import Letter
from letters.domain.naming import file_stem
from letters.domain.windows import Hours
from letters.domain.working_days import Calendar

ROUND_EVERY_S = 1.0
BACKOFF_MOST_S = 60.0
RECORD_WITHIN_S = 60.0
"""How long to try to record an outcome; well within the lease, so that nobody calls it unknown meanwhile."""

Log = Callable[[str, Mapping[str, Any]], None]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail on its way: from whom, to whom, the bytes; ``name`` is for a file."""

    name: str
    sender: str
    recipient: str
    message: bytes


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How the talk with the relay ended, how far it had come, and what the relay said last."""

    outcome: Literal["accepted", "refused_for_good", "refused_for_now", "unknown"]
    stage: sev.DispatchStage
    code: int | None = None
    words: str = ""


class Relay(Protocol):
    """Takes e-mail."""

    def send(self, envelope: Envelope) -> Reply:
        """Try once to hand over an e-mail, to one recipient; whatever goes wrong is an answer too."""
        ...


class Queue(Protocol):
    """Letters that may leave by e-mail, each leased to one worker at a time."""

    def claim(self, worker: str, now: datetime, until: datetime, without: Collection[UUID]) -> UUID | None:
        """Lease the letter that has waited longest; None where none waits but these."""
        ...

    def release(self, letter: UUID, worker: str) -> None:
        """Give a lease back."""
        ...


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did, by how each letter ended; ``waiting``: it may not leave yet."""

    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    dead: int = 0
    waiting: int = 0


How = Literal["accepted", "refused", "unknown", "dead", "waiting"]


class Unread(LettersError):
    """The feed holds something that was not read yet: it may be a hold, so nothing leaves before it is."""


class MayNotLeave(LettersError):
    """The letter was listed as leaving, and something speaks against it."""


class Dispatcher:
    """One of however many that send."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        letters: Letters,
        register: Register,
        contents: Contents,
        casework: Calendars,
        feed: Feed,
        queue: Queue,
        relay: Relay,
        office: eml.Office,
        hours: Mapping[Channel, Hours],
        clock: Clock,
        worker: str,
        log: Log,
    ) -> None:
        self._letters = letters
        self._register = register
        self._contents = contents
        self._calendars = casework
        self._feed = feed
        self._queue = queue
        self._relay = relay
        self._office = office
        self._hours = hours
        self._clock = clock
        self._worker = worker
        self._log = log

    def run(self, stop: threading.Event) -> None:
        """Send what may leave, as it comes, until the event is set; a talk with the relay is brought to its end."""
        wait_s = 0.0
        while not stop.wait(wait_s):
            try:
                self.round(stop)
                wait_s = ROUND_EVERY_S
            except Unread:
                wait_s = ROUND_EVERY_S
            except (LettersError, OSError) as error:
                self._log("nothing sent", {"error": error})
                wait_s = min(max(2 * wait_s, ROUND_EVERY_S), BACKOFF_MOST_S)

    def round(self, stop: threading.Event | None = None) -> Sent:
        """Send each letter that may leave, once.

        Raises:
            Unread: the feed must be read first.
            CaseworkUnavailable, FollowerStopped, StoreUnavailable: nothing more can leave now.
        """
        done: dict[How, int] = {"unknown": self._give_up_lapsed()}
        calendar = self._calendars.current()
        seen: set[UUID] = set()
        while stop is None or not stop.is_set():
            now = self._clock.now()
            letter_id = self._queue.claim(self._worker, now, now + LEASE, seen)
            if letter_id is None:
                break
            seen.add(letter_id)
            how = self._dispatch(letter_id, calendar)
            done[how] = done.get(how, 0) + 1
        return msgspec.convert(done, Sent)

    def _give_up_lapsed(self) -> int:
        """Record of each letter whose sender is gone that nobody knows whether it left."""
        given_up = 0
        for letter in map(self._letters.find, self._register.pending("dispatching")):
            now = self._clock.now()
            if letter is not None and letter.claim is not None and letter.has_lapsed(now):
                try:
                    self._letters.append([dispatching.unknown(letter, letter.claim, "lease_ran_out", now)])
                except Overtaken:
                    continue  # Its sender was there after all, or another dispatcher was faster.
                self._log("outcome unknown", {"letter": str(letter.id), "error": "lease_ran_out"})
                given_up += 1
        return given_up

    def _dispatch(self, letter_id: UUID, calendar: Calendar) -> How:
        """Send one letter that we have the lease of; one that may not leave keeps it, so that others come first."""
        try:
            how = self._try(letter_id, calendar)
        except Overtaken:
            how = "waiting"  # Something happened to the letter, a hold perhaps: the next round looks again.
        except (MayNotLeave, Altered, Erased, NotFound) as error:
            self._log("letter not sent", {"letter": str(letter_id), "error": error})
            return "waiting"
        except LettersError:
            self._queue.release(letter_id, self._worker)
            raise
        self._queue.release(letter_id, self._worker)
        return how

    def _try(self, letter_id: UUID, calendar: Calendar) -> How:
        letter = self._letters.find(letter_id)
        if letter is None:
            raise NotFound
        now = self._clock.now()
        found = list(dispatching.obstacles(letter, now, calendar, self._hours))
        if found or letter.issued is None:
            raise MayNotLeave("; ".join(found))
        prepared = self._prepare(letter, letter.issued)
        if not isinstance(prepared, Envelope):
            self._letters.append([dispatching.dead(letter, prepared, now)])
            return "dead"
        stored = content(letter.id, letter.draft.case, "eml", prepared.message)
        self._contents.put([stored])
        claim = dispatching.started(
            letter,
            self._clock.now(),
            worker=self._worker,
            message_id=dispatching.message_id(letter, self._office.domain),
            eml_sha256=stored.sha256,
            calendar=calendar,
        )
        self._check_feed()
        # From here on the letter counts as sent until an outcome says otherwise; who else holds, cancels or sends it
        # appended before us, and then this is refused.
        self._letters.append([claim])
        return self._record(letter, claim, self._relay.send(prepared))

    def _prepare(self, letter: Letter, issued: ev.Issued) -> Envelope | sev.DeadCause:
        """Return the e-mail, of exactly the bytes that were approved; or why there can be none."""
        pdf = self._contents.get(letter.id, "pdf", issued.pdf_sha256)
        to = self._address(letter)
        if to is None:
            return "no_verified_address"
        our_ref = letter.draft.our_ref or str(letter.id)
        message = self._sent_before(letter) or eml.compose(
            eml.Parts(
                letter=letter.id,
                message_id=dispatching.message_id(letter, self._office.domain),
                issued_at=issued.recorded_at,
                our_ref=our_ref,
                to=to,
                cover=self._contents.get(letter.id, "message", letter.message_sha256 or "").decode(),
                pdf=pdf,
                office=self._office,
            )
        )
        if len(message) > eml.BYTES_MAX:
            return "too_large"
        name = file_stem(letter.draft.our_ref, letter.id)
        return Envelope(name=f"{name}.{letter.issues}.eml", sender=self._office.email, recipient=to, message=message)

    def _sent_before(self, letter: Letter) -> bytes | None:
        """Return the very bytes of an earlier attempt of the same issue."""
        claim = letter.claim
        if claim is None or claim.eml_sha256 is None:
            return None
        if claim.message_id != dispatching.message_id(letter, self._office.domain):
            return None
        return self._contents.get(letter.id, "eml", claim.eml_sha256)

    def _address(self, letter: Letter) -> str | None:
        """Return the recipient's own, verified address, as casework or staff gave it when the letter was drafted."""
        if letter.draft.merge_sha256 is None:
            return None
        answer = self._contents.get(letter.id, "merge", letter.draft.merge_sha256)
        party = letter.draft.recipient.party
        known = [each for each in merge_fields.parse(answer).recipients if each.party_id == party]
        return drafting.addressed(known[0], chosen(self._contents, letter)).safe_email if known else None

    def _check_feed(self) -> None:
        """Make sure that the follower has read everything that casework has recorded for us.

        Raises:
            Unread: it has not; or the feed ends before our position, and then nobody knows.
        """
        position = self._letters.position()
        page = self._feed.page(position, limit=1, wait_s=0.0)
        if page.entries or page.has_more or page.next < position:
            raise Unread(f"read up to {position}")

    def _record(self, letter: Letter, claim: sev.DispatchStarted, reply: Reply) -> How:
        """Append how it went, on whatever the letter has become; proof first. What cannot be recorded is unknown."""
        said = {"stage": reply.stage, "code": reply.code, "words": reply.words, "message_id": claim.message_id}
        proof = content(letter.id, letter.draft.case, "proof", msgspec.json.encode(said, order="sorted"))
        outcome, how = _outcome(reply, proof.sha256)
        repeat = (Overtaken, StoreUnavailable)
        for attempt in stamina.retry_context(on=repeat, attempts=None, timeout=RECORD_WITHIN_S, wait_max=2.0):
            with attempt:
                current = self._letters.find(letter.id)
                if current is None or not dispatching.is_ours(current, claim):
                    return how  # It was written, though the database did not say so.
                # Was the case erased while the letter left, that it did is recorded, and what was said is not.
                with suppress(Erased):
                    self._contents.put([proof])
                self._letters.append(dispatching.ended(current, claim, outcome, self._clock.now()))
        about = {"letter": str(letter.id), "outcome": reply.outcome, "stage": reply.stage, "code": reply.code}
        self._log("letter sent" if how == "accepted" else "letter not accepted", about)
        return how


def _outcome(reply: Reply, proof_sha256: str) -> tuple[Outcome, How]:
    match reply.outcome:
        case "accepted":
            return Accepted(proof_sha256=proof_sha256), "accepted"
        case "unknown":
            return NoAnswer(), "unknown"
    is_for_good = reply.outcome == "refused_for_good"
    refused = RefusedByRelay(is_for_good=is_for_good, stage=reply.stage, code=reply.code, proof_sha256=proof_sha256)
    return refused, "dead" if is_for_good else "refused"
