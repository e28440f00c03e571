"""Letters whose kept content was altered or erased: never shown, approved or sent as if they were whole."""

from pathlib import Path
from typing import Any

import psycopg

from letters.bootstrap import Web
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework
from tests.letters.people import People
from tests.letters.test_api import approval, approve, state


def alter_pdf(database: Database) -> None:
    """Alter one bit of every PDF that is stored, as the superuser can."""
    with psycopg.connect(database.superuser) as superuser:
        superuser.execute("ALTER TABLE letters.sealed DISABLE TRIGGER append_only")
        superuser.execute(
            "UPDATE letters.sealed SET sealed = set_byte(sealed, 100, get_byte(sealed, 100) # 1) WHERE kind = 'pdf'"
        )


def test_an_altered_pdf_is_never_shown_approved_or_sent(
    people: People, web: Web, warning: str, letters_database: Database
) -> None:
    asked = approval(people, warning)
    alter_pdf(letters_database)
    for answer in (people.get("u-head", f"{warning}/pdf"), people.post("u-head", f"{warning}/approve", asked)):
        assert (answer.status_code, answer.json["type"].rpartition(":")[2]) == (409, "altered")
        assert answer.json["expected"] == asked["pdf_sha256"]
    verified = people.get("u-head", f"{warning}/verify").json
    assert (verified["is_good"], verified["pdf"], verified["rendered"]) == (False, "altered", "identical")


def test_a_pdf_that_was_altered_after_the_approval_is_not_taken(
    people: People, warning: str, letters_database: Database, home: Path
) -> None:
    approve(people, warning)
    alter_pdf(letters_database)
    for _ in range(2):
        refused = people.post("u-sbm", f"{warning}/dispatch", Idempotency_Key="one")
        assert (refused.status_code, refused.json["type"].rpartition(":")[2]) == (409, "altered")
    assert state(people, warning)["status"] == "issued"
    assert not (home / "outbox" / "print").exists()


def test_an_erased_letter_is_410_and_still_verifies_as_erased(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    casework.happens("erased", version=30, key_id="k")
    web.service.follower().once()
    assert people.get("u-head", f"{warning}/pdf").status_code == 410
    assert people.get("u-head", f"{warning}/verify").json["rendered"] == "erased"


def test_of_an_erased_case_nobody_is_told_whom_a_letter_was_for(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    def shown() -> tuple[list[Any], str]:
        [row] = people.get("u-head", "/v1/letters").json["letters"]
        parts = [people.get("u-head", f"{warning}{part}") for part in ("", "/timeline")]
        return [row["party"], parts[0].json["recipient"]["party"]], str([part.json for part in parts])

    told, text = shown()
    assert told == ["p-mallinson", "p-mallinson"]
    assert "p-mallinson" in text
    casework.happens("erased", version=30, key_id="k")
    web.service.follower().once()
    told, text = shown()
    assert told == [None, None]
    assert "p-mallinson" not in text


def test_what_was_laid_out_of_an_erased_case_is_deleted_and_nothing_else(
    people: People, web: Web, casework: FakeCasework, warning: str, home: Path
) -> None:
    approve(people, warning)
    assert people.post("u-sbm", f"{warning}/dispatch").status_code == 201
    tray, mailed = home / "outbox" / "print", home / "outbox" / "email"
    (laid_out,) = tray.iterdir()
    mailed.mkdir()
    (mailed / f"{laid_out.stem}.1.eml").write_bytes(b"Subject: a letter")
    others = {folder / name for folder in (tray, mailed) for name in ("RL-2025-0099_L04-140846.pdf", "window test.pdf")}
    for path in others:
        path.write_bytes(b"of another case")
    web.service.follower().once()
    assert laid_out.exists()
    casework.happens("erased", version=30, key_id="k")
    web.service.follower().once()
    assert {path for folder in (tray, mailed) for path in folder.iterdir()} == others
    web.service.follower().once()
