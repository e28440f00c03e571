"""Where letters lie that somebody took to send: a folder of PDFs for the printer, and of messages to copy."""

from pathlib import Path

from servicekit.outfile import write_whole


class PrintTray:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lay_out(self, name: str, body: bytes) -> None:
        """Put a file there, whole, in place of an earlier one of that name."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._folder / name, body, force=True, mode=0o600)
