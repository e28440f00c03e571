"""What `contracts/examples` holds, the letters service accepts: by its own client, over HTTP, and by its own tables."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from letters.adapters.casework_client import CaseworkClient
from letters.adapters.kept import KeptCalendar
from letters.application.drafts import KNOWN
from letters.domain.catalogue import rows_for
from letters.domain.effects import REFETCHING, effects_of
from letters.domain.feed_entry import FeedEntry
from tests.letters.fake_casework import FakeCasework, fake_casework
from tests.letters.given import LETTER, drafted, given, later, rendered

EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"
NO_CALENDAR: KeptCalendar = None  # type: ignore[assignment]  # the feed is read without one


@pytest.fixture(scope="module")
def read() -> Iterator[dict[str, FeedEntry]]:
    """Answer what letters reads of a feed that holds every example, by the name of the event."""
    with fake_casework() as casework:
        casework.feed = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.v1.json"))]
        yield _page(casework)


def _page(casework: FakeCasework) -> dict[str, FeedEntry]:
    client = CaseworkClient(casework.url, lambda: casework.keys["letters"], NO_CALENDAR)
    try:
        page = client.page(0, limit=1000, wait_s=0)
    finally:
        client.close()
    assert page.next == len(casework.feed) == len(page.entries)
    return {entry.name: entry for entry in page.entries if entry.name}


def test_letters_reads_every_event_of_a_case_that_it_reacts_to(read: dict[str, FeedEntry]) -> None:
    reacted_to = (KNOWN | REFETCHING) & set(read)
    assert {"warning-issued", "removal-requested", "post-checked", "correspondence-recorded"} <= reacted_to
    for name in reacted_to:
        assert read[name].is_known_version
        assert isinstance(read[name].case, UUID)


@pytest.mark.parametrize(
    ("name", "template", "number", "posts"),
    [
        ("removal-requested", "L02", 1, (1,)),
        ("warning-issued", "L04", 1, (1, 2)),
        ("post-checked", "L03", None, (1, 2)),
        ("access-blocked", "L05", 1, ()),
        ("access-block-reviewed", "L06", 1, ()),
        ("complaints-route-offered", "L13", None, ()),
        ("poster-identity-corrected", "L11", None, ()),
        ("host-reported", "L08", 2, (1,)),
        ("police-referred", "L09", 1, ()),
        ("legal-advice-sought", "L10", 1, ()),
        ("affected-party-notified", "L15", None, ()),
    ],
)
def test_an_example_causes_the_letter_it_should(
    read: dict[str, FeedEntry], name: str, template: str, number: int | None, posts: tuple[int, ...]
) -> None:
    entry = read[name]
    assert [row.template for row in rows_for(name) if row.may_match(entry.data, {})] == [template]
    assert (entry.number, entry.posts) == (number, posts)


@pytest.mark.parametrize(
    ("name", "hold", "effect"),
    [
        ("police-hold-placed", None, ["letter.held.v1"]),
        ("police-hold-released", "police", ["letter.released.v1"]),
        ("safeguarding-screened", "safeguarding", ["letter.released.v1", "letter.held.v1"]),
        ("post-checked", None, ["letter.superseded.v1"]),
        ("entry-corrected", None, ["letter.held.v1"]),
    ],
)
def test_an_example_does_to_a_letter_what_it_should(
    read: dict[str, FeedEntry], name: str, hold: str | None, effect: list[str]
) -> None:
    letter = given(drafted(template="L02", posts=(1,), holds=(hold,) if hold else ()), rendered())
    assert [event.type_name for event in effects_of(letter, read[name], later(hours=1))] == effect


def test_a_filed_letter_is_known_by_its_id(read: dict[str, FeedEntry]) -> None:
    entry = read["correspondence-recorded"]
    letter = given(drafted(), rendered())
    assert entry.data["letter_id"] == str(LETTER) == str(letter.id)
    assert [event.type_name for event in effects_of(letter, entry, later(hours=1))] == ["letter.superseded.v1"]
