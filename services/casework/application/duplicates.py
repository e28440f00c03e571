"""Whether a post is on record already, in this case or another one (domain.md 12): the same address, or the same file.

It is only a hint, so nothing is refused for it: whoever reported, or added a post or a file, is told of the oldest case
that knew the post before. Who may neither read that case nor reported it is told only that there is one, and not even
that where it is a child's account, or about the caller. Withdrawn and erased cases are passed over.

Two addresses are the same if they are so without what does not tell posts apart (RFC 3986 6.2): the scheme, case and
final dot of the host, `www.`, `m.` and `mobile.` before it, who is logged in, the port, dots and a final slash in the
path, how characters are escaped, the order of the query, its parameters known to say only how a link was shared, and
the fragment, unless it begins with `!`, where some sites have put the path::

    HTTPS://www.Facebook.example:443/groups/rowanlane/posts/300/?ref=share#top
    facebook.example/groups/rowanlane/posts/300
"""

import posixpath
import re
import string
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import UUID

import msgspec

from casework.application.record import Record
from casework.application.store import UnknownEventType, UnreadableEntry
from casework.application.visibility import may_be_told_of, may_know_of
from casework.domain.event import Event, Recorded
from casework.domain.incident import Incident
from casework.domain.steps.evidence import EvidenceCaptured
from casework.domain.steps.report import PostRecorded
from servicekit.credentials import Caller

PREFIXES: Final = ("www.", "mobile.", "m.")
SHARING: Final = frozenset({
    "_r", "_rdr", "_t", "fbclid", "feature", "gclid", "igsh", "igshid", "mibextid", "msclkid", "rdid", "ref", "ref_src",
    "ref_url", "refsrc", "sfnsn", "share", "share_id", "share_url", "si", "ttclid", "twclid", "wtsid",
})  # fmt: skip
"""Query parameters that say how somebody came to a link, as do all that begin with one of :data:`SHARING_BEGINS`."""
SHARING_BEGINS: Final = ("utm_", "__cft__", "__tn__", "__xts__")
SCHEME: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
ESCAPE: Final = re.compile("%([0-9A-Fa-f]{2})")
UNRESERVED: Final = frozenset(string.ascii_letters + string.digits + "-._~")
UNREADABLE: Final = (UnreadableEntry, UnknownEventType)
"""What lists stop at, and `casework verify` names. What was just recorded is answered all the same: it is there."""
PASSED_OVER: Final = frozenset({"withdrawn", "erased"})


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A post that was on record before, in this case; None: in one that is not the caller's to know of."""

    incident: UUID | None


def known_before(record: Record, caller: Caller, written: Iterable[Recorded]) -> Known | None:
    """Return where a post or a file of these newly written events was on record before them, as far as may be told.

    Raises:
        StoreError: the record cannot be read.
    """
    new = {at.id: traces for at in written if (traces := traces_of(at.event))}
    sought = frozenset[str]().union(*new.values())
    is_told = False
    for incident in dict.fromkeys(_cases_with(record, sought, before=frozenset(new)) if sought else ()):
        case = _standing(record, incident)
        if case is None or case.ended in PASSED_OVER:
            continue
        if may_know_of(caller, case):
            return Known(incident=incident)
        is_told = is_told or may_be_told_of(caller, case)
    return Known(incident=None) if is_told else None


def traces_of(event: Event) -> frozenset[str]:
    """Return what tells that something is the same post: its normal address, the hash of a file."""
    if isinstance(event, PostRecorded) and isinstance(event.url, str) and event.url.strip():
        return frozenset({f"url {normal(event.url)}"})
    return frozenset({f"file {event.sha256}"}) if isinstance(event, EvidenceCaptured) else frozenset()


def normal(url: str) -> str:
    """Return an address without what does not tell posts apart; what is no address comes back as it is."""
    text = url.strip()
    try:
        parts = urlsplit(SCHEME.sub("//", text, count=1) if SCHEME.match(text) else f"//{text}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return text
    host = next((host.removeprefix(prefix) for prefix in PREFIXES if host.startswith(prefix)), host)
    path = posixpath.normpath(f"/{_escaped(parts.path).lstrip('/')}").rstrip("/")
    pairs = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _says_only_how(pair[0]))
    query = f"?{urlencode(pairs)}" if pairs else ""
    return f"{host}{path}{query}" + (f"#{parts.fragment}" if parts.fragment.startswith("!") else "")


def _standing(record: Record, incident: UUID) -> Incident | None:
    """Return a case as it stands; None where it cannot be read."""
    try:
        return record.case(incident)
    except UNREADABLE:
        return None


def _cases_with(record: Record, sought: frozenset[str], *, before: frozenset[str]) -> Iterator[UUID]:
    """Yield the case of each earlier event that leaves one of these traces, the oldest first."""
    for entry in record.entries_of_types((PostRecorded.type_name, EvidenceCaptured.type_name)):
        try:
            at = record.decoded([entry])[0]
        except UNREADABLE:
            continue
        if at.id in before:
            return
        if traces_of(at.event) & sought:
            yield at.originator_id


def _escaped(path: str) -> str:
    """Return a path escaped in the one way: only what has to be, in upper case (RFC 3986 6.2.2)."""
    escaped = quote(path, safe="%/:@!$&'()*+,;=~")
    return ESCAPE.sub(
        lambda found: char if (char := chr(int(found[1], 16))) in UNRESERVED else found[0].upper(), escaped
    )


def _says_only_how(parameter: str) -> bool:
    return parameter.lower() in SHARING or parameter.lower().startswith(SHARING_BEGINS)
