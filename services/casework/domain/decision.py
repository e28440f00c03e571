"""What a decision is: a clause of the policy, who may take it, the rules that must hold, and a function.

A decision is a plain function; its keyword-only parameters are the facts it takes, and their annotations are the whole
of what the HTTP schema, its documentation and the player of stories know (facts that go together may stand in a
TypedDict, ``**said: Unpack[...]``)::

    @decision("warnings", clauses=("P57",), who=("headteacher",), rules=(R01, R02), writes=(WarningIssued,))
    def issue_warning(case: Incident, at: Moment, *, posts: PostNos, party: Recipient) -> Events:
        '''Warn the parent in writing.'''
        yield WarningIssued(...)

It runs only once every rule holds, so it never refuses; it yields the events, and the mechanism (``evaluation``) adds
what every event carries. No list of decisions stands here: ``steps`` is that list.
"""

import inspect
import keyword
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from casework.domain.codes import EVENT_ID, Part, PartyKind, Sha256
from casework.domain.event import Event
from casework.domain.folding import IncidentEvent
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.policy import Edition
from casework.domain.refusal import Fault
from casework.domain.rule import Missing, Rule
from casework.domain.rules import R11_CONCERNED


class Beside(msgspec.Struct, frozen=True):
    """An event that a decision writes into another stream than its case's; all are appended together, or none."""

    stream: UUID
    event: Event


Events = Iterator[IncidentEvent | Beside]
Fits = Callable[[Incident, Moment, Mapping[str, Any]], Iterator[Fault]]
"""Yields a fault for each fact that does not fit the others."""
Further = Callable[[Incident, Moment, Mapping[str, Any]], tuple[str, ...]]
"""Returns the clauses that apply besides, as the case, the moment and the facts are."""


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an uploaded file: it was hashed and stored before the decision is tried."""

    sha256: Sha256
    size_bytes: int
    media_type: str


class NewParty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person named in a request: by directory id, or described (``{"kind": "group", "name": "..."}``)."""

    person: str | None = None
    name: str | None = None
    kind: PartyKind | None = None


