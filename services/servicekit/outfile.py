"""Write files so that a reader never sees half of one, and a crash never leaves one.

Both writers fill a temporary file beside the target, fsync it, give it its name in one step, and fsync the folder, so
that the name survives a power cut as well. Unless told to replace, the step is `link(2)`, which fails if the name is
taken: there is no moment between looking and writing. A file system without hard links (a USB stick) gets its name
reserved by O_EXCL first.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def write_whole(path: Path, content: bytes, *, force: bool = False, mode: int = 0o644) -> None:
    """Write a file wholly or not at all, and on disk when this returns.

    Raises: `FileExistsError` if there is one by that name and `force` is not set; `OSError` as the system says.
    """
    if not force and os.path.lexists(path):
        # Said before the work; the link below says it again if someone was quicker.
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    temporary = _written_beside(path, content, mode)
    try:
        if force:
            temporary.replace(path)
        else:
            _give_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def write_secret(path: Path, text: str) -> None:
    """Write a secret: mode 0600, never over another file, in a folder made 0700 where there is none.

    Raises: `FileExistsError` if the name is taken; `PermissionError` if others may write in the folder.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{path.parent} holds secrets: expected that only its owner may write there, found mode {mode:04o}"
        raise PermissionError(message)
    write_whole(path, text.encode(), mode=0o600)


def _written_beside(path: Path, content: bytes, mode: int) -> Path:
    """Return a complete, synced temporary file in the target's folder (made with O_EXCL, 0600 until now)."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _give_name(temporary: Path, path: Path) -> None:
    """Name the file, failing if the name is taken."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
