"""Each decision with a case in which it is allowed, and facts for it: what one rule then refuses, it alone refuses."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from casework.domain.steps import BY_NAME
from tests.domain.playing import CASE, OTHER_CASE, Played, continued, judged

CHANNEL: Final = "fb-school"
"""The school's own page, so that hiding and blocking are possible."""
WHY: Final[dict[str, Any]] = {"reason": "why"}
POSTS: Final[dict[str, Any]] = {"posts": [1]}
CALL: Final[dict[str, Any]] = {"method": "telephone", "outcome": "discussion_held"}
SURE: Final[dict[str, Any]] = {"confidence": "confirmed", "basis_code": "admitted", "basis": "said so"}
BREACH: Final[dict[str, Any]] = {"outcome": "inappropriate", "is_fair_comment_considered": True, **WHY}
BLOCK: Final[dict[str, Any]] = {"channel": CHANNEL, "scope": "comment", "review_on": "2025-10-20", **WHY}
REFERRAL: Final[dict[str, Any]] = {"route": "101", "grounds": ["grossly_obscene"], "is_immediate": False}
ACTION: Final[dict[str, Any]] = {
    "kind": "defamation", "claimant": {"person": "u-teacher"}, "minute_ref": "FGB 7", **WHY,
}  # fmt: skip
LETTER: Final[dict[str, Any]] = {
    "letter_id": "33333333-3333-4333-8333-333333333333", "template": "L02", "version": 1, "pdf_sha256": "0" * 64,
    "size_bytes": 67, "channel": "print", "state": "sent", "party": "P2",
}  # fmt: skip


class Try(NamedTuple):
    """A decision that somebody is about to take."""

    played: Played
    name: str
    by: str
    facts: dict[str, Any]
    number: int | UUID | None = None

    def given(self, **facts: Any) -> Self:
        """Return it with other facts."""
        return self._replace(facts={**self.facts, **facts})

    def taken(self) -> list[str]:
        """Take it, and return the names of the events that it wrote."""
        return self.played.when(self.by, self.name, number=self.number, **self.facts)

    def refused(self) -> tuple[str, ...]:
        """Return the rules that refuse it."""
        return self.played.refused(self.by, self.name, number=self.number, **self.facts)

    def faults(self) -> list[tuple[str, str | None]]:
        """Return what is wrong with its facts."""
        return self.played.faults(self.by, self.name, number=self.number, **self.facts)


def going() -> Played:
    """Return a case whose poster was talked to, asked, refused and went on: whatever the policy has is possible."""
    return continued(CHANNEL)


def asked() -> Played:
    """Return a case in which an answer is awaited."""
    played = judged(CHANNEL)
    played.when("u-deputy", "contact_parent", **CALL)
    played.when("u-deputy", "request_removal", **POSTS)
    return played


def after(by: str, name: str, **facts: Any) -> Callable[[], Played]:
    """Return what makes such a case in which this decision was taken, too."""

    def made() -> Played:
        played = going()
        played.when(by, name, **facts)
        return played

    return made


def closed() -> Played:
    """Return a case that was closed."""
    played = gone()
    played.when("u-head", "close_incident", outcome="other", summary="over")
    return played


ADVISED = after("u-head", "seek_legal_advice", adviser="x-legal", question="q")
BLOCKED = after("u-head", "block_access", **POSTS, **BLOCK)
REFERRED = after("u-head", "refer_to_police", **REFERRAL)
gone = after("u-deputy", "check_post", **POSTS, result="removed")

