"""Whom merge fields name: who is written to and where, who signs, who may see it, and whose name may stand in it."""

from dataclasses import replace as changed
from typing import Any

import pytest
from msgspec.structs import replace

from casework.application.merge_fields import ContactPoint, MergeFields, Tie
from casework.application.merge_fields.persons import handler
from casework.application.merge_fields.view import view_of
from tests.application.asking import HOME, POLICY, Directory, account, asked, person, point, text_of
from tests.domain.playing import Played, judged, reported

CONFIDENTIAL = point("address", "2 Safe Street", "Exampleton", "EX1 2BB", is_confidential=True)
FORBIDDEN = point("address", "3 Far Road", "Exampleton", "EX1 3BB", has_court_order=True)
IDENTITY: dict[str, Any] = {"confidence": "probable", "basis_code": "known_to_staff", "basis": "known"}


def requested() -> Played:
    """Return a case whose poster was asked to remove the post."""
    played = judged()
    played.when("u-deputy", "request_removal", posts=[1])
    return played


def of_request(people: Directory | None = None) -> MergeFields:
    return asked(requested(), "removal-requested", people)


def at_home(*points: ContactPoint, **facts: Any) -> Directory:
    return Directory().with_person("p-parent", person("adult", "Kerry Mallinson", *points, **facts))


def test_the_poster_is_written_to_at_an_address_of_their_own() -> None:
    verified = point(verified_by="u-sbm")
    email = point("email", "kerry@example.org")
    (to,) = of_request(at_home(email, verified, language="pl", is_large_print=True)).recipients
    assert (to.party_id, to.label, to.recipient_class, to.name) == ("p-parent", "P2", "P", "Kerry Mallinson")
    assert (to.address, to.address_source, to.address_verified_by) == (HOME, "directory", "u-sbm")
    assert (to.email, to.association, to.language, to.large_print) == ("kerry@example.org", "parent", "pl", True)


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ((), (None, None, False, False)),
        ((CONFIDENTIAL,), (None, None, True, False)),
        ((FORBIDDEN,), (None, None, False, True)),
        ((CONFIDENTIAL, FORBIDDEN, point()), (HOME, "directory", False, False)),
    ],
)
def test_an_address_that_may_not_be_used_is_not_given_out(points: tuple[ContactPoint, ...], told: Any) -> None:
    (to,) = of_request(at_home(*points)).recipients
    assert (to.address, to.address_source, to.is_confidential, to.court_order) == told


def test_a_confidential_email_is_not_given_out() -> None:
    hidden = point("email", "safe@example.org", is_confidential=True, verified_by="u-sbm")
    (to,) = of_request(at_home(hidden)).recipients
    assert (to.email, to.email_verified_by) == (None, None)


@pytest.mark.parametrize("verified_by", [None, "u-sbm"])
def test_an_email_comes_with_who_made_sure_of_it(verified_by: str | None) -> None:
    known = point("email", "kerry@example.org", verified_by=verified_by)
    (to,) = of_request(at_home(known)).recipients
    assert (to.email, to.email_verified_by) == ("kerry@example.org", verified_by)


def test_somebody_only_described_goes_by_the_label_of_the_case() -> None:
    played = reported()
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    described: dict[str, Any] = {"kind": "adult", "name": "Doreen Pickard"}
    played.when("u-deputy", "attribute_identity", party=described, association="relative", **IDENTITY)
    played.when("u-deputy", "check_post", posts=[1], result="removed", removed_by="poster")
    found = asked(played, "post-checked")
    (to,) = found.recipients
    assert (to.party_id, to.label, to.name, to.association) == ("P2", "P2", "Doreen Pickard", "relative")
    assert (to.address, to.address_source, to.language) == (None, None, None)
    assert found.poster is not None
    assert (found.poster.party_id, found.poster.linked_parties) == ("P2", ())


def test_somebody_who_left_the_directory_keeps_the_id_that_letters_are_named_by() -> None:
    people = Directory()
    people = changed(people, people={id_: p for id_, p in people.people.items() if id_ != "p-parent"})
    (to,) = of_request(people).recipients
    assert (to.party_id, to.name, to.address) == ("p-parent", "Kerry Mallinson", None)


def test_a_request_goes_to_whom_it_names_also_if_another_is_taken_for_the_poster_since() -> None:
    played = requested()
    played.when("u-head", "correct_identity", to={"person": "p-other"}, confidence="probable", reason="it was hers")
    found = asked(played, "removal-requested")
    assert [to.party_id for to in found.recipients] == ["p-parent"]
    assert found.poster is not None
    assert found.poster.party_id == "p-other", "so that the letter's own gate sees the difference"


