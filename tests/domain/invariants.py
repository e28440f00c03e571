"""What no sequence of decisions may ever lead to, in plain words, read off the events alone.

Nothing here asks the rules: what was seen before an event is counted anew (`seen`), so that a rule which is wrong is
found. That each of these finds what it forbids is shown by a planted violation in `test_invariants.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from casework.domain.calendar import london_date
from casework.domain.event import Recorded
from casework.domain.steps.access import AccessBlocked, AccessBlockReviewed, ContentHidden
from casework.domain.steps.closing import (
    Closed,
    Erased,
    LegalHoldPlaced,
    LegalHoldReleased,
    Reopened,
    RetentionReviewed,
    RetentionScheduled,
    Withdrawn,
)
from casework.domain.steps.complaints import ComplaintLinked, ComplaintOutcomeRecorded, ComplaintsRouteOffered
from casework.domain.steps.correspondence import AffectedPartyNotified, CorrespondenceRecorded
from casework.domain.steps.escalation import (
    ContinuedUseRecorded,
    EscalationOptionsConsidered,
    EscalationThresholdOverridden,
)
from casework.domain.steps.evidence import EvidenceCaptured, EvidenceVerified
from casework.domain.steps.first_step import FirstStepDispensed, ParentContacted, RemovalRequested
from casework.domain.steps.host import HostReported
from casework.domain.steps.judgement import BreachDecided
from casework.domain.steps.legal import LegalActionAuthorised, LegalAdviceSought
from casework.domain.steps.people import Assigned, PartyAdded, PosterIdentified, PosterIdentityCorrected
from casework.domain.steps.police import PoliceHoldPlaced, PoliceHoldReleased, PoliceOutcomeRecorded, PoliceReferred
from casework.domain.steps.report import EntryCorrected, PostRecorded, Reported
from casework.domain.steps.warning import WarningIssued, WarningWithdrawn
from tests.domain.playing import CALENDAR, CHANNELS, RELATED, edition
from tests.domain.row import LETTERS, WHO, may_set_aside
from tests.domain.seen import KIND_OF, LIVES, Seen, number_of

SANCTIONS: Final = (WarningIssued, AccessBlocked, LegalActionAuthorised, HostReported)
"""What the policy allows only once the first step has failed."""
TOWARDS: Final = (ParentContacted, RemovalRequested, WarningIssued)
"""What is said or written to the poster."""
ADVERSE: Final = (RemovalRequested, WarningIssued, AccessBlocked)
"""What names a person as the poster."""
HELD_BACK: Final = (ParentContacted, RemovalRequested, WarningIssued, AccessBlocked)
"""What a police hold holds back, and what is done to nobody but an adult."""
SCREENED: Final = (*TOWARDS, LegalActionAuthorised, Closed)
"""What waits for the safeguarding lead."""
OF_POSTS: Final = (RemovalRequested, WarningIssued, HostReported, ContentHidden)
"""What is done about posts that it names."""
IMPARTIAL: Final = (
    EntryCorrected, PosterIdentityCorrected, BreachDecided, FirstStepDispensed, ContinuedUseRecorded,
    EscalationOptionsConsidered, EscalationThresholdOverridden, WarningIssued, WarningWithdrawn, AccessBlocked,
    AccessBlockReviewed, LegalAdviceSought, LegalActionAuthorised, Closed, Reopened, Withdrawn, LegalHoldReleased,
    RetentionReviewed, Erased, ComplaintOutcomeRecorded,
)  # fmt: skip
"""What nobody decides in a matter of their own, nor of a relative's."""
THEIRS: Final = (PartyAdded, Reported, PostRecorded, EvidenceCaptured, PoliceReferred, PoliceHoldPlaced, Assigned)
"""What even somebody whom the case is about may record: a post, that the police were called, that another decides."""
LATE: Final = (
    CorrespondenceRecorded, PartyAdded, PoliceOutcomeRecorded, PoliceHoldPlaced, PoliceHoldReleased, ComplaintLinked,
    ComplaintOutcomeRecorded, LegalHoldPlaced, LegalHoldReleased, RetentionScheduled, RetentionReviewed, Reopened,
    Erased, EvidenceVerified,
)  # fmt: skip
"""What may still be recorded once a case is closed; a letter may name somebody new."""
RANKS: Final = ("open", "dsl", "client", "privileged")


def is_set_aside(at: Recorded, rule: str) -> bool:
    """Return whether an event says that a rule was set aside for it."""
    return at.carried.override is not None and rule in at.carried.override.rules


