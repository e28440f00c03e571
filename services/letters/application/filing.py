"""What was sent goes back into the case: the fact and the PDF, through casework's public API, until it is there.

Filing is idempotent on both sides: casework knows a fact by ``<letter>-<state>``, and here ``letter.filed.v1`` stands
once. A crash between the two costs a repeated request. Nothing is ever dropped from the list of what is unfiled.
"""

from datetime import datetime
from uuid import UUID

from letters.application.casework import Filing, Letterpost
from letters.application.clock import Clock
from letters.application.content import Contents
from letters.application.letters import Letters, Overtaken
from letters.application.pacing import Pacing
from letters.application.register import Register
from letters.domain import event as ev
from letters.domain import sending_event as sev
from letters.domain.catalogue import MANUAL
from letters.domain.errors import Altered, Erased, FilingRefused, NotFound
from letters.domain.letter import Letter


class Filer:
    """Files what is unfiled; what casework refuses, or cannot be read here, is tried again ever less often."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        letters: Letters,
        register: Register,
        contents: Contents,
        casework: Filing,
        clock: Clock,
        pacing: Pacing,
    ) -> None:
        self._letters = letters
        self._register = register
        self._contents = contents
        self._casework = casework
        self._clock = clock
        self._pacing = pacing

    def file_all(self) -> int:
        """File every fact that is due; return how many were filed.

        Raises:
            CaseworkUnavailable: casework is away; all that is left waits for it.
        """
        due = [letter for letter in self._register.unfiled() if self._pacing.is_due(letter)]
        return sum(self._file(letter) for letter in due)

    def _file(self, letter_id: UUID) -> int:
        letter = self._letters.find(letter_id)
        filed = 0
        try:
            while letter is not None and letter.unfiled:
                self._file_fact(letter, letter.unfiled[0])
                letter = self._letters.find(letter_id)
                filed += 1
        except (FilingRefused, Erased, Altered, NotFound):
            self._pacing.wait_longer(letter_id)
        except Overtaken:
            pass  # Somebody filed it, or decided something; the next round sees.
        return filed

    def _file_fact(self, letter: Letter, fact: ev.Fact) -> None:
        known = letter.provenance
        if known is None:
            raise NotFound
        post = Letterpost(
            letter=letter.id,
            case=letter.draft.case,
            template=letter.draft.template,
            version=letter.draft.template_version,
            pdf_sha256=known.pdf_sha256,
            size_bytes=known.size_bytes,
            party=letter.draft.recipient.label,
            channel="manual" if letter.draft.channel in MANUAL else letter.draft.channel,
            fact=fact,
            occurred_at=_happened_at(self._letters.history(letter.id), fact).isoformat(),
            pdf=self._contents.get(letter.id, "pdf", known.pdf_sha256),
        )
        entry = self._casework.file(post)
        filed = ev.Filed(
            originator_id=letter.id,
            originator_version=letter.version + 1,
            recorded_at=self._clock.now(),
            fact=fact,
            entry=entry,
        )
        self._letters.append([filed])
        self._pacing.forget(letter.id)


def _happened_at(history: list[ev.LetterEvent], fact: ev.Fact) -> datetime:
    """Return when the fact happened, as its event says."""
    for event in reversed(history):
        if fact == "sent" and isinstance(event, sev.Dispatched):
            return event.posted_at
        if isinstance(event, sev.Delivered | sev.Returned) and event.type_name == f"letter.{fact}.v1":
            return event.at
    message = f"a letter that is {fact} without the event that says so"
    raise LookupError(message)
