"""From casework's answer to a draft: recipients, signatory, gates and holds."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from letters.domain import merge_fields as mf
from letters.domain.catalogue import CATALOGUE, Channel, Row
from letters.domain.drafting import Cause, Place, Prepared, draft, placeholder, recipients, signatory
from letters.domain.errors import MergeFieldsMalformed
from letters.domain.event import Drafted, Problem
from letters.domain.merge_fields import MergeFields
from tests.letters.given import AT, CASE, CAUSE, LETTER, SHA, merge_fields
from tests.letters.given import given as fold_one

WARNING = CATALOGUE["L04"]
REQUEST = CATALOGUE["L02"]
DUE = datetime.fromisoformat("2025-09-26T17:00:00+01:00")


def fields(**changed: Any) -> MergeFields:
    return mf.parse(msgspec.json.encode(merge_fields(**changed)))


def recipient(**changed: Any) -> list[dict[str, Any]]:
    return [{**merge_fields()["recipients"][0], **changed}]


def drafting(given: MergeFields, row: Row = WARNING, channel: Channel = "print") -> Drafted:
    return draft(
        row,
        Cause(id=CAUSE, case=CASE, posts=(1, 2), number=1),
        fields=given,
        recipient=recipients(WARNING, given)[0],
        signs=signatory(WARNING, given),
        prepared=Prepared(version=1, data_sha256=SHA["data"], deadline=DUE),
        merge_sha256=SHA["merge"],
        place=Place(letter=LETTER, at=AT),
        channel=channel,
    )


def test_a_complete_answer_becomes_a_complete_draft() -> None:
    made = drafting(fields())
    assert (made.problems, made.holds, made.signatory, made.our_ref) == ((), (), "u-head", "RL-2025-0001/L04-140846")
    assert made.audience.excluded == ("u-t5",)
    assert made.deadline == DUE


@pytest.mark.parametrize(
    "poster",
    [
        None,
        {"party_id": "p-mallinson", "identity_confidence": "unverified"},
        {"party_id": "p-other", "identity_confidence": "confirmed"},
    ],
)
def test_nobody_is_warned_who_is_not_known_to_be_the_poster(poster: dict[str, str] | None) -> None:
    assert [problem.code for problem in drafting(fields(poster=poster)).problems] == ["identity_unproven"]


@pytest.mark.parametrize(
    "changed",
    [
        {"address": None},
        {"is_confidential": True},
        {"court_order": True},
        {"address_source": "typed", "address_verified_by": None},
    ],
)
def test_an_address_that_may_not_be_used_holds_the_letter(changed: dict[str, Any]) -> None:
    assert drafting(fields(recipients=recipient(**changed))).holds == ("address",)


def test_a_typed_address_that_someone_verified_is_safe() -> None:
    given = fields(recipients=recipient(address_source="typed", address_verified_by="u-sbm"))
    assert drafting(given).holds == ()


@pytest.mark.parametrize(
    ("changed", "holds"),
    [
        ({}, ("address",)),
        ({"email": "kerry@example.org"}, ("address",)),
        ({"email": "kerry@example.org", "email_verified_by": "u-sbm"}, ()),
        ({"email": "not an address", "email_verified_by": "u-sbm"}, ("address",)),
        ({"email": "kerry@example.org", "email_verified_by": "u-sbm", "address": None}, ()),
    ],
)
def test_an_e_mail_needs_one_address_that_somebody_verified(changed: dict[str, Any], holds: tuple[str, ...]) -> None:
    assert drafting(fields(recipients=recipient(**changed)), channel="email").holds == holds


def test_holds_of_the_case_stand_from_the_draft_on() -> None:
    assert drafting(fields(holds=["police", "legal"])).holds == ("police",)


def test_the_chair_signs_for_a_headteacher_whom_the_posts_are_about() -> None:
    chair = {"subject": "u-chair", "role": "chair", "name": "Alan Hurst"}
    given = fields(conflicted=["u-head"], signatories=[*merge_fields()["signatories"], chair])
    signs = signatory(WARNING, given)
    assert signs is not None
    assert signs.subject == "u-chair"


def test_without_head_and_chair_nobody_signs_and_the_draft_says_so() -> None:
    made = drafting(fields(conflicted=["u-head"]))
    assert [(problem.code, made.signatory) for problem in made.problems] == [("no_signatory", None)]


def test_the_handler_signs_a_removal_request_and_another_may_be_preferred() -> None:
    found = [signatory(REQUEST, fields(), preferred) for preferred in (None, "u-head", "u-stranger")]
    assert [person.subject for person in found if person] == ["u-deputy", "u-head", "u-deputy"]
    fallback = signatory(REQUEST, fields(handler="u-away"))
    assert fallback is not None
    assert fallback.subject == "u-head"


def test_separated_parents_are_two_recipients() -> None:
    both = [*recipient(), *recipient(party_id="p-other", label="P3")]
    assert [one.party_id for one in recipients(WARNING, fields(recipients=both))] == ["p-mallinson", "p-other"]


def test_a_placeholder_keeps_the_cause_and_names_nobody() -> None:
    problem = Problem(code="casework_unavailable", path="merge-fields", expected="an answer")
    cause = Cause(id=CAUSE, case=CASE, posts=(), number=None)
    made = placeholder(WARNING, cause, "unresolved", problem, Place(letter=LETTER, at=AT))
    assert (made.recipient.party, made.problems, made.merge_sha256) == ("unresolved", (problem,), None)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"recipients": [{"class": "P"}]}', b'{"conflicted": "u-head"}'])
def test_an_answer_of_another_shape_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(MergeFieldsMalformed):
        mf.parse(body)


def test_an_unknown_field_in_the_answer_is_left_alone() -> None:
    assert fields(weather="rain").whole["weather"] == "rain"


def invited(**facts: Any) -> Drafted:
    """Return the draft of an invitation to talk, whose cause names no posts."""
    given = fields(facts={"posts_in_question": [1, 3], **facts})
    row = CATALOGUE["L01"]
    return draft(
        row,
        Cause(id=CAUSE, case=CASE, posts=(), number=None),
        fields=given,
        recipient=recipients(row, given)[0],
        signs=signatory(row, given),
        prepared=Prepared(version=1, data_sha256=SHA["data"]),
        merge_sha256=SHA["merge"],
        place=Place(letter=LETTER, at=AT),
        channel="print",
    )


def test_an_invitation_is_about_the_posts_in_question() -> None:
    assert invited().posts == (1, 3)
    assert invited(posts_in_question=None).posts == ()
    again = Cause.of_letter(fold_one(invited()))
    assert again.posts == (1, 3)


def test_a_warning_is_about_the_posts_of_its_cause() -> None:
    assert drafting(fields(facts={**merge_fields()["facts"], "posts_in_question": [7]})).posts == (1, 2)
