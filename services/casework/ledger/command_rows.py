"""The level `order`, of the table of commands: each row says which entries its command recorded, and no row says more.

`append` writes the row and the entries in one transaction, and each entry says by which command it was recorded
(`data.command`). So the rows, in order of their first position, and the entries, in order of position, tell the same
twice, and are read side by side. What was sent with a command (`body_sha256`) stands in no entry: nothing proves it.
"""

from collections.abc import Iterable

from casework.ledger.rows import CommandRow
from casework.ledger.verify import Findings, WrongOrder, span


class CommandRows:
    """The rows of one record, in order of their first position, compared with its entries as these go by."""

    def __init__(self, findings: Findings, rows: Iterable[CommandRow]) -> None:
        self.count = 0
        self._findings = findings
        self._rows = iter(rows)
        self._ahead = next(self._rows, None)
        self._here: CommandRow | None = None

    def add(self, position: int, command: str) -> None:
        """Take the next entry, and the command that it names."""
        self.take([CommandRow(command, position, position)])

    def take(self, commands: Iterable[CommandRow]) -> None:
        """Take the next entries, many at once: which command each run of them names."""
        for command in commands:
            if self._here is not None and self._here.key == command.key:
                self._here = self._here._replace(last=command.last)
            else:
                self._compare()
                self._here = command

    def finish(self) -> None:
        """Compare the last command; name the rows that no entry is left for."""
        self._compare()
        self._here = None
        self._pass_over(None)

    def _compare(self) -> None:
        """Compare the command whose entries have all gone by."""
        here = self._here
        if here is None:
            return
        self.count += 1
        if self._ahead == here:
            self._advance()
            return
        self._pass_over(here.first)
        ahead = self._ahead
        if ahead is not None and ahead.first == here.first:
            self._advance()
        else:
            ahead = None
        if ahead != here:
            self._differs(f"{span(here.first, here.last)}: row in the table command", str(here), str(ahead or "none"))

    def _pass_over(self, first: int | None) -> None:
        """Name the rows before a position, or all that are left: no command begins there."""
        while self._ahead is not None and (first is None or self._ahead.first < first):
            at = self._ahead
            self._differs(f"row in the table command of {at.key}", "one whose entries name it", str(at))
            self._advance()

    def _advance(self) -> None:
        self._ahead = next(self._rows, None)

    def _differs(self, where: str, expected: str, found: str) -> None:
        self._findings.add(WrongOrder(where, expected, found))
