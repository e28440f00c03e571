"""What merge fields tell of letters to outside bodies and to the affected: whom they reach, whom they name, no more."""

from datetime import date
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from casework.application.merge_fields import MergeFields, PersonalFieldsGone, Tie
from casework.application.merge_fields.further import STEPS
from casework.domain.event import Event
from casework.domain.steps import BY_NAME
from casework.domain.steps.legal import QuestionRecorded
from tests.application.asking import Directory, account, asked, person, point, text_of
from tests.domain.playing import Played, continued, judged, reported

EMAIL = point("email", "amy@example.org")
NOTICE: dict[str, Any] = {
    "posts": [1],
    "basis": "defamation_act_2013_s5",
    "complainant": {"person": "u-teacher"},
    "particulars": {
        "email": True,
        "meaning": "that she steals",
        "inaccurate": True,
        "poster_unknown": True,
        "consent_to_pass_name": False,
    },
    "override": {"rules": ["R03", "R04"], "code": "other", "reason": "no parent to ask"},
}
TOLD: dict[str, Any] = {"kind": "person", "said": "a post was taken down"}
LAWYER = Directory(
    staff=(*Directory().staff, account("u-chair", "chair", "Alan Hurst"), account("x-legal", "legal", "Fiona Ingram"))
)


def unknown() -> Played:
    """Return a case whose post was judged and whose poster nobody knows."""
    played = reported()
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    played.when("u-deputy", "categorise", codes=["C3"], primary="C3")
    played.when("u-deputy", "decide_breach", outcome="inappropriate", reason="r", is_fair_comment_considered=True)
    return played


def complained(people: Directory | None = None, **changed: Any) -> MergeFields:
    """Return what is told of a notice under section 5."""
    played = unknown()
    played.when("u-head", "report_to_host", **{**NOTICE, **changed})
    mailed = Directory().with_person("u-teacher", person("staff", "Amy Ellery", EMAIL))
    return asked(played, "host-reported", people or mailed)


def referred(played: Played | None = None, **facts: Any) -> Played:
    """Return a case that the police were told of."""
    played = played or judged()
    given: dict[str, Any] = {"route": "101 online", "grounds": ["racial_element"], "is_immediate": False}
    played.when("u-head", "refer_to_police", **{**given, **facts})
    return played


def advised() -> MergeFields:
    """Return what is told of a question to a lawyer."""
    played = continued()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="Who can sue?")
    return asked(played, "legal-advice-sought", LAWYER)


def returned(*others: Played, **people: Any) -> MergeFields:
    """Return what is told of a return, among the cases of the school."""
    played = raced()
    played.when("u-office", "notify_affected", kind="prejudice_return", period="autumn_2025")
    return asked(played, "affected-party-notified", cases=[other.case for other in others], **people)


def raced(kind: str = "adult_post") -> Played:
    """Return a case about race."""
    played = reported(kind=kind)
    played.when("u-head", "categorise", codes=["C5", "C4"], primary="C5", characteristics=["race"])
    return played


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("host", complained),
        ("police", lambda: asked(referred(), "police-referred")),
        ("adviser", advised),
        ("authority", returned),
    ],
)
def test_an_outside_body_goes_by_its_label_and_nobody_else_is_written_to(body: str, found: Any) -> None:
    (to,) = found().recipients
    assert (to.party_id, to.label, to.recipient_class, to.address) == (body, body, "O", None)


def test_the_adviser_and_the_force_have_names_once_the_record_says_them() -> None:
    assert advised().recipients[0].name == "Fiona Ingram"
    played = referred()
    assert asked(played, "police-referred").recipients[0].name is None
    played.when("u-head", "record_police_reference", number=1, force="Warwickshire", reference="INC 411")
    found = asked(played, "police-referred")
    assert found.recipients[0].name == "Warwickshire"
    assert (found.facts["police"].force, found.facts["police"].reference) == ("Warwickshire", "INC 411")


