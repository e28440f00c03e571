"""The stock recorder on our tables and rights, a page as one transaction, sealed content, migrations."""

import os
import threading
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import ProgrammingError

from letters.adapters import migrate
from letters.adapters.postgres import Pool, factory, open_pool
from letters.adapters.sealed_store import SealedStore
from letters.application.content import content
from letters.application.letters import Letters, Overtaken
from letters.domain.errors import Altered, Erased, NotFound, StoreUnavailable
from servicekit.mapper import UnknownEventType
from servicekit.readiness import NotReady
from servicekit.sealing import MasterKeys
from tests.fix_postgres import Database
from tests.letters.given import CASE, LETTER, drafted, rendered


def test_what_is_appended_comes_back_folded(letters: Letters) -> None:
    letters.append([drafted(), rendered()])
    found = letters.find(LETTER)
    assert found is not None
    assert (found.version, found.status) == (2, "ready")
    before = letters.find(LETTER, version=1)
    assert before is not None
    assert before.status == "drafted"
    assert letters.history(LETTER) == [drafted(), rendered()]


def test_an_unknown_letter_is_none(letters: Letters) -> None:
    assert letters.find(uuid4()) is None


def test_the_same_place_is_taken_once(letters: Letters) -> None:
    letters.append([drafted()])
    with pytest.raises(Overtaken):
        letters.append([drafted()])


def test_a_page_is_its_events_and_its_position_or_neither(letters: Letters) -> None:
    letters.record_page([drafted()], 17)
    assert letters.position() == 17
    other = drafted(originator_id=uuid4())
    with pytest.raises(Overtaken):  # the position does not grow
        letters.record_page([other], 17)
    with pytest.raises(Overtaken):  # the letter is there
        letters.record_page([other, drafted()], 20)
    assert letters.find(other.originator_id) is None
    assert letters.position() == 17


def test_a_page_without_matches_moves_the_position_only(letters: Letters) -> None:
    letters.record_page([], 500)
    assert (letters.position(), letters.head()) == (500, 0)


def test_two_followers_on_one_page_one_is_refused(letters_database: Database) -> None:
    """Both drafts differ, so that only the tracking row stands between them."""
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def follow() -> None:
        pool = open_pool(letters_database.app)
        try:
            app = Letters(factory(pool))
            start.wait()
            app.record_page([drafted(originator_id=uuid4())], 9)
            outcomes.append("recorded")
        except Overtaken:
            outcomes.append("refused")
        finally:
            pool.close()

    followers = [threading.Thread(target=follow) for _ in range(2)]
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.join()
    assert sorted(outcomes) == ["recorded", "refused"]


def test_notifications_come_in_the_order_of_appending(letters: Letters) -> None:
    letters.append([drafted(), rendered()])
    positions, events = zip(*letters.notifications(0), strict=True)
    assert events == (drafted(), rendered())
    assert [event for _, event in letters.notifications(positions[0])] == [rendered()]


def test_the_environment_of_the_process_does_not_reach_the_application(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "IS_SNAPSHOTTING_ENABLED", "y")
    monkeypatch.setitem(os.environ, "PERSISTENCE_MODULE", "eventsourcing.popo")
    again = Letters(letters.factory)
    assert dict(again.env) == {}
    assert again.snapshots is None


def test_foreign_events_are_never_given_to_our_mapper(letters: Letters) -> None:
    with pytest.raises(TypeError, match="page in one transaction"):
        letters.follow("casework", object())


