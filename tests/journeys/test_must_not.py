"""What must never be found is found where it is planted: the services would not do it, so it is written here.

Record and desk are replaced by ones that say what a test tells them; the sentences are those of the stories.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.journeys.cast import Cast
from tests.journeys.must_not import must_not_faults
from tests.journeys.played import Played
from tests.journeys.record import Entry
from tests.journeys.story import STORIES, Step, Story

MORNING = datetime(2025, 9, 18, 9, tzinfo=UTC)
"""When everything here happened: ten o'clock in London."""
CASE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
CAST = Cast.read(STORIES)
ASKED = "incident.removal-requested.v1"
REFUSED = "incident.removal-refused.v1"
CONTACTED = "incident.parent-contacted.v1"
LAPSED = "incident.removal-deadline-lapsed.v1"
WARNED = "incident.warning-issued.v1"
BLOCKED = "incident.access-blocked.v1"
REPORTED = "incident.host-reported.v1"
LAPSE = f"{LAPSED} for a request already refused or replaced"


@dataclass
class ToldRecord:
    """A record of one case that holds what a test says."""

    entries: list[Entry]

    def of_case(self, case: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.stream == case]


@dataclass
class ToldDesk:
    """Letters as a test says, each with its words and its timeline."""

    rows: Sequence[Mapping[str, Any]] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    happened: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of_this_story(self) -> Sequence[Mapping[str, Any]]:
        return self.rows

    def text(self, letter: str) -> str:
        return self.words[letter]

    def timeline(self, letter: str) -> list[dict[str, str]]:
        return [{"type": f"letter.{name}.v1", "recorded_at": MORNING.isoformat()} for name in self.happened[letter]]


@dataclass
class ToldCases:
    """The one case of a story."""

    cases: Mapping[str, str] = field(default_factory=lambda: {"only": CASE})

    def shown(self, _case: str) -> Mapping[str, Any]:
        return {"parties": [{"label": "P1", "person": "u-t2"}, {"label": "P2", "person": "p-tranter"}]}


def found(sentence: str, *events: tuple[str, dict[str, Any]], desk: ToldDesk | None = None) -> list[str]:
    """Return where that is found which the sentence forbids."""
    entries = [Entry(type_, CASE, version, MORNING, data) for version, (type_, data) in enumerate(events, 1)]
    step = Step(story="S00", number=1, at=MORNING, by="u-head", do="report_incident", expect="accepted")
    story = Story(id="S00", settings={}, steps=[step], final={}, must_not=[sentence])
    acting: Any = ToldCases()
    record: Any = ToldRecord(entries)
    told: Any = desk or ToldDesk()
    pair: Any = None
    faults = must_not_faults(Played(story, pair, acting, record, told, CAST, frozenset()))
    return [fault.rpartition(", found ")[2] for fault in faults]


def letter(template: str, party: str, **members: Any) -> dict[str, Any]:
    return {
        "letter_id": template,
        "template": template,
        "party": party,
        "status": "dispatched",
        "pdf_sha256": "0",
        **members,
    }


def test_one_event_before_another() -> None:
    sentence = f"{WARNED} before {ASKED}"
    assert found(sentence, (WARNED, {}), (ASKED, {})) == [f"{WARNED} as event 1 of the case"]
    assert found(sentence, (WARNED, {})) == [f"{WARNED} as event 1 of the case"]
    assert found(sentence, (ASKED, {}), (WARNED, {}), (ASKED, {})) == []
    assert found(sentence) == []


def test_a_deadline_that_lapses_though_nothing_was_waited_for() -> None:
    def request(type_: str, number: int) -> tuple[str, dict[str, Any]]:
        return type_, {"request_no": number}

    assert found(LAPSE, request(ASKED, 1), request(REFUSED, 1), request(LAPSED, 1)) == ["it for request 1"]
    assert found(LAPSE, request(ASKED, 1), request(ASKED, 2), request(LAPSED, 1)) == ["it for request 1"]
    assert found(LAPSE, request(ASKED, 1), request(ASKED, 2), request(LAPSED, 2)) == []


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (
            ("drafted", "issued", "dispatch-started", "dispatched"),
            "letter.dispatch-started.v1 before letter.approved.v1",
        ),
        (("drafted", "dispatched", "approved"), "letter.dispatched.v1 before letter.approved.v1"),
        (("drafted", "rendered"), "L04 dispatched and never approved"),
    ],
)
def test_a_letter_in_the_post_before_approval(happened: tuple[str, ...], expected: str) -> None:
    desk = ToldDesk([letter("L04", "p-mallinson")], happened={"L04": happened})
    assert expected in found("L04 in the post before approval", desk=desk)


def test_a_letter_in_the_post_after_approval_is_no_fault() -> None:
    desk = ToldDesk(
        [letter("L04", "p-mallinson"), letter("L02", "p-mallinson")],
        happened={"L04": ("drafted", "approved", "issued", "dispatch-started", "dispatched")},
    )
    assert found("L04 in the post before approval", desk=desk) == []


@pytest.mark.parametrize(
    ("hours", "expected"), [("08:00-17:00", []), ("08:00-10:00", ["L05 at 10:00"]), ("10:01-17:00", ["L05 at 10:00"])]
)
def test_a_message_sent_after_hours(hours: str, expected: list[str]) -> None:
    desk = ToldDesk(
        [letter("L05", "p-brough", channel="classdojo"), letter("L02", "p-brough", channel="print")],
        happened={"L05": ("approved", "issued", "dispatched"), "L02": ("dispatched",)},
    )
    assert found(f"a letter dispatched through Dojo outside {hours}", desk=desk) == expected