def test_whoever_complains_is_told_of_with_an_address_to_be_reached_at() -> None:
    complainant = complained().facts["complainant"]
    assert (complainant.label, complainant.kind, complainant.name, complainant.email) == (
        "P1", "staff", "Amy Ellery", "amy@example.org",
    )  # fmt: skip
    hidden = person("staff", "Amy Ellery", point("email", "amy@example.org", is_confidential=True))
    assert complained(Directory().with_person("u-teacher", hidden)).facts["complainant"].email is None


def test_a_report_by_the_school_has_no_complainant() -> None:
    played = continued()
    played.when("u-deputy", "report_to_host", posts=[1], basis="policy_report")
    found = asked(played, "host-reported")
    assert (found.facts["complainant"], found.audience.subjects) == (None, ())
    assert (found.facts["host"], found.facts["basis"], found.policy.minimum_age) == ("facebook", "policy_report", 14)
    assert found.facts["is_poster_known"]


def test_the_complainant_sees_the_notice_and_signs_no_other_letter_of_the_case() -> None:
    found = complained()
    assert (found.audience.subjects, found.audience.excluded, found.conflicted) == (("u-teacher",), (), ("u-teacher",))
    assert asked(referred(), "police-referred").audience.excluded == ("u-teacher",)
    assert "u-teacher" not in [one.subject for one in found.signatories]


def test_a_pupil_in_whose_name_nobody_may_complain_is_not_named() -> None:
    complainant = complained(complainant={"person": "k-child"}).facts["complainant"]
    assert (complainant.kind, complainant.name) == ("pupil", None)


def test_the_police_are_told_whom_the_school_suspects_and_why() -> None:
    found = asked(referred(), "police-referred")
    suspect = found.facts["suspect"]
    assert (suspect.name, suspect.confidence, suspect.basis_code, suspect.basis) == (
        "Kerry Mallinson", "probable", "profile_match", "name and photograph",
    )  # fmt: skip
    assert {name.name: name.allowed for name in found.names} == {
        "Amy Ellery": True,
        "Helen Ashdown": True,
        "Jayden Mallinson": False,
        "Kerry Mallinson": True,
        "Tom Birch": True,
    }


def test_somebody_named_to_the_police_gives_way_to_whoever_is_identified_since() -> None:
    played = referred(reported("insta"), named_party={"person": "p-other"})
    assert asked(played, "police-referred").facts["suspect"].name == "Sarah Holt"
    identity: dict[str, Any] = {"confidence": "probable", "basis_code": "account_known", "basis": "the handle"}
    played.when("u-head", "attribute_identity", party={"person": "p-parent"}, **identity)
    found = asked(played, "police-referred")
    assert found.facts["suspect"].name == "Kerry Mallinson"
    assert [name.name for name in found.names if name.allowed and name.kind == "adult"] == ["Kerry Mallinson"]


def test_nobody_is_suspected_where_nobody_is_named_and_a_pupil_never_by_name() -> None:
    assert asked(referred(reported("insta")), "police-referred").facts["suspect"] is None
    found = asked(referred(reported("insta"), named_party={"person": "k-child"}), "police-referred")
    assert (found.facts["suspect"].kind, found.facts["suspect"].name) == ("pupil", None)
    assert "Jayden" not in text_of(replace(found, names=()))


def test_the_police_are_told_of_every_post_and_of_every_exhibit_by_hash() -> None:
    played = referred(reported("insta"))
    found = asked(played, "police-referred")
    assert ([post.n for post in found.posts], found.posts[0].exhibit, found.facts["exhibits"]) == ([1], None, ())
    played.when("u-head", "capture_evidence", posts=[1], method="forwarded_image", restricted=["child_image"])
    found = asked(played, "police-referred")
    (exhibit,) = found.facts["exhibits"]
    assert (exhibit.exhibit, exhibit.posts, exhibit.method, len(exhibit.sha256)) == ("E1", (1,), "forwarded_image", 64)
    assert (found.posts[0].exhibit, found.posts[0].quote, exhibit.restricted) == ("E1", None, ("child_image",))


def test_the_newest_laws_that_were_noted_are_told() -> None:
    played = judged()
    judgement: dict[str, Any] = {"outcome": "inappropriate", "reason": "r", "is_fair_comment_considered": True}
    played.when("u-deputy", "decide_breach", **judgement, law_tags=["pha_1997"])
    played.when("u-deputy", "decide_breach", **judgement)
    assert asked(referred(played), "police-referred").facts["law_tags"] == ("pha_1997",)


