"""Given events, when a decision is taken, then these events follow or these rules refuse."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

import casework
from casework.domain.abilities import Ability, abilities
from casework.domain.calendar import Calendar, Span, Term
from casework.domain.codes import EvidenceResult
from casework.domain.decision import FileFacts
from casework.domain.entries import Entry
from casework.domain.evaluation import OverrideAsked, Request, decide
from casework.domain.event import Event, Recorded, Sensitivity
from casework.domain.folding import fold
from casework.domain.incident import Incident
from casework.domain.moment import Account, Moment, Person
from casework.domain.policy import Adoption, Channel, Edition
from casework.domain.record import Grant
from casework.domain.refusal import BadFacts, Refused
from casework.domain.steps import BY_NAME, DECISIONS
from casework.domain.steps.grants import GrantGiven, GrantWithdrawn

CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")
OTHER_CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0002")
OTHER = Incident(id=OTHER_CASE, version=4)
"""A second case, which everybody here may read."""
COMMANDS = UUID("22222222-2222-4222-8222-222222220000").int
"""Each decision has a command of its own, counted from this one."""
PNG = FileFacts(sha256="0" * 64, size_bytes=67, media_type="image/png")
PDF = FileFacts(sha256="0" * 64, size_bytes=67, media_type="application/pdf")
DAY = date.fromisoformat
CALENDAR = Calendar(
    terms=(
        Term(name="autumn_2025", first=DAY("2025-09-03"), last=DAY("2025-12-19")),
        Term(name="spring_2026", first=DAY("2026-01-05"), last=DAY("2026-03-27")),
        Term(name="summer_2026", first=DAY("2026-04-13"), last=DAY("2026-07-17")),
    ),
    half_terms=(
        Span(first=DAY("2025-10-27"), last=DAY("2025-10-31")),
        Span(first=DAY("2026-02-16"), last=DAY("2026-02-20")),
        Span(first=DAY("2026-05-25"), last=DAY("2026-05-29")),
    ),
    bank_holidays=frozenset(
        map(DAY, ("2025-12-25", "2025-12-26", "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04"))
    ),
)
CHANNELS = {
    "fb-community": Channel(id="fb-community", platform="facebook", kind="public_group", is_school_controlled=False),
    "fb-school": Channel(id="fb-school", platform="facebook", kind="page", is_school_controlled=True),
    "insta": Channel(id="insta", platform="instagram", kind="story", is_school_controlled=False),
    "dojo": Channel(id="dojo", platform="classdojo", kind="messaging", is_school_controlled=True),
}
PEOPLE = {
    person.id: person
    for person in (
        Person(id="p-parent", kind="adult", name="Kerry Mallinson", association="parent"),
        Person(id="p-other", kind="adult", name="Sarah Holt", association="parent"),
        Person(id="u-teacher", kind="staff", name="Amy Ellery"),
        Person(id="u-head", kind="staff", name="Helen Ashdown"),
        Person(id="u-dsl", kind="staff", name="Ruth Calder"),
        Person(id="u-chair", kind="adult", name="Ivy Marsh"),
        Person(id="k-child", kind="pupil", name="Jayden Mallinson"),
    )
}
ROLES = {
    "u-teacher": "staff",
    "u-aunt": "caseworker",
    "u-deputy": "caseworker",
    "u-head": "headteacher",
    "u-dsl": "dsl",
    "u-deputy-dsl": "dsl",
    "u-office": "office",
    "u-chair": "chair",
    "u-letters": "letters",
    "u-governor": "governor",
    "x-legal": "legal",
    "u-dpo": "dpo",
}
RELATED = {"u-aunt": frozenset({"p-parent", "k-child"})}
"""Whom somebody of the staff is related to."""


READS: Mapping[str, frozenset[Sensitivity]] = {
    "headteacher": frozenset({"open", "dsl", "client", "privileged"}),
    "dsl": frozenset({"open", "dsl"}),
}
"""What a role reads whole besides open events, as far as these tests need it."""


@cache
def edition() -> Edition:
    """Return the edition that the software ships with."""
    file = Path(casework.__file__).parent / "editions" / "2021-spring.toml"
    return msgspec.convert(tomllib.loads(file.read_text()), Edition)


class Played:
    """A case in play: each call takes one decision and folds what it wrote."""

    def __init__(self) -> None:
        self.case = Incident(id=CASE)
        self.events: list[Recorded] = []
        self.beside: list[Recorded] = []
        """What was written into other streams than the case's."""
        self.written: list[tuple[str, set[type[Event]]]] = []
        self.now = datetime.fromisoformat("2025-09-18T09:00:00+01:00")
        self.happened_at: datetime | None = None
        self.edition = edition()
        self.further_keys: tuple[UUID, ...] = ()
        self.adoptions: tuple[Adoption, ...] = ()
        self.others: dict[UUID, Incident] = {OTHER.id: OTHER}
        """Other cases, which everybody may see."""

    def at(self, now: str) -> Self:
        """Move the clock."""
        self.now = datetime.fromisoformat(now)
        return self

    def happened(self, at: str) -> Self:
        """Say of all that follows that it happened then, whatever the clock says."""
        self.happened_at = datetime.fromisoformat(at)
        return self

    def moment(self, by: str) -> Moment:
        """Return the circumstances of a decision by this person now."""
        return Moment(
            now=self.now.astimezone(UTC),
            occurred_at=self.happened_at or self.now,
            actor=by,
            role=ROLES.get(by, "system"),
            person=by,
            command=UUID(int=COMMANDS + len(self.written)),
            edition=self.edition,
            adoptions=self.adoptions,
            channels=CHANNELS,
            calendar=CALENDAR,
            people=PEOPLE,
            related=RELATED.get(by, frozenset()),
            accounts={
                subject: Account(roles=frozenset({role}), person=subject, related=RELATED.get(subject, frozenset()))
                for subject, role in ROLES.items()
            },
            reads=READS.get(ROLES.get(by, "system"), frozenset({"open"})) | {self.case.sensitivity},
            entries={at.id: Entry.of(at) for at in self.events},
            cases=self.others,
            advisers=frozenset({"x-legal"}),
            grants={grant.id: grant for grant in self.grants()},
            versions={
                **{other.id: other.version for other in self.others.values()},
                **{at.originator_id: at.originator_version for at in self.beside},
            },
            further_keys=self.further_keys,
            reference="RL-2025-0001",
        )

    def when(
        self,
        by: str,
        name: str,
        *,
        number: int | UUID | None = None,
        override: Mapping[str, Any] | None = None,
        file: FileFacts | None = None,
        stored: EvidenceResult | None = "intact",
        **facts: Any,
    ) -> list[str]:
        """Take a decision and return the names of the events it wrote; where a file is needed, some file comes."""
        decision = BY_NAME[name]
        request = Request(
            decision=decision,
            facts=msgspec.convert(facts, decision.facts),
            number=number,
            override=msgspec.convert(override, OverrideAsked) if override else None,
            file=file or ((PDF if name == "record_correspondence" else PNG) if decision.needs_file else None),
            stored=stored,
        )
        written = decide(self.case, self.moment(by), request, DECISIONS)
        own = [at for at in written if at.originator_id == self.case.id]
        self.case = fold(self.case, own) or self.case
        self.events += own
        self.beside += [at for at in written if at.originator_id != self.case.id]
        self.written.append((name, {type(at.event) for at in written}))
        return [at.event.type_name.removeprefix("incident.").removesuffix(".v1") for at in written]

    def grants(self) -> list[Grant]:
        """Return the grants of the case."""
        ended = {at.event.grant for at in self.beside if isinstance(at.event, GrantWithdrawn)}
        return [
            Grant(
                id=at.event.grant,
                incident=self.case.id,
                person="x-legal",
                expires_on=at.event.expires_on,
                is_withdrawn=at.event.grant in ended,
            )
            for at in self.beside
            if isinstance(at.event, GrantGiven)
        ]

    def refused(self, by: str, name: str, **facts: Any) -> tuple[str, ...]:
        """Return the rules that refuse a decision; nothing is written."""
        before = self.case
        with pytest.raises(Refused) as caught:
            self.when(by, name, **facts)
        assert self.case == before
        return caught.value.rules

    def faults(self, by: str, name: str, **facts: Any) -> list[tuple[str, str | None]]:
        """Return pointer and rule of each fact that cannot be."""
        with pytest.raises(BadFacts) as caught:
            self.when(by, name, **facts)
        return [(fault.pointer, fault.rule) for fault in caught.value.faults]

    def ability(self, by: str, name: str) -> Ability:
        """Return what the list of actions says of one decision."""
        return next(a for a in abilities(self.case, self.moment(by), DECISIONS) if a.decision.name == name)

    def strict(self, **parameters: Any) -> Self:
        """Put an edition in force whose parameters differ."""
        self.edition = replace(self.edition, parameters=replace(self.edition.parameters, **parameters))
        return self


