"""Keys made for trying things out: marked where they lie, and refused where a database was named by its URL.

Whoever tried the service may leave KEYS_DIR as it is and set a URL; nobody kept a copy of those keys,
and `<role>.token` lies beside them. The mark is written before the first key, so that a crash leaves no key without it.
"""

from pathlib import Path
from typing import Final

from servicekit.databases import Database
from servicekit.outfile import write_secret
from servicekit.readiness import NotReady

MARK: Final = "DEVELOPMENT"
_TEXT: Final = "These keys were made beside an embedded server, for trying things out. Make others for a real one.\n"


def mark(folder: Path) -> None:
    """Mark a folder's keys as made for trying things out; whoever is second finds the mark there."""
    try:
        write_secret(folder / MARK, _TEXT)
    except FileExistsError:
        return


def check_keys(folder: Path, at: Database) -> None:
    """Check that no other server than the embedded one is served with keys made for trying things out.

    Raises:
        NotReady: it would be.
    """
    if not at.is_embedded and (folder / MARK).exists():
        cure = "set KEYS_DIR to a folder with keys of its own"
        raise NotReady("keys made for this installation", "development keys", cure)
