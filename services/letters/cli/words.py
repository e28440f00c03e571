"""How letters are told to people: in words, in as few lines as do."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from letters.domain.catalogue import CATALOGUE
from letters.domain.rendering import not_laid_out
from letters.domain.working_days import LONDON

Json = Mapping[str, Any]

STATUS: Final[Mapping[str, str]] = {
    "incomplete": "something is missing",
    "drafted": "being laid out",
    "ready": "waits for approval",
    "approved": "waits for a second approval",
    "rejected": "sent back, to be drafted again",
    "issued": "approved, may be posted",
    "dispatching": "taken to be posted",
    "unknown": "may have left: find out, and say",
    "dead": "did not leave, and is not tried again",
    "dispatched": "posted",
    "delivered": "arrived",
    "returned": "came back",
    "cancelled": "will not be sent",
    "superseded": "not needed any more",
}
BY_EMAIL: Final[Mapping[str, str]] = {
    "issued": "approved, leaves by itself",
    "dispatching": "being sent",
    "dispatched": "sent",
}
"""What is said instead of a letter that leaves by e-mail."""
DEAD: Final[Mapping[str, str]] = {
    "refused": "the relay refused it for good",
    "too_long_refused": "the relay refused it for 72 hours",
    "no_verified_address": "no address that somebody made sure of",
    "too_large": "larger than an e-mail may be",
}
NOT_LAID_OUT: Final = "could not be laid out"
"""What is said of a draft that has no pages, and will have none until it is drafted again."""
STATUS_HELP: Final = "\n".join(
    ["\b", "What each status means:", *(f"  {name:12} {says}" for name, says in STATUS.items())]
)
HOLDS: Final[Mapping[str, str]] = {
    "police": "the police asked to wait",
    "safeguarding": "safeguarding comes first",
    "address": "no safe address of the recipient's own",
    "manual": "held by a person",
    "audience": "casework is asked who may see it",
    "evidence": "a post is not captured yet",
    "outdated": "the case says something else by now",
    "overtaken": "the case spoke against it while it was being sent",
}
FINDINGS: Final[Mapping[str, str]] = {
    "full_name": "somebody is named who may not be named here",
    "name_part": "a word that may be part of a name that may not stand here",
    "listed_phrase": "words that no such letter may hold",
    "step_named": "a word that may tell what is done about somebody else",
    "quoted_words": "words that stand in a post, in a letter that repeats none",
    "message_overlong": "the message that goes with it is too long for its channel",
    "policy_review_overdue": "the policy's own review is overdue",
    "short_time_to_answer": "less than three working days to answer",
}
COLUMNS: Final = ("REFERENCE", "LETTER", "TO", "DATED", "STATUS")


def table(letters: Sequence[Json]) -> str:
    """Return a line for each letter, under a heading."""
    rows = [COLUMNS, *(_row(letter) for letter in letters)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def sheet(letter: Json, options: str) -> str:
    """Return what a person needs to know of one letter, and what can be done next, by commands with these options."""
    lines = [
        f"{_name(letter).capitalize()} to {_recipient(letter)}, {letter['our_ref'] or 'no reference yet'}",
        "",
        *_aligned(_facts(letter)),
        *_next(letter, options),
    ]
    return "\n".join(lines)


def approved(letter: Json) -> str:
    """Say what an approval has led to."""
    if letter["status"] == "approved":
        return f"approved by you: {letter['our_ref']} now waits for a second person's approval"
    return f"approved: {letter['our_ref']} may now be sent"


def refusal(each: Json) -> str:
    """Word one reason why something is not possible now, and who or what helps."""
    if each.get("code") == "check_not_ticked":
        code = each["expected"].partition(":")[0]
        return f"{FINDINGS.get(code, code)}: look at it, then add --tick {shlex.quote(each['expected'])}"
    lines = [str(each.get("detail"))]
    if each.get("expected") and each.get("found"):
        lines.append(f"expected {each['expected']}, found {each['found']}")
    elif each.get("expected"):
        lines.append(f"expected {each['expected']}")
    if each.get("roles"):
        lines.append(f"who may: {', '.join(each['roles'])}")
    if each.get("instead"):
        lines.append(f"what helps: {each['instead']}")
    return "\n  ".join(lines)


def when(text: str | None) -> str:
    """Return a date or an instant as people write it."""
    if text is None:
        return "-"
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        return f"{found.day} {found:%b %Y}"
    local = found.astimezone(LONDON)
    return f"{local.day} {local:%b %Y, %H:%M}"


def _row(letter: Json) -> tuple[str, ...]:
    return (
        letter["our_ref"] or letter["letter_id"],
        _name(letter),
        letter["label"] or "-",
        when(letter["letter_date"]),
        _stands(letter),
    )


def _status(letter: Json) -> str:
    """Return a letter's status, in its own word and in ours."""
    status = letter["status"]
    if letter.get("render_failure") or letter.get("is_render_failed"):
        return f"{status}: {NOT_LAID_OUT}"
    said = {**STATUS, **(BY_EMAIL if letter["channel"] == "email" else {})}
    return f"{status}: {said.get(status, status)}"


