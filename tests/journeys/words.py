"""From the words of a story to the fields of a request, by one table of aliases and one of defaults.

A word that has a field is sent under it. One that has none is never sent; what came of the step is held to it at the
story's end (`remarks.py`). A field that is needed and that the story leaves out gets a plausible value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from tests.journeys.cast import Cast
from tests.journeys.contract import Field, Request
from tests.journeys.story import Step, StoryFault

ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "hold": ("is_hold",),
    "immediate": ("is_immediate",),
    "fair_comment_considered": ("is_fair_comment_considered",),
    "guidance.impact": ("impact",),
    "incident_number": ("reference",),
    "why": ("how",),
    "provenance": ("text",),
    "of": ("duplicate_of", "to"),
    "from": ("from_party", "adviser", "sender"),
}
"""A story's word, and the fields it may mean: the first that the decision has. ``a.b`` stands inside ``a``."""
SPREAD: Final = ("options",)
"""Words whose members are words themselves."""
NUMBERED_BY: Final[Mapping[str, tuple[str, str, str]]] = {
    "removal-requests": ("request", "request_no", "incident.removal-requested.v1"),
    "warnings": ("warning", "warning_no", "incident.warning-issued.v1"),
    "police-referrals": ("referral", "referral_no", "incident.police-referred.v1"),
    "police-holds": ("hold", "hold_no", "incident.police-hold-placed.v1"),
    "legal-holds": ("hold", "hold_no", "incident.legal-hold-placed.v1"),
    "blocks": ("block", "block_no", "incident.access-blocked.v1"),
    "host-reports": ("report", "report_no", "incident.host-reported.v1"),
    "evidence": ("evidence", "evidence_no", "incident.evidence-captured.v1"),
    "complaints": ("complaint", "complaint_no", "incident.complaint-linked.v1"),
    "legal-advice-requests": ("advice", "advice_no", "incident.legal-advice-sought.v1"),
    "legal-actions": ("action", "action_no", "incident.legal-action-authorised.v1"),
}
"""First part of a decision's path: the word for the {n} in it, and the event, with its field, that gave the number."""
PLAYERS_OWN: Final = frozenset({"same_body", "media_type"})
"""Words that tell the player how to ask; ``evidence: attached`` as well."""

TEXT: Final = "As the story tells it."


@dataclass(frozen=True)
class Around:
    """What words and defaults may look at: the moment, and the case as it stands (empty before it is reported)."""

    at: datetime
    case: Mapping[str, Any] = field(default_factory=dict)
    cases: Mapping[str, str] = field(default_factory=dict)
    """What the story calls its cases, and their ids."""

    def posts(self) -> list[int]:
        """Return the posts judged inappropriate, else all."""
        found = self.case.get("posts", [])
        return [post["post_no"] for post in [post for post in found if post["is_inappropriate"]] or found]

    def channel(self) -> str | None:
        """Return where the first post was made."""
        return self.case["posts"][0]["channel"] if self.case.get("posts") else None

    def targets(self) -> list[str]:
        """Return whom the first post is about."""
        return list(self.case["posts"][0]["targets"]) if self.case.get("posts") else []

    def described(self, name: str) -> str | None:
        """Return the label of a person whom the case knows by this description."""
        parties = self.case.get("parties", ())
        return next((party["label"] for party in parties if party["name"] == name and not party["person"]), None)


DEFAULTS: Final[Mapping[str, Any]] = {  # a value, or what chooses one from what is around
    "posted_at": lambda around: around.at.isoformat(),
    "targets": Around.targets,
    "posts": Around.posts,
    "channel": Around.channel,
    "method": "telephone",
    "outcome": "discussion_held",
    "is_fair_comment_considered": True,
    "is_immediate": False,
    "is_hold": False,
    "route": "101",
    "force": "The local force",
    "host": "The site",
    "limb": "new_post",
    "judged": "inappropriate",
    "copy": "working_copy",
    "result": "visible",
    "stage": 1,
    "is_last": False,
}
"""What a needed field gets that the story leaves out. Free text says so; nothing that a rule looks at stands here."""
BY_DECISION: Final[Mapping[str, Mapping[str, Any]]] = {
    "capture_evidence": {"method": "screenshot"},
    "verify_evidence": {"result": "intact"},
}
"""Where a decision needs another one."""
NEVER: Final = frozenset({"review_on", "alternative_route", "party", "grounds", "override"})
"""Fields that a rule waits for: left out by the story, they are left out of the request."""


@dataclass(frozen=True)
class Facts:
    """The body of a request, the number in its path, and the words that it has no field for."""

    body: Mapping[str, Any]
    unsaid: Sequence[str]


def facts_of(step: Step, request: Request, around: Around, cast: Cast, *, number_word: str | None = None) -> Facts:
    """Return what to send for a step.

    Raises:
        StoryFault: a field is needed, the story leaves it out, and no default is known.
    """
    body: dict[str, Any] = {}
    unsaid: list[str] = []
    for word, value in _flat(step.given):
        if word in PLAYERS_OWN or word == number_word or (word, value) == ("evidence", "attached"):
            continue
        found = _field_of(word, request)
        if found is None:
            unsaid.append(word)
        else:
            _put(body, found.name, word, _value(found, value, around, cast))
    for name, needed in request.fields.items():
        if needed.is_needed and name not in body and name not in NEVER:
            body[name] = _default(step, needed, around)
    return Facts(body=body, unsaid=unsaid)


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the words of a step; those inside another that have an alias of their own as ``a.b``."""
    for word, value in given.items():
        if word in SPREAD and isinstance(value, dict):
            yield from value.items()
        elif isinstance(value, dict) and any(f"{word}.{inner}" in ALIASES for inner in value):
            yield word, {inner: each for inner, each in value.items() if f"{word}.{inner}" not in ALIASES}
            yield from ((f"{word}.{inner}", each) for inner, each in value.items() if f"{word}.{inner}" in ALIASES)
        else:
            yield word, value


def _field_of(word: str, request: Request) -> Field | None:
    candidates = (*ALIASES.get(word, ()), word)
    return next((request.fields[name] for name in candidates if name in request.fields), None)


def _put(body: dict[str, Any], name: str, word: str, value: Any) -> None:
    if name in body:
        message = f"two words for the field {name}, one of them `{word}`"
        raise StoryFault(message)
    body[name] = value


def _value(found: Field, value: Any, around: Around, cast: Cast) -> Any:
    """Return a story's value as JSON holds it, people and cases as the API names them."""
    if found.names_people and isinstance(value, list):
        return [_person(each, around, cast) for each in value]
    if found.names_people and isinstance(value, str):
        return _person(value, around, cast)
    if found.names_a_case and value in around.cases:
        return around.cases[value]
    return _plain(value)


def _person(named: str, around: Around, cast: Cast) -> Any:
    """Name somebody: by directory id, by label where the case knows the description, else by description."""
    if named in cast.people and cast.is_listed(named):
        return {"person": named}
    name, kind = (cast.people[named]["name"], "unknown") if named in cast.people else (named, "group")
    return around.described(name) or {"name": name, "kind": kind}


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _default(step: Step, needed: Field, around: Around) -> Any:
    table = {**DEFAULTS, **BY_DECISION.get(step.do, {})}
    if needed.name in table:
        chosen = table[needed.name]
        return chosen(around) if callable(chosen) else chosen
    if needed.is_instant:
        return around.at.isoformat()
    if needed.is_free_text:
        return TEXT
    message = f"{step}: the field {needed.name} is needed and left out: give it a default in words.py"
    raise StoryFault(message)
