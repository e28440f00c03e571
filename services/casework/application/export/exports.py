"""The use cases of exports: make one, hand out its package, hand out its receipt.

A package is made whole or not at all: it is built beside, checked by the same ``verify.py`` that travels in it, kept
sealed under the case's own key (so that erasing the case takes it too), and only then named by an entry,
``disclosure.exported.v1``. A crash before that entry leaves a sealed file that nothing points to, as with evidence.
What is handed out was compared with the entry's hash first, and the download is recorded before its first byte.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from typing import IO, NoReturn, Protocol
from uuid import UUID

import msgspec

from casework.application.casework import CaseNotFound, Casework, Command
from casework.application.export.book import CaseCopy, Receipt, RecordBook
from casework.application.export.cover import Cover
from casework.application.export.package import build, write_zip
from casework.application.export.telling import Attachment, Told, restricted_files, tell
from casework.application.export.variants import VARIANTS, Variant, file_stem
from casework.application.handing_out import HandedOut, Kept, hand_out
from casework.application.store import (
    CommandRepeated,
    CommandReused,
    EvidenceBroken,
    EvidenceMissing,
    KeyErased,
    KnownCommand,
    RecordBroken,
)
from casework.application.versions import VersionStale
from casework.application.visibility import may_read
from casework.domain.evaluation import first_of
from casework.domain.incident import Incident
from casework.domain.moment import roles_of
from casework.domain.phases import phase
from casework.domain.record import ExportDownloaded, Exported
from casework.domain.refusal import BadFacts, Failure, Fault, Refused
from casework.domain.rule import Rule
from casework.domain.rules import R12, R13, R22
from casework.ledger.note import check_signature
from casework.ledger.verify import LedgerError, check_package, parse_vkey
from servicekit.credentials import Caller
from servicekit.ratelimit import RateLimit

DECISION = "export_case"
EXPORTS_PER_HOUR = 12


class Files(Kept, Protocol):
    """Where evidence, letters and packages are kept, sealed under the key of their case."""

    def keep(self, incident: UUID, digest: str, file: IO[bytes]) -> None:
        """Keep this file for this case; again, it changes nothing."""

    def size_of(self, incident: UUID, digest: str) -> int:
        """Return how many bytes a file has."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks an export to be, and for whom and why."""

    variant: str
    recipient: str | None = None
    purpose: str | None = None


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An export that was made: its id, what it holds of what, and the package's own hash and size."""

    id: UUID
    variant: str
    version: int
    tree_size: int
    sha256: str
    size_bytes: int
    is_replayed: bool = False