def no_sanction_before_a_judgement(seen: Seen, at: Recorded) -> bool:
    """Nobody is warned, blocked, reported, sued or asked for posts that were not judged inappropriate (R16)."""
    event = at.event
    if isinstance(event, AccessBlocked):
        return any(seen.channels[no] == event.channel for no in seen.judged)
    if isinstance(event, LegalActionAuthorised):
        return bool(seen.judged)
    is_asked = isinstance(event, RemovalRequested | HostReported) and seen.kind == "adult_post"
    return not (is_asked or isinstance(event, WarningIssued)) or set(getattr(event, "posts", ())) <= seen.judged


def no_sanction_before_the_first_step(seen: Seen, at: Recorded) -> bool:
    """No sanction before somebody talked to the poster and asked for removal, unless that was dispensed with (P52)."""
    if not isinstance(at.event, SANCTIONS) or seen.is_dispensed:
        return True
    outcomes = [c.outcome for c in seen.contacts if seen.poster and c.party == seen.poster.party]
    is_contacted = bool({"discussion_held", "declined"} & set(outcomes))
    is_tried = outcomes.count("no_answer") >= edition().parameters.discussion_attempts_max
    return bool(seen.counting()) and (is_contacted or is_tried)


def no_sanction_before_refusal_and_continuation(seen: Seen, at: Recorded) -> bool:
    """No sanction before the poster refused, or let the time pass, and went on, unless that was set aside (P54)."""
    if not isinstance(at.event, SANCTIONS):
        return True
    counting = seen.counting()
    is_late = any(asked.due_at <= at.recorded_at for asked in counting.values())
    is_refused = bool(seen.refused & set(counting)) or is_late or "refusal" in seen.overridden
    first = min((seen.asked_at[number] for number in counting), default=None)
    went_on = first is not None and seen.continued_at is not None and seen.continued_at >= first
    return is_refused and (went_on or "continuation" in seen.overridden)


def nobody_speaks_to_the_poster_while_the_police_ask_not_to(seen: Seen, at: Recorded) -> bool:
    """Nothing goes to the poster, or to whom the police were told of, while a police hold stands (R10)."""
    event = at.event
    is_told = isinstance(event, AffectedPartyNotified) and event.party in seen.ever_posters
    is_towards = is_told or isinstance(event, (*HELD_BACK, ComplaintsRouteOffered))
    return not (is_towards and seen.lasting["police hold"])


def nobody_speaks_to_the_poster_before_the_safeguarding_lead_allows(seen: Seen, at: Recorded) -> bool:
    """Nothing goes to the poster, and no case to court or to an end, before it is screened where it must be (R02)."""
    if not isinstance(at.event, SCREENED):
        return True
    needed = seen.needs_screening or seen.kind == "child_account"
    return seen.is_categorised and (seen.is_screened or not needed) and not seen.is_held_for_safety


def no_child_is_written_to(seen: Seen, at: Recorded) -> bool:
    """No pupil is spoken to, written to, blocked, or named as the poster (R21)."""
    if isinstance(at.event, PartyAdded):
        return at.event.kind != "pupil" or at.event.part not in {"poster", "responsible_adult"}
    if isinstance(at.event, PosterIdentityCorrected):
        label = at.event.right
    elif isinstance(at.event, (*HELD_BACK, PosterIdentified)):
        label = at.event.party
    else:
        return True
    known = seen.parties.get(label)
    return known is not None and known.kind != "pupil"


def nobody_is_accused_on_a_guess(seen: Seen, at: Recorded) -> bool:
    """Only the identified poster is asked, warned, blocked or sued, and one who is at least probable (R05)."""
    if not isinstance(at.event, (*ADVERSE, LegalActionAuthorised)):
        return True
    poster = seen.poster
    is_known = poster is not None and poster.confidence != "unverified"
    return is_known and poster is not None and getattr(at.event, "party", poster.party) == poster.party


def nothing_is_done_about_a_post_that_was_not_captured(seen: Seen, at: Recorded) -> bool:
    """No post is asked away, warned for, reported or hidden before it was captured, unless that was set aside (R01)."""
    if not isinstance(at.event, OF_POSTS) or is_set_aside(at, "R01"):
        return True
    return set(at.event.posts) <= seen.captured


