"""What is left to do when nothing new is on the feed: ask again, render, file, delete. All of it may be done twice."""

import threading
from collections.abc import Callable, Collection, Iterable
from typing import Protocol
from uuid import UUID

import msgspec

from letters.application.drafts import Drafts
from letters.application.filing import Filer
from letters.application.letters import Letters, Overtaken
from letters.application.register import Register
from letters.application.rendering import Renderer
from letters.domain.errors import CaseworkUnavailable, Erased, LettersError


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did."""

    redrafted: int
    rendered: int
    filed: int


class LaidOut(Protocol):
    """Files of letters that somebody took to send, in the clear, by the stems of their names (`naming.file_stem`)."""

    def stems(self) -> Collection[str]:
        """Return whose files lie there."""
        ...

    def remove(self, stems: Collection[str]) -> int:
        """Delete all files of these; return how many there were."""
        ...


class Chores:
    """Rounds of work, one at a time."""

    def __init__(
        self,
        letters: Letters,
        register: Register,
        drafts: Drafts,
        renderer: Renderer,
        filer: Filer,
        *,
        laid_out: LaidOut,
    ) -> None:
        self._letters = letters
        self._register = register
        self._drafts = drafts
        self._renderer = renderer
        self._filer = filer
        self._laid_out = laid_out
        self._lock = threading.Lock()
        # None at first: after a start nobody knows which cases changed meanwhile, so all are asked about again.
        self._refetch: frozenset[UUID] | None = None

    def refetch(self, cases: frozenset[UUID]) -> None:
        """Ask again, in the next round, about incomplete letters of these cases."""
        with self._lock:
            if self._refetch is not None:
                self._refetch |= cases

    def refetch_all(self) -> None:
        """Ask again, in the next round, about all: as after a start, nobody knows what was missed."""
        with self._lock:
            self._refetch = None

    def round(self) -> Done:
        """Do everything that is due.

        Raises:
            CaseworkUnavailable: casework is away; what needs it waits.
        """
        with self._lock:
            refetch, self._refetch = self._refetch, frozenset()
        try:
            redrafted = self._drafts.retry(refetch)
        except LettersError:
            self.refetch_all()  # How far it came is not known, so nothing is taken for done.
            raise
        rendered = _each(self._render, self._register.pending("drafted"))
        filed = self._filer.file_all()
        self._delete_erased()
        return Done(redrafted=redrafted, rendered=rendered, filed=filed)

    def _delete_erased(self) -> None:
        """Delete what lies laid out of erased cases: their key opens nothing any more, and these need none.

        Looked for in every round, so a letter that was taken in the moment of the erasure is found in the next.
        """
        if stems := self._laid_out.stems():
            self._laid_out.remove(self._register.erased(stems))

    def _render(self, letter_id: UUID) -> bool:
        letter = self._letters.find(letter_id)
        if letter is None or letter.status != "drafted" or letter.render_failure is not None:
            return False
        self._renderer.render(letter)
        return True


def _each(do: Callable[[UUID], bool], letters: Iterable[UUID]) -> int:
    """Do it for each letter and count; who was overtaken or erased is left to the next round."""
    done = 0
    for letter in letters:
        try:
            done += do(letter)
        except (Overtaken, Erased):
            continue
        except CaseworkUnavailable:
            break
    return done