def test_nobody_is_thanked_for_a_post_whose_poster_nobody_knows() -> None:
    played = reported()
    played.when("u-deputy", "check_post", posts=[1], result="removed", removed_by="poster")
    found = asked(played, "post-checked")
    assert (found.recipients, found.poster) == ((), None)


def test_the_other_adults_of_the_same_children_are_linked_to_the_poster() -> None:
    ties = (Tie("p-parent", "k-child"), Tie("p-other", "k-child"), Tie("p-far", "k-far"))
    found = of_request(changed(Directory(), ties=ties))
    assert found.poster is not None
    assert found.poster.linked_parties == ("p-other",)


def test_only_recipients_those_who_sign_and_staff_may_be_named() -> None:
    ties = (Tie("p-parent", "k-child"), Tie("p-other", "k-child"))
    found = {(name.name, name.kind): name.allowed for name in of_request(changed(Directory(), ties=ties)).names}
    assert found == {
        ("Kerry Mallinson", "adult"): True,
        ("Sarah Holt", "adult"): False,
        ("Jayden Mallinson", "pupil"): False,
        ("Amy Ellery", "staff"): True,
        ("Helen Ashdown", "staff"): True,
        ("Tom Birch", "staff"): True,
    }


def test_a_recipient_who_turns_out_to_be_a_pupil_may_not_be_named() -> None:
    people = Directory().with_person("p-parent", person("pupil", "Kerry Mallinson"))
    assert [name.allowed for name in of_request(people).names if name.name == "Kerry Mallinson"] == [False]


def test_a_teacher_who_is_there_as_the_other_parent_may_not_be_named() -> None:
    people = Directory().with_person("u-cook", person("staff", "Mary Oakes"))
    people = changed(people, ties=(Tie("p-parent", "k-child"), Tie("u-cook", "k-child")))
    assert [name.allowed for name in of_request(people).names if name.name == "Mary Oakes"] == [False]


def test_a_pupil_who_shares_the_name_of_the_recipient_stays_listed() -> None:
    people = Directory().with_person("k-child", person("pupil", "Kerry Mallinson"))
    assert {(n.kind, n.allowed) for n in of_request(people).names if n.name == "Kerry Mallinson"} == {
        ("adult", True),
        ("pupil", False),
    }


def test_a_group_that_is_described_is_named_and_somebody_without_a_name_is_not() -> None:
    played = requested()
    targets = [{"kind": "group", "name": "the kitchen staff"}, {"kind": "unknown"}, {"kind": "pupil", "name": " "}]
    post: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-18T08:00:00+01:00"}
    played.when("u-deputy", "add_post", targets=targets, **post)
    found = asked(played, "removal-requested")
    named = {name.name: name.allowed for name in found.names if name.kind in {"group", "unknown", "pupil"}}
    assert named == {"the kitchen staff": False, "Jayden Mallinson": False}
    assert found.posts[0].quote == "lazy", "a pupil without a name is named by no words"


def test_staff_with_a_good_key_sign_in_the_order_of_roles_each_by_name_and_job() -> None:
    staff = (
        account("u-chair", "chair", "Alan Hurst"),
        account("u-deputy", "caseworker", "Tom Birch", job="Deputy headteacher"),
        account("u-dsl", "dsl", "Ruth Calder"),
        account("u-former", "headteacher", "Gone Away", is_good=False),
        account("u-head", "headteacher", None, person="nobody"),
        account("u-head", "headteacher", "Helen Ashdown"),
        account("u-new", "caseworker", None),
        account("u-sbm", "office", "Neil Draycott"),
        account("letters", "letters", None),
    )
    signs = of_request(changed(Directory(), staff=staff)).signatories
    assert [(one.subject, one.role, one.name, one.job) for one in signs] == [
        ("u-head", "headteacher", "Helen Ashdown", "Headteacher"),
        ("u-deputy", "caseworker", "Tom Birch", "Deputy headteacher"),
        ("u-new", "caseworker", None, "Caseworker"),
        ("u-dsl", "dsl", "Ruth Calder", "Designated safeguarding lead"),
        ("u-chair", "chair", "Alan Hurst", "Chair of governors"),
        ("u-sbm", "office", "Neil Draycott", "School office"),
    ]