def impersonal(case: Incident) -> Incident:
    """Return a case without what is personal in it: names, the posts' addresses, the words that were put right."""
    parties = {label: replace(party, person=None, name=None) for label, party in case.parties.items()}
    posts = {number: replace(post, url=None) for number, post in case.posts.items()}
    corrections = tuple(replace(correction, value=None) for correction in case.corrections)
    return replace(case, parties=parties, posts=posts, corrections=corrections)


def reported(channel: str = "fb-community", kind: str = "adult_post") -> Played:
    """Return a case with one post about the teacher."""
    played = Played()
    played.when(
        "u-deputy",
        "report_incident",
        kind=kind,
        channel=channel,
        posted_at="2025-09-17T20:14:00+01:00",
        targets=[{"person": "u-teacher"}],
        words="lazy",
        url="https://facebook.example/groups/rowanlane/posts/101",
    )
    return played


def judged(channel: str = "fb-community") -> Played:
    """Return a case whose post is captured, identified, categorised, screened and judged inappropriate."""
    played = reported(channel)
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    played.when(
        "u-deputy",
        "attribute_identity",
        party={"person": "p-parent"},
        confidence="probable",
        basis_code="profile_match",
        basis="name and photograph",
    )
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    played.when(
        "u-deputy", "decide_breach", outcome="inappropriate", reason="abuses a teacher", is_fair_comment_considered=True
    )
    return played


def continued(channel: str = "fb-community") -> Played:
    """Return a case whose poster was asked, refused and went on."""
    played = judged(channel)
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    played.when("u-deputy", "record_continued_use", posts=[1], limb="still_visible", judged="inappropriate")
    return played


def warned() -> Played:
    """Return a case whose poster was warned, by the headteacher."""
    played = continued()
    played.when("u-head", "issue_warning", posts=[1])
    return played


def gone() -> Played:
    """Return a case whose post was judged and is gone."""
    played = judged()
    played.when("u-deputy", "check_post", posts=[1], result="removed", removed_by="poster")
    return played
