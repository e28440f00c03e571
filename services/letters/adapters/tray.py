"""Where letters lie that somebody took to send: a folder of PDFs, of messages to copy, of e-mail that stays."""

from pathlib import Path

from letters.application.dispatch import Envelope, Reply
from servicekit.outfile import write_whole


class PrintTray:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lay_out(self, name: str, body: bytes) -> None:
        """Put a file there, whole, in place of an earlier one of that name."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._folder / name, body, force=True, mode=0o600)


class EmlFolder:
    """A relay that takes everything, and sends nothing: each e-mail becomes a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, envelope: Envelope) -> Reply:
        """Put the e-mail there, whole."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._folder / envelope.name, envelope.message, force=True, mode=0o600)
        except OSError as error:
            return Reply(outcome="refused_for_now", stage="connect", words=type(error).__name__)
        return Reply(outcome="accepted", stage="message", code=250, words="outbox")
