"""When two addresses are those of one post, and when they are not (RFC 3986 6.2)."""

import pytest

from casework.application.duplicates import normal, traces_of
from casework.domain.steps.report import NoteAdded

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


def test_an_event_that_shows_no_post_leaves_no_trace() -> None:
    assert traces_of(NoteAdded(note_no=1, kind="note", text=POST)) == frozenset()