def test_whoever_the_posts_are_about_and_the_poster_neither_sign_nor_see_it() -> None:
    staff = (
        account("u-head", "headteacher", "Amy Ellery", person="u-teacher"),
        account("u-teacher", "caseworker", None, is_good=False),
        account("u-mother", "caseworker", "Kerry Mallinson", person="p-parent"),
        account("P2", "caseworker", "Called like a label"),
        account("u-deputy", "caseworker", "Tom Birch"),
    )
    found = of_request(changed(Directory(), staff=staff))
    assert found.conflicted == ("u-head", "u-mother", "u-teacher")
    assert found.audience.excluded == found.conflicted
    assert [one.subject for one in found.signatories] == ["P2", "u-deputy"]


def test_the_audience_of_an_ordinary_case_is_who_may_read_it() -> None:
    audience = of_request().audience
    assert set(audience.roles) == {"headteacher", "dsl", "dpo", "auditor", "caseworker", "office", "legal"}
    assert audience.sensitivity == "open"


def test_letters_about_a_childs_account_are_for_few_eyes() -> None:
    played = reported(kind="child_account")
    played.when("u-deputy", "check_post", posts=[1], result="removed", removed_by="poster")
    found = asked(played, "post-checked")
    assert set(found.audience.roles) == {"headteacher", "dsl", "dpo", "auditor", "legal"}
    assert (found.audience.sensitivity, found.case.sensitivity, found.case.kind) == ("dsl", "dsl", "child_account")


def test_holds_are_those_that_stand_now() -> None:
    played = requested()
    assert asked(played, "removal-requested").holds == ()
    played.when("u-head", "place_police_hold", reason="the police asked")
    played.when("u-dsl", "screen_safeguarding", is_hold=True, finding="harm_threshold_may_be_met", reason="to be seen")
    assert asked(played, "removal-requested").holds == ("police", "safeguarding")
    played.when("u-head", "release_police_hold", number=1, consent="the constable agreed")
    assert asked(played, "removal-requested").holds == ("safeguarding",)


def test_the_first_caseworker_to_decide_handles_the_case_and_not_who_only_reported_it() -> None:
    played = reported()
    played.when("u-head", "capture_evidence", posts=[1], method="screenshot")
    played.when("u-head", "check_post", posts=[1], result="visible")
    assert asked(played, "post-checked").handler is None
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    assert asked(played, "post-checked").handler == "u-deputy"


def test_a_caseworker_with_a_conflict_does_not_handle_the_case() -> None:
    people = changed(Directory(), staff=(account("u-deputy", "caseworker", None, person="u-teacher"),))
    assert of_request(people).handler is None


def test_who_is_assigned_handles_the_case() -> None:
    played = requested()
    view = view_of(played.events[-1], played.events, policy=POLICY, people=Directory(), now=played.now)
    assert handler(replace(view, case=replace(view.case, handler="u-other"))) == "u-other"


def test_whoever_decides_in_anothers_place_sees_the_letters_too() -> None:
    played = judged()
    assigned: dict[str, Any] = {"decision_maker": "u-chair", "why": "conflict_of_interest", "reason": "a cousin"}
    played.when("u-head", "assign", **assigned)
    played.when("u-deputy", "request_removal", posts=[1])
    assert asked(played, "removal-requested").audience.subjects == ("u-chair",)
    assert of_request().audience.subjects == ()


def test_addresses_of_others_are_told_as_digests_and_the_recipients_own_is_none_of_them() -> None:
    mill_lane, elm_close = point(), point("address", "9 Elm Close", "Rowanby", "DE99 2QA")
    hidden = point("address", "1 Ash Road", "DE99 2QB", is_confidential=True)
    people = {
        "p-parent": person("adult", "Kerry Mallinson", mill_lane),
        "k-child": person("pupil", "Jayden Mallinson", mill_lane, elm_close),
        "p-other": person("adult", "Sam Mallinson", hidden, point("email", "sam@example.org")),
        "u-teacher": person("staff", "Amy Ellery"),
    }
    directory = Directory(people=people, ties=(Tie("p-parent", "k-child"), Tie("p-other", "k-child")))
    found = asked(requested(), "removal-requested", directory)
    assert len(found.taken_addresses) == 3
    assert all(len(digest) == 64 for digest in found.taken_addresses)
    told = text_of(found)
    assert not any(words in told for words in ("Elm", "Ash Road", "DE99 2QB", "sam@"))