def test_the_services_role_can_lock_and_add_but_not_change(letters: Letters, letters_database: Database) -> None:
    letters.append([drafted()])
    with psycopg.connect(letters_database.app, autocommit=True) as app:
        for statement in (
            "UPDATE letters.letters_events SET topic = 'x'",
            "DELETE FROM letters.letters_events",
            "TRUNCATE letters.letters_events",
            "UPDATE letters.sealed SET kind = 'x'",
            "UPDATE letters.case_key SET wrapped = NULL",
            "DELETE FROM letters.case_key",
            "UPDATE letters.server SET is_scratch = true",
            "ALTER TABLE letters.letters_events DISABLE TRIGGER append_only",
            "CREATE TABLE letters.mine (a int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement.encode())


def test_not_even_the_owner_changes_an_event_by_mistake(letters: Letters, letters_database: Database) -> None:
    letters.append([drafted()])
    with psycopg.connect(letters_database.owner, autocommit=True) as owner:
        for statement in ("UPDATE letters.letters_events SET topic = 'x'", "TRUNCATE letters.letters_events"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
                owner.execute(statement.encode())


def test_before_postgres_17_the_lock_needs_update_which_the_trigger_refuses(
    letters: Letters, letters_database: Database
) -> None:
    with psycopg.connect(letters_database.owner, autocommit=True) as owner:
        if owner.info.server_version >= 170000:
            owner.execute("REVOKE MAINTAIN ON letters.letters_events FROM letters_app")
            with pytest.raises((StoreUnavailable, ProgrammingError)):  # by when the pipeline notices
                letters.append([drafted()])
        owner.execute("GRANT UPDATE ON letters.letters_events TO letters_app")
    letters.append([drafted()])
    with psycopg.connect(letters_database.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("UPDATE letters.letters_events SET topic = 'x'")


def test_an_unknown_stored_event_stops_the_load(letters: Letters, letters_database: Database) -> None:
    stranger = uuid4()
    with psycopg.connect(letters_database.superuser) as superuser:
        superuser.execute("INSERT INTO letters.letters_events VALUES (%s, 1, 'letter.imagined.v9', '{}')", [stranger])
    with pytest.raises(UnknownEventType):
        letters.find(stranger)


def test_a_database_that_is_gone_is_unavailable_at_once(letters_database: Database) -> None:
    pool = open_pool(letters_database.app.replace("port=5432", "port=1"))
    try:
        with pytest.raises(StoreUnavailable):
            Letters(factory(pool))
    finally:
        pool.close()


def test_migrating_again_changes_nothing(letters_database: Database) -> None:
    before = migrate.migrate(letters_database.owner, is_scratch=False)
    assert before.is_current
    assert migrate.is_scratch(letters_database.app), "a later migrate never changes what kind of database it is"


def test_a_database_behind_or_a_role_too_mighty_is_not_ready(
    empty_letters_database: Database, letters_database: Database
) -> None:
    with pytest.raises(NotReady, match="found none"):
        migrate.check(empty_letters_database.app)
    for too_mighty in (letters_database.owner, letters_database.superuser):
        with pytest.raises(NotReady, match="letters_app"):
            migrate.check(too_mighty)
    migrate.check(letters_database.app)
    with psycopg.connect(letters_database.owner) as owner:
        owner.execute("UPDATE letters.schema_version SET version = 0 WHERE version = 1")
    migrate.check(letters_database.app)
    with psycopg.connect(letters_database.owner) as owner:
        owner.execute("INSERT INTO letters.schema_version (version) VALUES (9000)")
    with pytest.raises(NotReady, match="9000"):
        migrate.migrate(letters_database.owner)


def test_sealed_content_comes_back_and_is_not_readable_in_the_table(
    store: SealedStore, letters_database: Database
) -> None:
    piece = content(LETTER, CASE, "text", b"Dear Kerry Mallinson")
    store.put([piece, piece])
    store.put([piece])
    assert store.get(LETTER, "text", piece.sha256) == b"Dear Kerry Mallinson"
    with psycopg.connect(letters_database.superuser) as superuser:
        rows = superuser.execute("SELECT sealed FROM letters.sealed").fetchall()
    assert len(rows) == 1
    assert b"Mallinson" not in rows[0][0]
    with pytest.raises(NotFound):
        store.get(LETTER, "pdf", piece.sha256)


def test_content_moved_to_another_letter_does_not_open(store: SealedStore, letters_database: Database) -> None:
    piece = content(LETTER, CASE, "text", b"Dear Kerry Mallinson")
    store.put([piece])
    other = uuid4()
    with psycopg.connect(letters_database.superuser) as superuser:
        superuser.execute(
            "INSERT INTO letters.sealed SELECT %s, kind, sha256, case_id, sealed FROM letters.sealed", [other]
        )
    with pytest.raises(Altered):
        store.get(other, "text", piece.sha256)


def test_a_destroyed_key_takes_the_content_with_it_and_is_never_made_again(
    pool: Pool, store: SealedStore, master_keys: MasterKeys
) -> None:
    piece = content(LETTER, CASE, "text", b"Dear Kerry Mallinson")
    store.put([piece])
    store.destroy(CASE)
    store.destroy(CASE)
    for each in (store, SealedStore(pool, master_keys)):
        with pytest.raises(Erased):
            each.get(LETTER, "text", piece.sha256)
        with pytest.raises(Erased):
            each.put([piece])


def test_a_case_erased_before_its_first_letter_gets_no_key(store: SealedStore) -> None:
    store.destroy(CASE)
    with pytest.raises(Erased):
        store.put([content(LETTER, CASE, "text", b"Dear Kerry Mallinson")])
