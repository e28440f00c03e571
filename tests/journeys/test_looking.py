"""What must never be found in any place is found where it is planted: who is shown it, what is kept, what leaves."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fix_postgres import Database
from tests.journeys.must_not import must_not_faults
from tests.journeys.played import Played
from tests.journeys.stored import Stored
from tests.journeys.told import CASE, FIGURES, HERE, REFERENCE, letter, package, step, told

SLUR = "the slur in any list, feed, webhook, letter, report or file name"
THREAT = "threat text in a notification e-mail or webhook payload"
MEDICAL = "medical detail about k-maisie in the letters service's event feed"
ERASED = "anything personal of p-qadir once the case is erased"
HIDDEN = "visibility to staff outside the DSL team"
REFUSED = "refused attempts in any copy given to the parent"
ADVICE = "the legal advice in any export other than the privileged one"
TAKEN = [step("report_incident", words="[held]"), step("capture_evidence", posts=[1])]
HELD = "S00 step 2 (capture_evidence by u-head at 2025-09-18T09:02:00+00:00)"
"""What the player writes into the file that came with the second step."""
ANGRY = [step("report_incident", words="an angry message")]


def found(played: Played) -> list[str]:
    """Return where that is found which the story's one sentence forbids."""
    return [fault.rpartition("expected nothing of the kind, found ")[2] for fault in must_not_faults(played)]


def test_a_sentence_of_no_known_form_is_a_fault() -> None:
    assert must_not_faults(told(must_not=["a cat"])) == [
        "must_not a cat: expected a known form of sentence, found none: add it to SENTENCES"
    ]
    assert must_not_faults(told(must_not=["the slur in any kitchen"])) == [
        "must_not the slur in any kitchen: expected a known form of sentence, found none: add it to SENTENCES"
    ]


@pytest.mark.parametrize(
    ("planted", "where"),
    [
        ({"answers": {"u-t5 /v1/tasks": {"tasks": [HELD]}}}, "/v1/tasks, for u-t5"),
        ({"answers": {"u-head /v1/letters": {"letters": [HELD]}}}, "/v1/letters, for u-head"),
        ({"answers": {"mis /v1/events": {"events": [HELD]}}}, "/v1/events, for mis"),
        ({"letters": [letter("L02", "p-vickery", f"You wrote: {HELD}.")]}, "L02, for its reader"),
        ({"answers": {"u-gov /v1/statistics": {**FIGURES, "note": HELD}}}, "/v1/statistics, for u-gov"),
        ({"packages": {"police": package(**{f"{HELD}.png": b""})}}, "names in an export, for u-head"),
    ],
)
def test_words_are_found_in_each_kind_of_place(planted: dict[str, Any], where: str) -> None:
    assert f"`{HELD}` in {where}" in found(told(must_not=[SLUR], steps=TAKEN, **planted))
    assert found(told(must_not=[SLUR], steps=TAKEN)) == []


def test_words_are_found_on_a_further_page() -> None:
    pages = {"events": [], "next": 7, "has_more": True}

    class Paged(dict[str, Any]):
        """Answers the second time with what is sought."""

        def get(self, name: str, default: Any = None) -> Any:
            if not name.endswith("/v1/events"):
                return super().get(name, default)
            self["asked"] = self.setdefault("asked", 0) + 1
            return pages if self["asked"] % 2 else {"events": [HELD], "has_more": False, "next": 9}

    played = told(must_not=["the slur in any feed"], steps=TAKEN)
    setattr(played.pair, "_answers", Paged())  # noqa: B010 - it is the stand-in's
    assert f"`{HELD}` in /v1/events, for letters" in found(played)


def test_a_kind_of_words_of_which_the_story_has_none_is_a_fault() -> None:
    assert found(told(must_not=["the slur in any feed"])) == ["nothing in the story that would be the slur"]


def test_words_are_found_in_an_e_mail_and_in_what_goes_with_a_letter(tmp_path: Path) -> None:
    threat = [step("report_incident", words="someone's getting their jaw broke")]
    mail = EmailMessage()
    mail.set_content("Someone's getting\ntheir jaw broke", cte="base64")
    (tmp_path / "1.eml").write_bytes(mail.as_bytes())
    where = "`someone's getting their jaw broke` in "
    assert found(told(must_not=[THREAT], steps=threat, folder=tmp_path)) == [f"{where}e-mail 1.eml, for its reader"]
    said = {"u-head /v1/letters/L05/message": b"someone's getting their jaw broke"}
    message = told(must_not=[THREAT], steps=threat, letters=[letter("L05", "p-tranter")], answers=said)
    assert found(message) == [f"{where}message with L05, for u-head"]
    assert found(told(must_not=[THREAT], steps=threat)) == []