def test_somebodys_name_in_a_letter() -> None:
    desk = ToldDesk([letter("L15", "p-nowicki-m")], words={"L15": "Mrs Pickard took it down. Doreenville is a town."})
    assert found("Doreen's name in L15", desk=desk) == ["`Pickard` in L15"]
    assert found("k-tyler's name in L15", desk=desk) == []


def test_somebodys_name_in_either_of_two_letters() -> None:
    rows = [letter("L15", "p-nowicki-m"), letter("L07", "x-host")]
    sentence = "Doreen's name in L15 or L07's public part"
    desk = ToldDesk(rows, words={"L15": "It was taken down.", "L07": "The account of Doreen P."})
    assert found(sentence, desk=desk) == ["`Doreen` in L07"]
    assert found(sentence, desk=ToldDesk(rows, words={"L15": "It was taken down.", "L07": "An account."})) == []


def test_a_defamation_notice_in_the_name_of_the_school() -> None:
    sentence = "a defamation notice in the name of the school"
    someone = CAST.people["p-mallinson"]["name"]
    said = f"My name is\n{someone}. I give this notice as an individual, in my own name."

    def notice(words: str) -> ToldDesk:
        return ToldDesk([letter("L08", "x-host")], words={"L08": words})

    report = {"report_no": 2, "basis": "defamation_act_2013_s5"}
    assert found(sentence, (REPORTED, {**report, "complainant": "P1"}), desk=notice(said)) == []
    assert found(sentence, (REPORTED, report)) == ["report 2 without a complainant"]
    assert found(sentence, (REPORTED, {**report, "basis": "policy_report"})) == []
    school = said.replace(someone, "Rowan Lane Primary School")
    assert found(sentence, desk=notice(school)) == ["L08 of Rowan Lane Primary School"]
    assert found(sentence, desk=notice("We complain of this.")) == ["L08 of nobody"]


def test_a_letter_to_somebody_or_to_where_they_live() -> None:
    home = CAST.address_of("p-reeve")[0]
    desk = ToldDesk(
        [letter("L04", "p-tranter"), letter("L22", "p-tranter")],
        words={"L04": "To Lee Tranter", "L22": f"{home}, Rowanby"},
    )
    assert found("L04 or L22 to p-reeve's address", desk=desk) == ["L22 with the address of p-reeve"]
    assert found("L02 or L04 to p-tranter", desk=desk) == ["L04 to p-tranter"]
    assert found("any letter accusing p-qadir", desk=desk) == []
    assert found("any letter accusing p-tranter", desk=desk) == ["L04 to p-tranter", "L22 to p-tranter"]


def test_a_letter_posted_to_somebodys_home() -> None:
    desk = ToldDesk([letter("L03", "p-pickard-d")], words={"L03": ", ".join(CAST.address_of("k-isla"))})
    assert found("a letter posted to Isla's home address", desk=desk) == ["L03 with the address of k-isla"]
    assert found("a letter posted to Oskar's home address", desk=desk) == []


def test_a_refusal_of_the_police_referral() -> None:
    sentence = "a refusal of the police referral for lack of evidence or first step"
    refused = {"decision": "refer_to_police", "rules": ["R01"], "actor": "u-head"}
    assert found(sentence, ("access.decision-refused.v1", refused)) == ["R01 to u-head"]
    assert found(sentence, ("access.decision-refused.v1", {**refused, "decision": "issue_warning"})) == []


@pytest.mark.parametrize(
    ("span", "is_within"),
    [
        ("09:59 on 18 Sep and 10:01 on 18 Sep", True),
        ("10:01 on 18 Sep and 11:00 on 20 Sep", False),
        ("08:00 on 1 Sep and 09:59 on 18 Sep", False),
    ],
)
def test_contact_with_somebody_in_a_span(span: str, *, is_within: bool) -> None:
    sentence = f"any contact with p-tranter between {span}"
    desk = ToldDesk([letter("L04", "p-tranter")], happened={"L04": ("approved", "dispatched")})
    there = [f"{CONTACTED} at {MORNING.isoformat()}", f"L04 sent at {MORNING.isoformat()}"]
    assert found(sentence, (CONTACTED, {"party": "P2"}), desk=desk) == (there if is_within else [])
    assert found(sentence, (CONTACTED, {"party": "P1"})) == []


def test_blocks_that_must_not_be() -> None:
    fine = {"block_no": 1, "channel": "dojo", "review_on": "2026-02-27", "has_alternative_route": True}
    for sentence, bad, expected in (
        ("an open-ended block", {"review_on": None}, "block 2 without review_on"),
        (
            "a block with no other way to reach the school",
            {"has_alternative_route": False},
            "block 2 without another way",
        ),
        ("a block on a channel the school does not control", {"channel": "fb-community"}, "block 2 on fb-community"),
    ):
        assert found(sentence, (BLOCKED, fine), (BLOCKED, {**fine, **bad, "block_no": 2})) == [expected]
        assert found(sentence, (BLOCKED, fine)) == []
    comments = {"block_no": 2, "channel": "fb-school", "has_alternative_route": False}
    assert found("a block with no other way to reach the school", (BLOCKED, comments)) == []


def test_an_event_that_is_removed_or_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = f"the original {WARNED} removed or rewritten"
    shown = [{"id": f"{CASE}/1", "type": ASKED}, {"id": f"{CASE}/2", "type": WARNED}]
    monkeypatch.setattr(Played, "history", lambda _played, _case: shown)
    assert found(sentence, (ASKED, {}), (WARNED, {})) == []
    shown[1] = {"id": f"{CASE}/2", "type": REFUSED}
    assert found(sentence, (ASKED, {}), (WARNED, {})) == [f"{REFUSED} at {CASE}/2"]
    del shown[1]
    assert found(sentence, (ASKED, {}), (WARNED, {})) == [f"nothing at {CASE}/2"]
