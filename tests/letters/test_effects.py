"""What later events of the case do to letters that have not left."""

from typing import Any

import pytest

from letters.domain import event as ev
from letters.domain import sending_event as sev
from letters.domain.effects import effects_of
from tests.letters.given import AT, CASE, LETTER, drafted, entry, given, later, rendered


def effect(name: str, *events: ev.LetterEvent, **data: Any) -> list[str]:
    """Return what one more event of the case does to the letter, in short."""
    given_events = events or (drafted(), rendered())
    found = effects_of(given(*given_events), entry(name, **data), later(hours=1))
    return [f"{event.type_name.split('.')[1]} {getattr(event, 'hold', getattr(event, 'why', ''))}" for event in found]


REQUEST = drafted(template="L02", posts=(1,))


def test_a_police_hold_stops_letters_to_the_poster_and_its_release_frees_them() -> None:
    assert effect("police-hold-placed", hold_no=1) == ["held police"]
    assert effect("police-hold-placed", drafted(holds=("police",)), hold_no=1) == []
    assert effect("police-hold-released", drafted(holds=("police",)), hold_no=1) == ["released police"]
    assert effect("police-hold-released") == []


def test_a_hold_reaches_adults_of_the_same_child_and_nobody_else() -> None:
    affected = ev.Recipient(party="p-tranter", label="P3", recipient_class="A")
    outside = ev.Recipient(party="police", label="police", recipient_class="O")
    assert effect("police-hold-placed", drafted(recipient=affected, linked_parties=("p-tranter",))) == ["held police"]
    assert effect("police-hold-placed", drafted(recipient=affected)) == []
    assert effect("police-hold-placed", drafted(recipient=outside)) == []


def test_a_screening_holds_or_releases() -> None:
    assert effect("safeguarding-screened", is_hold=True) == ["held safeguarding", "held audience"]
    assert effect("safeguarding-screened", is_hold=False) == ["held audience"]
    held = drafted(holds=("safeguarding",))
    assert effect("safeguarding-screened", held, is_hold=False) == ["released safeguarding", "held audience"]


@pytest.mark.parametrize("name", ["assigned", "post-recorded"])
def test_a_letter_is_held_until_it_is_known_again_who_may_see_it(name: str) -> None:
    assert effect(name) == ["held audience"]
    assert effect(name, drafted(holds=("audience",)), rendered()) == ["held audience"]  # an older answer is overtaken
    problem = ev.Problem(code="missing", path="posts", expected="posts")
    assert effect(name, drafted(problems=(problem,))) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"posts": [1, 2], "result": "removed"}, ["superseded goal_met"]),
        ({"posts": [2], "result": "removed"}, []),
        ({"posts": [1], "result": "visible"}, []),
    ],
)
def test_a_removal_request_is_pointless_once_its_posts_are_gone(data: dict[str, Any], expected: list[str]) -> None:
    assert effect("post-checked", REQUEST, **data) == expected


def test_a_warning_is_not_superseded_by_removal_but_by_its_own_withdrawal() -> None:
    assert effect("post-checked", posts=[1, 2], result="removed") == []
    assert effect("warning-withdrawn", warning_no=1) == ["superseded undone"]
    assert effect("warning-withdrawn", warning_no=2) == []


def test_an_invitation_to_talk_is_pointless_once_all_posts_in_question_are_gone() -> None:
    invitation = drafted(template="L01", posts=(1, 2))
    assert effect("post-checked", invitation, posts=[1, 2], result="removed") == ["superseded goal_met"]
    assert effect("post-checked", invitation, posts=[1], result="removed") == []


def test_a_restriction_is_superseded_when_access_is_restored_and_the_outcome_of_its_review_is_not() -> None:
    restriction, review = (drafted(template=template, posts=(), cause_no=1) for template in ("L05", "L06"))
    assert effect("access-restored", restriction, block_no=1) == ["superseded undone"]
    assert effect("access-restored", restriction, block_no=2) == []
    assert effect("access-restored", review, block_no=1) == []


@pytest.mark.parametrize("template", ["L01", "L05", "L06", "L11", "L13", "L14", "L22"])
def test_a_police_hold_stops_every_letter_to_the_poster(template: str) -> None:
    assert effect("police-hold-placed", drafted(template=template), hold_no=1) == ["held police"]


@pytest.mark.parametrize("template", ["L01", "L05", "L13", "L22"])
def test_letters_of_every_kind_to_a_person_wrongly_taken_for_the_poster_are_superseded(template: str) -> None:
    corrected = {"from": "P2", "to": "P5"}
    assert effect("poster-identity-corrected", drafted(template=template), **corrected) == [
        "superseded identity_corrected"
    ]


def test_an_apology_is_not_superseded_by_the_correction_that_it_is_about() -> None:
    apology = drafted(template="L11", cause=entry("poster-identity-corrected").id)
    assert effect("poster-identity-corrected", apology, **{"from": "P2", "to": "P5"}) == []