def _stands(letter: Json) -> str:
    """Return a letter's status with what holds it."""
    said = _status(letter)
    return f"{said}; held ({', '.join(letter['holds'])})" if letter["holds"] else said


def _name(letter: Json) -> str:
    row = CATALOGUE.get(letter["template"])
    return row.name.replace("_", " ") if row else str(letter["template"])


def _recipient(letter: Json) -> str:
    recipient = letter["recipient"]
    return str(recipient["label"] or recipient["party"] or "erased with the case")


def _facts(letter: Json) -> list[tuple[str, str]]:
    provenance = letter["provenance"] or {}
    facts = [("status", _status(letter))]
    facts += [("held", HOLDS.get(hold, hold)) for hold in letter["holds"]]
    if failed := letter["render_failure"]:
        facts.append(("in the way", not_laid_out(failed["code"], failed["field"])))
    facts += [("missing", f"{each['path']}: {each['expected']}") for each in letter["problems"]]
    facts += [("dated", when(letter["letter_date"])), ("leaves by", letter["channel"].replace("_", " "))]
    if letter["deadline"]:
        facts.append(("answer by", when(letter["deadline"])))
    facts.append(
        ("signed by", f"{letter['signatory'] or 'nobody yet'} (may approve: {', '.join(letter['approvers'])})")
    )
    facts += [_finding(each) for each in letter["findings"] if not each["is_overridden"]]
    if provenance:
        facts.append(("PDF", f"{provenance['pages']} pages, sha256 {provenance['pdf_sha256']}"))
    facts += [("approved", f"{when(each['recorded_at'])} by {each['by']}") for each in letter["approvals"]]
    if letter["issued"] and letter["issued"]["why"] == "window_closed":
        facts.append(("leaves from", f"{when(letter['issued']['not_before'])}, when messages may be sent"))
    facts += _sending(letter)
    facts += [("filed", f"{fact}: entry {entry}") for fact, entry in letter["filed"].items()]
    facts.append(("id", letter["letter_id"]))
    return facts


def _sending(letter: Json) -> list[tuple[str, str]]:
    """Return how it went to send a letter."""
    facts = []
    if letter["failures"] and letter["not_before"]:
        times = len(letter["failures"])
        often = "once" if times == 1 else f"{times} times"
        facts.append(("refused", f"{often} for now; tried again {when(letter['not_before'])}"))
    if letter["dead"]:
        facts.append(("given up", DEAD.get(letter["dead"]["cause"], letter["dead"]["cause"])))
    if letter["dispatched"]:
        sent, by = letter["dispatched"]["posted_at"], letter["dispatched"]["by"]
        facts.append(("posted", f"{when(sent)} by {by}") if by else ("sent", f"{when(sent)}, the relay took it"))
    return facts


def _finding(finding: Json) -> tuple[str, str]:
    says = f"{FINDINGS.get(finding['code'], finding['code'])} ({finding['id']})"
    return "look at" if finding["level"] == "check" else "in the way", says


def _aligned(facts: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(name) for name, _ in facts)
    return [f"{name.ljust(width)}  {says}" for name, says in facts]


def _next(letter: Json, options: str) -> list[str]:
    """Return what can be done with the letter as it stands."""
    name = letter["our_ref"] or letter["letter_id"]
    if not letter["provenance"]:
        return []
    lines = ["", f"To read it:     letters pdf {name} --to letter.pdf {options}"]
    if letter["status"] in ("ready", "approved"):
        looked = [each["id"] for each in letter["findings"] if each["level"] == "check"]
        ticks = "".join(f"--tick {shlex.quote(each)} " for each in looked)
        approve = f"letters approve {name} --sha256 {letter['provenance']['pdf_sha256']} {ticks}{options}"
        lines.append(f"To approve it:  {approve}")
    return lines