def a_block_is_on_the_schools_own_channel_and_is_reviewed(seen: Seen, at: Recorded) -> bool:
    """Only the school's own channels are blocked, to a near day; where people write, another way is open (R07-R09)."""
    event = at.event
    if not isinstance(event, AccessBlocked):
        return True
    channel, today = CHANNELS[event.channel], at.recorded_at.date()
    latest = today + timedelta(days=edition().parameters.block_review_max_days + 1)
    is_reachable = not channel.is_messaging or event.has_alternative_route
    return channel.is_school_controlled and today < event.review_on <= latest and is_reachable


def what_is_hidden_stands_on_the_schools_own_channel(seen: Seen, at: Recorded) -> bool:
    """Only posts on a channel that the school controls are hidden, and there where they stand (R07)."""
    event = at.event
    if not isinstance(event, ContentHidden):
        return True
    is_there = all(seen.channels[no] == event.channel for no in event.posts)
    return is_there and CHANNELS[event.channel].is_school_controlled


def the_police_are_told_of_a_ground(seen: Seen, at: Recorded) -> bool:
    """Every referral names what it is about, a suspected crime by its name, unless that was set aside (R06)."""
    event = at.event
    if not isinstance(event, PoliceReferred) or is_set_aside(at, "R06"):
        return True
    return bool(set(event.grounds) - {"crime_suspected"}) or bool(event.grounds and event.crime)


def _concerned(seen: Seen) -> set[str | None]:
    """Return whom a post is about, and who is taken for the poster."""
    return seen.target_persons | ({seen.person(seen.poster.party)} if seen.poster else set())


def nobody_judges_in_a_matter_of_their_own(seen: Seen, at: Recorded) -> bool:
    """Nobody whom the post is about, no poster, no relative of either judges, warns, blocks, or ends the case (R11)."""
    if not isinstance(at.event, IMPARTIAL):
        return True
    return not _concerned(seen) & {at.carried.actor, *RELATED.get(at.carried.actor, ())}


def nobody_judges_while_a_complaint_about_them_is_open(seen: Seen, at: Recorded) -> bool:
    """Whoever wrote a warning that is complained of decides nothing like it until the complaint is answered (R11)."""
    about = {seen.authors.get(number) for number in seen.complained_of.values() if number is not None}
    is_settling = isinstance(at.event, IMPARTIAL) and not isinstance(at.event, Reopened)
    return not (is_settling and at.carried.actor in about)


def whoever_a_case_is_about_decides_nothing(seen: Seen, at: Recorded) -> bool:
    """Whom a post is about, or who wrote it, shows it, calls the police, gives the case away: no more (R11)."""
    if at.carried.actor not in _concerned(seen):
        return True
    if isinstance(at.event, Assigned):
        is_theirs = seen.decision_maker in {None, at.carried.actor}
        return is_theirs and at.event.decision_maker != at.carried.actor
    return isinstance(at.event, THEIRS)


def nobody_decides_what_another_role_decides(seen: Seen, at: Recorded) -> bool:
    """Each event was written by a role whose decision it is, or by somebody who stands in for that role (R12)."""
    name = at.event.type_name.removeprefix("incident.").removesuffix(".v1")
    role = at.carried.acting_for or at.carried.role
    return isinstance(at.event, PartyAdded) or role in {LETTERS[letter] for letter in WHO[name]}


def only_a_soft_rule_is_set_aside_by_who_may(seen: Seen, at: Recorded) -> bool:
    """Only a soft rule is set aside, by a role that may do so, and with a code that fits (6)."""
    override, roles = at.carried.override, (at.carried.role, at.carried.acting_for)
    return override is None or all(
        any(may_set_aside(rule, role, override.code) for role in roles if role) for rule in override.rules
    )


def nothing_open_is_closed(seen: Seen, at: Recorded) -> bool:
    """No case is closed with a hold, a block, a question, or a post that was last seen there, unless so decided (R14).

    Nor with a warning of somebody who did not post. A post on a messaging channel is not waited for: nothing is taken
    down there.
    """
    if not isinstance(at.event, Closed) or is_set_aside(at, "R14"):
        return True
    is_waiting = any(seen.lasting[kind] for kind, life in LIVES.items() if life.is_open)
    bad = (no for no in seen.judged if not CHANNELS[seen.channels[no]].is_messaging)
    is_up = any(no in seen.looks and seen.looks[no].result in {"visible", "edited"} for no in bad)
    return not (is_waiting or is_up or seen.is_concern_open or seen.returned or seen.misdirected)


