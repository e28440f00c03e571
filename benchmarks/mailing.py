"""E-mail: the dispatcher against bare `smtplib`, the same messages to the same relay (letters.md 8).

Ours leases each letter, asks casework's feed, and commits that it begins, the message, the relay's word and the
outcome. Bare `smtplib` only hands over, a connection a message with STARTTLS, as ours does. The relay is a real one on
this machine; casework is a stand-in over HTTP; both run in this process.
"""

import logging
import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from itertools import count
from typing import Final
from uuid import UUID, uuid4

from msgspec.structs import replace

from benchmarks import letters_service, warnings_issued
from benchmarks.measuring import Measured, Samples, Sampling, Target
from letters.adapters.press import Press
from letters.adapters.smtp_relay import Server, SmtpRelay
from letters.application.casework import Page
from letters.application.dispatch import Dispatcher, Sent
from letters.bootstrap import Service
from letters.domain import event as ev
from letters.domain.letter import Letter
from letters.domain.naming import letter_id
from letters.domain.windows import ANY_TIME
from servicekit import logs
from tests.letters.fake_casework import FakeCasework, fake_casework
from tests.letters.given import CALENDAR, PARTY
from tests.letters.smtp_sink import HOST, Sink, smtp_sink

LETTERS: Final = 25
LETTERS_SMALL: Final = 2
HELLO: Final = "rowanlane.example.org"
TEMPLATE: Final = "L04"


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open a service, a stand-in for casework and a relay."""
    logs.configure("letters", "warning")  # A line a letter would be in the way of the table.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with ExitStack() as held:
        press = held.enter_context(closing(Press()))
        fake = held.enter_context(fake_casework())
        service = held.enter_context(letters_service.opened(press, fake.url, fake.keys["letters"]))
        sink = held.enter_context(smtp_sink(held.enter_context(letters_service.folder())))
        post = Post(service, fake, sink)

        def samples() -> Samples:
            return post.sent(LETTERS_SMALL if is_small else LETTERS)

        yield [Sampling("an e-mail: dispatcher / bare smtplib", samples, {"": max}, Target(at_least=0.5))]


class Post:
    """Letters that were approved, and both ways of sending them."""

    def __init__(self, service: Service, fake: FakeCasework, sink: Sink) -> None:
        self._service = service
        self._fake = fake
        self._sink = sink
        self._tls = sink.trusted()
        self._numbers = count()
        relay = SmtpRelay(Server(host=HOST, port=sink.port), hello=HELLO, tls=self._tls)
        self._dispatcher = _dispatcher(service, relay)

    def sent(self, letters: int) -> Samples:
        """Send so many letters both ways; return how long one took, in seconds."""
        for each in self._drafted(letters):
            self._issue(each)
        self._service.register.pending("issued")  # The list is brought up to date, as by whoever approved.
        before = len(self._sink.arrived)
        began = time.perf_counter()
        sent = self._dispatcher.round()
        ours = time.perf_counter() - began
        if sent != Sent(accepted=letters):
            raise ValueError(f"expected {letters} letters to be accepted, found {sent}")
        messages = list(zip(self._sink.arrived[before:], self._sink.to[before:], strict=True))
        began = time.perf_counter()
        for message, to in messages:
            hand_over(self._sink.port, self._tls, to, message)
        return [ours / letters], [(time.perf_counter() - began) / letters]

    def _drafted(self, letters: int) -> list[Letter]:
        """Draft warnings, as from a page of the feed; return them."""
        numbers = [next(self._numbers) for _ in range(letters)]
        drafts = letters_service.drafts(self._service, warnings_issued.Answers(numbers[-1] + 1))
        entries = [replace(warnings_issued.warning(number), position=number + 1) for number in numbers]
        drafts.read_page(Page(entries=entries, next=numbers[-1] + 1, has_more=False))
        self._fake.feed += [{} for _ in numbers]  # Read already, so that there is nothing new.
        return [self._found(letter_id(entry.id, TEMPLATE, PARTY)) for entry in entries]

    def _issue(self, letter: Letter) -> None:
        """Turn a letter's channel to e-mail, lay it out, and let it leave at any time."""
        place = {"originator_version": letter.version + 1, "revision": letter.draft.revision + 1}
        self._service.letters.append([replace(letter.draft, **place, channel="email")])
        letters_service.renderer(self._service).render(self._found(letter.id))
        self._service.letters.append([_issued(self._found(letter.id))])

    def _found(self, letter: UUID) -> Letter:
        found = self._service.letters.find(letter)
        if found is None:
            raise LookupError(str(letter))
        return found


def hand_over(port: int, tls: ssl.SSLContext, to: Sequence[str], message: bytes) -> None:
    """Send one message by the library alone."""
    with smtplib.SMTP(HOST, port, local_hostname=HELLO) as relay:
        relay.starttls(context=tls)
        relay.sendmail(f"office@{HELLO}", to, message)


def _dispatcher(service: Service, relay: SmtpRelay) -> Dispatcher:
    made = service.dispatcher(relay)
    if made is None:
        raise ValueError("expected a dispatcher")
    return made


def _issued(letter: Letter) -> ev.Issued:
    if letter.provenance is None:
        raise ValueError(f"expected a letter that is laid out, found {letter.status}")
    now = letter.draft.recorded_at
    return ev.Issued(
        originator_id=letter.id,
        originator_version=letter.version + 1,
        recorded_at=now,
        by="u-head",
        role="headteacher",
        reason_sha256=None,
        command=ev.Command(id=str(uuid4()), body_sha256="0" * 64),
        revision=letter.draft.revision,
        pdf_sha256=letter.provenance.pdf_sha256,
        channel="email",
        not_before=now,
        why=ANY_TIME,
        expected_by=date(2025, 9, 24),
        calendar_sha256=CALENDAR.sha256,
    )
