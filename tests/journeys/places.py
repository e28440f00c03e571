"""Where words can turn up: lists, feeds, letters, reports, names of files, exports. One table, by a story's words.

Each place is read over HTTP by everybody whose role lets them in, as they would read it; nobody is spared. What stands
in a place is bytes, so that nothing is missed because it could not be parsed.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from email import message_from_bytes, policy
from typing import Any, Final, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import httpx

from tests.journeys.acting import HERE
from tests.journeys.pair import bearer
from tests.journeys.played import Played


class Place(NamedTuple):
    """A place by its name, with who was shown it, and what stands in it."""

    name: str
    by: str
    content: bytes

    def holds(self, words: str) -> bool:
        """Tell whether these words stand here, whatever their case and spacing, whole."""
        return holds(self.content, words)


class Package(NamedTuple):
    """An export that somebody made: which variant, the name it was handed out under, and its files."""

    variant: str
    by: str
    name: str
    files: Mapping[str, bytes]


CASEWORK_LISTS: Final = (
    "/v1/incidents?limit=200",
    "/v1/tasks?limit=200",
    "/v1/tasks.ics",
    "/v1/repeat-posters",
    "/v1/communications?limit=200",
    "/v1/access?limit=200",
    "/v1/channels",
)
LETTERS_LISTS: Final = ("/v1/letters?limit=200", "/v1/unfiled?limit=200", "/v1/parked?limit=200")
FED: Final = ("letters", "auditor", "mis")
FEED: Final = "/v1/events?limit=1000"
PARTS: Final = ("", "/history", "/actions", "/evidence?limit=200", "/correspondence?limit=200", "/legal-advice")
"""What is shown of one case."""
MAKERS: Final[Mapping[str, tuple[str, ...]]] = {
    "legal_full": ("legal",),
    "police": ("headteacher", "dsl"),
    "audit": ("auditor",),
}
"""Variants of exports, and the roles that make them (domain.md 8)."""
WHY: Final = "To see what stands in it."
SERVER_ERROR: Final = 500


def holds(content: bytes, words: str) -> bool:
    """Tell whether these words stand in a text, whole, whatever their case and spacing; JSON's escapes are undone."""
    text = content.decode("utf-8", "replace")
    if "\\u" in text:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    pattern = r"\s+".join(re.escape(part) for part in words.split())
    return re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) is not None


def pages(client: httpx.Client, path: str, headers: Mapping[str, str]) -> Iterator[bytes]:
    """Yield every page that somebody is shown of a list or of the feed; none, where they are not let in."""
    after: int | None = 0
    while after is not None:
        joined = f"{path}{'&' if '?' in path else '?'}after={after}" if after else path
        answer = client.get(joined, headers=dict(headers))
        assert answer.status_code < SERVER_ERROR, f"{path}: expected an answer, found {answer.status_code}"
        if not answer.is_success:
            return
        yield answer.content
        page = answer.json() if "json" in answer.headers["Content-Type"] else {}
        after = page["next"] if page.get("has_more") else None


def read(played: Played, paths: Iterable[str], *, by: str, service: str = "casework") -> Iterator[Place]:
    """Yield what somebody is shown under each of these paths."""
    client = played.pair.casework if service == "casework" else played.pair.letters
    for path in paths:
        for content in pages(client, path, bearer(played.pair, by)):
            yield Place(path.partition("?")[0], by, content)


def everybody(played: Played) -> list[str]:
    """Return every account of the school."""
    return [account.subject for account in played.cast.accounts()]


def lists(played: Played) -> Iterator[Place]:
    """Yield every list of both services, as each account is shown it."""
    for by in everybody(played):
        yield from read(played, CASEWORK_LISTS, by=by)
        yield from read(played, LETTERS_LISTS, by=by, service="letters")


def feeds(played: Played) -> Iterator[Place]:
    """Yield the feed as each program is fed it; whatever calls others (a webhook) is made from nothing else."""
    for by in FED:
        yield from read(played, [FEED], by=by)


def letters(played: Played) -> Iterator[Place]:
    """Yield the words of each letter that was rendered, those that go with it, and every e-mail that left."""
    for template, text in played.texts():
        yield Place(template, "its reader", text.encode())
    yield from notices(played)


def notices(played: Played) -> Iterator[Place]:
    """Yield what reaches somebody unasked: words that go with a letter, e-mails, the calendar of tasks."""
    for row in played.letters:
        for by in everybody(played):
            for place in read(played, [f"/v1/letters/{row['letter_id']}/message"], by=by, service="letters"):
                yield Place(f"message with {row['template']}", by, place.content)
    for path in sorted(played.pair.outbox.rglob("*.eml")):
        yield Place(f"e-mail {path.name}", "its reader", _read_mail(path.read_bytes()))
    for by in everybody(played):
        yield from read(played, ["/v1/tasks.ics"], by=by)