Ready = tuple[Callable[[], Played], str, dict[str, Any]]
READY: Final[Mapping[str, Ready]] = {
    "report_incident": (Played, "u-teacher", {
        "channel": CHANNEL, "posted_at": "2025-09-17T20:14:00+01:00", "targets": [{"person": "u-teacher"}],
    }),
    "add_post": (going, "u-teacher", {"channel": CHANNEL, "posted_at": "2025-09-17T21:00:00+01:00", "targets": []}),
    "add_note": (going, "u-office", {"text": "the parent rang"}),
    "correct_entry": (going, "u-head", {"corrects": f"{CASE}/3", "field": "words", "value": "idle", **WHY}),
    "link_incident": (going, "u-deputy", {"to": str(OTHER_CASE), "relation": "repeat"}),
    "capture_evidence": (going, "u-teacher", {**POSTS, "method": "screenshot"}),
    "verify_evidence": (going, "u-office", {}),
    "transfer_evidence": (going, "u-deputy", {"copy": "original", "to": "PC 411", "purpose": "the investigation"}),
    "check_post": (going, "u-office", {**POSTS, "result": "visible"}),
    "attribute_identity": (going, "u-office", {"party": {"person": "p-parent"}, **SURE}),
    "correct_identity": (going, "u-head", {"to": {"kind": "unknown", "name": "somebody else"}, **WHY}),
    "assign": (going, "u-head", {"decision_maker": "u-chair", "why": "conflict_of_interest", "reason": "a cousin"}),
    "categorise": (going, "u-office", {"codes": ["C4"], "primary": "C4"}),
    "screen_safeguarding": (going, "u-dsl", {"is_hold": False, "finding": "other", **WHY}),
    "refer_safeguarding": (going, "u-dsl", {"to": "lado", **WHY}),
    "decide_breach": (going, "u-head", BREACH),
    "contact_parent": (going, "u-deputy", {"party": "P2", **CALL}),
    "dispense_first_step": (going, "u-head", {"code": "hostile", **WHY}),
    "request_removal": (going, "u-deputy", {
        **POSTS, "due_at": "2025-09-18T17:00:00+01:00", "urgent_reason": "a child's address",
    }),
    "record_removal_response": (asked, "u-office", {"response": "agreed"}),
    "lapse_removal_deadline": (asked, "u-timer", {}),
    "record_continued_use": (going, "u-head", {**POSTS, "limb": "edited", "judged": "inappropriate"}),
    "consider_escalation": (going, "u-head", {
        **dict.fromkeys(("legal_advice", "warning", "police", "block", "host", "other_legal"), "not_yet"),
        "reasons": "each weighed",
    }),
    "override_threshold": (going, "u-head", {"missing": ["refusal"], "code": "repeat", **WHY}),
    "issue_warning": (going, "u-head", POSTS),
    "withdraw_warning": (after("u-head", "issue_warning", **POSTS), "u-head", WHY),
    "refer_to_police": (going, "u-office", REFERRAL),
    "record_police_reference": (REFERRED, "u-office", {"force": "the county's", "reference": "INC 411"}),
    "record_police_outcome": (REFERRED, "u-office", {"outcome": "no_action"}),
    "place_police_hold": (going, "u-dsl", WHY),
    "release_police_hold": (after("u-head", "place_police_hold", **WHY), "u-dsl", {"consent": "PC 411"}),
    "hide_content": (going, "u-office", {**POSTS, "channel": CHANNEL}),
    "block_access": (going, "u-head", {**POSTS, **BLOCK}),
    "record_representations": (BLOCKED, "u-office", {"text": "sorry"}),
    "review_block": (BLOCKED, "u-head", {"decision": "keep", "review_on": "2025-10-20", **WHY}),
    "report_to_host": (going, "u-deputy", {**POSTS, "basis": "policy_report"}),
    "record_host_response": (after("u-deputy", "report_to_host", **POSTS, basis="policy_report"), "u-office", {
        "result": "refused",
    }),
    "seek_legal_advice": (going, "u-head", {"adviser": "x-legal", "question": "who can sue?"}),
    "record_legal_advice": (ADVISED, "x-legal", {"text": "the teacher can"}),
    "authorise_legal_action": (going, "u-head", {**POSTS, **ACTION}),
    "record_legal_step": (after("u-head", "authorise_legal_action", **POSTS, **ACTION), "x-legal", {
        "step": "settled", "is_last": True,
    }),
    "give_grant": (going, "u-chair", {"adviser": "x-legal"}),
    "withdraw_grant": (ADVISED, "u-chair", {}),
    "record_correspondence": (going, "u-letters", LETTER),
    "offer_complaints_route": (going, "u-office", {"how": "letter"}),
    "link_complaint": (going, "u-office", {"stage": 1}),
    "record_complaint_outcome": (after("u-office", "link_complaint", stage=1), "u-chair", {"outcome": "upheld"}),
    "notify_affected": (going, "u-office", {"kind": "person", "party": "P2", "said": "it is over"}),
    "close_incident": (gone, "u-head", {"outcome": "other", "summary": "over"}),
    "reopen_incident": (closed, "u-head", WHY),
    "withdraw_incident": (going, "u-head", {"because": "error", **WHY}),
    "place_legal_hold": (going, "u-dpo", {"hold_cause": "proceedings", **WHY}),
    "release_legal_hold": (after("u-dpo", "place_legal_hold", hold_cause="other", **WHY), "u-dpo", WHY),
    "review_retention": (closed, "u-dpo", {"decision": "destroy", **WHY}),
    "erase_case": (closed, "u-dpo", WHY),
}  # fmt: skip
"""By decision: what makes such a case, who decides, and on what."""


def ready(name: str) -> Try:
    """Return a decision that is allowed, on the first of what it may act on."""
    make, by, facts = READY[name]
    played, on = make(), BY_NAME[name].acts_on
    number = None if on is None else played.grants()[0].id if on.is_uuid else 1
    return Try(played, name, by, dict(facts), number)
