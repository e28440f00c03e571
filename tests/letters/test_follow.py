"""Following casework's feed: drafts once, never lost, nothing leaves by itself."""

from pathlib import Path
from uuid import UUID

import pytest

from letters.application.follow import Summary
from letters.application.letters import Overtaken
from letters.bootstrap import Service
from letters.domain.errors import CaseworkUnavailable, FollowerStopped, StoreUnavailable
from letters.domain.letter import Letter
from letters.domain.naming import letter_id
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE, PARTY, merge_fields


def follow(service: Service) -> Summary:
    return service.follower().once()


def letter(service: Service, cause: str, template: str = "L04", party: str = PARTY) -> Letter:
    found = service.letters.find(letter_id(cause, template, party))
    assert found is not None
    return found


def test_a_warning_becomes_one_rendered_letter_ready_for_approval(service: Service, casework: FakeCasework) -> None:
    casework.happens("note-added", version=11)
    cause = casework.warning_issued()
    summary = follow(service)
    assert (summary.position, summary.drafted, summary.rendered) == (2, 1, 1)
    found = letter(service, cause)
    assert (found.status, found.draft.problems, found.holds) == ("ready", (), frozenset())
    assert found.provenance is not None
    pdf = service.contents.get(found.id, "pdf", found.provenance.pdf_sha256)
    assert pdf.startswith(b"%PDF-")
    assert b"Kerry" in service.contents.get(found.id, "text", found.provenance.text_sha256)


def test_reading_on_drafts_nothing_twice(service: Service, casework: FakeCasework) -> None:
    casework.warning_issued()
    follow(service)
    before = service.letters.head()
    assert follow(service).drafted == 0
    assert service.letters.head() == before


def test_replaying_from_zero_drafts_nothing_twice_asks_nothing_and_sends_nothing(
    service: Service, casework: FakeCasework
) -> None:
    casework.removal_requested()
    casework.warning_issued()
    follow(service)
    before = service.letters.head()
    asked = casework.asked["merge-fields"]
    with service.pool.connection() as connection:  # as letters_app may: a position is no record
        connection.execute(
            "UPDATE letters.letters_tracking SET notification_id = 0 WHERE application_name = 'casework'"
        )
    summary = follow(service)
    assert (summary.position, summary.drafted, summary.filed) == (2, 0, 0)
    assert service.letters.head() == before
    assert casework.asked["merge-fields"] == asked
    assert not casework.filed


