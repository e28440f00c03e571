"""Each invariant finds what it forbids: a case by the book breaks none, and the same case, spoilt, breaks that one."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest
from msgspec.structs import replace

from casework.domain.event import Event, Override, Recorded
from casework.domain.folding import IncidentEvent
from casework.domain.steps.access import AccessBlocked, ContentHidden
from casework.domain.steps.closing import LegalHoldPlaced, Reopened
from casework.domain.steps.complaints import ComplaintLinked
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.escalation import ContinuedUseRecorded
from casework.domain.steps.evidence import EvidenceCaptured, EvidenceVerified, PostChecked
from casework.domain.steps.first_step import ParentContacted, RemovalRefused, RemovalRequested
from casework.domain.steps.judgement import BreachDecided, Categorised, Guidance, SafeguardingScreened
from casework.domain.steps.legal import LegalAdviceSought
from casework.domain.steps.people import Assigned, PartyAdded, PosterIdentified, PosterIdentityCorrected
from casework.domain.steps.police import PoliceHoldPlaced, PoliceReferred
from casework.domain.steps.report import NoteAdded, PostRecorded
from casework.domain.steps.warning import WarningIssued
from tests.domain.invariants import INVARIANTS, broken
from tests.domain.playing import reported
from tests.domain.ready import READY, ready

Events = list[Recorded]
Spoil = Callable[[Events], Events]
HOLD: Final = PoliceHoldPlaced(hold_no=1)
LETTER: Final = CorrespondenceRecorded(
    letter_id=UUID(int=3), template="L02", version=1, pdf_sha256="0" * 64, size_bytes=67, channel="print",
    state="returned", party="P2",
)  # fmt: skip
CONCERN: Final = BreachDecided(
    outcome="inappropriate", posts=(1,), judged_under="2021-spring", guidance=Guidance(), law_tags=(), has_concern=True,
    is_fair_comment_considered=True, is_concern_answered=False,
)  # fmt: skip


def by_the_book(name: str) -> Events:
    """Return the events of a case in which this decision was taken last."""
    tried = ready(name)
    tried.taken()
    return tried.played.events


def without(*types: type[Event]) -> Spoil:
    """Return what leaves out all events of these types, but for what was recorded last."""
    return lambda events: [at for at in events[:-1] if not isinstance(at.event, types)] + events[-1:]


def after(*added: IncidentEvent) -> Spoil:
    """Return what lets these events happen, by nobody in particular, before what was recorded last."""

    def spoilt(events: Events) -> Events:
        first = next(n for n, at in enumerate(events) if at.carried.command == events[-1].carried.command)
        return [*events[:first], *(_by_the_timer(events[-1], event) for event in added), *events[first:]]

    return spoilt


def then(*added: IncidentEvent) -> Spoil:
    """Return what lets these events follow."""
    return lambda events: [*events, *(_by_the_timer(events[-1], event) for event in added)]


def again(events: Events) -> Events:
    """Let what was recorded last happen once more, on another day's command."""
    last = events[-1]
    return [*events, replace(last, carried=replace(last.carried, command=UUID(int=1)))]


def changed(of: type[Event], **fields: Any) -> Spoil:
    """Return what changes all events of a type."""
    return lambda events: [
        replace(at, event=replace(at.event, **fields)) if isinstance(at.event, of) else at for at in events
    ]


def marked(**fields: Any) -> Spoil:
    """Return what changes what the last decision's events carry: who decided, in which role, what was set aside."""

    def spoilt(events: Events) -> Events:
        last = events[-1].carried.command
        return [
            replace(at, carried=replace(at.carried, **fields)) if at.carried.command == last else at for at in events
        ]

    return spoilt


def both(*spoils: Spoil) -> Spoil:
    """Return what spoils it in several ways."""

    def spoilt(events: Events) -> Events:
        for spoil in spoils:
            events = spoil(events)
        return events

    return spoilt


def overridden(rule: str, code: str, **fields: Any) -> Spoil:
    """Return what says that a rule was set aside."""
    return marked(override=Override(rules=(rule,), code=code), **fields)


def _by_the_timer(like: Recorded, event: IncidentEvent) -> Recorded:
    carried = replace(like.carried, actor="timer", role="system", command=UUID(int=2), override=None)
    return replace(like, event=event, carried=carried)


def childs(events: Sequence[Recorded]) -> Events:
    """Return the events of a child's account, where all is for few eyes but the last."""
    told = reported("insta", kind="child_account").events
    return [*told, replace(events[-1], carried=replace(events[-1].carried, sensitivity="open"))]


