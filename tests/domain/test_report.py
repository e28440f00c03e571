"""What is added to a case besides its posts: who holds a child's account, notes, links to others (P10, P50, P63)."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from casework.domain.event import Recorded
from casework.domain.steps.report import Linked
from tests.domain.playing import CASE, OTHER, Played, reported

CHILDS: dict[str, Any] = {
    "kind": "child_account", "channel": "fb-community", "posted_at": "2025-09-17T20:14:00+01:00",
    "targets": [{"kind": "group", "name": "two Year 5 pupils"}],
}  # fmt: skip
HOLDER = {"person": "k-child"}


def test_who_holds_a_childs_account_comes_into_the_case_and_is_no_poster() -> None:
    played = Played()
    written = played.when("u-teacher", "report_incident", **CHILDS, account_holder=HOLDER)
    assert written == ["reported", "party-added", "party-added", "post-recorded"]
    target, holder = played.case.parties.values()
    assert (target.part, target.kind) == ("target", "group")
    assert (holder.part, holder.kind, holder.person) == ("other", "pupil", "k-child")
    assert played.case.identity is None
    assert played.case.posts[1].targets == ("P1",)


def test_no_account_holder_is_named_where_no_childs_account_is_reported() -> None:
    adult = {**CHILDS, "kind": "adult_post"}
    assert Played().faults("u-teacher", "report_incident", **adult, account_holder=HOLDER) == [
        ("/account_holder", None)
    ]
    assert Played().when("u-teacher", "report_incident", **adult) == ["reported", "party-added", "post-recorded"]


def test_notes_are_numbered_and_the_case_says_which_tell_of_procedure_not_followed() -> None:
    played = reported()
    assert played.when("u-office", "add_note", text="the parent rang") == ["note-added"]
    played.when("u-chair", "add_note", text="asked before it was captured", kind="procedure_not_followed")
    notes = played.case.numbers_of("note")
    assert {number: note.status for number, note in notes.items()} == {1: "note", 2: "procedure_not_followed"}
    assert not any(note.is_pending for note in notes.values())


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_note_says_something(blank: str) -> None:
    assert reported().faults("u-deputy", "add_note", text=blank) == [("/text", "R22")]


def test_staff_who_only_report_note_nothing() -> None:
    assert reported().refused("u-teacher", "add_note", text="seen again") == ("R12",)


@pytest.mark.parametrize("relation", ["repeat", "duplicate_of"])
def test_a_link_stands_in_the_case_that_it_was_said_in(relation: str) -> None:
    played = reported()
    assert played.when("u-deputy", "link_incident", to=str(OTHER.id), relation=relation) == ["linked"]
    assert [(link.to, link.relation) for link in played.case.links] == [(OTHER.id, relation)]
    assert played.beside == []


def test_of_people_in_one_thread_each_case_says_so_in_one_command() -> None:
    played = reported()
    assert played.when("u-deputy", "link_incident", to=str(OTHER.id), relation="same_thread") == ["linked", "linked"]
    own, [other] = played.events[-1], played.beside
    assert own.event == Linked(to=OTHER.id, relation="same_thread")
    assert (other.originator_id, other.originator_version) == (OTHER.id, OTHER.version + 1)
    assert other.event == Linked(to=CASE, relation="same_thread")
    assert other.carried.command == own.carried.command


@pytest.mark.parametrize("relation", ["same_thread", "repeat"])
def test_a_link_to_a_childs_account_is_for_few_eyes_in_both_cases(relation: str) -> None:
    played = reported()
    played.others[OTHER.id] = replace(OTHER, kind="child_account")
    played.when("u-dsl", "link_incident", to=str(OTHER.id), relation=relation)
    marks: list[Recorded] = [played.events[-1], *played.beside]
    assert {at.carried.sensitivity for at in marks} == {"dsl"}


@pytest.mark.parametrize("to", [UUID(int=9), CASE])
def test_a_link_leads_to_another_case_that_may_be_seen(to: UUID) -> None:
    assert reported().faults("u-deputy", "link_incident", to=str(to), relation="repeat") == [("/to", None)]


def test_nothing_is_written_into_a_case_that_was_erased() -> None:
    played = reported()
    played.others[OTHER.id] = replace(OTHER, ended="erased")
    same: dict[str, Any] = {"to": str(OTHER.id), "relation": "same_thread"}
    assert played.faults("u-deputy", "link_incident", **same) == [("/to", None)]
    assert played.when("u-deputy", "link_incident", **{**same, "relation": "repeat"}) == ["linked"]
    played.others[OTHER.id] = replace(OTHER, ended="closed")
    assert played.when("u-deputy", "link_incident", **same) == ["linked", "linked"]
