"""What a reader is told first: whose policy, in what state, what was set aside, what is missing, how to check."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace

from casework.application.export.cover import DEVELOPMENT, Cover, readme
from casework.application.export.history import PAGE_LINES, history
from casework.application.export.plain_text import WIDTH
from casework.application.export.telling import tell
from casework.domain.event import Recorded
from casework.domain.policy import Dated, ParameterSet
from casework.domain.steps.report import PostRecorded
from casework.ledger.verify import encoded
from tests.application.given_export import copied, cover, decided_apart, with_files
from tests.domain.playing import edition, judged, reported

GRAVE = {"rules": ["R03", "R04"], "code": "repeat", "reason": "the third time this year"}


def told(events: list[Recorded], said: Cover | None = None, **how: Any) -> str:
    """Return README.txt, its lines joined so that a sentence is found however it was broken."""
    given, _ = with_files(events)
    made, said = copied(given, **how), said or cover()
    return " ".join(readme(made, tell(made, said.variant), said).split())


def pages(events: list[Recorded], variant: str = "legal_full") -> list[str]:
    given, _ = with_files(events)
    said = cover(variant)
    return history(tell(copied(given), said.variant), said).split("\f")


def test_it_says_what_it_is_for_whom_and_how_far_it_goes() -> None:
    text = told(judged().events, cover(recipient="Smith & Co", purpose="advice on\ndefamation"))
    assert text.startswith("CASE HISTORY RL-2025-0001 ")
    for said in (
        "Rowan Lane Primary School",
        "legal_full: everything in this case",
        "11 October 2025 at 10:00, by account u-adviser as legal adviser",
        "Smith & Co",
        "advice on defamation",
        f"{len(judged().events)} entries of this case, versions 1 to {len(judged().events)}",
        "Stood then at escalation Case 3f0c1c0e",
        "python3 -I verify.py .",
        "where NAME is RL-2025-0001-legal_full-v8",
        "tamper-evident, not tamper-proof",
        "that what was recorded is true",
    ):
        assert said in text, said
    assert "SCRATCH" not in text
    assert DEVELOPMENT not in text


def test_an_unsigned_and_overdue_policy_is_called_that() -> None:
    text = told(judged().events)
    assert "NOT SIGNED by the chair of governors and the headteacher" in text
    assert "REVIEW OVERDUE since 31 March 2022" in text
    assert f"2021-spring cited by {len(judged().events)} entries here" in text


def test_a_policy_with_one_signature_lacks_the_other() -> None:
    half = replace(edition(), signatures=("headteacher",))
    text = told(judged().events, cover(editions={"2021-spring": half}))
    assert "NOT SIGNED by the chair of governors adopted" not in text
    assert "NOT SIGNED by the chair of governors REVIEW OVERDUE" in text


def test_a_signed_policy_that_is_not_due_is_not_called_overdue() -> None:
    good = replace(edition(), signatures=("chair", "headteacher"), review_due=Dated(on=date(2025, 10, 11)))
    text = told(judged().events, cover(editions={"2021-spring": good}))
    assert "signed by the chair of governors and the headteacher" in text
    assert "NOT SIGNED" not in text
    assert "OVERDUE" not in text
    late = cover(editions={"2021-spring": good}, made_at=datetime(2025, 10, 11, 23, 30, tzinfo=UTC))
    assert "REVIEW OVERDUE since 11 October 2025" in told(judged().events, late)  # it is the 12th in London


def test_an_edition_in_force_that_no_entry_cites_is_named_and_an_unknown_one_is_said_to_be() -> None:
    newer = replace(edition(), edition="2025-autumn", title="Another policy", signatures=("chair", "headteacher"))
    text = told(judged().events, cover(editions={"2025-autumn": newer}, in_force="2025-autumn"))
    assert "2021-spring cited by 8 entries here this edition is not in the record's policy register" in text
    assert '2025-autumn in force now "Another policy"' in text


def test_a_parameter_that_was_changed_is_told_with_the_instant_from_which_its_new_value_ruled() -> None:
    change = ParameterSet(
        edition="2021-spring",
        name="removal_deadline_school_days",
        old=3,
        new=5,
        changed_at=datetime(2025, 9, 18, 8, 0, tzinfo=UTC),
        event="7a1f0f5e-2c60-4d8a-9a3e-5b8f6d2e0002/5",
    )
    ruled = "removal deadline school days: 3 until 18 September 2025 at 09:00, 5 from then on"
    assert ruled in told(judged().events, cover(changes=(change,)))
    of_another = replace(change, edition="2019-autumn")
    assert "from then on" not in told(judged().events, cover(changes=(of_another,)))


def test_without_an_override_it_says_none() -> None:
    assert "None: no rule was overridden in this case." in told(judged().events)


def overridden() -> list[Recorded]:
    played = judged()
    before = len(played.events)
    played.when("u-head", "issue_warning", posts=[1], override=GRAVE)
    between = len(played.events)
    played.when("u-head", "dispense_first_step", code="hostile", reason="shouted at the office")
    return decided_apart(played.events, before, between)


def test_what_was_set_aside_is_listed_once_a_decision_with_its_reason() -> None:
    text = told(overridden())
    assert text.count("the third time this year") == 1
    assert "1. 18 September 2025 at 09:00: R03 first step required (P52) and R04 refusal and continuation" in text
    assert "because: repeat by account u-head as headteacher, for first step dispensed (version 9)," in text
    assert "2. 18 September 2025 at 09:00: R03 first step required (P52) because: hostile" in text
    assert "| shouted at the office" in text
    assert "None: no rule" not in text


def test_a_reason_that_is_withheld_is_not_told_but_that_there_is_one_is() -> None:
    shells = [replace(at, carried=replace(at.carried, sensitivity="dsl")) for at in overridden()]
    text = told(shells, cover("audit"))
    assert "the third time" not in text
    assert "shouted" not in text
    assert text.count("the reason is withheld from this copy") == 2
    assert "R03 first step required (P52)" in text


def test_where_procedure_was_not_followed_is_listed() -> None:
    """The note is an event of its own, which comes with its step: any entry of that kind is listed."""
    made = copied(judged().events)
    last = made.entries[-1]
    entry = json.loads(last.octets)
    entry["data"]["kind"] = "procedure_not_followed"
    noted = replace(last, octets=encoded(entry))
    given = replace(made, entries=(*made.entries[:-1], noted))
    text = " ".join(readme(given, tell(given, cover().variant), cover()).split())
    assert "1. 18 September 2025 at 09:00, noted by account u-deputy: breach decided (version 8) | abuses" in text
    assert "No note says so." in told(judged().events)


def test_what_is_withheld_is_counted_by_version() -> None:
    shells = [replace(at, carried=replace(at.carried, sensitivity="dsl")) for at in judged().events]
    text = told(shells, cover("audit"))
    assert re.search(r"\d+ personal fields of versions 1, 2, 3, 4, 5, 6, 7, 8\.", text)
    assert "1 file, of version 4; the hash of each is here." in text
    assert "What is withheld from this copy ------------------------------- Nothing." in told(judged().events).replace(
        "WHAT IS WITHHELD FROM THIS COPY", "What is withheld from this copy"
    )


def test_a_scratch_record_and_development_keys_are_called_that() -> None:
    assert "SCRATCH RECORD: made for trials" in told(judged().events, is_scratch=True)
    assert f"{DEVELOPMENT}: the keys that sign" in told(judged().events, cover(is_development=True))


def test_the_history_is_on_numbered_pages_that_do_not_tear_an_entry() -> None:
    made = pages(judged().events)
    assert len(made) > 1
    for number, page in enumerate(made, 1):
        lines = page.splitlines()
        assert lines[0].endswith(f"page {number} of {len(made)}")
        assert len(lines) <= PAGE_LINES + 2
        starts = [line for line in lines if re.match(r"\d+\. ", line)]
        assert all(" of the record" in line for line in starts)
    everything = "".join(made)
    assert re.findall(r"^(\d+)\. ", everything, re.MULTILINE) == [str(one) for one in range(1, 9)]
    assert "P2            poster, adult: Kerry Mallinson (p-parent)" in everything
    assert "abuses a teacher" in everything
    assert "P53   first step: ask that the information be removed" in everything


def test_people_whose_names_are_withheld_are_there_without_them() -> None:
    shells = [replace(at, carried=replace(at.carried, sensitivity="client")) for at in judged().events]
    text = "".join(pages(shells, "police"))
    assert "P2            poster, adult: name withheld or erased" in text
    assert "Mallinson" not in text


HOSTILE = (
    "lazy\n\n9. incident closed          entry 99 of the record\n     by account u-head\n"
    "\x1b[31mHOLDS\u202e dlrow\u2028next\u00a0line\ttab " + "x" * 200
)


def test_hostile_words_cannot_pass_for_ours() -> None:
    played = reported()
    events = [
        replace(at, event=replace(at.event, words=HOSTILE)) if isinstance(at.event, PostRecorded) else at
        for at in played.events
    ]
    lines = "".join(pages(events)).splitlines()
    assert not [line for line in lines if line.startswith("9. ")]
    assert "       | 9. incident closed          entry 99 of the record" in lines
    quoted = "\n".join(line for line in lines if "| " in line)
    assert "<U+001B>[31mHOLDS<U+202E> dlrow" in quoted
    assert "       | next line" in quoted
    assert not any(ord(one) < 32 or one in "\u202e\u2028" for line in lines for one in line)


def test_hostile_words_inside_a_notice_cannot_pass_for_ours() -> None:
    played = judged()
    notice = {"email": True, "meaning": HOSTILE, "inaccurate": True, "poster_unknown": True}
    facts: dict[str, Any] = {"posts": [1], "basis": "policy_report", "particulars": notice}
    played.when("u-head", "report_to_host", **facts, override=GRAVE)
    lines = "".join(pages(played.events)).splitlines()
    assert not [line for line in lines if line.startswith("9. ") and "entry 99" in line]
    assert "       | 9. incident closed          entry 99 of the record" in lines
    assert [line.split() for line in lines if "particulars email" in line] == [["particulars", "email", "yes"]]


def test_a_long_text_goes_on_over_as_many_pages_as_it_needs() -> None:
    played = reported()
    words = "\n".join(f"line {number}" for number in range(200))
    events = [
        replace(at, event=replace(at.event, words=words)) if isinstance(at.event, PostRecorded) else at
        for at in played.events
    ]
    made = pages(events)
    assert all(len(page.splitlines()) <= PAGE_LINES + 2 for page in made)
    assert [f"| line {number}" in "".join(made) for number in range(200)] == [True] * 200


def test_lines_fit_a_page_but_for_what_may_not_be_broken() -> None:
    given, _ = with_files(overridden())
    made = copied(given)
    said = cover(purpose="why " * 60, recipient="Smith & Co, solicitors, " * 6, is_development=True)
    lines = readme(made, tell(made, said.variant), said).splitlines()
    long = [line for line in lines if len(line) > WIDTH]
    assert [line.split()[0].partition("+")[0] for line in long] == ["rowan-lane.example/ledger", "python3"]