class PartyFact(msgspec.Struct, frozen=True):
    """Marks a fact that names a person: the part a new one gets, whom it means when left out, who else it may be."""

    part: Part
    is_poster_meant: bool = False
    may_be_outside: bool = False
    """Whether it may be an outside body, by its label."""


Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant with its offset."""
Past = Annotated[datetime, msgspec.Meta(tz=True, extra={"past": True})]
"""An instant that has happened: not in the future (R20)."""
Reason = Annotated[str, msgspec.Meta(max_length=20_000, extra={"reason": True})]
"""Words that may not be blank (R22)."""
PostNos = Annotated[tuple[Annotated[int, msgspec.Meta(ge=1)], ...], msgspec.Meta(min_length=1, extra={"posts": True})]
"""Posts of the case by number."""
EvidenceNos = Annotated[tuple[Annotated[int, msgspec.Meta(ge=1)], ...], msgspec.Meta(extra={"evidence": True})]
"""Evidence of the case by number."""
ChannelId = Annotated[str, msgspec.Meta(extra={"channel": True})]
"""A channel of the register."""
DayByRule = Annotated[date, msgspec.Meta(extra={"by_rule": True})]
"""A day that a request may leave out, as a rule of the decision says that one is needed, and which may be given."""
AdviserId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, extra={"adviser": True})]
"""The person, or the account, of a legal adviser who has a key of this school."""
AccountId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, extra={"account": True})]
"""An account of the school that can be used."""
EntryId = Annotated[str, msgspec.Meta(pattern=EVENT_ID, extra={"entry": True})]
"""An entry of the case, ``<case>/<version>``."""
OtherCase = Annotated[UUID, msgspec.Meta(extra={"case": True})]
"""Another case, which the actor may see."""
Recipient = Annotated[str, PartyFact("other", is_poster_meant=True)]
"""The person written or spoken to; left out, it is the identified poster. Nobody becomes one by being spoken to."""


NO_FACTS = frozenset({"file", "stored"})
"""Parameters that no request fills: what is known of a file that came with it, or of one that is kept."""


class ActsOn(msgspec.Struct, frozen=True):
    """The numbered thing in a decision's path, and the states in which it may be acted on."""

    kind: str
    states: tuple[str, ...]
    is_uuid: bool = False
    """Whether its number is the id of a stream."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of decisions (domain.md 5)."""

    name: str
    path: str | None
    """Below ``/v1/incidents/{id}/``; None for the report itself and for what only the timer does."""
    clauses: tuple[str, ...]
    who: Mapping[str, frozenset[str] | None] | Literal["warning_decided_by"]
    bound_by: str
    """The fact that a role is bound in: it may take the decision only with the codes that ``who`` names for it."""
    rules: tuple[Rule, ...]
    """Those of its row in the table."""
    tried: tuple[Rule, ...]
    """The rules that are tried: its own, and, unless it is theirs to take, that the case is not about who takes it."""
    writes: tuple[type[Event], ...]
    function: Callable[..., Events]
    facts: type[msgspec.Struct]
    parties: Mapping[str, PartyFact]
    acts_on: ActsOn | None = None
    is_additive: bool = False
    is_for_closed: bool = False
    """Whether it may be taken in a case that was closed or withdrawn; in one that was erased none may."""
    is_for_open: bool = True
    takes_file: bool = False
    """Whether a file may come with it: its function has a parameter ``file``, which is then a :class:`FileFacts`."""
    needs_file: bool = False
    """Whether one has to: that parameter has no default."""
    looks_at_stored: bool = False
    """Whether the file that its number names is read first: its function has a parameter ``stored``, what was found."""
    destroys_keys: bool = False
    """Whether it destroys every key about the case: all of them are looked for first (``Moment.further_keys``)."""
    fits: Fits | None = None
    """What the facts must say of one another, beyond the shape of each."""
    on_occasion: tuple[str, ...] = ()
    """The clauses that it applies besides on some occasions."""
    further_clauses: Further | None = None
    """What more it applies than its clauses, on some occasions; its events carry it."""
    sets_aside: str | None = None
    """The rule that this decision dispenses with ahead; an override of that rule takes this decision first."""
    summary: str = ""

    @property
    def serves(self) -> tuple[str, ...]:
        """All clauses that it applies, always or on some occasions."""
        return (*self.clauses, *self.on_occasion)

    @property
    def writes_beside(self) -> bool:
        """Whether it writes into another stream that is no case."""
        return not all(issubclass(event, IncidentEvent) for event in self.writes)

    def forbidden(self, role: str | None, edition: Edition, facts: Mapping[str, Any]) -> Missing:
        """Return what is missing for a role to take it with these facts (R12): nothing, if it may."""
        roles = self.roles(edition)
        if role not in roles:
            return (f"one of the roles {', '.join(sorted(roles))}",)
        codes = self.codes_of(role, edition)
        if codes is None or facts.get(self.bound_by) in codes:
            return ()
        return (f"{self.bound_by} {' or '.join(sorted(codes))}, the only one that {role} may use",)

    def codes_of(self, role: str | None, edition: Edition) -> frozenset[str] | None:
        """Return the codes that a role is bound to; None where it is bound to none, or may not take it at all."""
        return self.roles(edition).get(role or "")

    def roles(self, edition: Edition) -> Mapping[str, frozenset[str] | None]:
        """Return who may take it under this edition: role to the codes it is bound to, or None."""
        return {edition.parameters.warning_decided_by: None} if isinstance(self.who, str) else self.who


