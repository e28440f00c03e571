"""Who may see a letter: the audience that casework named, without those whom the posts are about (R11).

Outside it, a letter is unknown: nothing tells a caller that it exists.
"""

from uuid import UUID

from letters.application.letters import Letters
from letters.application.register import Viewer
from letters.domain.errors import NotFound
from letters.domain.letter import Letter


def may_see(letter: Letter, viewer: Viewer) -> bool:
    """Tell whether a letter is this viewer's to see."""
    audience = letter.audience
    is_named = viewer.role in audience.roles or viewer.subject in audience.subjects
    is_left_out = viewer.subject in audience.excluded
    return is_named and not is_left_out and (viewer.cases is None or letter.draft.case in viewer.cases)


def find_for(letters: Letters, letter: UUID, viewer: Viewer) -> Letter:
    """Return a letter that this viewer may see.

    Raises:
        NotFound: there is none, or it is not for this viewer.
    """
    found = letters.find(letter)
    if found is None or not may_see(found, viewer):
        raise NotFound
    return found