def test_what_was_said_of_a_childs_health_is_found_by_words_that_tell_of_it() -> None:
    steps = [
        step("screen_safeguarding", finding="medical_process_failure", reason="handled as a health matter"),
        step("decide_breach", underlying_concern="inhaler left in class"),
    ]
    fed = {"letters /v1/events": {"events": ["the inhaler", "Maisie Brough", "medical_process_failure"]}}
    assert found(told(must_not=[MEDICAL], steps=steps, answers=fed)) == [
        f"`{words}` in /v1/events, for letters" for words in ("medical_process_failure", "inhaler", "Maisie Brough")
    ]
    rows = {"letters: letters.letters_events": b"\x00k-maisie\x01"}
    kept = found(told(must_not=[MEDICAL], steps=steps, rows=rows))
    assert kept == ["`k-maisie` in letters: letters.letters_events, for the database"]
    assert found(told(must_not=[MEDICAL], steps=steps, rows={"letters: letters.sealed": b"inhaler"})) == []


def test_refused_attempts_in_what_a_parent_is_given() -> None:
    steps = [step("attribute_identity", party="p-mallinson")]
    refusing = letter("L04", "p-mallinson", "Rule R04 stood against it.")
    assert found(told(must_not=[REFUSED], steps=steps, letters=[refusing])) == ["`R04` in L04"]
    assert found(told(must_not=[REFUSED], steps=steps, letters=[{**refusing, "party": "u-t2"}])) == []
    copies = {"police": package("incident.reported.v1"), "audit": package("access.decision-refused.v1")}
    assert found(told(must_not=[REFUSED], steps=steps, packages=copies)) == [
        "access.decision-refused.v1 in the export audit"
    ]
    retold = {"audit": package(**{"history.txt": b"decision-refused"})}
    assert found(told(must_not=[REFUSED], packages=retold)) == ["decision-refused told in the export audit"]


def test_legal_advice_in_another_export_than_the_privileged_one() -> None:
    asked = [step("seek_legal_advice", question="who can sue")]
    whole = package("advice.question-recorded.v1", **{"history.txt": b"Asked: who can sue"})
    good = {"legal_full": whole, "police": package("incident.legal-advice-sought.v1")}
    id = "140846ae-deed-58dd-9bf4-17320d9e93d9"
    instruction = [letter("L10", "x-legal", letter_id=id)]
    assert found(told(must_not=[ADVICE], steps=asked, packages=good, letters=instruction)) == []
    leaking = {**good, "audit": {**whole, f"letters/{id}.pdf": b"%PDF"}}
    assert found(told(must_not=[ADVICE], steps=asked, packages=leaking, letters=instruction)) == [
        "`who can sue` in the export audit",
        "advice.question-recorded.v1 in the export audit",
        f"letters/{id}.pdf in the export audit",
    ]
    untold = {**good, "legal_full": package()}
    assert found(told(must_not=[ADVICE], steps=asked, packages=untold)) == ["no `who can sue` in the export legal_full"]