def nothing_is_closed_on_an_old_look(seen: Seen, at: Recorded) -> bool:
    """No case is closed but on posts seen gone, or looked at within five school days, unless so decided (R24)."""
    if not isinstance(at.event, Closed) or is_set_aside(at, "R24"):
        return True
    today, most = london_date(at.recorded_at), edition().parameters.stale_check_school_days
    for no in seen.judged if seen.kind == "adult_post" else set(seen.channels):
        look = seen.looks.get(no)
        is_gone = look is not None and look.result in {"removed", "unavailable"}
        if is_gone or CHANNELS[seen.channels[no]].is_messaging:
            continue
        if look is None or CALENDAR.school_days_between(london_date(look.at), today) > most:
            return False
    return True


def a_closed_case_stays_closed(seen: Seen, at: Recorded) -> bool:
    """Once a case is closed or withdrawn, only what may come late is recorded in it, or that it is reopened (R13)."""
    return isinstance(at.event, LATE) if seen.is_closed else not isinstance(at.event, Reopened)


def nothing_is_recorded_once_the_case_is_erased(seen: Seen, at: Recorded) -> bool:
    """Once a case is erased, nothing is recorded in it any more (R13)."""
    return seen.erased_by in {None, at.carried.command}


def nothing_is_destroyed_under_a_legal_hold(seen: Seen, at: Recorded) -> bool:
    """No case is erased, and none is let go by a retention review, while a legal hold stands (R19)."""
    is_let_go = isinstance(at.event, RetentionReviewed) and at.event.decision == "destroy"
    return not (seen.lasting["legal hold"] and (isinstance(at.event, Erased) or is_let_go))


def numbers_count_from_one(seen: Seen, at: Recorded) -> bool:
    """Whatever a case numbers, it numbers without a gap and gives no number twice."""
    kind = KIND_OF.get(type(at.event))
    if kind is None or not isinstance(at.event, LIVES[kind].begins):
        return True
    return number_of(at.event) == seen.begun[kind] + 1


def nothing_is_answered_lifted_or_withdrawn_twice(seen: Seen, at: Recorded) -> bool:
    """Only what there is, and is not over, is answered, reviewed, released, lifted, ended or withdrawn."""
    kind = KIND_OF.get(type(at.event))
    return kind is None or isinstance(at.event, LIVES[kind].begins) or number_of(at.event) in seen.lasting[kind]


def nobody_sees_more_than_the_event_allows(seen: Seen, at: Recorded) -> bool:
    """Nothing is marked lower than its type is; all that is in the case of a child's account is for few eyes."""
    kind = at.event.kind if isinstance(at.event, Reported) else seen.kind
    least: Any = max(at.event.sensitivity, "dsl" if kind == "child_account" else "open", key=RANKS.index)
    return RANKS.index(at.carried.sensitivity) >= RANKS.index(least)


INVARIANTS: Final[Mapping[str, Callable[[Seen, Recorded], bool]]] = {
    check.__name__: check
    for check in (
        no_sanction_before_a_judgement,
        no_sanction_before_the_first_step,
        no_sanction_before_refusal_and_continuation,
        nobody_speaks_to_the_poster_while_the_police_ask_not_to,
        nobody_speaks_to_the_poster_before_the_safeguarding_lead_allows,
        no_child_is_written_to,
        nobody_is_accused_on_a_guess,
        nothing_is_done_about_a_post_that_was_not_captured,
        a_block_is_on_the_schools_own_channel_and_is_reviewed,
        what_is_hidden_stands_on_the_schools_own_channel,
        the_police_are_told_of_a_ground,
        nobody_judges_in_a_matter_of_their_own,
        nobody_judges_while_a_complaint_about_them_is_open,
        whoever_a_case_is_about_decides_nothing,
        nobody_decides_what_another_role_decides,
        only_a_soft_rule_is_set_aside_by_who_may,
        nothing_open_is_closed,
        nothing_is_closed_on_an_old_look,
        a_closed_case_stays_closed,
        nothing_is_recorded_once_the_case_is_erased,
        nothing_is_destroyed_under_a_legal_hold,
        numbers_count_from_one,
        nothing_is_answered_lifted_or_withdrawn_twice,
        nobody_sees_more_than_the_event_allows,
    )
}


def broken(events: Sequence[Recorded]) -> Iterator[tuple[str, str]]:
    """Yield each invariant that an event breaks, and which event that is."""
    seen = Seen()
    for at in events:
        for name, holds in INVARIANTS.items():
            if not holds(seen, at):
                yield name, f"event {at.originator_version}, {at.event.type_name}"
        seen.take(at)
