"""A scan that shows that a letter was posted: a PDF, a PNG or a JPEG, known by what is in it and not by its name.

Signatures: ISO 32000-2 7.5.2 and 7.5.5 (PDF), PNG 5.2 and 11.2.5, ITU-T T.81 B.1.1.3 (JPEG). A file that begins as one
of these and does not end as one is none of them.
"""

from collections.abc import Mapping
from typing import NamedTuple

BYTES_MAX = 10 * 1024 * 1024


class _Form(NamedTuple):
    begins: bytes
    ends: bytes
    within: int
    """The end stands within so many of the last bytes."""


_FORMS: Mapping[str, _Form] = {
    "application/pdf": _Form(b"%PDF-", b"%%EOF", 1024),
    "image/png": _Form(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"IEND\xaeB`\x82", 8),
    "image/jpeg": _Form(b"\xff\xd8\xff", b"\xff\xd9", 2),
}
TYPES = tuple(_FORMS)
"""What a scan may be."""


def media_type(body: bytes) -> str | None:
    """Return what a file is, or None if it is nothing that a scan may be."""
    for name, form in _FORMS.items():
        if body.startswith(form.begins) and form.ends in body[-form.within :]:
            return name
    return None