def reports(played: Played) -> Iterator[Place]:
    """Yield the figures of each term, as each account is shown them."""
    for by in everybody(played):
        yield from read(played, [f"/v1/statistics?term={quote(term)}" for term in played.cast.calendar["terms"]], by=by)


def file_names(played: Played) -> Iterator[Place]:
    """Yield the names of files: as evidence, letters and exports are handed out, in a package, and as they are kept."""
    for case in played.acting.cases.values():
        for number in evidence_numbers(played, case):
            yield _named(evidence(played, case, number))
        for package in exports(played, case):
            yield Place("name of an export", package.by, package.name.encode())
            yield Place("names in an export", package.by, "\n".join(package.files).encode())
    for row in played.letters:
        for by in everybody(played):
            answer = played.pair.letters.get(f"/v1/letters/{row['letter_id']}/pdf", headers=bearer(played.pair, by))
            if answer.is_success:
                yield _named(answer)
    kept = "\n".join(str(path) for path in sorted(played.pair.evidence.rglob("*")))
    yield Place("names of kept files", "the store", kept.encode())


def exported(played: Played) -> Iterator[Place]:
    """Yield every file of every export that can be made of a case."""
    for case in played.acting.cases.values():
        for package in exports(played, case):
            for name, content in package.files.items():
                yield Place(f"{package.variant}: {name}", package.by, content)


def fed_to_letters(played: Played) -> Iterator[Place]:
    """Yield the feed as letters reads it, and the events that letters itself keeps."""
    yield from read(played, [FEED], by="letters")
    yield from (Place(table, "the database", rows) for table, rows in played.stored.tables("letters", "letters_events"))


PLACES: Final[Mapping[str, Callable[[Played], Iterator[Place]]]] = {
    "list": lists,
    "feed": feeds,
    "webhook": feeds,
    "webhook payload": feeds,
    "letter": letters,
    "notification e-mail": notices,
    "report": reports,
    "file name": file_names,
    "the letters service's event feed": fed_to_letters,
}


def shown_of(played: Played, case: str, by: str) -> Iterator[Place]:
    """Yield every part of a case that somebody is shown."""
    yield from read(played, [f"{HERE}/{case}{part}" for part in (*PARTS, "/receipt")], by=by)


def evidence_numbers(played: Played, case: str) -> list[int]:
    """Return the numbers of the files of evidence in a case, by its register."""
    rows = played.ask("auditor", f"{HERE}/{case}/evidence?limit=200").json()["evidence"]
    return [row["evidence_no"] for row in rows]


def evidence(played: Played, case: str, number: int) -> httpx.Response:
    """Open a file of evidence as the safeguarding lead, who may open all, and says why; the answer may be a refusal."""
    path = f"{HERE}/{case}/evidence/{number}?reason={quote(WHY)}"
    by = next(who for role in ("dsl", "headteacher") if (who := played.cast.of_role(role)))
    return played.pair.casework.get(path, headers=bearer(played.pair, by))


def exports(played: Played, case: str) -> Iterator[Package]:
    """Make every export of a case that anybody may make, and yield what is in it; made once for a story."""
    if case not in played.packages:
        asked = ((variant, by) for variant, roles in MAKERS.items() for by in _of_roles(played, roles))
        played.packages[case] = [made for variant, by in asked if (made := _export(played, case, variant, by))]
    yield from played.packages[case]


def _export(played: Played, case: str, variant: str, by: str) -> Package | None:
    headers = {**bearer(played.pair, by), "Idempotency-Key": str(uuid4())}
    asked: dict[str, Any] = {"variant": variant, "recipient": "Whoever asks.", "purpose": WHY}
    answer = played.pair.casework.post(f"{HERE}/{case}/exports", json=asked, headers=headers)
    assert answer.status_code < SERVER_ERROR, f"export {variant} by {by}: found {answer.status_code}: {answer.text}"
    if not answer.is_success:
        return None
    handed = played.ask(by, f"/v1/exports/{answer.json()['id']}/package")
    with zipfile.ZipFile(io.BytesIO(handed.content)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    return Package(variant, by, handed.headers["Content-Disposition"], files)


def _read_mail(message: bytes) -> bytes:
    """Return the headers of an e-mail and all its words, whatever they are encoded in; of a PDF only its name."""
    mail = message_from_bytes(message, policy=policy.default)
    words = [f"{name}: {value}" for name, value in mail.items()]
    for part in mail.walk():
        words.append(part.get_filename() or "")
        if part.get_content_maintype() == "text":
            words.append(part.get_content())
    return "\n".join(words).encode()


def _of_roles(played: Played, roles: Iterable[str]) -> list[str]:
    return [account.subject for account in played.cast.accounts() if account.role in roles]


def _named(answer: httpx.Response) -> Place:
    return Place("name of a file handed out", "its reader", answer.headers["Content-Disposition"].encode())
