"""Letters that go by no post: web form, portal, telephone, by hand. Whoever passes one on says how that is known."""

from datetime import date
from typing import Any

import pytest

from letters.domain import acting
from letters.domain import decision as de
from letters.domain import sending as se
from letters.domain import sending_event as sev
from letters.domain.catalogue import MANUAL
from letters.domain.errors import Forbidden
from letters.domain.letter import Letter
from letters.domain.sending import Posting
from tests.letters.given import CALENDAR, SHA, drafted, given, later, rendered
from tests.letters.test_decisions import act, approve, refusals, taken

OFFICE = act(by="u-sbm", role="office", at=later(minutes=41))


def in_hand(**changed: Any) -> Letter:
    """Return a letter to a web form that was approved and taken."""
    draft = drafted(**{"channel": "web_form", "deadline": None, **changed})
    issued = approve(given(draft, rendered()))
    return given(draft, rendered(), *issued, taken())


def passed_on(letter: Letter, **said: Any) -> sev.Dispatched:
    facts = {"posted_at": later(minutes=40), "posting_class": "first", "proof_sha256": "p" * 64, **said}
    (sent,) = se.confirm_posted(letter, OFFICE, Posting(**facts), CALENDAR)
    assert isinstance(sent, sev.Dispatched)
    return sent


@pytest.mark.parametrize("channel", sorted(MANUAL))
def test_what_is_passed_on_is_there_at_once_and_has_no_class_of_post(channel: str) -> None:
    letter = in_hand(channel=channel)
    assert letter.issued is not None
    assert letter.issued.expected_by == date(2025, 9, 23)
    sent = passed_on(letter, is_proven=True)
    assert (sent.posting_class, sent.expected_by) == (None, date(2025, 9, 23))


def test_nothing_counts_as_passed_on_without_anything_to_know_it_by() -> None:
    assert refusals(lambda: passed_on(in_hand())) == ["proof_needed"]
    assert passed_on(in_hand(), is_proven=True).posting_class is None
    assert passed_on(in_hand(channel="print")).posting_class == "first"


def test_the_text_that_was_passed_on_is_the_one_that_was_approved() -> None:
    assert refusals(lambda: passed_on(in_hand(), text_sha256="0" * 64, is_proven=True)) == ["other_text"]
    assert passed_on(in_hand(), text_sha256=SHA["text"], is_proven=True).posted_at == later(minutes=40)


def test_a_deadline_is_kept_if_the_letter_is_there_in_time_by_its_channel() -> None:
    soon = {"deadline": later(days=1)}
    assert refusals(lambda: approve(given(drafted(**soon), rendered()))) == ["deadline_before_arrival"]
    assert approve(given(drafted(channel="by_hand", **soon), rendered()))


def test_the_chair_does_with_a_letter_that_the_chair_signs_what_a_headteacher_does() -> None:
    chair = act(by="u-chair", role="chair", at=later(minutes=41))
    signed = in_hand(signatory="u-head", signatory_role="headteacher")
    with pytest.raises(Forbidden):
        se.take(signed, chair, CALENDAR)
    draft = drafted(signatory="u-chair", signatory_role="chair", deadline=None)
    issued = given(draft, rendered(), *approve(given(draft, rendered()), chair))
    assert se.take(issued, chair, CALENDAR)
    assert de.hold(issued, chair)
    de.check_redraft(given(draft, rendered()), chair)


@pytest.mark.parametrize("decision", ["redraft", "hold", "release", "cancel", "dispatch", "dispatched"])
def test_nobody_gains_but_the_chair(decision: str) -> None:
    letter = given(drafted(signatory="u-chair", signatory_role="chair"), rendered())
    governor = act(by="u-gov", role="governor")
    with pytest.raises(Forbidden) as forbidden:
        acting.permit(decision, letter, governor)
    assert set(forbidden.value.roles) == {*acting.ROLES[decision], "chair"}
