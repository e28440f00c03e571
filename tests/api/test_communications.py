"""What the school's information system reads: that a letter was sent or a call made, to whom, and nothing of why."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import FURTHER, employ, entries
from tests.api.test_correspondence import PDF, facts
from tests.api.test_first_story import (
    REPORT,
    Case,
    contacted_and_asked,
    reported_and_judged,
    went_on_and_warned,
)
from tests.fix_postgres import Database

PATH = "/v1/communications"
READ = "access.list-read.v1"
CALL = {"method": "telephone", "outcome": "discussion_held"}
FAR = 10_000


def log(school: Played, by: str = "u-mis", query: str = "") -> list[Any]:
    answer = school.get(by, f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json["communications"]
    return found


def filed(school: Played, case: Case, **changed: Any) -> None:
    given = facts(letter_id=str(uuid4()), party="P2", **changed)
    file = ("letter.pdf", PDF, "application/pdf")
    answer = school.post("letters", f"{case.path}/correspondence", given, file=file)
    assert answer.status_code == 201, answer.text
    case.tag = answer.headers["ETag"]


def judged(school: Played) -> Case:
    """Return a case whose poster, P2, may be spoken to."""
    return reported_and_judged(school)


def test_a_meeting_a_call_and_a_letter_are_told_by_position_and_nothing_of_why(school: Played) -> None:
    case = judged(school)
    contacted_and_asked(school, case)
    filed(school, case, template="L02", occurred_at="2025-09-19T16:00:00+01:00")
    case.do("2025-09-22T09:30:00+01:00", "u-deputy", "contacts", CALL)
    meeting, letter, call = log(school)
    assert letter == {
        "position": letter["position"],
        "occurred_at": "2025-09-19T16:00:00+01:00",
        "kind": "letter_sent",
        "method": "print",
        "letter": "request by the school",
        "person": "p-mallinson",
        "reference": "RL-2025-0001",
        "retracts": [],
    }
    assert [(each["kind"], each["method"], each["letter"]) for each in (meeting, call)] == [
        ("meeting_held", "meeting", None),
        ("call_made", "telephone", None),
    ]
    fed = school.get("u-audit", "/v1/events?limit=1000").json
    types = {position: entry["type"] for position, entry in zip(fed["positions"], fed["events"], strict=True)}
    assert [types[each["position"]].split(".")[1] for each in (meeting, letter, call)] == [
        "parent-contacted",
        "correspondence-recorded",
        "parent-contacted",
    ]


def test_no_word_of_the_matter_stands_in_it(school: Played) -> None:
    case = judged(school)
    contacted_and_asked(school, case)
    filed(school, case, template="L04", occurred_at="2025-09-19T16:00:00+01:00")
    went_on_and_warned(school, case)
    text = school.get("u-mis", PATH).text.lower()
    words = ("warn", "remov", "allegat", "abus", "inappropriate", "police", "safeguard", "u-t5", "ellery", "mallinson,")
    assert "formal letter" in text
    assert not [word for word in words if word in text]


def test_letters_to_outside_bodies_and_unknown_templates_are_not_told(school: Played, database: Database) -> None:
    case = judged(school)
    asked = {"adviser": employ(school, database, "x-legal"), "question": "Who can sue?"}
    assert case.do("2025-09-18T12:00:00+01:00", "u-head", "legal-advice-requests", asked).status_code == 201
    for template in ("L07", "L08", "L09", "L10", "L11", "L19", "L99"):
        filed(school, case, template=template)
    assert log(school) == []
    told = ("L01", "L02", "L03", "L04", "L05", "L06", "L13", "L14", "L15", "L22")
    for template in told:
        filed(school, case, template=template)
    assert len(log(school)) == len(told)


def test_what_became_of_a_letter_is_told(school: Played) -> None:
    case = judged(school)
    for state in ("sent", "delivered", "returned"):
        filed(school, case, template="L02", state=state, channel="email")
    assert [(each["kind"], each["method"]) for each in log(school)] == [
        ("letter_sent", "email"),
        ("letter_delivered", "email"),
        ("letter_returned", "email"),
    ]


@pytest.mark.parametrize(
    ("method", "outcome", "kind"),
    [
        ("telephone", "no_answer", "call_attempted"),
        ("telephone", "declined", "call_made"),
        ("meeting", "discussion_held", "meeting_held"),
        ("meeting", "meeting_arranged", "meeting_arranged"),
        ("meeting", "declined", "meeting_offered"),
        ("meeting", "no_answer", "meeting_offered"),
        ("in_person", "discussion_held", "conversation_held"),
        ("in_person", "no_answer", "conversation_attempted"),
        ("letter", "no_answer", "letter_sent"),
        ("email", "discussion_held", "email_sent"),
        ("messaging", "discussion_held", "message_sent"),
    ],
)
def test_a_contact_is_told_as_what_it_was(school: Played, method: str, outcome: str, kind: str) -> None:
    case = judged(school)
    case.do("2025-09-18T12:00:00+01:00", "u-deputy", "contacts", {"method": method, "outcome": outcome})
    assert [each["kind"] for each in log(school)] == [kind]


def test_who_is_no_family_of_the_directory_is_not_told_of(school: Played) -> None:
    case = judged(school)
    for party in ({"kind": "adult", "name": "a neighbour"}, {"person": "u-deputy"}):
        answer = case.do("2025-09-18T12:00:00+01:00", "u-deputy", "contacts", {**CALL, "party": party})
        assert answer.status_code == 201, answer.text
    assert log(school) == []


def test_nothing_of_a_childs_account_is_told_to_anybody(school: Played) -> None:
    case = Case(school, school.post("u-dsl", "/v1/incidents", {**REPORT, "kind": "child_account"}))
    case.do("2025-09-18T09:00:00+01:00", "u-dsl", "categorisations", {"primary": "C4", "codes": ["C4"]})
    screening = {"reason": "r", "finding": "no_safeguarding_concern", "is_hold": False}
    case.do("2025-09-18T09:01:00+01:00", "u-dsl", "safeguarding-screenings", screening)
    told = case.do("2025-09-18T09:02:00+01:00", "u-dsl", "contacts", {**CALL, "party": {"person": "p-mallinson"}})
    assert told.status_code == 201, told.text
    assert [log(school, by) for by in ("u-mis", "u-head")] == [[], []]


def test_whoever_a_post_is_about_is_not_told(school: Played) -> None:
    report = {**REPORT, "targets": [{"person": "u-head"}]}
    case = Case(school, school.post("u-deputy", "/v1/incidents", report))
    case.do("2025-09-18T09:00:00+01:00", "u-deputy", "categorisations", {"primary": "C4", "codes": ["C4"]})
    case.do("2025-09-18T09:02:00+01:00", "u-deputy", "contacts", {**CALL, "party": {"person": "p-mallinson"}})
    assert len(log(school)) == 1
    assert log(school, "u-head") == []


@pytest.mark.parametrize("by", ["u-t5", "u-deputy", "u-dsl", "u-gov", "letters", "u-audit", *sorted(FURTHER)])
def test_three_roles_read_it(school: Played, database: Database, by: str) -> None:
    if by in FURTHER:
        employ(school, database, by)
    assert school.get(by, PATH).status_code == (200 if by == "u-office" else 403)
    assert school.get("u-mis", PATH).status_code == school.get("u-head", PATH).status_code == 200


def test_a_reader_that_goes_on_from_next_misses_none_and_sees_none_twice(school: Played) -> None:
    cases = [judged(school), judged(school)]
    seen: list[int] = []
    after = 0
    for n in range(4):
        for case in cases:
            case.do(f"2025-09-18T12:0{n}:00+01:00", "u-deputy", "contacts", CALL)
            case.do(f"2025-09-18T12:0{n}:30+01:00", "u-deputy", "complaints-route-offers", {"how": "letter"})
        has_more = True
        while has_more:
            page = school.get("u-mis", f"{PATH}?after={after}&limit=1")
            seen += [each["position"] for each in page.json["communications"]]
            assert ("Link" in page.headers) == page.json["has_more"]
            after, has_more = page.json["next"], page.json["has_more"]
    assert seen == sorted(seen)
    assert seen == [each["position"] for each in log(school, query="?limit=200")]
    assert len(seen) == 8


def test_a_page_in_which_nothing_is_for_this_reader_is_passed(school: Played) -> None:
    case = judged(school)
    filed(school, case, template="L09")
    filed(school, case, template="L09")
    first = school.get("u-mis", f"{PATH}?limit=1").json
    assert (first["communications"], first["has_more"]) == ([], True)
    case.do("2025-09-18T12:00:00+01:00", "u-deputy", "contacts", CALL)
    second = school.get("u-mis", f"{PATH}?limit=1&after={first['next']}").json
    third = school.get("u-mis", f"{PATH}?limit=1&after={second['next']}").json
    assert [len(page["communications"]) for page in (second, third)] == [0, 1]


def test_a_reading_is_recorded_unless_there_was_nothing_to_read(school: Played) -> None:
    case = judged(school)
    assert log(school) == []
    assert entries(school, READ) == []
    case.do("2025-09-18T12:00:00+01:00", "u-deputy", "contacts", CALL)
    log(school)
    (entry,) = entries(school, READ)
    assert (entry["data"]["view"], entry["data"]["count"], entry["data"]["actor"]) == ("communications", 1, "u-mis")


def test_a_reading_that_cannot_be_recorded_is_not_answered(school: Played, database: Database) -> None:
    case = judged(school)
    case.do("2025-09-18T12:00:00+01:00", "u-deputy", "contacts", CALL)
    with psycopg.connect(database.superuser) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        answer = school.get("u-mis", PATH)
    assert answer.status_code == 503
    assert "p-mallinson" not in answer.text


def test_what_is_erased_is_no_longer_told(school: Played, database: Database) -> None:
    case = judged(school)
    case.do("2025-09-18T12:00:00+01:00", "u-deputy", "contacts", CALL)
    key = UUID(case.path.rpartition("/")[2])
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        erase = "UPDATE school_rowan_keys.case_key SET master = NULL, wrapped = NULL, erased_by = 1 WHERE id = %s"
        connection.execute(erase, [key])
    assert log(school) == []


@pytest.mark.parametrize(
    ("query", "pointer"), [("after=-1", "/after"), ("limit=201", "/limit"), ("person=p-mallinson", "/person")]
)
def test_a_question_that_cannot_be_is_refused(school: Played, query: str, pointer: str) -> None:
    answer = school.get("u-mis", f"{PATH}?{query}")
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_a_position_beyond_the_record_is_answered_by_itself(school: Played) -> None:
    judged(school)
    page = school.get("u-mis", f"{PATH}?after={FAR}").json
    assert page == {"communications": [], "next": FAR, "has_more": False}
