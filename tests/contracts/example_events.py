"""One example of each event type, in the words of the stories: what `contracts/examples` is made from.

A row is an event, the story that it belongs to and its version there, who wrote it and when it was recorded. All people
are invented. A new event type needs a row here and `make openapi`; `test_examples.py` names the one that is missing.
"""

import tomllib
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

import casework
from casework.domain.policy import Channel, Edition
from casework.domain.policy_events import (
    ChannelSet,
    Drafted,
    ParameterChanged,
    PolicyAdopted,
    Reviewed,
    ReviewTriggered,
    Signed,
    Superseded,
)
from casework.domain.record import KeyRotated, RecordOpened
from casework.domain.steps.closing import (
    Closed,
    RetentionScheduled,
)
from casework.domain.steps.complaints import ComplaintsRouteOffered
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.escalation import (
    ContinuedUseRecorded,
    EscalationOptionsConsidered,
    EscalationThresholdOverridden,
)
from casework.domain.steps.evidence import EvidenceCaptured, PostChecked
from casework.domain.steps.first_step import (
    FirstStepDispensed,
    ParentContacted,
    RemovalDeadlineLapsed,
    RemovalRefused,
    RemovalRequested,
)
from casework.domain.steps.judgement import (
    BreachDecided,
    Categorised,
    Guidance,
    SafeguardingReferralMade,
    SafeguardingScreened,
)
from casework.domain.steps.people import PartyAdded, PosterIdentified
from casework.domain.steps.police import (
    PoliceHoldPlaced,
    PoliceHoldReleased,
    PoliceOutcomeRecorded,
    PoliceReferenceRecorded,
    PoliceReferred,
)
from casework.domain.steps.report import PostRecorded, Reported
from casework.domain.steps.warning import WarningIssued
from tests.contracts.example_kept_events import KEPT
from tests.contracts.example_later_events import LATER
from tests.contracts.example_row import (
    MOTHER,
    POLICY,
    RECORD,
    SCREENSHOT,
    THREAT,
    Row,
)


def _edition() -> dict[str, Any]:
    """Return the edition that casework comes with, as it is drafted."""
    file = Path(casework.__file__).parent / "editions" / "2021-spring.toml"
    edition = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Edition)
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(edition))
    return content


EDITION = _edition()
RECORD_AND_POLICY = (
    Row(RECORD, 1, "2025-09-01T08:00:00+01:00", "operator", RecordOpened(
        key="rowan-lane.example/ledger+2b876f8e+ARfLefsrQSDysexl5BmNbgiyjoE/6wHkpACDm4XhgIDO", is_scratch=False,
    )),
    Row(RECORD, 2, "2026-02-02T09:00:00+00:00", "operator", KeyRotated(
        old="rowan-lane.example/ledger+2b876f8e+ARfLefsrQSDysexl5BmNbgiyjoE/6wHkpACDm4XhgIDO",
        new="rowan-lane.example/ledger+01dd79c1+Aess8Tv3rjpfYUFoofsJJy05dx7EuFI3J4FeRmyvjuFj",
    )),
    Row(POLICY, 1, "2025-09-01T08:00:00+01:00", "operator", Drafted(
        content=EDITION, sha256=sha256(msgspec.json.encode(EDITION, order="sorted")).hexdigest(),
    ), clauses=("P02",)),
    Row(POLICY, 2, "2025-09-01T08:00:00+01:00", "operator", PolicyAdopted(
        adopted="spring term 2021", review_due="spring term 2022", minute_ref=None,
    ), clauses=("P02",)),
    Row(POLICY, 3, "2025-09-01T08:05:00+01:00", "u-head", ChannelSet(by="u-head", channel=Channel(
        id="fb-community", platform="facebook", kind="public_group", is_school_controlled=False,
        name="Rowan Lane Community Chat",
    )), clauses=("P10",)),
    Row(POLICY, 4, "2025-09-01T08:10:00+01:00", "u-head", Signed(capacity="headteacher"), clauses=("P03",)),
    Row(POLICY, 5, "2025-09-01T08:15:00+01:00", "u-head", ParameterChanged(
        name="removal_deadline_school_days", old=3, new=5,
    ), clauses=("P08",)),
    Row(POLICY, 6, "2025-12-01T06:00:00+00:00", "timers", ReviewTriggered(kind="own_monitoring"), clauses=("P06",),
        cause=f"{THREAT}/5"),
    Row(POLICY, 7, "2026-01-20T19:00:00+00:00", "u-chair", Reviewed(outcome="new_edition"), clauses=("P05", "P06")),
    Row(POLICY, 10, "2026-03-24T19:00:00+00:00", "u-chair", Superseded(by="2026-spring"), clauses=("P02", "P04")),
)  # fmt: skip

