"""Where letters lie that somebody took to send: a folder of PDFs, of messages to copy, of e-mail that stays.

They lie there in the clear until somebody puts them away; those of an erased case are deleted.
"""

from collections.abc import Collection
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


class LaidOut:
    """What lies in such folders, by the stem of its name: what comes before the first point."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def stems(self) -> Collection[str]:
        """Return whose files lie there."""
        return {_stem(path) for path in self._files()}

    def remove(self, stems: Collection[str]) -> int:
        """Delete all files of these; return how many there were."""
        gone = [path for path in self._files() if _stem(path) in stems]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _files(self) -> list[Path]:
        return [path for folder in self._folders if folder.is_dir() for path in folder.iterdir() if path.is_file()]


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


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]