def test_letters_to_a_person_wrongly_taken_for_the_poster_are_superseded() -> None:
    assert effect("poster-identity-corrected", **{"from": "P2", "to": "P5"}) == ["superseded identity_corrected"]
    assert effect("poster-identity-corrected", **{"from": "P4", "to": "P2"}) == []


def test_a_withdrawn_or_erased_case_sends_nothing_more() -> None:
    assert effect("withdrawn", because="error") == ["cancelled "]
    assert effect("erased", key_id="k") == ["cancelled "]


def test_what_the_record_says_was_sent_is_not_sent_again() -> None:
    assert effect("correspondence-recorded", letter_id=str(LETTER), state="sent") == ["superseded already_filed"]
    assert effect("correspondence-recorded", letter_id="another", state="sent") == []


def test_an_event_has_no_effect_on_the_letter_that_it_caused() -> None:
    caused = drafted(template="L02", posts=(1,), cause=entry("post-checked").id)
    assert effect("post-checked", caused, posts=[1], result="removed") == []


@pytest.mark.parametrize(
    ("name", "template", "outdates"),
    [
        ("evidence-captured", "L09", True),
        ("police-reference-recorded", "L09", True),
        ("poster-identified", "L09", True),
        ("poster-identity-corrected", "L09", True),
        ("poster-identified", "L08", True),
        ("evidence-captured", "L08", False),
        ("evidence-captured", "L04", False),
        ("poster-identified", "L07", False),
    ],
)
def test_a_letter_is_outdated_by_what_its_row_names(name: str, template: str, *, outdates: bool) -> None:
    police = ev.Recipient(party="police", label="police", recipient_class="O")
    expected = ["held outdated"] if outdates else []
    assert effect(name, drafted(template=template, recipient=police), rendered(), **{"from": "P9"}) == expected
    problem = ev.Problem(code="missing", path="posts", expected="posts")
    incomplete = drafted(template=template, recipient=police, problems=(problem,))
    assert effect(name, incomplete, **{"from": "P9"}) == []


@pytest.mark.parametrize("template", ["L02", "L04", "L07", "L15"])
def test_a_corrected_entry_outdates_every_letter_of_the_case(template: str) -> None:
    correction = {"corrects": f"{CASE}/3", "field": "url"}
    assert effect("entry-corrected", drafted(template=template), rendered(), **correction) == ["held outdated"]
    problem = ev.Problem(code="missing", path="posts", expected="posts")
    assert effect("entry-corrected", drafted(template=template, problems=(problem,)), **correction) == []


def test_nothing_is_undone_after_the_letter_left() -> None:
    posted = sev.Dispatched(
        originator_id=LETTER,
        originator_version=3,
        recorded_at=AT,
        by="u-sbm",
        role="office",
        reason_sha256=None,
        command=ev.Command(id="k", body_sha256="b" * 64),
        posted_at=AT,
        posting_class="first",
        expected_by=AT.date(),
        calendar_sha256="c" * 64,
        proof_sha256="p" * 64,
        despite_hold=False,
    )
    assert effect("withdrawn", drafted(), rendered(), posted) == []
    assert effect("entry-corrected", drafted(), rendered(), posted) == []
    assert effect("post-recorded", drafted(), rendered(), posted) == []
    assert effect("police-hold-placed", drafted(), rendered(), posted) == []


def sending(**changed: Any) -> tuple[ev.LetterEvent, ...]:
    """Return the events of an e-mail whose sender has not said how it ended."""
    started = sev.DispatchStarted(
        originator_id=LETTER,
        originator_version=3,
        recorded_at=AT,
        attempt=1,
        claimed_until=later(minutes=5),
        worker="dispatch-1",
    )
    return drafted(channel="email", **changed), rendered(), started


@pytest.mark.parametrize("is_given_up", [False, True])
def test_an_e_mail_that_may_be_leaving_is_held_where_it_would_be_ended(is_given_up: bool) -> None:  # noqa: FBT001 - a case
    given_up = sev.OutcomeUnknown(
        originator_id=LETTER, originator_version=4, recorded_at=AT, attempt=1, stage="lease_ran_out"
    )
    events = (*sending(), *([given_up] if is_given_up else []))
    assert effect("withdrawn", *events) == ["held overtaken"]
    assert effect("warning-withdrawn", *events, warning_no=1) == ["held overtaken"]
    assert effect("poster-identity-corrected", *events, **{"from": "P2", "to": "P4"}) == ["held overtaken"]
    assert effect("police-hold-placed", *events, hold_no=1) == ["held police"]


def test_only_an_unknown_e_mail_is_settled_by_the_record() -> None:
    given_up = sev.OutcomeUnknown(
        originator_id=LETTER, originator_version=4, recorded_at=AT, attempt=1, stage="no_answer"
    )
    said = {"letter_id": str(LETTER)}
    assert effect("correspondence-recorded", *sending(), **said) == []
    assert effect("correspondence-recorded", *sending(), given_up, **said) == ["superseded already_filed"]
