"""The level `order`, of the table of commands: each row says which entries its command recorded, and no row says more.

`append` writes the row and the entries in one transaction, and each entry says by which command it was recorded
(`data.command`). So the rows, in order of their first position, and the entries, in order of position, tell the same
twice, and are read side by side. What was sent with a command (`body_sha256`) stands in no entry: nothing proves it.
"""

from collections.abc import Iterable, Iterator

from casework.ledger.rows import CommandRow, Commands
from casework.ledger.verify import Findings, WrongOrder, span


class CommandRows:
    """The rows of one record, in order of their first position, compared with its entries as these go by.

    `rows` are many at a time, however many; they are read as they are needed.
    """

    def __init__(self, findings: Findings, rows: Iterable[Commands]) -> None:
        self.count = 0
        self._findings = findings
        self._ahead = _Ahead(iter(rows))
        self._here: CommandRow | None = None

    def add(self, position: int, command: str) -> None:
        """Take the next entry, and the command that it names."""
        self._go_on(CommandRow(command, position, position))

    def take(self, commands: Commands) -> None:
        """Take the next entries, many at once: which command each run of them names, from the first run to the last."""
        self._go_on(commands.row(0))
        if commands.size == 1:
            return
        # Only the first may go on from before, and only the last may go on behind: those between are whole.
        self._compare()
        self._here = None
        between = commands.part(1, commands.size - 1)
        if self._ahead.begins_with(between):
            self._ahead.advance(between.size)
            self.count += between.size
        else:
            for command in between.rows():
                self._go_on(command)
        self._go_on(commands.row(commands.size - 1))

    def finish(self) -> None:
        """Compare the last command; name the rows that no entry is left for."""
        self._compare()
        self._here = None
        self._pass_over(None)

    def _go_on(self, command: CommandRow) -> None:
        """Take the next run of entries that name one command, or that go on to name it."""
        if self._here is not None and self._here.key == command.key:
            self._here = self._here._replace(last=command.last)
        else:
            self._compare()
            self._here = command

    def _compare(self) -> None:
        """Compare the command whose entries have all gone by."""
        here = self._here
        if here is None:
            return
        self.count += 1
        if self._ahead.row() == here:
            self._ahead.advance()
            return
        self._pass_over(here.first)
        ahead = self._ahead.row()
        if ahead is not None and ahead.first == here.first:
            self._ahead.advance()
        else:
            ahead = None
        if ahead != here:
            self._differs(f"{span(here.first, here.last)}: row in the table command", str(here), str(ahead or "none"))

    def _pass_over(self, first: int | None) -> None:
        """Name the rows before a position, or all that are left: no command begins there."""
        while (at := self._ahead.row()) is not None and (first is None or at.first < first):
            self._differs(f"row in the table command of {at.key}", "one whose entries name it", str(at))
            self._ahead.advance()

    def _differs(self, where: str, expected: str, found: str) -> None:
        self._findings.add(WrongOrder(where, expected, found))


class _Ahead:
    """The rows that were not compared yet."""

    def __init__(self, more: Iterator[Commands]) -> None:
        self._more = more
        self._read = Commands()
        self._done = 0

    def row(self) -> CommandRow | None:
        """Return the next row; None after the last."""
        return self._read.row(self._done) if self._has(1) else None

    def begins_with(self, expected: Commands) -> bool:
        """Tell whether the next rows are exactly these."""
        return self._has(expected.size) and self._read.part(self._done, self._done + expected.size) == expected

    def advance(self, count: int = 1) -> None:
        """Go past rows that are there."""
        self._done += count

    def _has(self, count: int) -> bool:
        """Tell whether so many rows are left, and have them read."""
        while self._read.size - self._done < count:
            more = next(self._more, None)
            if more is None:
                return False
            self._read, self._done = self._read.part(self._done, self._read.size).followed_by(more), 0
        return True
