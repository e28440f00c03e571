"""What has to go with the keys of an erased case (ledger.md 6), and what finishes an erasure that was cut short.

The store destroys the keys in the transaction that records the erasure: there is never one without the other. Files
follow once the entry is durable: without the key nobody opens them, so nothing waits for them, and where they cannot be
deleted at once, the timer's next run does it. The same run destroys anew a key that came back, as with a copy of the
keys that was made before.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from casework.application.store import StoreError
from casework.domain.event import Recorded
from casework.domain.steps.closing import Erased
from servicekit import logs


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that erases: the case it belongs to, its position, and whether the key that it names is there again."""

    case: UUID
    position: int
    is_undone: bool


class Erasures(Protocol):
    """What the record says was erased."""

    def named(self) -> Sequence[Named]:
        """Return every entry that erases, in order."""

    def destroy(self, position: int) -> None:
        """Destroy the key that the entry at this position names; again, it changes nothing."""


class Files(Protocol):
    """Where evidence, letters and packages of exports are kept."""

    def delete_case(self, incident: UUID) -> int:
        """Delete all files of a case, key or no key; return how many there were."""


class Erasing:
    """What erasing means at one school, beyond the record itself."""

    def __init__(self, erasures: Erasures, files: Files) -> None:
        self._erasures = erasures
        self._files = files
        self._emptied: set[UUID] = set()
        """Cases found without files: nothing can be added to them, so they are not looked into again."""

    def recorded(self, events: Iterable[Recorded]) -> None:
        """Delete the files of what was erased just now; it is erased all the same where that fails."""
        for case in {at.originator_id for at in events if isinstance(at.event, Erased)}:
            try:
                self._files.delete_case(case)
            except StoreError as error:
                logs.get_logger().error("files of an erased case are still there", error=type(error))

    def finish(self) -> None:
        """Destroy again the keys that came back, and delete the files that are left.

        Raises:
            Unavailable: the record or the store of files; the next run goes on from there.
        """
        named = self._erasures.named()
        for each in named:
            if each.is_undone:
                self._erasures.destroy(each.position)
                logs.get_logger().warning("the key of an erased case was there again", position=each.position)
        for case in {each.case for each in named} - self._emptied:
            if self._files.delete_case(case) == 0:
                # Not before nothing was left: an upload that was under way at the erasure ends up here a moment later.
                self._emptied.add(case)
