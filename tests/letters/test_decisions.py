"""What people may do to a letter: given its events, when someone decides, then these events or these refusals."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from letters.domain import decision as de
from letters.domain import event as ev
from letters.domain import sending as se
from letters.domain import sending_event as sev
from letters.domain.acting import Act
from letters.domain.checks import Approval, Override
from letters.domain.errors import Forbidden, Refused
from letters.domain.letter import Letter
from letters.domain.sending import Posting
from letters.domain.working_days import Calendar
from tests.letters.given import AT, CALENDAR, LETTER, SCHOOL_YEAR, SHA, drafted, given, later, rendered

COMMAND = ev.Command(id="key-1", body_sha256="b" * 64)


def act(by: str = "u-head", role: str = "headteacher", at: datetime | None = None) -> Act:
    return Act(by=by, role=role, at=at or later(minutes=25), command=COMMAND)


def approval(of: Act | None = None, **changed: Any) -> Approval:
    of = of or act()
    asked = {"by": of.by, "role": of.role, "at": of.at, "pdf_sha256": SHA["pdf"], "calendar": CALENDAR}
    return Approval(**{**asked, **changed})


def approve(letter: Letter, of: Act | None = None, **changed: Any) -> list[ev.LetterEvent]:
    return de.approve(letter, of or act(), approval(of, **changed))


def refusals(decide: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as refused:
        decide()
    return [refusal.code for refusal in refused.value.refusals]


def taken(version: int = 5, by: str = "u-sbm") -> sev.DispatchStarted:
    return sev.DispatchStarted(
        originator_id=LETTER,
        originator_version=version,
        recorded_at=later(minutes=30),
        by=by,
        role="office",
        reason_sha256=None,
        command=ev.Command(id="key-take", body_sha256="b" * 64),
        attempt=1,
        claimed_until=later(minutes=45),
    )


@pytest.fixture
def ready() -> Letter:
    return given(drafted(), rendered())


@pytest.fixture
def issued(ready: Letter) -> Letter:
    return given(drafted(), rendered(), *approve(ready))


def test_approval_issues_the_very_bytes_that_were_looked_at(ready: Letter) -> None:
    approved, issue = approve(ready)
    assert isinstance(approved, ev.Approved)
    assert isinstance(issue, ev.Issued)
    assert (approved.originator_version, approved.pdf_sha256, approved.by) == (3, SHA["pdf"], "u-head")
    assert (issue.originator_version, issue.pdf_sha256) == (4, SHA["pdf"])
    assert issue.expected_by == date(2025, 9, 25)
    assert given(drafted(), rendered(), approved, issue).status == "issued"


def test_another_hash_is_refused_and_both_are_shown(ready: Letter) -> None:
    with pytest.raises(Refused) as refused:
        approve(ready, pdf_sha256="0" * 64)
    (only,) = refused.value.refusals
    assert (only.code, only.expected, only.found) == ("other_pdf", "0" * 64, SHA["pdf"])


def test_a_refusal_lists_every_failing_check() -> None:
    findings = (
        ev.Finding(id="f1", level="block", code="name_not_allowed", path="text"),
        ev.Finding(id="f2", level="check", code="policy_overdue", path="policy"),
    )
    letter = given(drafted(holds=("police", "address"), signatory="u-chair"), rendered(findings=findings))
    late = act(at=datetime(2025, 9, 29, 9, 0, tzinfo=UTC))
    codes = refusals(lambda: approve(letter, late, pdf_sha256="0" * 64))
    assert codes == [
        "other_pdf",
        "held",
        "held",
        "finding",
        "check_not_ticked",
        "not_the_signatory",
        "letter_date_old",
        "deadline_before_arrival",
    ]


def test_an_unrendered_draft_cannot_be_approved() -> None:
    assert refusals(lambda: approve(given(drafted()))) == ["not_ready"]


def test_an_incomplete_draft_lists_every_problem() -> None:
    problems = (
        ev.Problem(code="missing", path="facts.concerns", expected="the school's concerns"),
        ev.Problem(code="missing", path="posts", expected="at least one post"),
    )
    assert refusals(lambda: approve(given(drafted(problems=problems)))) == ["not_ready", "incomplete", "incomplete"]


def test_only_the_roles_of_the_row_approve(ready: Letter) -> None:
    with pytest.raises(Forbidden) as forbidden:
        approve(ready, act(by="u-deputy", role="caseworker"))
    assert forbidden.value.roles == ("headteacher",)


def test_the_letters_own_key_approves_nothing(ready: Letter) -> None:
    with pytest.raises(Forbidden):
        approve(ready, act(by="letters", role="letters"))


def test_the_chair_approves_what_the_chair_signs() -> None:
    letter = given(drafted(signatory="u-chair", signatory_role="chair"), rendered())
    assert approve(letter, act(by="u-chair", role="chair"))


def test_someone_who_does_not_sign_is_offered_a_redraft() -> None:
    letter = given(drafted(signatory="u-deputy", signatory_role="caseworker", template="L02"), rendered())
    with pytest.raises(Refused) as refused:
        approve(letter)
    assert [(each.code, each.instead) for each in refused.value.refusals] == [("not_the_signatory", "redraft")]


def test_where_two_must_approve_the_signatory_comes_first_and_the_second_is_another_person(ready: Letter) -> None:
    template = drafted(template="L02", signatory="u-deputy", signatory_role="caseworker")
    letter = given(template, rendered())
    deputy, head = act(by="u-deputy", role="caseworker"), act()
    assert refusals(lambda: approve(letter, head, approvals_min=2)) == ["not_the_signatory"]
    (first,) = approve(letter, deputy, approvals_min=2)
    once = given(template, rendered(), first)
    assert once.status == "approved"
    assert refusals(lambda: approve(once, deputy, approvals_min=2)) == ["approved_by_you"]
    assert [event.type_name for event in approve(once, head, approvals_min=2)] == [
        "letter.approved.v1",
        "letter.issued.v1",
    ]


def test_a_ticked_check_and_an_overridden_block_let_the_letter_pass() -> None:
    findings = (
        ev.Finding(id="f1", level="block", code="listed_phrase", path="text"),
        ev.Finding(id="f2", level="check", code="policy_overdue", path="policy"),
    )
    letter = given(drafted(), rendered(findings=findings))
    overrides = (Override(finding="f1", reason_sha256="r" * 64),)
    overridden, approved, issue = approve(letter, checks=("f2",), overrides=overrides)
    assert isinstance(overridden, ev.FindingOverridden)
    assert [event.originator_version for event in (overridden, approved, issue)] == [3, 4, 5]


def test_a_hard_finding_cannot_be_overridden() -> None:
    findings = (ev.Finding(id="f1", level="hard", code="address_in_quote", path="posts"),)
    letter = given(drafted(), rendered(findings=findings))
    overrides = (Override(finding="f1", reason_sha256="r" * 64),)
    assert refusals(lambda: approve(letter, overrides=overrides)) == ["finding", "nothing_to_override"]


def test_two_working_days_old_is_young_enough_and_three_is_not() -> None:
    letter = given(drafted(deadline=None), rendered())
    assert approve(letter, act(at=datetime(2025, 9, 25, 22, 59, tzinfo=UTC)))
    codes = refusals(lambda: approve(letter, act(at=datetime(2025, 9, 25, 23, 0, tzinfo=UTC))))
    assert codes == ["letter_date_old"]  # 00:00 in London: the third working day


def test_a_rejected_letter_needs_a_redraft_which_voids_approvals(ready: Letter) -> None:
    rejected = given(drafted(), rendered(), *de.reject(ready, act()))
    assert rejected.status == "rejected"
    assert refusals(lambda: approve(rejected)) == ["not_ready"]
    again = given(drafted(), rendered(), *de.reject(ready, act()), drafted(originator_version=4, revision=2))
    assert (again.status, again.approvals, again.provenance) == ("drafted", (), None)


def test_a_manual_hold_survives_a_redraft_and_a_case_hold_is_asked_again(ready: Letter) -> None:
    (held,) = de.hold(ready, act(by="u-deputy", role="caseworker"))
    again = drafted(originator_version=4, revision=2, holds=("police",))
    assert given(drafted(holds=("safeguarding",)), rendered(), held, again).holds == {"manual", "police"}


def test_only_head_and_dsl_release_and_never_an_unsafe_address() -> None:
    letter = given(drafted(holds=("police", "address")), rendered())
    (released,) = de.release(letter, act(by="u-dsl", role="dsl"), "police")
    assert given(drafted(holds=("police", "address")), rendered(), released).holds == {"address"}
    with pytest.raises(Forbidden):
        de.release(letter, act(by="u-deputy", role="caseworker"), "police")
    with pytest.raises(Refused) as refused:
        de.release(letter, act(), "address")
    assert refused.value.refusals[0].instead == "redraft"
    assert refusals(lambda: de.release(letter, act(), "manual")) == ["no_such_hold"]


def test_an_unapproved_letter_cannot_be_taken(ready: Letter) -> None:
    assert refusals(lambda: se.take(ready, act(by="u-sbm", role="office"), CALENDAR)) == ["not_issued"]


def test_a_taken_letter_is_one_persons_for_fifteen_minutes(issued: Letter) -> None:
    (start,) = se.take(issued, act(by="u-sbm", role="office", at=later(minutes=30)), CALENDAR)
    assert isinstance(start, sev.DispatchStarted)
    assert start.claimed_until == later(minutes=45)
    other = act(by="u-deputy", role="caseworker", at=later(minutes=44))
    in_hand = given(*_until_issued(), start)
    assert refusals(lambda: se.take(in_hand, other, CALENDAR)) == ["taken"]
    (second,) = se.take(in_hand, act(by="u-deputy", role="caseworker", at=later(minutes=45)), CALENDAR)
    assert isinstance(second, sev.DispatchStarted)
    assert second.attempt == 2


def test_posting_is_recorded_with_when_it_can_arrive() -> None:
    letter = given(*_until_issued(), taken())
    posting = Posting(posted_at=later(minutes=40), posting_class="second", proof_sha256="p" * 64)
    (posted,) = se.confirm_posted(letter, act(by="u-sbm", role="office", at=later(minutes=41)), posting, CALENDAR)
    assert isinstance(posted, sev.Dispatched)
    assert (posted.expected_by, posted.despite_hold) == (date(2025, 9, 29), False)
    assert given(*_until_issued(), taken(), posted).unfiled == ("sent",)


@pytest.mark.parametrize("posted_at", [later(minutes=42), later(minutes=-1)])
def test_a_letter_posted_in_the_future_or_before_it_was_issued_is_implausible(posted_at: datetime) -> None:
    letter = given(*_until_issued(), taken())
    posting = Posting(posted_at=posted_at, posting_class="first", proof_sha256="p" * 64)
    asked = act(by="u-sbm", role="office", at=later(minutes=41))
    assert refusals(lambda: se.confirm_posted(letter, asked, posting, CALENDAR)) == ["R20"]


def test_what_left_under_a_hold_is_recorded_once_the_hold_is_acknowledged() -> None:
    held = ev.Held(
        originator_id=LETTER, originator_version=6, recorded_at=later(minutes=32), hold="police", cause="x/1"
    )
    letter = given(*_until_issued(), taken(), held)
    asked = act(by="u-sbm", role="office", at=later(minutes=41))
    posting = Posting(posted_at=later(minutes=40), posting_class="first", proof_sha256="p" * 64)
    assert refusals(lambda: se.confirm_posted(letter, asked, posting, CALENDAR)) == ["held"]
    known = Posting(posted_at=later(minutes=40), posting_class="first", proof_sha256="p" * 64, despite_hold=True)
    (posted,) = se.confirm_posted(letter, asked, known, CALENDAR)
    assert isinstance(posted, sev.Dispatched)
    assert posted.despite_hold


def test_a_sent_letter_is_neither_cancelled_nor_held_nor_redrafted() -> None:
    posting = Posting(posted_at=later(minutes=40), posting_class="first", proof_sha256="p" * 64)
    taken_letter = given(*_until_issued(), taken())
    (posted,) = se.confirm_posted(taken_letter, act(by="u-sbm", role="office", at=later(minutes=41)), posting, CALENDAR)
    letter = given(*_until_issued(), taken(), posted)
    assert refusals(lambda: de.cancel(letter, act(at=later(hours=1)))) == ["not_unsent"]
    assert refusals(lambda: de.hold(letter, act(at=later(hours=1)))) == ["not_unsent"]
    assert refusals(lambda: de.check_redraft(letter, act(at=later(hours=1)))) == ["wrong_status"]


def test_a_letter_that_came_back_after_it_was_thought_delivered_is_returned() -> None:
    posting = Posting(posted_at=later(minutes=40), posting_class="first", proof_sha256="p" * 64)
    posted = se.confirm_posted(
        given(*_until_issued(), taken()), act(by="u-sbm", role="office", at=later(minutes=41)), posting, CALENDAR
    )
    sent = given(*_until_issued(), taken(), *posted)
    office = act(by="u-sbm", role="office", at=later(days=3))
    delivered = se.confirm_outcome(sent, office, sev.Delivered, later(days=2))
    returned = se.confirm_outcome(
        given(*_until_issued(), taken(), *posted, *delivered), office, sev.Returned, office.at
    )
    letter = given(*_until_issued(), taken(), *posted, *delivered, *returned)
    assert (letter.status, letter.unfiled) == ("returned", ("sent", "returned"))


def test_the_fold_remembers_every_request_with_the_version_it_led_to(issued: Letter) -> None:
    assert issued.commands["u-head", "key-1"].version == 4
    assert issued.commands["u-head", "key-1"].body_sha256 == "b" * 64


MESSAGE = "d" * 64
FIVE_TO_FIVE = datetime(2025, 9, 23, 15, 55, tzinfo=UTC)
TWENTY_PAST_FIVE = datetime(2025, 9, 23, 16, 20, tzinfo=UTC)


def dojo(at: datetime = AT, calendar: Calendar = SCHOOL_YEAR) -> list[ev.LetterEvent]:
    """Return the events of a restriction that is to leave by ClassDojo, approved at this moment."""
    draft = drafted(template="L05", channel="classdojo", posts=(), deadline=None)
    page = replace(rendered(), message_sha256=MESSAGE)
    return [draft, page, *approve(given(draft, page), act(at=at), calendar=calendar)]


def sent(**changed: Any) -> Posting:
    facts = {"posted_at": later(minutes=31), "posting_class": "first", "proof_sha256": "p" * 64, "text_sha256": MESSAGE}
    return Posting(**{**facts, **changed})


def test_a_message_that_is_approved_after_hours_is_issued_for_the_next_school_morning() -> None:
    issue = dojo(TWENTY_PAST_FIVE)[-1]
    assert isinstance(issue, ev.Issued)
    assert issue.not_before == datetime(2025, 9, 24, 7, 0, tzinfo=UTC)
    assert (issue.why, issue.expected_by) == ("window_closed", date(2025, 9, 24))
    within = dojo()[-1]
    assert isinstance(within, ev.Issued)
    assert (within.not_before, within.why) == (AT, "window_open")


def test_a_message_cannot_be_taken_outside_its_window_and_is_told_when_it_can() -> None:
    letter = given(*dojo(TWENTY_PAST_FIVE))
    with pytest.raises(Refused) as refused:
        se.take(letter, act(by="u-deputy", role="caseworker", at=TWENTY_PAST_FIVE), SCHOOL_YEAR)
    (only,) = refused.value.refusals
    assert (only.code, only.opens_at) == ("outside_window", datetime(2025, 9, 24, 7, 0, tzinfo=UTC))
    morning = act(by="u-deputy", role="caseworker", at=datetime(2025, 9, 24, 7, 0, tzinfo=UTC))
    assert isinstance(se.take(letter, morning, SCHOOL_YEAR)[0], sev.DispatchStarted)


def test_a_message_is_not_taken_while_nobody_knows_whether_it_is_a_school_day() -> None:
    issue = dojo(calendar=CALENDAR)[-1]
    assert isinstance(issue, ev.Issued)
    assert (issue.not_before, issue.why) == (AT, "no_term_data")
    letter = given(*dojo(calendar=CALENDAR))
    asked = act(by="u-deputy", role="caseworker")
    assert refusals(lambda: se.take(letter, asked, CALENDAR)) == ["no_term_data"]
    assert isinstance(se.take(letter, asked, SCHOOL_YEAR)[0], sev.DispatchStarted)


def test_a_claim_ends_with_the_window_and_the_letter_moves_to_the_next() -> None:
    until_issued = dojo()
    deputy = act(by="u-deputy", role="caseworker", at=FIVE_TO_FIVE)
    (start,) = se.take(given(*until_issued), deputy, SCHOOL_YEAR)
    assert isinstance(start, sev.DispatchStarted)
    assert start.claimed_until == datetime(2025, 9, 23, 16, 0, tzinfo=UTC)
    in_hand = given(*until_issued, start)
    late = act(by="u-deputy", role="caseworker", at=TWENTY_PAST_FIVE)
    assert refusals(lambda: se.take(in_hand, late, SCHOOL_YEAR)) == ["outside_window"]
    morning = act(by="u-sbm", role="office", at=datetime(2025, 9, 24, 7, 5, tzinfo=UTC))
    assert isinstance(se.take(in_hand, morning, SCHOOL_YEAR)[0], sev.DispatchStarted)


def test_a_message_is_confirmed_by_the_words_that_were_copied() -> None:
    letter = given(*dojo())
    asked = act(by="u-deputy", role="caseworker", at=later(minutes=32))
    unproven, other = sent(text_sha256=None), sent(text_sha256="e" * 64)
    assert refusals(lambda: se.confirm_posted(letter, asked, unproven, SCHOOL_YEAR)) == ["other_text"]
    assert refusals(lambda: se.confirm_posted(letter, asked, other, SCHOOL_YEAR)) == ["other_text"]
    (left,) = se.confirm_posted(letter, asked, sent(), SCHOOL_YEAR)
    assert isinstance(left, sev.Dispatched)
    assert (left.posting_class, left.expected_by, left.despite_hold) == (None, date(2025, 9, 23), False)


def test_a_message_that_was_sent_after_hours_is_recorded_once_that_is_acknowledged() -> None:
    letter = given(*dojo())
    asked = act(by="u-deputy", role="caseworker", at=datetime(2025, 9, 23, 17, 0, tzinfo=UTC))
    late = sent(posted_at=TWENTY_PAST_FIVE)
    with pytest.raises(Refused) as refused:
        se.confirm_posted(letter, asked, late, SCHOOL_YEAR)
    (only,) = refused.value.refusals
    assert (only.code, only.expected, only.opens_at) == ("outside_window", "despite_hold true", None)
    (left,) = se.confirm_posted(letter, asked, replace(late, despite_hold=True), SCHOOL_YEAR)
    assert isinstance(left, sev.Dispatched)
    assert left.despite_hold


def test_a_message_may_name_a_day_on_which_no_letter_would_be_there_yet() -> None:
    soon = {"template": "L01", "deadline": later(days=1), "posts": ()}
    page = replace(rendered(), message_sha256=MESSAGE)
    assert refusals(lambda: approve(given(drafted(**soon), page))) == ["deadline_before_arrival"]
    by_dojo = given(drafted(**soon, channel="classdojo"), page)
    assert [type(event) for event in approve(by_dojo, calendar=SCHOOL_YEAR)] == [ev.Approved, ev.Issued]


def _until_issued() -> list[ev.LetterEvent]:
    letter = given(drafted(), rendered())
    return [drafted(), rendered(), *de.approve(letter, act(at=AT), approval(act(at=AT)))]
