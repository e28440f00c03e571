"""What a step says in words for which its decision has no field, held to what came of the step.

One table: decision and word to a check. Of some words nothing is recorded at all, since no event has a place for them
(domain.md 4); they are named one by one. A word in neither is a fault: nobody would look at it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tests.journeys import places
from tests.journeys.played import Played
from tests.journeys.record import Entry
from tests.journeys.story import Step

CAPTURED: Final = "incident.evidence-captured.v1"
CONTACTED: Final = "incident.parent-contacted.v1"
JUDGED: Final = "incident.breach-decided.v1"
REFERRED: Final = "incident.police-referred.v1"
REFERENCED: Final = "incident.police-reference-recorded.v1"
RELEASED: Final = "incident.police-hold-released.v1"
BLOCKED: Final = "incident.access-blocked.v1"
HEARD: Final = "incident.representations-received.v1"
ASKED: Final = "incident.removal-requested.v1"
ANSWERED: Final = "advice.answer-recorded.v1"


class Said(NamedTuple):
    """One word of a step, with the case that the step was about."""

    step: Step
    case: str
    word: str

    @property
    def value(self) -> Any:
        """What the story says under it."""
        return self.step.given[self.word]


Found = Callable[[Played, Said], tuple[Any, Any]]
"""From a word to what is expected of what came of its step, and what is found."""


def remark_faults(played: Played, said: Sequence[Said]) -> Iterator[str]:
    """Yield what differs from what steps say in words without a field, and such words that nothing looks at."""
    for each in said:
        at = (each.step.do, each.word)
        if at in UNRECORDED:
            continue
        if at not in REMARKS:
            yield f"{each.step.place}: {each.word}: expected a field or a check of it, found neither: see remarks.py"
            continue
        expected, found = REMARKS[at](played, each)
        if expected != found:
            yield f"{each.step.place}: {each.word}: expected {expected}, found {found}"


def _entries(played: Played, said: Said, type_: str) -> list[Entry]:
    """Return what the step recorded of a type; each step has a moment of its own."""
    return [entry for entry in played.events(type_) if entry.time == said.step.at]


def _person(played: Played, case: str, label: str | None) -> str | None:
    return next((party["person"] for party in played.case(case)["parties"] if party["label"] == label), None)


def _files(played: Played, said: Said) -> tuple[Any, Any]:
    return said.value, len(_entries(played, said, CAPTURED))


def _present(played: Played, said: Said) -> tuple[Any, Any]:
    """Compare who was there with who recorded the talk, and whom it was with."""
    met = [
        (entry.data["actor"], _person(played, said.case, entry.data["party"]))
        for entry in _entries(played, said, CONTACTED)
    ]
    return sorted(said.value), sorted(str(each) for pair in met for each in pair)


def _how_asked(played: Played, said: Said) -> tuple[Any, Any]:
    """See how removal was asked for: in the talk before it, and in a letter if one is said to follow."""
    ways = {"telephone": ["telephone"], "in_person": ["in_person", "meeting"]}
    way, _, then = said.value.partition("_then_")
    talks = [
        entry.data["method"]
        for entry in played.record.of_case(said.case)
        if entry.type == CONTACTED and entry.time < said.step.at
    ]
    follows = ["L02"] if then and any(row["template"] == "L02" for row in played.letters) else []
    return (True, ["L02"] if then else []), (bool(talks) and talks[-1] in ways.get(way, ()), follows if then else [])


def _confidence(played: Played, said: Said) -> tuple[Any, Any]:
    return said.value, (played.case(said.case)["identity"] or {}).get("confidence")


def _no_evidence(played: Played, said: Said) -> tuple[Any, Any]:
    numbers = [list(entry.data["evidence_nos"]) for entry in _entries(played, said, REFERRED)]
    return [[]] if said.value == "none_yet" else said.value, numbers


def _reference(played: Played, said: Said) -> tuple[Any, Any]:
    """Compare the police's own reference with the one that was recorded for the referral."""
    by = played.cast.of_role("headteacher") or "auditor"
    return [said.value], [e["facts"]["reference"] for e in played.history(said.case, by) if e["type"] == REFERENCED]


def _invites(played: Played, said: Said) -> tuple[Any, Any]:
    texts = [" ".join(text.split()) for template, text in played.texts(["L05"])]
    return said.value, bool(texts) and all(INVITATION in text for text in texts)


def _from(played: Played, said: Said) -> tuple[Any, Any]:
    """Compare whose answer to a block it is with who is blocked."""
    numbers = [entry.data["block_no"] for entry in _entries(played, said, HEARD)]
    blocks = [entry for entry in played.record.of_case(said.case) if entry.type == BLOCKED]
    return [said.value], [_person(played, said.case, b.data["party"]) for b in blocks if b.data["block_no"] in numbers]


def _privileged(played: Played, said: Said) -> tuple[Any, Any]:
    return said.value, [entry.data["sensitivity"] for entry in _entries(played, said, ANSWERED)] == ["privileged"]


def _upheld(played: Played, said: Said) -> tuple[Any, Any]:
    """Take a concern for upheld where it is recorded and the posts that raise it are not held against anybody."""
    decided = _entries(played, said, JUDGED)
    is_upheld = bool(decided) and all(
        e.data["has_concern"] and played.posts(said.case) - {*e.data["posts"]} for e in decided
    )
    return said.value, is_upheld


def _age(played: Played, said: Said) -> tuple[Any, Any]:
    """Find an age in the letter to the site, which names it beside the other one."""
    texts = [text for _, text in played.texts(["L07"])]
    return said.value, said.value if texts and all(places.holds(t.encode(), str(said.value)) for t in texts) else None


INVITATION: Final = "If you see it differently"
REMARKS: Final[Mapping[tuple[str, str], Found]] = {
    ("capture_evidence", "files"): _files,
    ("contact_parent", "present"): _present,
    ("request_removal", "how"): _how_asked,
    ("refer_to_police", "identity_confidence"): _confidence,
    ("refer_to_police", "evidence"): _no_evidence,
    ("release_police_hold", "reference"): _reference,
    ("block_access", "invites_representations"): _invites,
    ("record_representations", "from"): _from,
    ("record_legal_advice", "privileged"): _privileged,
    ("decide_breach", "concern_upheld"): _upheld,
    ("report_to_host", "platform_minimum"): _age,
    ("report_to_host", "policy_statement"): _age,
}
UNRECORDED: Final = frozenset(
    {
        ("capture_evidence", "url_visible"),
        ("capture_evidence", "clock_visible"),
        ("correct_identity", "evidence"),
        ("check_post", "account"),
        ("request_removal", "also"),
    }
)
"""What a picture shows, on what a person was believed, that an account should be closed and is: no event holds it."""
