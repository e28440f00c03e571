"""Where a case stands (domain.md 7): its phase is derived from what was recorded and the time, and never stored."""

from datetime import datetime
from typing import Literal

from casework.domain.incident import LEGAL_ACTION, WARNING, Incident

Phase = Literal["reported", "under_review", "first_step", "escalation", "monitoring", "closed", "withdrawn"]


def phase(case: Incident, now: datetime) -> Phase:
    """Return the phase of a case: the first of domain.md 7 that fits."""
    if case.is_withdrawn:
        return "withdrawn"
    if case.ended:
        return "closed"
    if not case.categories:
        return "reported"
    not_begun = not case.is_poster_contacted if case.kind == "child_account" else case.breach is None
    if not_begun or case.is_reopened_undecided:
        return "under_review"
    bad = case.inappropriate_posts
    if case.is_cleared or (bad and all(post.is_gone for post in bad)):
        return "monitoring"
    return "escalation" if has_escalated(case, now) else "first_step"


def has_escalated(case: Incident, now: datetime) -> bool:
    """Return whether the parent refused and went on (P54), or one of the actions that this leads to was taken."""
    acted = any(case.numbers_of(kind) for kind in (WARNING, "block", "host_report", LEGAL_ACTION))
    return acted or not threshold_missing(case, now)


def threshold_missing(case: Incident, now: datetime) -> tuple[str, ...]:
    """Return which halves of P54 are not met: ``refusal`` (or a passed deadline), ``continuation`` since."""
    missing = []
    requests = case.requests_that_count
    overdue = case.overdue_requests(now)
    refused = any(each.answer == "refused" or each.is_lapsed or each in overdue for each in requests)
    if "refusal" not in case.overridden_thresholds and not refused:
        missing.append("refusal")
    asked_at = min((request.asked_at for request in requests), default=None)
    continued = asked_at is not None and case.continued_at is not None and case.continued_at >= asked_at
    if "continuation" not in case.overridden_thresholds and not continued:
        missing.append("continuation")
    return tuple(missing)