REFUSES_AND_POSTS_AGAIN = (
    Row(MOTHER, 1, "2025-09-18T08:52:00+01:00", "u-t5", Reported(
        reference="RL-2025-0001", kind="adult_post", discovered_at=datetime.fromisoformat("2025-09-18T08:40:00+01:00"),
        summary=None, how_seen="screenshot shown by a colleague who is a group member",
    )),
    Row(MOTHER, 3, "2025-09-18T08:52:00+01:00", "u-t5", PostRecorded(
        post_no=1, count=1, channel="fb-community", posted_at=datetime.fromisoformat("2025-09-17T20:14:00+01:00"),
        targets=("P1",), url="https://facebook.example/groups/rowanlane/posts/101",
        words="lazy, vile to the kids who aren't her favourites",
    )),
    Row(MOTHER, 4, "2025-09-18T09:12:00+01:00", "u-deputy", EvidenceCaptured(
        evidence_no=1, posts=(1,), sha256=SCREENSHOT, size_bytes=48_213, media_type="image/png", method="screenshot",
        captured_at=datetime.fromisoformat("2025-09-18T09:10:00+01:00"), restricted=(), captured_by="colleague",
        text=None,
    )),
    Row(MOTHER, 5, "2025-09-18T09:14:00+01:00", "u-deputy", PartyAdded(
        party="P2", part="poster", kind="adult", is_confidential=False, person="p-mallinson", name="Kerry Mallinson",
    )),
    Row(MOTHER, 6, "2025-09-18T09:14:00+01:00", "u-deputy", PosterIdentified(
        party="P2", capacity="poster", association="parent", confidence="probable", basis_code="profile_match",
        basis="profile name and photograph; child named in the post",
    )),
    Row(MOTHER, 7, "2025-09-18T09:15:00+01:00", "u-deputy", Categorised(
        codes=("C4", "C1"), primary="C4", characteristics=(), law_tags=(), other_text=None,
    )),
    Row(MOTHER, 8, "2025-09-18T10:20:00+01:00", "u-dsl", SafeguardingScreened(
        is_hold=False, finding="no_safeguarding_concern", reason="opinion about fairness; no harm to a child alleged",
    )),
    Row(MOTHER, 9, "2025-09-18T10:30:00+01:00", "u-deputy", BreachDecided(
        outcome="inappropriate", posts=(1,), judged_under="2021-spring",
        guidance=Guidance(
            right_channel=False, private_better=True, unjustified_harm=True, school_had_chance_to_investigate="no",
        ),
        law_tags=(), has_concern=True, is_fair_comment_considered=True, is_concern_answered=False,
        reason="names and abuses a teacher; the complaint itself could have been made to the school",
        impact="teacher distressed", underlying_concern="trip place", concern_response=None,
    )),
    Row(MOTHER, 10, "2025-09-19T15:30:00+01:00", "u-deputy", ParentContacted(
        party="P2", method="meeting", purpose="first_step", outcome="discussion_held", is_concern_answered=True,
        account="says she was upset, will not delete", concern_response="trip list to be rechecked by 26 Sept",
    )),
    Row(MOTHER, 11, "2025-09-19T15:40:00+01:00", "u-deputy", ComplaintsRouteOffered(how="next_letter")),
    Row(MOTHER, 12, "2025-09-19T15:42:00+01:00", "u-deputy", RemovalRequested(
        request_no=1, posts=(1,), party="P2", basis="first_step",
        due_at=datetime.fromisoformat("2025-09-24T17:00:00+01:00"), urgent_reason=None, meaning=None,
        override_reason=None,
    )),
    Row(MOTHER, 14, "2025-09-22T08:45:00+01:00", "u-deputy", RemovalRefused(
        request_no=1, words="I'm entitled to my opinion",
    )),
    Row(MOTHER, 17, "2025-09-23T12:20:00+01:00", "u-deputy", ContinuedUseRecorded(
        posts=(2,), limb="new_post", judged="inappropriate", reason=None,
    )),
    Row(MOTHER, 18, "2025-09-23T14:00:00+01:00", "u-head", EscalationOptionsConsidered(
        legal_advice="not_take", warning="take", police="not_take", block="not_applicable", host="not_yet",
        other_legal="not_take", reasons="first escalation; warning proportionate",
        proportionality="opinion tolerated, named abuse not",
    )),
    Row(MOTHER, 19, "2025-09-23T14:15:00+01:00", "u-head", WarningIssued(
        warning_no=1, party="P2", posts=(1, 2), concerns="a teacher was named and called lazy, twice in a week",
        expectations="both posts taken down; concerns brought to the school", override_reason=None,
    )),
    Row(MOTHER, 21, "2025-09-23T14:40:00+01:00", "letters", CorrespondenceRecorded(
        letter_id=UUID("140846ae-deed-58dd-9bf4-17320d9e93d9"), template="L04", version=1,
        pdf_sha256="0d5b8e7f6c4a3921b0e9d8c7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7", size_bytes=61_440, party="P2",
        channel="print", state="sent",
    )),
    Row(MOTHER, 22, "2025-09-26T16:10:00+01:00", "u-deputy", PostChecked(
        posts=(1, 2), result="removed", removed_by="poster", how="looked at the group together with a member",
    )),
    Row(MOTHER, 24, "2025-10-10T15:00:00+01:00", "u-deputy", Closed(
        outcome="removed_after_warning", summary="both posts gone; trip list corrected", followed_up=None,
        decisions=None, override_reason=None,
    )),
    Row(MOTHER, 25, "2025-10-10T15:00:00+01:00", "u-deputy", RetentionScheduled(
        rule="closed", review_on=date(2031, 10, 10), reason=None, override_reason=None,
    )),
)  # fmt: skip

