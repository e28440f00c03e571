"""E-mail leaves at most once, and not under a hold: two dispatchers, races, and faults at every step."""

import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import psycopg
import pytest

from letters.application.dispatch import Unread
from letters.application.letters import Letters
from letters.domain import event as ev
from letters.domain import sending_event as sev
from letters.domain.errors import CaseworkUnavailable, StoreUnavailable
from tests.letters.mailed import Mail


def test_two_dispatchers_never_send_twice(mail: Mail) -> None:
    letters = [mail.drafted(version=version) for version in range(12, 18)]
    for letter in letters:
        mail.approve(letter)
    both = [threading.Thread(target=mail.sending(mail.relay).round) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    mail.sending(mail.relay).round()
    assert [mail.found(letter).status for letter in letters] == ["dispatched"] * 6
    assert len(mail.sink.arrived) == len(set(mail.sink.arrived)) == 6
    assert all(mail.names(letter).count("dispatch-started") == 1 for letter in letters)


def test_whoever_holds_no_lease_but_sees_the_same_letter_is_refused_by_its_stream(mail: Mail, issued: UUID) -> None:
    """The events alone keep a letter from leaving twice: here the leases are lost in the middle of the talk."""

    def lose_leases_and_send_again() -> None:
        with psycopg.connect(mail.database.app) as connection:
            connection.execute("DELETE FROM letters.dispatch_lease")
        mail.sink.during = None
        assert mail.sending(mail.relay).round().accepted == 0

    mail.sink.during = lose_leases_and_send_again
    assert mail.sending(mail.relay).round().accepted == 1
    assert len(mail.sink.arrived) == 1


def test_a_letter_under_lease_is_left_to_its_worker(mail: Mail, issued: UUID) -> None:
    queue = mail.dispatcher._queue
    now = mail.web.service.clock.now()
    mail.web.service.register.pending("issued")
    until = now.replace(hour=now.hour + 1)
    assert queue.claim("a", now, until, ()) == issued
    assert queue.claim("b", now, until, ()) is None
    queue.release(issued, "b")
    assert queue.claim("b", now, until, ()) is None, "only its worker gives a lease back"
    assert queue.claim("b", until, until, ()) == issued, "its lease ran out"


def test_nothing_leaves_while_the_feed_holds_something_unread(mail: Mail, issued: UUID) -> None:
    mail.casework.happens("police-hold-placed", version=30)
    with pytest.raises(Unread):
        mail.dispatcher.round()
    assert (mail.sink.arrived, mail.names(issued)) == ([], [])
    mail.follow()
    assert mail.found(issued).holds == {"police"}
    assert mail.dispatcher.round().accepted == 0
    mail.casework.happens("police-hold-released", version=31)
    mail.follow()
    assert mail.dispatcher.round().accepted == 1


def test_nothing_leaves_while_casework_is_away(mail: Mail, issued: UUID) -> None:
    mail.casework.stop()
    with pytest.raises(CaseworkUnavailable):
        mail.dispatcher.round()
    mail.casework.start()
    assert mail.dispatcher.round().accepted == 1
    assert len(mail.sink.arrived) == 1


def test_a_hold_that_comes_between_the_look_and_the_start_keeps_the_letter_here(
    mail: Mail, issued: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = mail.dispatcher._check_feed

    def hold_after_the_look() -> None:
        check()
        assert mail.people.post("u-dsl", f"/v1/letters/{issued}/hold", {"reason": "wait"}).status_code == 201

    monkeypatch.setattr(mail.dispatcher, "_check_feed", hold_after_the_look)
    assert mail.dispatcher.round().waiting == 1
    assert (mail.sink.arrived, mail.names(issued)) == ([], ["held"])


def test_a_hold_that_comes_within_the_talk_stays_and_the_letter_is_recorded_as_sent(mail: Mail, issued: UUID) -> None:
    def hold() -> None:
        mail.casework.happens("police-hold-placed", version=30)
        mail.follow()

    mail.sink.during = hold
    assert mail.dispatcher.round().accepted == 1
    assert mail.names(issued) == ["dispatch-started", "held", "dispatched"]
    letter = mail.found(issued)
    assert letter.dispatched is not None
    assert letter.dispatched.despite_hold


def test_a_case_withdrawn_within_the_talk_keeps_a_refused_letter_from_leaving_later(mail: Mail, issued: UUID) -> None:
    def withdraw() -> None:
        mail.casework.happens("withdrawn", version=30)
        mail.follow()

    mail.sink.during, mail.sink.data = withdraw, "450 later"
    assert mail.dispatcher.round().refused == 1
    mail.sink.during, mail.sink.data = None, "250 OK"
    mail.clock("2025-09-23T14:00:00Z")
    assert mail.dispatcher.round().accepted == 0
    assert mail.found(issued).holds == {"overtaken"}


def test_a_pdf_that_is_not_the_approved_one_never_leaves(mail: Mail, issued: UUID) -> None:
    with psycopg.connect(mail.database.superuser) as connection:
        connection.execute("ALTER TABLE letters.sealed DISABLE TRIGGER USER")
        connection.execute("UPDATE letters.sealed SET sealed = sealed || 'x' WHERE kind = 'pdf'")
        connection.execute("ALTER TABLE letters.sealed ENABLE ALWAYS TRIGGER append_only")
    assert mail.dispatcher.round().waiting == 1
    assert (mail.sink.arrived, mail.names(issued)) == ([], [])


@pytest.mark.parametrize(
    "changed", [{"email": None}, {"email_verified_by": None}, {"email": "a@example.org, b@example.org"}]
)
def test_without_one_verified_address_of_the_adults_own_nothing_leaves(mail: Mail, changed: dict[str, Any]) -> None:
    letter = mail.drafted(**changed)
    mail.approve(letter)
    assert mail.dispatcher.round().dead == 1
    dead = mail.found(letter).dead
    assert dead is not None
    assert (dead.cause, mail.sink.arrived) == ("no_verified_address", [])


Fault = Callable[[Letters, Sequence[ev.LetterEvent]], None]


def _fails_and_was_not_written(_: Letters, __: Sequence[ev.LetterEvent]) -> None:
    raise StoreUnavailable("57P01")


def _fails_but_was_written(letters: Letters, events: Sequence[ev.LetterEvent]) -> None:
    Letters.append(letters, events)
    raise StoreUnavailable("57P01")


@pytest.mark.parametrize("fault", [_fails_and_was_not_written, _fails_but_was_written])
def test_an_outcome_whose_commit_breaks_is_recorded_once(
    mail: Mail, issued: UUID, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    letters, faults = mail.letters, [fault]

    def append(events: Sequence[ev.LetterEvent]) -> None:
        if faults and isinstance(events[0], sev.Dispatched):
            faults.pop()(letters, events)
        Letters.append(letters, events)

    monkeypatch.setattr(letters, "append", append)
    assert mail.dispatcher.round().accepted == 1
    assert (mail.names(issued), len(mail.sink.arrived)) == (["dispatch-started", "dispatched"], 1)


@pytest.mark.parametrize("fault", [_fails_and_was_not_written, _fails_but_was_written])
def test_a_start_whose_commit_breaks_sends_nothing_twice(
    mail: Mail, issued: UUID, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    """Was the start written after all, the letter never left, but nobody can know: it is unknown."""
    letters, faults = mail.letters, [fault]

    def append(events: Sequence[ev.LetterEvent]) -> None:
        if faults and isinstance(events[0], sev.DispatchStarted):
            faults.pop()(letters, events)
        Letters.append(letters, events)

    monkeypatch.setattr(letters, "append", append)
    with pytest.raises(StoreUnavailable):
        mail.dispatcher.round()
    assert mail.sink.arrived == []
    mail.clock("2025-09-23T13:26:00Z")
    mail.dispatcher.round()
    was_written = fault is _fails_but_was_written
    assert mail.found(issued).status == ("unknown" if was_written else "dispatched")
    assert len(mail.sink.arrived) == (0 if was_written else 1)


def test_a_sender_that_is_gone_leaves_an_unknown_letter(
    mail: Mail, issued: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(*_: object) -> object:
        raise SystemExit

    monkeypatch.setattr(mail.dispatcher._relay, "send", vanish)
    with pytest.raises(SystemExit):
        mail.dispatcher.round()
    monkeypatch.undo()
    assert mail.dispatcher.round().unknown == 0, "its lease runs"
    mail.clock("2025-09-23T13:25:00Z")
    assert mail.dispatcher.round().unknown == 1
    assert mail.names(issued) == ["dispatch-started", "outcome-unknown"]
    assert mail.sink.arrived == []


def test_what_a_slow_sender_found_out_is_recorded_though_it_was_given_up(mail: Mail, issued: UUID) -> None:
    def give_up() -> None:
        mail.clock("2025-09-23T13:30:00Z")
        assert mail.sending(mail.relay).round().unknown == 1

    mail.sink.during = give_up
    assert mail.sending(mail.relay).round().accepted == 1
    assert mail.names(issued) == ["dispatch-started", "outcome-unknown", "dispatched"]


def test_reading_the_whole_feed_again_drafts_nothing_and_sends_nothing(mail: Mail, issued: UUID) -> None:
    mail.dispatcher.round()
    mail.follow()
    mail.follow()
    before = mail.letters.head()
    with psycopg.connect(mail.database.superuser) as connection:
        connection.execute("DELETE FROM letters.letters_tracking WHERE application_name = 'casework'")
    assert mail.letters.position() == 0
    done = mail.web.service.follower().once()
    mail.web.service.register.rebuild()
    assert (done.drafted, mail.letters.head()) == (0, before)
    assert mail.dispatcher.round().accepted == 0
    assert len(mail.sink.arrived) == 1