def decision(
    path: str | None,
    *,
    clauses: tuple[str, ...],
    who: tuple[str, ...] | Mapping[str, frozenset[str] | None] | Literal["warning_decided_by"],
    writes: tuple[type[Event], ...],
    bound_by: str = "code",
    rules: tuple[Rule, ...] = (),
    acts_on: ActsOn | None = None,
    is_additive: bool = False,
    is_for_closed: bool = False,
    is_for_open: bool = True,
    is_for_concerned: bool = False,
    destroys_keys: bool = False,
    fits: Fits | None = None,
    on_occasion: tuple[str, ...] = (),
    further_clauses: Further | None = None,
    sets_aside: str | None = None,
) -> Callable[[Callable[..., Events]], Decision]:
    """Make a decision of a function; its keyword-only parameters become the facts.

    ``is_for_concerned``: whoever a post is about, or wrote it, may take it all the same, as to show a post.
    """
    listed = {rule.id for rule in rules}
    further = () if is_for_concerned or R11_CONCERNED.id in listed else (R11_CONCERNED,)

    def made(function: Callable[..., Events]) -> Decision:
        facts, parties = _facts_of(function, is_numbered=acts_on is not None)
        parameters = inspect.signature(function).parameters
        file = parameters.get("file")
        return Decision(
            name=function.__name__,
            path=path,
            clauses=clauses,
            who=dict.fromkeys(who) if isinstance(who, tuple) else who,
            bound_by=bound_by,
            rules=tuple(sorted(rules, key=_by_number)),
            tried=tuple(sorted((*rules, *further), key=_by_number)),
            writes=writes,
            function=function,
            facts=facts,
            parties=parties,
            acts_on=acts_on,
            is_additive=is_additive,
            is_for_closed=is_for_closed,
            is_for_open=is_for_open,
            takes_file=file is not None,
            needs_file=file is not None and file.default is file.empty,
            looks_at_stored="stored" in parameters,
            destroys_keys=destroys_keys,
            fits=fits,
            on_occasion=on_occasion,
            further_clauses=further_clauses,
            sets_aside=sets_aside,
            summary=(inspect.getdoc(function) or "").partition("\n")[0],
        )

    return made


def _by_number(rule: Rule) -> str:
    return rule.id


def _facts_of(
    function: Callable[..., Events], *, is_numbered: bool
) -> tuple[type[msgspec.Struct], Mapping[str, PartyFact]]:
    """Return the struct of a decision's facts, and which of them name a person."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    parties = {}
    for name, hint, default in _parameters_of(function):
        if (is_numbered and name == "number") or name in NO_FACTS:
            continue
        mark = party_mark(hint)
        if mark is not None:
            parties[name] = mark
            hint = _as_input(hint)  # noqa: PLW2901 - what a request may say
        if (mark is not None and mark.is_poster_meant) or hint is DayByRule:
            fields.append((name, hint | None, None))
        elif default is inspect.Parameter.empty:
            fields.append((name, hint))
        else:
            fields.append((name, hint, default))
    title = "".join(word.capitalize() for word in function.__name__.split("_")) + "Facts"
    return msgspec.defstruct(title, fields, frozen=True, kw_only=True, forbid_unknown_fields=True), parties


def _parameters_of(function: Callable[..., Events]) -> Iterator[tuple[str, Any, Any]]:
    """Yield each keyword-only parameter as a fact: its name, its annotation and its default."""
    hints = get_type_hints(function, include_extras=True)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            yield fact_name(parameter.name), hints[parameter.name], parameter.default
        elif parameter.kind is parameter.VAR_KEYWORD:
            # Facts that go together, in a TypedDict: each may be left out, and is then nothing.
            for name, hint in get_type_hints(get_args(hints[parameter.name])[0], include_extras=True).items():
                yield name, hint, () if get_origin(hint) is tuple else None


def fact_name(parameter: str) -> str:
    """Return the fact that a parameter takes: ``from`` cannot be a name in Python, so it comes as ``from_``."""
    bare = parameter.removesuffix("_")
    return bare if keyword.iskeyword(bare) else parameter


def party_mark(hint: Any) -> PartyFact | None:  # noqa: ANN401 - any annotation
    """Return how this annotation names a person, if it does."""
    if get_origin(hint) is Annotated:
        for mark in get_args(hint)[1:]:
            if isinstance(mark, PartyFact):
                return mark
    for part in get_args(hint):
        found = party_mark(part)
        if found is not None:
            return found
    return None


def _as_input(hint: Any) -> Any:  # noqa: ANN401 - any annotation
    """Return the annotation with every label replaced by what a request may say instead of one."""
    if hint is str:
        return str | NewParty
    if get_origin(hint) is Annotated:
        return _as_input(get_args(hint)[0])
    if get_origin(hint) is tuple:
        return tuple[str | NewParty, ...]
    parts = get_args(hint)
    return str | NewParty | None if type(None) in parts else hint
