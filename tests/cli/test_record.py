"""`casework verify` and `casework checkpoint` on a real record: it holds, and what a superuser altered is named."""

import time
from pathlib import Path
from uuid import UUID

from casework import bootstrap
from casework.adapters import migrate
from casework.application import policy
from casework.domain.policy import Channel
from tests.cli.conftest import ORIGIN, Operator, altered


def test_a_record_that_nobody_touched_holds_at_every_level(operator: Operator, reported: UUID) -> None:
    ended = operator.run("verify", "--against", str(operator.folder / "held.txt"), "--json")
    assert ended.code == 0, ended.err
    assert [level["status"] for level in ended.document["levels"]] == ["held"] * 6
    assert (ended.document["size"], ended.document["signed_size"]) == (7, 7)
    assert "canary" not in ended.out + ended.err


def test_one_altered_byte_of_an_entry_is_named(untouched: Operator) -> None:
    untouched.query(altered(5))
    ended = untouched.run("verify")
    assert (ended.code, "entry 5" in ended.err, "altered; its stored leaf is proved" in ended.err) == (3, True, True)
    assert "entry 4" not in ended.err


def test_one_altered_byte_of_a_sealed_value_is_named(untouched: Operator) -> None:
    untouched.query(
        "UPDATE school_rowan.event SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE position = 7"
    )
    ended = untouched.run("verify", "--json")
    levels = {level["name"]: level for level in ended.document["report"]["levels"]}
    assert (ended.code, levels["content"]["status"], levels["leaf"]["status"]) == (3, "broken", "held")
    assert "entry 7" in str(levels["content"]["errors"])


def test_of_an_entry_altered_together_with_its_leaf_the_range_is_named(untouched: Operator) -> None:
    untouched.query(altered(5))
    untouched.query("UPDATE school_rowan.event SET leaf = sha256('\\x00'::bytea || entry) WHERE position = 5")
    ended = untouched.run("verify")
    assert (ended.code, "entries 4 to 7: at least one altered together with its leaf" in ended.err) == (3, True)


def test_an_altered_record_is_not_signed(untouched: Operator) -> None:
    untouched.query("UPDATE school_rowan.event SET leaf = sha256('other'::bytea) WHERE position = 2")
    ended = untouched.run("checkpoint")
    assert (ended.code, "run `casework verify`" in ended.err) == (3, True)


def test_with_another_key_the_signatures_do_not_hold(operator: Operator, reported: UUID, tmp_path: Path) -> None:
    other = tmp_path / "other.vkey"
    other.write_text("rowan-lane.example/ledger+2b876f8e+ARfLefsrQSDysexl5BmNbgiyjoE/6wHkpACDm4XhgIDO\n")
    assert operator.run("verify", "--key", str(other)).code == 3
    other.write_text("not a key\n")
    assert operator.run("verify", "--key", str(other)).code == 2


def test_without_the_master_key_what_was_not_opened_is_not_called_held(operator: Operator, reported: UUID) -> None:
    master = operator.folder / "keys" / "master.key"
    hidden = master.rename(master.with_name("hidden"))
    try:
        ended = operator.run("verify", "--json")
    finally:
        hidden.rename(master)
    status = {level["name"]: level["status"] for level in ended.document["levels"]}
    assert (ended.code, status["content"], status["leaf"]) == (0, "not_run", "held")


def test_a_checkpoint_is_written_once_and_handed_over_as_a_file(operator: Operator, reported: UUID) -> None:
    file = operator.folder / "again.txt"
    assert operator.run("checkpoint", "--to", str(file)).out.startswith("checkpoint of 7 entries")
    assert file.read_text().splitlines()[:2] == [ORIGIN, "7"]
    assert operator.run("checkpoint", "--to", str(file)).code == 1
    assert operator.run("checkpoint", "--to", str(file), "--force").code == 0


def test_the_run_that_signs_goes_on_after_an_outage_and_past_a_school_that_cannot_be_signed(
    operator: Operator, reported: UUID
) -> None:
    """One school was begun and not finished; another, whole, has lost its signing key."""
    owner = operator.server.dsn("casework", "casework_owner")
    migrate.add_school(owner, "begun", title="Begun", origin="begun.example/ledger", is_scratch=True)
    assert operator.run("school", "add", "keyless", "--title", "Key Less", "--origin", "keyless.example/l").code == 0
    (operator.folder / "keys" / "keyless.record.key").unlink()
    with operator.start("checkpoint", "--every", "1") as signing, operator.start("timers") as timing:
        for process in (signing, timing):
            assert process.stdout is not None
            process.stdout.readline()
        operator.query("ALTER ROLE casework_app NOLOGIN")
        operator.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'casework_app'")
        time.sleep(4)  # Longer than the pool waits for a connection.
        operator.query("ALTER ROLE casework_app LOGIN")
        values = bootstrap.read_settings(operator.environment)
        with bootstrap.database(values) as at, bootstrap.schools(values, at) as schools:
            casework = schools.of("rowan").casework
            channel = Channel(id="school-page", platform="facebook", kind="page", is_school_controlled=True)
            policy.set_channel(casework.record, channel, by="u-head", role="headteacher", now=casework.now())
        deadline = time.monotonic() + 20
        while ((8,) not in operator.query("SELECT size FROM school_rowan.checkpoint")) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert operator.query("SELECT max(size) FROM school_rowan.checkpoint") == [(8,)]
        for process in (signing, timing):
            assert process.poll() is None
            process.terminate()
            assert process.wait(20) == 0


def test_openapi_prints_the_published_document(operator: Operator) -> None:
    published = Path("contracts/openapi/casework.json").read_text(encoding="utf-8")
    assert operator.run("openapi").out == published
