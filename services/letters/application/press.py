"""What renders letters, and where the files it renders from are kept, as protocols."""

from typing import Protocol

from letters.domain.rendering import Bundle, Rendering


class Press(Protocol):
    """Renders one letter at a time, in a child process."""

    def render(self, bundle: Bundle, data: bytes, timestamp: int) -> Rendering:
        """Render canonical data with a template.

        Raises:
            RenderFailed: why, and where in the template.
        """
        ...

    def pages(self, bundle: Bundle, data: bytes, *, ppi: int) -> tuple[bytes, ...]:
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
