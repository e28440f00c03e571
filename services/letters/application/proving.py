"""The proof of every letter at once, for whoever runs the service: hashes only, so that nobody is shown anything."""

from collections.abc import Iterator
from uuid import UUID

from letters.application.letters import Letters
from letters.application.rendering import Renderer, Verification
from letters.domain import event as ev

PAGE = 500


def rendered(letters: Letters) -> list[UUID]:
    """Return every letter that ever had a PDF, oldest first: from the events, for a list could leave one out."""
    found: dict[UUID, None] = {}
    after, head = 0, letters.head()
    while after < head:
        page = list(letters.notifications(after, PAGE))
        if not page:
            break
        found.update((event.originator_id, None) for _, event in page if isinstance(event, ev.Rendered))
        after = page[-1][0]
    return list(found)


def prove(
    letters: Letters, renderer: Renderer, asked: list[UUID]
) -> Iterator[tuple[UUID, str | None, Verification | None]]:
    """Yield each letter with its reference and what is left of it: None where there is no PDF, or none yet again."""
    for letter_id in asked:
        letter = letters.find(letter_id)
        if letter is not None:
            yield letter_id, letter.draft.our_ref, renderer.verify(letter)
