"""Action 5 (P60): complain to the company that runs the site, ask it for removal, and see what it answers.

A report names posts on one host. Under the Defamation Act 2013 s.5 it is a notice of complaint of the person who was
defamed, never the school's own: the school only prepares it. What SI 2013/3028 asks of such a notice is stated as facts
(:class:`Particulars`), looked at before anything is recorded, and sealed; for the school's adviser to confirm.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET

from casework.domain.codes import HostBasis, HostResult, Number, PostNo, Text
from casework.domain.decision import ActsOn, Decision, Events, PartyFact, PostNos, decision
from casework.domain.due import StatedWorkingDays, WorkingHours
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R01, R03, R04, R16_ADULT, SURE_ENOUGH

REPORT = "host_report"
REPORTED = "reported"
SECTION_5: HostBasis = "defamation_act_2013_s5"
ON_TRACK: Mapping[HostResult, str] = {"removed": "removed", "refused": "refused", "partly": "refused"}
"""What an answer makes of the track: while something is still up, the host has not done what it was asked to."""

MUST_BE_SO: Mapping[str, str] = {
    "email": "the notice gives the complainant's e-mail address",
    "inaccurate": "it says what in the posts is wrong or unsupported",
    "poster_unknown": "the complainant does not know enough of the poster to sue",
}
"""What a notice under section 5 is nothing without, where only yes will do."""


class Particulars(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a notice under section 5 has to say besides the complainant's name and the posts.

    ``email``: it gives an address at which the host reaches the complainant. ``meaning``: what the complainant takes
    the words to mean. ``inaccurate``: it says what in them is wrong or unsupported. ``poster_unknown``: the complainant
    does not know enough of the poster to sue. ``consent_to_pass_name``: whether the poster may be told who complains;
    ``consent_to_pass_email``: whether the poster may be given that address too; not unless it is said.
    """

    email: bool | None = None
    meaning: Text | None = None
    inaccurate: bool | None = None
    poster_unknown: bool | None = None
    consent_to_pass_name: bool | None = None
    consent_to_pass_email: bool | None = None


class HostReported(IncidentEvent, frozen=True, kw_only=True):
    """The host of the site was asked to take posts down."""

    type_name: ClassVar[str] = "incident.host-reported.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P60",)
    is_decisive: ClassVar[bool] = True
    report_no: Number
    posts: tuple[PostNo, ...]
    host: str
    basis: HostBasis
    complainant: Label | None = None
    particulars: Sealed[Particulars | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Wait for the answer, or for the posts to go; a case may be closed without one."""
        wait = WorkingHours(48) if self.basis == SECTION_5 else StatedWorkingDays("host_reply_working_days")
        case.put(REPORT, self.report_no, REPORTED, at, about=self.basis)
        case.tracks["host"] = REPORTED
        case.open_task("host_response", wait, at, self.report_no, self.posts)


class HostResponded(IncidentEvent, frozen=True, kw_only=True):
    """The host answered."""

    type_name: ClassVar[str] = "incident.host-responded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P60",)
    report_no: Number
    result: HostResult
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the answer; whether the posts are gone is for a look at them to say."""
        report = case.numbers_of(REPORT).get(self.report_no)
        case.put(REPORT, self.report_no, self.result, at, about=report.about if report else None)
        case.tracks["host"] = ON_TRACK[self.result]
        case.settle("host_response", self.report_no)


def _fitting_report(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a report to several hosts at once, and a notice under section 5 that would have no effect."""
    if len(hosts := _hosts(case, at, facts["posts"])) > 1:
        yield Fault(pointer="/posts", expected="posts on the sites of one host", found=", ".join(sorted(hosts)))
    complainant = case.parties.get(facts["complainant"])
    if complainant is not None and not complainant.is_person:
        yield Fault(pointer="/complainant", expected="a person, in whose own name it is", found=complainant.kind)
    if facts["basis"] == SECTION_5:
        yield from _incomplete_notice(case, facts)


def _incomplete_notice(case: Incident, facts: Mapping[str, Any]) -> Iterator[Fault]:
    said: Particulars = facts["particulars"] or Particulars()
    if facts["complainant"] is None:
        yield Fault(pointer="/complainant", expected="the person whom the posts defame", found="nothing")
    for name, expected in MUST_BE_SO.items():
        if getattr(said, name) is not True:
            found = "nothing" if getattr(said, name) is None else "false"
            yield Fault(pointer=f"/particulars/{name}", expected=f"true: {expected}", found=found)
    if not (said.meaning or "").strip():
        expected = "what the complainant takes the words to mean"
        yield Fault(pointer="/particulars/meaning", expected=expected, found="nothing")
    if said.consent_to_pass_name is None:
        expected = "true or false: whether the poster may be told who complains"
        yield Fault(pointer="/particulars/consent_to_pass_name", expected=expected, found="nothing")
    if said.poster_unknown and is_poster_known(case):
        expected = "a poster whom the case does not know; against a known one there is no such notice"
        yield Fault(pointer="/particulars/poster_unknown", expected=expected, found="an identified poster")


def is_poster_known(case: Incident) -> bool:
    """Return whether the case takes a person for the poster, surely enough for anything that is done to a poster."""
    identity = case.identity
    return identity is not None and identity.confidence in SURE_ENOUGH and case.parties[identity.party].is_person


def _hosts(case: Incident, at: Moment, posts: tuple[int, ...]) -> set[str]:
    """Return who runs the sites that these posts stand on, by the register of channels."""
    return {at.channels[case.posts[no].channel].platform for no in posts if no in case.posts}


@decision(
    "host-reports",
    clauses=("P41", "P60"),
    who=("caseworker", "headteacher", "dsl"),
    rules=(R01, R03, R04, R16_ADULT),
    writes=(HostReported,),
    fits=_fitting_report,
)
def report_to_host(
    case: Incident,
    at: Moment,
    *,
    posts: PostNos,
    basis: HostBasis,
    complainant: Annotated[str, PartyFact("complainant")] | None = None,
    particulars: Particulars | None = None,
) -> Events:
    """Complain to the host of the posts and ask for their removal; under section 5, in the name of who is defamed."""
    (host,) = _hosts(case, at, posts)
    yield HostReported(
        report_no=case.next_no(REPORT),
        posts=posts,
        host=host,
        basis=basis,
        complainant=complainant,
        particulars=particulars,
    )


@decision(
    "host-reports/{n}/responses",
    clauses=("P60",),
    who=("caseworker", "headteacher", "dsl", "office"),
    writes=(HostResponded,),
    acts_on=ActsOn(REPORT, (REPORTED,)),
    is_additive=True,
)
def record_host_response(
    _case: Incident, _at: Moment, *, number: int, result: HostResult, words: Text | None = None
) -> Events:
    """Record what the host answered."""
    yield HostResponded(report_no=number, result=result, words=words)


EVENTS: tuple[type[IncidentEvent], ...] = (HostReported, HostResponded)
DECISIONS: tuple[Decision, ...] = (report_to_host, record_host_response)