SANCTIONS: Final = ("issue_warning", "block_access", "report_to_host", "authorise_legal_action")
JUDGED: Final = (BreachDecided, ContinuedUseRecorded)
PLANTED: Final[Sequence[tuple[str, tuple[str, ...], Spoil]]] = (
    ("no_sanction_before_a_judgement", (*SANCTIONS, "request_removal"), without(*JUDGED)),
    ("no_sanction_before_the_first_step", SANCTIONS, without(ParentContacted)),
    ("no_sanction_before_the_first_step", ("report_to_host", "block_access"), without(RemovalRequested)),
    ("no_sanction_before_refusal_and_continuation", SANCTIONS, without(RemovalRefused)),
    ("no_sanction_before_refusal_and_continuation", SANCTIONS, without(ContinuedUseRecorded)),
    (
        "nobody_speaks_to_the_poster_while_the_police_ask_not_to",
        (
            "contact_parent", "request_removal", "issue_warning", "block_access", "offer_complaints_route",
            "notify_affected",
        ),
        after(HOLD),
    ),
    (
        "nobody_speaks_to_the_poster_before_the_safeguarding_lead_allows",
        ("contact_parent", "request_removal", "issue_warning", "authorise_legal_action", "close_incident"),
        after(SafeguardingScreened(is_hold=True, finding="other", reason="r")),
    ),
    (
        "nobody_speaks_to_the_poster_before_the_safeguarding_lead_allows",
        ("contact_parent", "request_removal", "issue_warning", "authorise_legal_action", "close_incident"),
        without(Categorised),
    ),
    ("no_child_is_written_to", ("contact_parent", "block_access"), changed(PartyAdded, kind="pupil")),
    (
        "nobody_is_accused_on_a_guess",
        ("request_removal", "issue_warning", "block_access", "authorise_legal_action"),
        changed(PosterIdentified, confidence="unverified"),
    ),
    (
        "nobody_is_accused_on_a_guess",
        ("request_removal", "issue_warning", "block_access"),
        after(PosterIdentityCorrected(wrong="P2", right="P1", confidence="confirmed", was_contacted=True)),
    ),
    (
        "nothing_is_done_about_a_post_that_was_not_captured",
        ("request_removal", "issue_warning", "report_to_host", "hide_content"),
        without(EvidenceCaptured),
    ),
    (
        "nothing_is_done_about_a_post_that_was_not_captured",
        ("request_removal", "issue_warning", "report_to_host", "hide_content"),
        after(EvidenceVerified(evidence_no=1, result="missing")),
    ),
    (
        "a_block_is_on_the_schools_own_channel_and_is_reviewed",
        ("block_access",),
        changed(AccessBlocked, review_on=date(2026, 9, 1)),
    ),
    (
        "a_block_is_on_the_schools_own_channel_and_is_reviewed",
        ("block_access",),
        changed(AccessBlocked, channel="fb-community"),
    ),
    (
        "a_block_is_on_the_schools_own_channel_and_is_reviewed",
        ("block_access",),
        both(changed(PostRecorded, channel="dojo"), changed(AccessBlocked, channel="dojo")),
    ),
    (
        "what_is_hidden_stands_on_the_schools_own_channel",
        ("hide_content",),
        changed(ContentHidden, channel="fb-community"),
    ),
    ("what_is_hidden_stands_on_the_schools_own_channel", ("hide_content",), changed(PostRecorded, channel="dojo")),
    ("the_police_are_told_of_a_ground", ("refer_to_police",), changed(PoliceReferred, grounds=())),
    ("the_police_are_told_of_a_ground", ("refer_to_police",), changed(PoliceReferred, grounds=("crime_suspected",))),
    (
        "nobody_judges_in_a_matter_of_their_own",
        (
            *SANCTIONS[:2], "authorise_legal_action", "correct_entry", "correct_identity", "decide_breach",
            "dispense_first_step", "record_continued_use", "consider_escalation", "override_threshold",
            "withdraw_warning", "review_block", "seek_legal_advice", "close_incident", "reopen_incident",
            "withdraw_incident", "release_legal_hold", "review_retention", "erase_case", "record_complaint_outcome",
        ),
        marked(actor="u-aunt"),
    ),
    (
        "nobody_judges_while_a_complaint_about_them_is_open",
        ("withdraw_warning",),
        after(ComplaintLinked(complaint_no=1, stage=1, warning_no=1)),
    ),
    (
        "whoever_a_case_is_about_decides_nothing",
        ("withdraw_incident", "erase_case", "categorise", "contact_parent"),
        marked(actor="u-teacher"),
    ),
    (
        "whoever_a_case_is_about_decides_nothing",
        ("withdraw_incident", "erase_case", "add_note"),
        marked(actor="p-parent"),
    ),
    (
        "whoever_a_case_is_about_decides_nothing",
        ("assign",),
        both(marked(actor="u-teacher"), changed(Assigned, decision_maker="u-teacher")),
    ),
    (
        "whoever_a_case_is_about_decides_nothing",
        ("assign",),
        both(marked(actor="u-teacher"), after(Assigned(decision_maker="u-governor", why="other"))),
    ),
    (
        "nobody_decides_what_another_role_decides",
        tuple(name for name in READY if name not in {"give_grant", "withdraw_grant"}),
        marked(role="governor"),
    ),
    ("only_a_soft_rule_is_set_aside_by_who_may", ("issue_warning",), overridden("R05", "other")),
    ("only_a_soft_rule_is_set_aside_by_who_may", ("issue_warning",), overridden("R04", "threat")),
    ("only_a_soft_rule_is_set_aside_by_who_may", ("issue_warning",), overridden("R03", "other", role="caseworker")),
    ("nothing_open_is_closed", ("close_incident",), after(HOLD)),
    ("nothing_open_is_closed", ("close_incident",), after(LETTER)),
    ("nothing_open_is_closed", ("close_incident",), after(CONCERN)),
    ("nothing_open_is_closed", ("close_incident",), after(LegalAdviceSought(advice_no=1, advice=UUID(int=4)))),
    ("nothing_open_is_closed", ("close_incident",), after(PostChecked(posts=(1,), result="edited"))),
    (
        "nothing_open_is_closed",
        ("close_incident",),
        after(
            WarningIssued(warning_no=1, party="P2", posts=(1,)),
            PosterIdentityCorrected(wrong="P2", right="P1", confidence="unverified", was_contacted=True),
        ),
    ),
    ("nothing_is_closed_on_an_old_look", ("close_incident",), without(PostChecked)),
    ("a_closed_case_stays_closed", ("close_incident", "withdraw_incident"), then(CONCERN)),
    ("a_closed_case_stays_closed", ("issue_warning",), then(Reopened())),
    ("nothing_is_recorded_once_the_case_is_erased", ("erase_case",), then(LETTER)),
    ("nothing_is_recorded_once_the_case_is_erased", ("erase_case",), again),
    (
        "nothing_is_destroyed_under_a_legal_hold",
        ("erase_case", "review_retention"),
        after(LegalHoldPlaced(hold_no=1, hold_cause="other")),
    ),
    ("numbers_count_from_one", ("issue_warning",), changed(WarningIssued, warning_no=2)),
    ("numbers_count_from_one", ("add_note",), then(NoteAdded(note_no=1, kind="note"))),
    (
        "nothing_is_answered_lifted_or_withdrawn_twice",
        (
            "withdraw_warning", "release_police_hold", "release_legal_hold", "record_police_outcome",
            "record_host_response", "record_legal_advice", "record_legal_step", "record_complaint_outcome",
        ),
        again,
    ),
    (
        "nobody_sees_more_than_the_event_allows",
        ("screen_safeguarding", "seek_legal_advice"),
        marked(sensitivity="open"),
    ),
    ("nobody_sees_more_than_the_event_allows", ("add_note",), childs),
)  # fmt: skip
"""What is spoilt, in which cases, and which invariant says so."""
EACH: Final = [(invariant, name, spoil) for invariant, names, spoil in PLANTED for name in names]


@pytest.mark.parametrize("name", READY)
def test_a_case_by_the_book_breaks_none(name: str) -> None:
    assert list(broken(by_the_book(name))) == []


@pytest.mark.parametrize(("invariant", "name", "spoil"), EACH, ids=[f"{name}: {kept}" for kept, name, _ in EACH])
def test_what_is_forbidden_is_found(invariant: str, name: str, spoil: Spoil) -> None:
    assert invariant in {found for found, _ in broken(spoil(by_the_book(name)))}


def test_a_lifted_block_is_neither_reviewed_nor_spoken_against() -> None:
    played = ready("review_block").played
    played.when("u-head", "review_block", number=1, decision="lift", reason="apology")
    lifted = played.events
    assert list(broken(lifted)) == []
    for at in (lifted[-2], by_the_book("record_representations")[-1]):
        [(invariant, _)] = broken([*lifted, at])
        assert invariant == "nothing_is_answered_lifted_or_withdrawn_twice"


def test_every_invariant_has_a_violation_planted() -> None:
    assert {invariant for invariant, _, _ in PLANTED} == set(INVARIANTS)
