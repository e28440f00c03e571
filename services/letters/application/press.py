"""What renders letters, and where the files it renders from are kept, as protocols."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

from letters.domain.rendering import Bundle, Rendering

Overlay = Literal["none", "preview", "zones"]
"""What is laid over a picture to look at: nothing, the word PREVIEW, or the zones that may be printed in."""


class Slot(msgspec.Struct, frozen=True):
    """Free text that staff may add to a letter."""

    label: str
    characters_max: int


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a version of a template says of itself."""

    title: str
    slots: Mapping[str, Slot]
    schema: Mapping[str, Any]
    samples: Mapping[str, Mapping[str, Any]]
    folder_sha256: str


class Press(Protocol):
    """Renders one letter at a time, in a child process."""

    def render(self, bundle: Bundle, data: bytes, timestamp: int, *, overlay: Overlay = "none") -> Rendering:
        """Render canonical data with a template; with an overlay it is a picture, and never sent.

        Raises:
            RenderFailed: why, and where in the template.
        """
        ...

    def pages(self, bundle: Bundle, data: bytes, *, ppi: int, overlay: Overlay = "none") -> tuple[bytes, ...]:
        """Draw the pages as PNG (RenderFailed as in ``render``)."""
        ...

    def is_covered(self, char: str) -> bool:
        """Tell whether some font of ours has a glyph for a character."""
        ...

    @property
    def engine(self) -> str:
        """Name the engine and its version, as a provenance records it."""
        ...


class Released(Protocol):
    """The templates that travel with this software."""

    def version(self, template: str) -> int:
        """Return the newest released version of a template: the one new drafts use."""
        ...

    def released(self, template: str, version: int) -> Bundle:
        """Return the files that a letter is rendered from."""
        ...

    def described(self, template: str, version: int) -> Description | None:
        """Return what a version of a template says of itself; None where there is none."""
        ...

    def message(self, template: str, version: int, channel: str) -> str | None:
        """Return the words that go with a letter by a channel, with ``$names`` to fill; None where none do."""
        ...


class Bundles(Protocol):
    """Template bundles as they were first used."""

    def keep(self, bundle: Bundle) -> str:
        """Store a bundle at its first use; return its hash."""
        ...

    def kept(self, sha256: str) -> Bundle | None:
        """Return a bundle that was kept (Altered if it cannot be read any more)."""
        ...