def test_an_event_that_causes_no_letter_costs_no_question(service: Service, casework: FakeCasework) -> None:
    casework.happens("removal-requested", version=13, request_no=2, party="P2", posts=[1], basis="warning")
    casework.happens("post-checked", version=14, posts=[1], result="visible")
    assert follow(service).drafted == 0
    assert casework.asked["merge-fields"] == 0


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_crash_around_the_page_commit_neither_loses_nor_doubles(
    service: Service, casework: FakeCasework, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    cause = casework.warning_issued()
    insert = service.letters.recorder.insert_events

    def crash(*args: object, **kwargs: object) -> None:
        if moment == "after the commit":
            insert(*args, **kwargs)  # type: ignore[arg-type]  # passed on as it came
        raise ConnectionResetError(moment)

    with monkeypatch.context() as patch:
        patch.setattr(service.letters.recorder, "insert_events", crash)
        with pytest.raises(ConnectionResetError):
            follow(service)
    assert service.letters.position() == (1 if moment == "after the commit" else 0)
    follow(service)
    assert service.letters.position() == 1
    assert [event.type_name for event in service.letters.history(letter(service, cause).id)] == [
        "letter.drafted.v1",
        "letter.rendered.v1",
    ]


def test_casework_down_leaves_the_position_and_it_catches_up_after(service: Service, casework: FakeCasework) -> None:
    cause = casework.warning_issued()
    casework.stop()
    with pytest.raises(CaseworkUnavailable):
        follow(service)
    assert service.letters.position() == 0
    casework.start()
    follow(service)
    assert letter(service, cause).status == "ready"


def test_a_bad_key_stops_the_follower_and_says_so(service: Service, casework: FakeCasework, home: Path) -> None:
    good = (home / "keys" / "letters.token").read_text()
    (home / "keys" / "letters.token").write_text(casework.keys["u-head"][:-1] + "x")
    with pytest.raises(FollowerStopped):
        follow(service)
    said = service.board.said()
    assert said is not None
    assert (said.is_stopped, said.found) == (True, "401 unauthenticated")
    (home / "keys" / "letters.token").write_text(good)
    follow(service)
    said = service.board.said()
    assert said is not None
    assert not said.is_stopped


def test_a_position_beyond_the_feeds_head_stops_and_never_rewinds(service: Service, casework: FakeCasework) -> None:
    for version in range(1, 6):
        casework.happens("note-added", version=version)
    follow(service)
    del casework.feed[3:]
    with pytest.raises(FollowerStopped, match="position 5"):
        follow(service)
    assert service.letters.position() == 5


def test_a_known_event_of_an_unknown_version_is_parked_with_the_position(
    service: Service, casework: FakeCasework
) -> None:
    casework.happens("incident.warning-issued.v2", version=12, warning_no=1)
    casework.happens("incident.police-hold-placed.v3", version=13)
    casework.happens("incident.note-added.v2", version=14)
    summary = follow(service)
    assert (summary.position, summary.parked, summary.drafted) == (3, 2, 0)
    assert [parked.cause_type for parked in service.register.parked(0, 10)] == [
        "incident.warning-issued.v2",
        "incident.police-hold-placed.v3",
    ]


def test_merge_fields_that_fail_three_times_leave_one_incomplete_draft_which_is_resolved_later(
    service: Service, casework: FakeCasework
) -> None:
    cause = casework.warning_issued()
    casework.broken["merge-fields"] = 503
    follow(service)
    assert casework.asked["merge-fields"] == 6  # three for the page, three when the chores ask about incomplete letters
    placeholder = letter(service, cause, party="unresolved")
    assert (placeholder.status, placeholder.draft.problems[0].code) == ("incomplete", "casework_unavailable")
    assert service.letters.position() == 1
    del casework.broken["merge-fields"]
    follow(service)
    assert letter(service, cause, party="unresolved").status == "superseded"
    assert letter(service, cause).status == "ready" or follow(service).rendered == 1
    assert letter(service, cause).status == "ready"


def test_an_event_that_is_not_there_for_us_is_gone_and_never_asked_again(
    service: Service, casework: FakeCasework
) -> None:
    cause = casework.warning_issued()
    del casework.fields[cause]
    follow(service)
    asked = casework.asked["merge-fields"]
    assert letter(service, cause, party="gone").draft.problems[0].code == "event_gone"
    follow(service)
    assert casework.asked["merge-fields"] == asked


def test_a_missing_field_is_listed_and_the_letter_completes_after_the_case_moved_on(
    service: Service, casework: FakeCasework
) -> None:
    fields = merge_fields()
    cause = casework.warning_issued(facts={**fields["facts"], "due_at": None}, posts=[])
    follow(service)
    found = letter(service, cause)
    assert found.status == "incomplete"
    assert {problem.path for problem in found.draft.problems} >= {"facts.due_at", "posts"}
    casework.fields[cause] = fields
    casework.happens("evidence-captured", version=13, posts=[1])
    follow(service)
    assert (letter(service, cause).status, letter(service, cause).draft.revision) == ("ready", 2)


def test_an_answer_of_another_shape_is_an_incomplete_draft_not_a_crash(
    service: Service, casework: FakeCasework
) -> None:
    cause = casework.warning_issued(recipients=[{"class": "P"}])
    follow(service)
    assert letter(service, cause, party="unresolved").draft.problems[0].code == "malformed"


def test_holds_and_supersessions_of_one_page_act_on_what_the_page_drafted(
    service: Service, casework: FakeCasework
) -> None:
    request = casework.removal_requested()
    warning = casework.warning_issued()
    casework.happens("police-hold-placed", version=13, hold_no=1)
    casework.happens("post-checked", version=14, posts=[1], result="removed", removed_by="host")
    follow(service)
    assert letter(service, request, "L02").status == "superseded"
    assert letter(service, warning).holds == {"police"}
    casework.happens("police-hold-released", version=15, hold_no=1)
    follow(service)
    assert letter(service, warning).holds == frozenset()


def test_an_erased_case_loses_its_key_here_too_and_its_letters_are_cancelled(
    service: Service, casework: FakeCasework
) -> None:
    cause = casework.warning_issued()
    follow(service)
    casework.happens("erased", version=20, key_id="k")
    follow(service)
    found = letter(service, cause)
    assert found.status == "cancelled"
    verified = service.renderer.verify(found)
    assert verified is not None
    assert (verified.pdf, verified.data, verified.rendered, verified.is_good) == ("erased", "erased", "erased", True)


def test_a_case_erased_in_the_page_that_warned_drafts_a_cancelled_letter_without_content(
    service: Service, casework: FakeCasework
) -> None:
    cause = casework.warning_issued()
    casework.happens("erased", version=20, key_id="k")
    follow(service)
    assert letter(service, cause).status == "cancelled"


def test_separated_parents_get_a_letter_each(service: Service, casework: FakeCasework) -> None:
    fields = merge_fields()
    first = fields["recipients"][0]
    second = {**first, "party_id": "p-other", "name": "Lee Mallinson", "label": "P7"}
    cause = casework.warning_issued(case={**fields["case"], "kind": "child_account"}, recipients=[first, second])
    follow(service)
    assert letter(service, cause).id != letter(service, cause, party="p-other").id
    assert len(service.register.of_case(CASE)) == 2


def test_thousands_of_entries_are_read_page_by_page(service: Service, casework: FakeCasework) -> None:
    for version in range(1, 1201):
        casework.happens("note-added", version=version)
    casework.warning_issued(version=2000)
    assert follow(service).position == 1201
    assert casework.asked["events"] == 3


def test_a_database_that_goes_away_stops_nothing_for_good(
    service: Service, casework: FakeCasework, monkeypatch: pytest.MonkeyPatch
) -> None:
    casework.warning_issued()

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("57P01")

    with monkeypatch.context() as patch:
        patch.setattr(service.letters, "record_page", away)
        with pytest.raises(StoreUnavailable):
            follow(service)
    assert follow(service).drafted == 1


def test_a_page_overtaken_by_a_person_is_read_again(
    service: Service, casework: FakeCasework, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = casework.warning_issued()
    record = service.letters.record_page
    overtaken: list[UUID] = []

    def overtake(events: object, position: int) -> None:
        if not overtaken:
            overtaken.append(letter_id(cause, "L04", PARTY))
            raise Overtaken
        record(events, position)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(service.letters, "record_page", overtake)
    assert follow(service).drafted == 1