class TooManyExports(Exception):
    """This key has made as many exports as it may in an hour."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"at most {EXPORTS_PER_HOUR} exports an hour; the next one in {wait_s} s")
        self.wait_s = wait_s


class Exports:
    """The exports of one school."""

    def __init__(
        self, casework: Casework, book: RecordBook, files: Files, *, limit: RateLimit, school: str, is_development: bool
    ) -> None:
        self._casework = casework
        self._record = casework.record
        self._book = book
        self._files = files
        self._limit = limit
        self._school = school
        self._is_development = is_development

    def make(self, command: Command, incident: UUID, asked: Asked) -> Made:
        """Make an export of a case, once for each command key.

        Raises:
            CaseNotFound: unknown, or not this caller's to see.
            Refused, BadFacts, VersionStale: another role's variant (R12), an erased case (R13), restricted evidence
                without a purpose (R22), an older version (R15); recorded as refused.
            TooManyExports: see its words.
            RecordBroken, EvidenceMissing, EvidenceBroken: something does not hold; nothing was made.
            StoreError: see ``application.store``.
        """
        with self._casework.refusals_recorded(command.caller, DECISION, incident):
            key = self._record.command_key(command.caller.subject, command.key)
            if (known := self._record.reader.find_command(key)) is not None:
                if known.body_sha256 != command.body_sha256:
                    raise CommandReused("this Idempotency-Key was used with another body")
                return self._first_answer(known)
            case = self._casework.seen(command.caller, incident, may_read)
            self._admit(command, case, VARIANTS[asked.variant])
            try:
                return self._made(command, key, case, asked)
            except KeyErased:
                _refuse(R13, "a case that was not erased")

    def package(self, caller: Caller, export: UUID) -> HandedOut:
        """Return the package of an export, whole and as its entry says; that it is handed out is recorded.

        Raises:
            CaseNotFound: no such export, or not one that this caller could make.
            EvidenceMissing, EvidenceBroken, KeyErased: it is not there, not what it was, or its case was erased.
        """
        with self._found(caller, export, "package") as (made, case):
            event = ExportDownloaded(disclosure=export)

            def record() -> None:
                acting_for = self._acting_for(caller, case, VARIANTS[made.variant])
                self._casework.access.note(
                    caller, self._casework.now(), event, sensitivity=case.sensitivity, acting_for=acting_for
                )

            return hand_out(self._files.read(made.incident, made.sha256), f"{_stem(case, made)}.zip", record)

    def receipt(self, caller: Caller, export: UUID) -> tuple[Receipt, str]:
        """Return the receipt of an export, and a name for it; it holds nothing personal. Raises as `package`."""
        with self._found(caller, export, "receipt") as (made, case):
            return self._book.receipt(export), f"{_stem(case, made)}.receipt.json"

    def _admit(self, command: Command, case: Incident, variant: Variant) -> None:
        if self._role_taken(command.caller, case, variant) is None:
            _refuse(R12, f"one of the roles {', '.join(sorted(variant.roles))}")
        if case.ended == "erased":
            _refuse(R13, "a case that was not erased")
        if (wait_s := self._limit.take(command.caller.key_id)) is not None:
            raise TooManyExports(wait_s)

    def _made(self, command: Command, key: UUID, before: Incident, asked: Asked) -> Made:
        variant = VARIANTS[asked.variant]
        copy = self._book.copy(before.id, before.advice.values() if variant.shows_advice else ())
        # The case may have moved on while it was copied: what counts is what the copy holds.
        case = self._record.case(before.id, version=copy.version) or before
        if not may_read(command.caller, case):
            raise CaseNotFound(case.id)
        if isinstance(command.expected, int) and command.expected != case.version:
            raise VersionStale(case.version)
        with _holding():
            told = tell(copy, variant)
        _check_purpose(asked, told)
        cover = self._cover(command, case, asked)
        # Without a name, as it lies in the clear: whatever ends this process takes the file with it.
        with tempfile.TemporaryFile() as package:
            with _holding():
                digest = self._written(package, copy, told, cover)
            self._files.keep(case.id, digest, package)
            size = package.seek(0, os.SEEK_END)
        event = Exported(
            incident=case.id,
            variant=asked.variant,
            version=copy.version,
            tree_size=copy.size,
            sha256=digest,
            recipient=asked.recipient,
            purpose=asked.purpose,
        )
        try:
            at = self._casework.access.enter(
                command.caller, cover.made_at, event, command=key, body_sha256=command.body_sha256,
                sensitivity=case.sensitivity, acting_for=cover.acting_for,
            )  # fmt: skip
        except CommandRepeated as repeated:
            return self._first_answer(repeated)
        return _made_of(at.originator_id, event, size)

    def _written(self, package: IO[bytes], copy: CaseCopy, told: tuple[Told, ...], cover: Cover) -> str:
        """Write the package, check it as its reader will, and return its hash."""
        write_zip(package, build(copy, told, cover), lambda file: self._read(copy.stream, file))
        report = check_package(package, keys=map(parse_vkey, copy.vkeys), check=check_signature)
        if not report.holds:
            raise next(error for level in report.levels for error in level.errors)
        package.seek(0)
        return file_digest(package, "sha256").hexdigest()  # type: ignore[arg-type]  # it can be read into a buffer

    def _read(self, incident: UUID, file: Attachment) -> Iterator[bytes]:
        """Yield a file that goes along; what is wrong with it is said by its name in the package."""
        try:
            yield from self._files.read(incident, file.sha256)
        except (EvidenceMissing, EvidenceBroken) as error:
            raise type(error)(f"{file.path}: {error}") from None

    def _cover(self, command: Command, case: Incident, asked: Asked) -> Cover:
        policy, now = self._record.policy(), self._casework.now()
        return Cover(
            school=self._school,
            reference=case.reference,
            phase=phase(case, now),
            outcome=case.outcome if case.ended else None,
            variant=VARIANTS[asked.variant],
            made_at=now,
            made_by=command.caller.subject,
            role=command.caller.role,
            acting_for=self._acting_for(command.caller, case, VARIANTS[asked.variant]),
            recipient=asked.recipient,
            purpose=asked.purpose,
            editions=policy.editions,
            in_force=policy.in_force,
            changes=policy.changes,
            is_development=self._is_development,
        )

    def _first_answer(self, known: KnownCommand | CommandRepeated) -> Made:
        """Return the first answer again; how large the package is, its place in the store tells."""
        [at] = self._record.events_at(known.first_position, known.last_position)
        assert isinstance(at.event, Exported)  # noqa: S101 - the command's digest covers the path it was sent to
        size = self._files.size_of(at.event.incident, at.event.sha256)
        return _made_of(at.originator_id, at.event, size, is_replayed=True)

    @contextmanager
    def _found(self, caller: Caller, export: UUID, what: str) -> Iterator[tuple[Exported, Incident]]:
        """Give an export and its case to whoever could make it; to all others there is none, and that is recorded."""
        events = self._record.events_of(export)
        found = events[0].event if events else None
        made = found if isinstance(found, Exported) else None
        with self._casework.refusals_recorded(caller, f"read_{what}", made.incident if made else None):
            if made is None:
                raise CaseNotFound(export)
            case = self._casework.seen(caller, made.incident, may_read)
            variant = VARIANTS.get(made.variant)
            if variant is None or self._role_taken(caller, case, variant) is None:
                raise CaseNotFound(export, (R12.id,))
            yield made, case

    def _role_taken(self, caller: Caller, case: Incident, variant: Variant) -> str | None:
        """Return the role by which somebody makes a variant: their own, or one that they stand in for in this case."""
        if caller.role in variant.roles:
            # Without the policy, which a record that was altered may not give: the copy then says what does not hold.
            return caller.role
        return first_of(roles_of(caller.subject, caller.role, case, self._record.policy().edition), variant.roles)

    def _acting_for(self, caller: Caller, case: Incident, variant: Variant) -> str | None:
        """Return the role in whose place somebody makes or fetches a variant; None where it is their own."""
        taken = self._role_taken(caller, case, variant)
        return None if taken == caller.role else taken


def _refuse(rule: Rule, missing: str) -> NoReturn:
    raise Refused(DECISION, [Failure(rule=rule, missing=(missing,))])


def _check_purpose(asked: Asked, told: tuple[Told, ...]) -> None:
    """Refuse to let restricted evidence go along without a reason."""
    restricted = restricted_files(told)
    if restricted and not (asked.purpose or "").strip():
        expected = f"why restricted evidence ({', '.join(restricted)}) goes along"
        raise BadFacts([Fault(pointer="/purpose", expected=expected, found="nothing", rule=R22.id)])


def _made_of(export: UUID, event: Exported, size: int, *, is_replayed: bool = False) -> Made:
    return Made(
        id=export,
        variant=event.variant,
        version=event.version,
        tree_size=event.tree_size,
        sha256=event.sha256,
        size_bytes=size,
        is_replayed=is_replayed,
    )


def _stem(case: Incident, made: Exported) -> str:
    return file_stem(case.reference, made.variant, made.version)


@contextmanager
def _holding() -> Iterator[None]:
    """Say of what does not hold that the record does not: what was read fitted when it was recorded."""
    try:
        yield
    except LedgerError as error:
        raise RecordBroken(str(error)) from None
