"""What was asked of the tree and could not be proved: readiness asks for it again, until it can be.

All processes that serve one service agree, as the last such question lies in a file that they share; a process that is
alone keeps it in memory. It holds numbers only, and may be lost: `casework verify` reads everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from servicekit.outfile import write_whole

if TYPE_CHECKING:
    from pathlib import Path


class Question(NamedTuple):
    """A proof of an entry, by its position, to the checkpoint of a size; or of a checkpoint's continuing an older one.

    `size` None: the latest checkpoint.
    """

    kind: Literal["entry", "older"]
    of: int
    size: int | None


class Unproved:
    """The last question without an answer, if there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._last: Question | None = None

    def last(self) -> Question | None:
        """Return it; None if all could be proved."""
        if self._file is None:
            return self._last
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Question)
        except FileNotFoundError:
            return None

    def keep(self, question: Question) -> None:
        """Keep it, in the place of another."""
        self._last = question
        if self._file is not None:
            write_whole(self._file, msgspec.json.encode(question), force=True, mode=0o600)

    def drop(self, question: Question) -> None:
        """Forget it, unless there is another since."""
        if self.last() == question:
            self._last = None
            if self._file is not None:
                self._file.unlink(missing_ok=True)