def test_steps_are_those_before_the_event_by_code_and_nothing_that_few_may_know() -> None:
    played = continued()
    played.when("u-dsl", "screen_safeguarding", finding="other", reason="r", is_hold=False)
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    referred(played)
    steps = [(each.step, each.codes) for each in asked(played, "police-referred").facts["steps"]]
    assert steps == [
        ("reported", ()),
        ("post-recorded", ()),
        ("evidence-captured", ("screenshot",)),
        ("poster-identified", ("probable",)),
        ("breach-decided", ("inappropriate",)),
        ("parent-contacted", ("telephone", "discussion_held")),
        ("removal-requested", ("first_step",)),
        ("removal-refused", ()),
        ("continued-use-recorded", ("still_visible",)),
    ]


def test_no_step_is_of_a_kind_that_only_few_may_know() -> None:
    assert {event.sensitivity for event in STEPS} == {"open"}


def test_the_question_is_read_from_the_privileged_stream_and_is_for_the_client_and_the_adviser() -> None:
    found = advised()
    assert found.facts["question"] == "Who can sue?"
    assert found.audience.roles == ("headteacher", "chair", "legal")
    assert (found.audience.sensitivity, found.audience.excluded) == ("privileged", ("u-teacher",))
    assert found.facts["limitation_on"] == "2026-09-17"
    assert found.facts["suspect"].name == "Kerry Mallinson"


def test_an_adviser_who_is_in_the_directory_has_the_address_that_stands_there() -> None:
    played = continued()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    known = LAWYER.with_person("x-legal", person("adult", "Fiona Ingram", point("email", "f@vale.example")))
    (to,) = asked(played, "legal-advice-sought", known).recipients
    assert (to.name, to.email) == ("Fiona Ingram", "f@vale.example")


def test_with_the_key_of_the_advice_gone_nothing_is_told() -> None:
    played = continued()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    played.beside = [
        replace(at, event=replace(at.event, text=UNSET)) if isinstance(at.event, QuestionRecorded) else at
        for at in played.beside
    ]
    with pytest.raises(PersonalFieldsGone):
        asked(played, "legal-advice-sought", LAWYER)


def test_the_affected_are_written_to_and_told_what_was_said_and_never_who_posted() -> None:
    played = judged()
    played.when("u-deputy", "notify_affected", party="P1", **TOLD)
    found = asked(played, "affected-party-notified")
    (to,) = found.recipients
    assert (to.party_id, to.recipient_class, to.name) == ("u-teacher", "A", "Amy Ellery")
    assert (found.facts["said"], found.facts["party_kind"], found.posts) == ("a post was taken down", "staff", ())
    assert not [name for name in found.names if name.name == "Kerry Mallinson" and name.allowed]


def test_a_poster_who_is_of_the_staff_is_not_named_to_the_affected_either() -> None:
    played = reported()
    identity: dict[str, Any] = {"confidence": "probable", "basis_code": "admitted", "basis": "b"}
    played.when("u-deputy", "attribute_identity", party={"person": "u-head"}, **identity)
    people = Directory().with_person("u-head", person("staff", "Helen Ashdown"))
    played.when("u-deputy", "notify_affected", party={"person": "p-other"}, **TOLD)
    names = {name.name: name.allowed for name in asked(played, "affected-party-notified", people).names}
    assert names["Helen Ashdown"] is False


@pytest.mark.parametrize(("ties", "allowed"), [((Tie("p-other", "k-child"),), [True]), ((), [False])])
def test_a_child_is_named_to_their_own_family_only(ties: tuple[Tie, ...], allowed: list[bool]) -> None:
    played = judged()
    child, parent = {"person": "k-child"}, {"person": "p-other"}
    played.when("u-deputy", "notify_affected", party=parent, about=child, **TOLD)
    found = asked(played, "affected-party-notified", Directory(ties=(Tie("p-parent", "k-child"), *ties)))
    assert [name.allowed for name in found.names if name.name == "Jayden Mallinson"] == allowed
    assert found.facts["about_kind"] == "pupil"


