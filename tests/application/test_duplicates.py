"""When two addresses are those of one post, and when they are not (RFC 3986 6.2)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from casework.application.duplicates import Known, known_before, normal, traces_of
from casework.application.store import UnknownEventType, UnreadableEntry
from casework.domain.event import Recorded
from casework.domain.incident import Incident
from casework.domain.steps.report import NoteAdded
from servicekit.credentials import Caller
from tests.domain.playing import Played, reported

HEAD = Caller(key_id="k", subject="u-head", role="headteacher", school="s", expires_at=datetime(2036, 1, 1, tzinfo=UTC))

POST = "https://facebook.example/groups/rowanlane/posts/300"


@pytest.mark.parametrize(
    "url",
    [
        POST,
        f"{POST}?ref=share",
        f"{POST}/",
        f"{POST}#comments",
        f"  {POST}\n",
        "http://facebook.example/groups/rowanlane/posts/300",
        "HTTPS://Facebook.EXAMPLE/groups/rowanlane/posts/300",
        "https://facebook.example:443/groups/rowanlane/posts/300",
        "https://facebook.example./groups/rowanlane/posts/300",
        "https://www.facebook.example/groups/rowanlane/posts/300",
        "https://m.facebook.example/groups/rowanlane/posts/300",
        "https://someone:secret@facebook.example/groups/rowanlane/posts/300",
        "facebook.example/groups/rowanlane/posts/300",
        "//facebook.example/groups/rowanlane/posts/300",
        "https://facebook.example//groups/./x/../rowanlane/posts/300",
        "https://facebook.example/groups/%72owanlane/posts/300",
        f"{POST}?utm_source=app&fbclid=x&__cft__[0]=AZ&mibextid=K&REF=share",
    ],
)
def test_what_does_not_tell_posts_apart_is_left_out(url: str) -> None:
    assert normal(url) == normal(POST) == "facebook.example/groups/rowanlane/posts/300"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.example/login?next=https://y.example/1", "https://x.example/login?next=https://y.example/2"),
        ("x.example/login?next=https://y.example/1", "y.example/1"),
        (POST, f"{POST}1"),
        (POST, f"{POST}?comment_id=9"),
        ("https://facebook.example/rowanlane/posts/55?c=9", "https://facebook.example/rowanlane/posts/55?c=14"),
        ("https://facebook.example/Posts/1", "https://facebook.example/posts/1"),
        ("https://facebook.example/a%2Fb", "https://facebook.example/a/b"),
        ("https://x.example/1", "https://y.example/1"),
        ("https://x.example/watch?v=1", "https://x.example/watch?v="),
        ("https://x.example/#!/status/1", "https://x.example/#!/status/2"),
    ],
)
def test_what_may_tell_posts_apart_is_kept(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_the_order_of_the_query_and_the_spelling_of_escapes_do_not_matter() -> None:
    assert normal("https://x.example/a?b=2&a=1") == normal("https://x.example/a?a=1&b=2")
    assert normal("https://x.example/caf%c3%a9") == normal("https://x.example/café") == "x.example/caf%C3%A9"


@pytest.mark.parametrize("words", ["the group, third post", "http://[broken", "https://x.example:port/1", "//"])
def test_what_is_no_address_is_compared_as_it_is(words: str) -> None:
    assert normal(words) == normal(f" {words} ")
    assert normal(words) != normal(f"{words} or the fourth")


class Kept:
    """Stands for the record: entries are events already; some cannot be read, and some cases cannot be folded."""

    def __init__(self, *cases: Played, unread: Sequence[str] = (), unfolded: Sequence[UUID] = ()) -> None:
        self.events = [at for played in cases for at in played.events]
        self.cases = {played.case.id: played.case for played in cases}
        self.unread, self.unfolded = unread, unfolded

    def entries_of_types(self, types: Sequence[str]) -> Iterator[Recorded]:
        return (at for at in self.events if at.event.type_name in types)

    def decoded(self, entries: Sequence[Recorded]) -> list[Recorded]:
        if entries[0].id in self.unread:
            raise UnreadableEntry("spoilt")
        return list(entries)

    def case(self, incident: UUID) -> Incident | None:
        if incident in self.unfolded:
            raise UnknownEventType(f"{incident}/1", "incident.later.v1")
        return self.cases.get(incident)


def reported_again(number: int) -> Played:
    """Return a case of its own about the same post."""
    played = reported()
    own = UUID(int=number)
    played.events = [replace(at, originator_id=own) for at in played.events]
    played.case = replace(played.case, id=own)
    return played


def asked(new: Played, *before: Played, **spoilt: Any) -> Known | None:
    record: Any = Kept(*before, new, **spoilt)
    return known_before(record, HEAD, new.events)


def test_the_oldest_case_that_has_the_post_is_named_and_one_that_was_withdrawn_or_erased_is_not() -> None:
    first, second, new = (reported_again(number) for number in (1, 2, 3))
    assert asked(new, first, second) == Known(incident=first.case.id)
    for ended in ("withdrawn", "erased"):
        gone = reported_again(1)
        gone.case = replace(first.case, ended=ended)
        assert asked(new, gone, second) == Known(incident=second.case.id)
        assert asked(new, gone) is None


def test_what_cannot_be_read_holds_no_report_up() -> None:
    first, second, new = (reported_again(number) for number in (1, 2, 3))
    posted = f"{first.case.id}/3"
    assert asked(new, first, second, unread=[posted]) == Known(incident=second.case.id)
    assert asked(new, first, second, unfolded=[first.case.id]) == Known(incident=second.case.id)
    assert asked(new, first, unfolded=[first.case.id]) is None


def test_what_was_recorded_later_was_not_there_before() -> None:
    first, second = reported_again(1), reported_again(2)
    record: Any = Kept(first, second)
    assert known_before(record, HEAD, first.events) is None


def test_an_event_that_shows_no_post_leaves_no_trace() -> None:
    assert traces_of(NoteAdded(note_no=1, kind="note", text=POST)) == frozenset()