@pytest.mark.parametrize(
    ("planted", "where"),
    [
        ({"rows": {"casework: rowanlane.event": b"\x05Imran Qadir"}}, "`imran qadir` in casework: rowanlane.event"),
        ({"rows": {"casework: rowanlane.event": b"0p-qadir"}}, "`p-qadir` in casework: rowanlane.event"),
        ({"rows": {"letters: letters.sealed": b"An ANGRY message"}}, "`an angry message` in letters: letters.sealed"),
        ({"files": {"outbox/1.eml": b"Dear Imran Qadir"}}, "`qadir` in outbox/1.eml"),
        ({"files": {"outbox/email/1.eml": b"To: a\nMessage-ID: <1>\n\nRGVhcg=="}}, "an e-mail in outbox/email/1.eml"),
        ({"files": {"outbox/print/1.pdf": b"%PDF-1.7\n"}}, "a PDF in outbox/print/1.pdf"),
        ({"files": {"evidence/1": b"\x89PNG\r\n"}}, "a picture in evidence/1"),
        ({"rows": {"letters: letters.sealed": b"\x00\x01%PDF-1.7"}}, "a PDF in letters: letters.sealed"),
        ({"rows": {"casework: rowanlane.event": b"\x00PK\x03\x04"}}, "a .zip in casework: rowanlane.event"),
        ({"answers": {f"u-sbm {HERE}/history": {"name": "Imran Qadir"}}}, f"`Qadir` in {HERE}/history, for u-sbm"),
        ({"answers": {f"u-sbm {HERE}": {"person": "p-qadir"}}}, f"`p-qadir` in {HERE}, for u-sbm"),
        ({"answers": {"mis /v1/communications": {"person": "p-qadir"}}}, "`p-qadir` in /v1/communications, for mis"),
        (
            {"letters": [letter("L04", "p-qadir")], "answers": {"u-head /v1/letters/L04/text": b"An angry message"}},
            "`an angry message` in /v1/letters/L04/text, for u-head",
        ),
        ({"answers": {"u-head /v1/letters": {"party": "p-qadir"}}}, "`p-qadir` in /v1/letters, for u-head"),
        ({"packages": {"police": package()}}, "an export police"),
    ],
)
def test_somebody_is_found_in_what_is_left_of_an_erased_case(planted: dict[str, Any], where: str) -> None:
    assert where in found(told(must_not=[ERASED], steps=ANGRY, **planted))


def test_the_schools_own_list_of_people_and_ids_in_letters_events_are_no_part_of_an_erased_case() -> None:
    rows = {"casework: rowanlane.person": b"p-qadir Imran Qadir", "letters: letters.letters_events": b"p-qadir"}
    assert found(told(must_not=[ERASED], steps=ANGRY, rows=rows)) == []


@pytest.mark.parametrize(
    ("answers", "where"),
    [
        ({f"u-t5 {HERE}": {"id": CASE}}, f"{HERE}, for u-t5"),
        ({f"u-deputy {HERE}/history": {"events": []}}, f"{HERE}/history, for u-deputy"),
        ({"u-sbm /v1/letters/L14/text": b"Dear parent"}, "/v1/letters/L14/text, for u-sbm"),
        ({"u-deputy /v1/incidents": {"incidents": [{"id": CASE}]}}, f"{REFERENCE} in /v1/incidents, for u-deputy"),
        ({"u-sbm /v1/tasks.ics": f"SUMMARY:{REFERENCE}".encode()}, f"{REFERENCE} in /v1/tasks.ics, for u-sbm"),
        ({"u-gov /v1/statistics": {**FIGURES, "reported": 1}}, "1 as reported, for u-gov"),
        ({"u-sbm /v1/statistics": {**FIGURES, "by_channel": {"tiktok": 1}}}, "{'tiktok': 1} as by_channel, for u-sbm"),
    ],
)
def test_a_childs_account_is_found_where_others_see_it(answers: dict[str, Any], where: str) -> None:
    quiet = {f"{HERE}/evidence": None}
    letters = [letter("L14", "p-wenlock-j")]
    assert found(told(must_not=[HIDDEN], letters=letters, answers=quiet)) == []
    assert found(told(must_not=[HIDDEN], letters=letters, answers={**quiet, **answers})) == [where]


def test_the_safeguarding_team_and_a_receipt_give_nothing_away() -> None:
    answers = {f"{HERE}/evidence": None, f"u-dsl {HERE}": {"id": CASE}, f"u-t5 {HERE}/receipt": {"id": CASE}}
    assert found(told(must_not=[HIDDEN], answers=answers)) == []


def test_words_are_found_in_a_column_in_bytes_and_in_a_file(database: Database, tmp_path: Path) -> None:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.planted (name text, octets bytea)")
        connection.execute("INSERT INTO public.planted VALUES ('Imran Qadir', %s)", [b"\x00an angry message"])
    (tmp_path / "keys").mkdir()
    for name in ("keys/letters.token", "log", "people.csv"):
        (tmp_path / name).write_text("secret")
    stored = Stored({"casework": database.owner}, tmp_path)
    assert list(stored.files()) == [("log", b"secret")]
    tables = dict(stored.tables("casework"))
    assert b"Imran Qadir" in tables["casework: public.planted"]
    assert b"an angry message" in tables["casework: public.planted"]
    assert len(tables) > 1
    assert list(dict(stored.tables("casework", "planted"))) == ["casework: public.planted"]
    assert "casework: public.planted" not in dict(stored.tables("casework", without=("planted",)))
