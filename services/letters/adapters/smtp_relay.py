"""Handing an e-mail to the school's relay (RFC 5321), over STARTTLS (RFC 3207) and never without.

``mail()``, ``rcpt()`` and ``data()`` of :mod:`smtplib` one by one: ``send_message()`` would hide the reply, and with it
whether the letter left. What matters most is the final dot. Before it was sent, the relay cannot have taken the
message: whatever goes wrong then is *refused for now*. After it, only the relay's reply says; without one the outcome
is *unknown*.
"""

import smtplib
import ssl
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from letters.application.dispatch import Envelope, Reply
from letters.domain.sending_event import DispatchStage

TIMEOUT_S: Final = 10.0
"""For each of the eleven steps up to the message, from connecting to the answer to DATA."""
MESSAGE_WITHIN_S: Final = 60.0
ANSWER_WITHIN_S: Final = 90.0
"""For the answer to the message, which a relay may look through first. All together stay within the lease."""
FINAL_DOT: Final = b"\r\n.\r\n"
TAKEN: Final = 250
FOR_GOOD: Final = 500
FOR_NOW: Final = 400
WORDS_MAX: Final = 1000
SUBMISSION_PORT: Final = 587


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where the relay is; without a user nobody logs in."""

    host: str
    port: int
    user: str | None = None

    @classmethod
    def parse(cls, url: str) -> "Server":
        """Read ``smtp://user@host:587``; without a port it is that of submission (ValueError for anything else)."""
        parts = urlsplit(url)
        expected = "expected a relay, as smtp://user@host:587, its password in LETTERS_SMTP_PASSWORD_FILE"
        try:
            port = parts.port
        except ValueError:
            raise ValueError(expected) from None
        is_more = parts.password or parts.path or parts.query or parts.fragment
        if parts.scheme != "smtp" or not parts.hostname or is_more:
            raise ValueError(expected)
        return cls(host=parts.hostname, port=port or SUBMISSION_PORT, user=parts.username)


class SmtpRelay:
    """The school's relay."""

    def __init__(
        self,
        server: Server,
        *,
        hello: str,
        password: Callable[[], str] | None = None,
        tls: ssl.SSLContext | None = None,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._server = server
        self._hello = hello
        self._password = password
        self._tls = tls or ssl.create_default_context()
        self._answer_within_s = answer_within_s

    def send(self, envelope: Envelope) -> Reply:
        """Try once to hand over an e-mail; whatever goes wrong is an answer too."""
        talk = _Talk(local_hostname=self._hello, timeout=TIMEOUT_S)
        talk.answer_within_s = self._answer_within_s
        try:
            reply = self._talk(talk, envelope)
        except (smtplib.SMTPException, OSError) as error:
            reply = _broken_off(talk, error)
        _hang_up(talk)
        return reply

    def _talk(self, talk: "_Talk", envelope: Envelope) -> Reply:
        talk.connect(self._server.host, self._server.port)
        talk.stage = "starttls"
        talk.ehlo_or_helo_if_needed()
        talk.starttls(context=self._tls)
        talk.stage = "login"
        talk.ehlo()
        if self._server.user is not None and self._password is not None:
            talk.login(self._server.user, self._password())
        talk.stage = "mail"
        _expect(talk.mail(envelope.sender), TAKEN)
        talk.stage = "rcpt"
        _expect(talk.rcpt(envelope.recipient), TAKEN, 251)
        talk.stage = "data"
        code, words = talk.data(envelope.message)
        if code == TAKEN:
            return Reply(outcome="accepted", stage=talk.stage, code=code, words=_readable(words))
        return _refused(talk.stage, code, words)


class _Talk(smtplib.SMTP):
    """The library's talk, which remembers how far it came."""

    stage: DispatchStage = "connect"
    is_dot_sent = False
    answer_within_s = ANSWER_WITHIN_S

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        """Connect, and make sure that we are welcome; the host's name is what its certificate must say."""
        self._host = host  # Where the library looks for the name, had it been given at once.
        code, words = super().connect(host, port, source_address)
        _expect((code, words), 220)
        return code, words

    def send(self, s: Any) -> None:
        """Send, and remember if it was the final dot: from then on the relay may have the message."""
        is_message = self.stage == "data" and isinstance(s, bytes) and s.endswith(FINAL_DOT)
        if is_message:
            self._wait_at_most(MESSAGE_WITHIN_S)
        super().send(s)
        if is_message:
            self.stage = "message"
            self.is_dot_sent = True
            self._wait_at_most(self.answer_within_s)

    def _wait_at_most(self, timeout_s: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(timeout_s)


def _broken_off(talk: _Talk, error: Exception) -> Reply:
    """Sort what ended the talk. After the final dot the library raises only what is no reply, so nothing is known."""
    if talk.is_dot_sent:
        return Reply(outcome="unknown", stage=talk.stage, words=type(error).__name__)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(talk.stage, error.smtp_code, error.smtp_error)
    return Reply(outcome="refused_for_now", stage=talk.stage, words=type(error).__name__)


def _expect(reply: tuple[int, bytes], *codes: int) -> None:
    """Go on only with one of these replies (SMTPResponseException otherwise)."""
    code, words = reply
    if code not in codes:
        raise smtplib.SMTPResponseException(code, words)


def _refused(stage: DispatchStage, code: int, words: bytes | str) -> Reply:
    """Sort a reply that is no yes. What is wrong with us, and not with the letter, is tried again."""
    is_about_letter = stage in ("mail", "rcpt", "data", "message")
    if code >= FOR_GOOD and is_about_letter:
        return Reply(outcome="refused_for_good", stage=stage, code=code, words=_readable(words))
    if code < FOR_NOW and stage == "message":  # Neither yes nor no, or nothing that can be read.
        return Reply(outcome="unknown", stage=stage, code=code, words=_readable(words))
    return Reply(outcome="refused_for_now", stage=stage, code=code, words=_readable(words))


def _readable(words: bytes | str) -> str:
    text = words if isinstance(words, str) else words.decode("ascii", "replace")
    return text[:WORDS_MAX]


def _hang_up(talk: smtplib.SMTP) -> None:
    """Say goodbye; what the relay makes of that changes nothing any more."""
    try:
        talk.quit()
    except (smtplib.SMTPException, OSError):
        talk.close()
