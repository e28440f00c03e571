"""Everything that can go wrong in the letters service, as one tree; what is missing at start is servicekit's NotReady.

::

    LettersError
    ├── MergeFieldsMalformed      casework's answer is not what was agreed
    ├── CalendarMalformed         casework's calendar is not what was agreed
    ├── NoTermData                the school's calendar says nothing of a day: never guessed
    ├── Unfit                     what staff put into a draft does not fit it; every fault is listed
    ├── Refused                   a person may not do this now; every failing check is listed
    ├── NotFound                  no such letter, or not yours to see: callers cannot tell which
    ├── Forbidden                 may see, may not do
    ├── StaleVersion              If-Match names another version than the newest
    ├── KeyReused                 the Idempotency-Key came before, with another body
    ├── Erased                    the case's key is gone, and with it the content
    ├── Altered                   stored content is not what its hash says: nobody may use it
    ├── EventGone                 casework says that an event is not there for us
    ├── CaseworkUnavailable       casework did not answer, or could not
    ├── FilingRefused             casework answered that it will not file this
    ├── FollowerStopped           the feed must not be read on until a person has looked
    └── StoreUnavailable          the database did not answer in time
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One check that fails: what was expected, what was found, who may resolve it and how."""

    code: str
    detail: str
    expected: str | None = None
    found: str | None = None
    roles: tuple[str, ...] = ()
    instead: str | None = None
    opens_at: datetime | None = None
    """From when on it is possible, where that is a matter of the hour."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one thing that was sent: where, and what was expected there and found."""

    code: str
    pointer: str
    expected: str
    found: str


class LettersError(Exception):
    """The base of all errors of this package."""


class MergeFieldsMalformed(LettersError):
    """Casework's answer about an event is not what was agreed; the message names the field, never a value."""


class CalendarMalformed(LettersError):
    """Casework's calendar is not what was agreed."""


class NoTermData(LettersError):
    """No term of the school's calendar covers a day, so nobody knows whether it is a school day."""

    def __init__(self, day: date) -> None:
        """Take the day."""
        super().__init__(f"expected a term on or around {day.isoformat()}, found none in the school's calendar")
        self.day = day


class Unfit(LettersError):
    """What was to be put into a draft does not fit the letter. ``faults`` lists everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Take all faults."""
        super().__init__("; ".join(f"{fault.pointer}: {fault.code}" for fault in faults))
        self.faults = tuple(faults)


class Refused(LettersError):
    """What was asked for cannot be done now. ``refusals`` lists every failing check."""

    def __init__(self, decision: str, refusals: Sequence[Refusal]) -> None:
        """Take the name of the decision and all its failing checks."""
        super().__init__(f"{decision}: " + "; ".join(refusal.code for refusal in refusals))
        self.decision = decision
        self.refusals = tuple(refusals)


class NotFound(LettersError):
    """There is no such letter, or the caller is not in its audience."""


class Forbidden(LettersError):
    """The caller may see this letter, and may not do this to it. ``roles`` may."""

    def __init__(self, decision: str, roles: Sequence[str]) -> None:
        """Take the name of the decision and the roles that may take it."""
        super().__init__(f"{decision} is for {', '.join(roles)}")
        self.decision = decision
        self.roles = tuple(roles)


class StaleVersion(LettersError):
    """The caller has seen another version of the letter than the newest one."""

    def __init__(self, expected: int, current: int) -> None:
        """Take the version in If-Match and the letter's newest."""
        super().__init__(f"expected version {expected}, found {current}")
        self.expected = expected
        self.current = current


class KeyReused(LettersError):
    """The same caller used this Idempotency-Key before, with another body."""


class Erased(LettersError):
    """The content's key was destroyed with the case; events and hashes remain."""


class Altered(LettersError):
    """Stored content does not have the hash under which it was stored."""

    def __init__(self, kind: str, expected: str, found: str) -> None:
        """Take what it is, its recorded hash, and the hash of what is stored."""
        super().__init__(f"stored {kind}: expected sha256 {expected}, found {found}")
        self.kind = kind
        self.expected = expected
        self.found = found


class EventGone(LettersError):
    """Casework says that an event is not there for us: unknown, not ours to see, or erased."""


class CaseworkUnavailable(LettersError):
    """Casework did not answer, or answered that it cannot now."""


class FilingRefused(LettersError):
    """Casework answered that it will not file this as it is; the message is the problem's type, never its words."""


class FollowerStopped(LettersError):
    """The feed must not be read on: what was expected and what was found."""

    def __init__(self, expected: str, found: str) -> None:
        """Take both sides of the mismatch."""
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class StoreUnavailable(LettersError):
    """The database did not answer in time; nothing is known to be written."""
