"""Opening a file of evidence (domain.md 8): who may, and why, recorded before its first byte leaves.

Whoever may read the case may open what was captured for it, if the event that captured it is theirs to read whole. What
is marked as restricted (a child's image, a slur, an address) is for fewer, and for a reason that they give.
"""

from collections.abc import Iterable
from typing import NoReturn
from uuid import UUID

import msgspec

from casework.application.casework import CaseNotFound, Casework
from casework.application.evidence_file import EXTENSIONS
from casework.application.handing_out import HandedOut, Kept, hand_out
from casework.application.handler import handler_of
from casework.application.store import KeyErased
from casework.application.visibility import may_open_restricted, view_of
from casework.domain.event import Recorded, Sensitivity
from casework.domain.incident import Incident
from casework.domain.record import EvidenceOpened
from casework.domain.refusal import BadFacts, Failure, Fault, Refused
from casework.domain.rules import R12, R22
from casework.domain.steps.evidence import EvidenceCaptured
from servicekit.credentials import Caller

VIEW = "evidence"
READ = f"read_{VIEW}"


class EvidenceErased(Exception):
    """The case was erased, and its files with it (R13)."""


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A file that this caller may open, and why they do."""

    case: Incident
    captured: EvidenceCaptured
    sensitivity: Sensitivity
    reason: str | None


class EvidenceRoom:
    """Where the evidence of one school is looked at."""

    def __init__(self, casework: Casework, files: Kept) -> None:
        self._casework = casework
        self._files = files

    def find(self, caller: Caller, incident: UUID, number: int, reason: str | None) -> Sought:
        """Return what is known of a file, to whoever may open it; nothing of the file is read.

        Raises:
            CaseNotFound: unknown case or number, or not this caller's to see.
            Refused: seen, and not this caller's to open (R12).
            BadFacts: restricted, and no reason given (R22).
        """
        case = self._casework.peek(caller, incident, view=VIEW)
        with self._casework.refusals_recorded(caller, READ, incident):
            events = self._casework.record.events_of(incident)
            found = _captured(events, number)
            if found is None or (view := view_of(caller, found[1])) is None:
                raise CaseNotFound(incident)
            captured, sensitivity = found
            if view != "whole":
                _refuse("a role that reads this event whole")
            if captured.restricted:
                if not may_open_restricted(caller, case, handler_of(case, events)):
                    _refuse("a role that restricted evidence is shown to")
                _check_reason(number, reason)
            return Sought(case=case, captured=captured, sensitivity=sensitivity, reason=reason)

    def open(self, caller: Caller, sought: Sought) -> HandedOut:
        """Return the file, whole; that it was opened is recorded.

        Raises:
            EvidenceErased: the case was erased; recorded as refused (R13).
            EvidenceMissing, EvidenceBroken: it is not there, or not what was captured; nothing was opened.
            StoreError: see ``application.store``.
        """
        case, captured = sought.case, sought.captured
        extension = EXTENSIONS.get(captured.media_type, (".bin",))[0]
        opened = EvidenceOpened(incident=case.id, view="file", evidence_no=captured.evidence_no, reason=sought.reason)

        def record() -> None:
            self._casework.access.note(caller, self._casework.now(), opened, sensitivity=sought.sensitivity)

        try:
            with self._casework.refusals_recorded(caller, READ, case.id):
                pieces = self._files.read(case.id, captured.sha256)
                return hand_out(pieces, f"{case.reference}-E{captured.evidence_no}{extension}", record)
        except KeyErased:
            raise EvidenceErased from None


def _captured(events: Iterable[Recorded], number: int) -> tuple[EvidenceCaptured, Sensitivity] | None:
    """Return the event that put this file on record, and its sensitivity; None if there is none."""
    for at in events:
        if isinstance(at.event, EvidenceCaptured) and at.event.evidence_no == number:
            return at.event, at.carried.sensitivity
    return None


def _refuse(missing: str) -> NoReturn:
    raise Refused(READ, [Failure(rule=R12, missing=(missing,))])


def _check_reason(number: int, reason: str | None) -> None:
    if not (reason or "").strip():
        expected = f"why restricted evidence (E{number}) is opened"
        raise BadFacts([Fault(pointer="/reason", expected=expected, found="nothing", rule=R22.id, where="query")])