def test_a_return_counts_the_cases_of_its_term_and_names_nobody() -> None:
    other = raced()
    other.when("u-head", "withdraw_incident", because="error", reason="reported twice")
    found = returned(judged(), other)
    told = found.facts["return"]
    assert (told.term, told.first, told.last) == ("autumn_2025", date(2025, 9, 3), date(2025, 12, 19))
    (case,) = told.cases
    assert (case.on, case.characteristics, case.actions, case.outcome) == (date(2025, 9, 17), ("race",), (), None)
    assert [(each.code, each.name) for each in case.types] == [
        ("C5", "racist"),
        ("C4", "negative or offensive about particular people"),
    ]
    whole = text_of(replace(found, names=(), signatories=()))
    assert [word for word in ("Ellery", "lazy", "facebook.example/groups") if word in whole] == []


def test_a_return_tells_what_was_done_but_under_a_police_hold_not_of_a_referral() -> None:
    played = raced()
    played.when("u-head", "refer_to_police", route="101", grounds=["racial_element"], is_immediate=True)
    played.when("u-office", "notify_affected", kind="prejudice_return", period="autumn_2025")
    assert asked(played, "affected-party-notified").facts["return"].cases[0].actions == ()
    played.when("u-head", "release_police_hold", number=1, consent="PC on the case")
    assert asked(played, "affected-party-notified").facts["return"].cases[0].actions == ("police referred",)


@pytest.mark.parametrize(
    ("day", "periods"),
    [
        ("2025-12-19T18:00:00+00:00", ["autumn_2025"]),
        ("2025-12-23T10:00:00+00:00", ["spring_2026"]),
        ("2026-01-06T10:00:00+00:00", ["spring_2026"]),
    ],
)
def test_a_case_is_in_the_return_that_its_task_is_due_with(day: str, periods: list[str]) -> None:
    played = Played().at(day)
    report: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-12-19T09:00:00+00:00"}
    played.when("u-deputy", "report_incident", targets=[{"person": "u-teacher"}], **report)
    played.when("u-head", "categorise", codes=["C5"], primary="C5")
    found = []
    for period in ("autumn_2025", "spring_2026"):
        played.when("u-office", "notify_affected", kind="prejudice_return", period=period)
        found += [period] * len(asked(played, "affected-party-notified").facts["return"].cases)
    assert found == periods


def test_a_return_with_a_childs_account_in_it_is_for_those_who_may_know_of_that() -> None:
    assert "office" in returned().audience.roles
    child = returned(raced("child_account")).audience
    assert (child.sensitivity, "office" in child.roles, "headteacher" in child.roles) == ("dsl", False, True)


def test_a_letter_to_an_outside_body_is_filed_under_its_label() -> None:
    played = continued()
    filed: dict[str, Any] = {
        "letter_id": "33333333-3333-4333-8333-333333333333",
        "template": "L07",
        "version": 1,
        "pdf_sha256": "0" * 64,
        "size_bytes": 67,
        "channel": "manual",
        "state": "sent",
    }
    assert played.faults("u-letters", "record_correspondence", party="nobody", **filed) == [("/party", None)]
    assert played.when("u-letters", "record_correspondence", party="host", **filed) == ["correspondence-recorded"]
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    (letter,) = asked(played, "legal-advice-sought", LAWYER).earlier_letters
    assert (letter.party, letter.template, letter.pdf_sha256) == ("host", "L07", "0" * 64)


def test_no_other_decision_takes_an_outside_body_for_a_person() -> None:
    outside = [name for name, each in BY_NAME.items() if any(mark.may_be_outside for mark in each.parties.values())]
    assert outside == ["record_correspondence"]
    assert judged().faults("u-deputy", "contact_parent", party="host", method="telephone", outcome="no_answer") == [
        ("/party", None)
    ]


def test_every_step_that_is_told_has_the_codes_that_are_told_of_it() -> None:
    for event, names in STEPS.items():
        assert issubclass(event, Event)
        assert set(names) <= set(event.__struct_fields__)