THREATENS = (
    Row(THREAT, 6, "2025-11-11T22:36:00+00:00", "u-head", PoliceReferred(
        referral_no=1, route="999", grounds=("threat_of_violence",), is_immediate=True, named_party="P2",
        evidence_nos=(), account="a story with the school gate, the teacher's name and a threat for pick-up tomorrow",
        override_reason=None,
    )),
    Row(THREAT, 7, "2025-11-11T22:36:00+00:00", "u-head", PoliceHoldPlaced(
        hold_no=1, referral_no=1, consent=None, reason=None,
    )),
    Row(THREAT, 10, "2025-11-11T22:58:00+00:00", "u-head", PoliceReferenceRecorded(
        referral_no=1, force="Warwickshire (sandbox)", reference="INC 411 of 11/11/2025",
    )),
    Row(THREAT, 12, "2025-11-12T08:20:00+00:00", "u-dsl", SafeguardingReferralMade(
        to="mash", reference="MASH 25/1187", reason="a child may live with whoever made the threat",
    )),
    Row(THREAT, 15, "2025-11-14T10:15:00+00:00", "u-head", PoliceHoldReleased(
        hold_no=1, consent="PC on the case by e-mail", reason=None,
    )),
    Row(THREAT, 17, "2025-11-14T10:42:00+00:00", "u-head", FirstStepDispensed(
        code="threat", reason="conversation would be unsafe",
    )),
    Row(THREAT, 18, "2025-11-14T10:44:00+00:00", "u-head", EscalationThresholdOverridden(
        missing=("refusal", "continuation"), code="grave_single_act",
        reason="single threat is grave enough; police consent to letter",
    )),
    Row(THREAT, 23, "2025-11-19T17:00:00+00:00", "timers", RemovalDeadlineLapsed(request_no=1), cause=f"{THREAT}/20"),
    Row(THREAT, 24, "2025-12-09T09:00:00+00:00", "u-head", PoliceOutcomeRecorded(
        referral_no=1, outcome="community_resolution", words=None,
    )),
)  # fmt: skip


ROWS: tuple[Row, ...] = (
    *RECORD_AND_POLICY,
    *REFUSES_AND_POSTS_AGAIN,
    *THREATENS,
    *LATER,
    *KEPT,
)
