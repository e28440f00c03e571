"""The lint: what somebody must look at before a letter leaves, because no rule can decide it.

A *block* must be fixed, or overridden by the headteacher or the DSL: the full name of a person who may not be named
in this letter, or a phrase that this letter may never contain. A *check* must be ticked by whoever approves: a part of
such a name, a policy whose review is overdue, less than three working days to answer. Names are looked for in all that
leaves; phrases in what people wrote, because the template's own words were read once for all, and a quoted post says
what it says. Whole words, with case and accents folded: ``ELLERY`` and ``Élléry`` are Ellery; ``Ellerybank`` is not.

Worked example: with ``{"name": "Amy Ellery", "allowed": false}`` the words "Miss Ellery said" give the check
``name_part:names[0]:facts``, and "Amy Ellery said" the block ``full_name:names[0]:text``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from letters.domain.event import Finding

WORKING_DAYS_TO_ANSWER_MIN = 3
NAME_PART_MIN = 3
"""Shorter parts of a name (Al, Jo, O') are too common to mean anything."""

_SILENCING = (
    "must not complain", "may not complain", "cannot complain", "not allowed to complain", "drop your complaint",
    "drop the complaint", "withdraw your complaint",
)  # fmt: skip
_STEPS = (
    "warn", "warned", "warning", "warnings", "police", "solicitor", "solicitors", "legal action", "legal advice",
    "court", "sue", "prosecute", "prosecuted", "prosecution", "ban", "banned", "consequences",
)  # fmt: skip
_VERDICTS = (
    "you have committed", "committed an offence", "criminal", "criminal offence", "guilty", "you broke the law",
    "your child will", "your son will", "your daughter will", "exclude", "excluded", "exclusion", "expelled",
)  # fmt: skip
_CLAIMS = ("defamation", "defamatory", "libel", "slander", "sue", "solicitor", "solicitors", "legal action", "damages")
_OF_THE_SCHOOL = (
    "on behalf of the school", "in the name of the school", "the school complains", "the school has been defamed",
    "defames the school", "defamatory of the school",
)  # fmt: skip
_CONCLUSIONS = ("committed", "is a crime", "crime was", "illegal", "unlawful", "offender", "assaulted", "harassed")
PHRASES: Mapping[str, tuple[str, ...]] = {
    "L01": _SILENCING + _STEPS + _VERDICTS,
    "L02": _SILENCING + _STEPS + _VERDICTS,
    "L03": _SILENCING + _STEPS + _VERDICTS,
    "L04": _SILENCING + _VERDICTS,
    "L05": _SILENCING + _VERDICTS,
    "L06": _SILENCING + _VERDICTS,
    "L07": _SILENCING + _CLAIMS + _VERDICTS,
    "L08": _OF_THE_SCHOOL,
    "L09": _VERDICTS + _CONCLUSIONS,
    "L10": (),
    "L11": _SILENCING + _STEPS + _VERDICTS,
    "L13": _SILENCING + _STEPS + _VERDICTS,
    "L14": _SILENCING + _STEPS + _VERDICTS,
    "L15": _SILENCING + _VERDICTS,
    "L19": _VERDICTS,
    "L22": _SILENCING + _VERDICTS,
}
"""What people may not write into a letter: a ban on complaining anywhere; threats of steps in what invites, asks,
thanks, helps or apologises; verdicts, and consequences for a child, anywhere. A school claims nothing in law, and a
notice of complaint is not the school's; the police are told what was seen, not what it amounts to."""
WATCHED: Mapping[str, tuple[str, ...]] = {"L15": _STEPS}
"""What people may write, once they have looked at it: it may hint at what is done about somebody else."""
NAMELESS = frozenset({"L07", "L19", "L22"})
"""Letters that name nobody but who writes and who is written to: not even staff whom others may name."""
WORDLESS = frozenset({"L01", "L03", "L05", "L06", "L07", "L11", "L13", "L14", "L15", "L19", "L22"})
"""Letters that repeat nothing of what was posted."""
QUOTED_WORDS_MIN = 4
"""So many words in a row that stand in a post are taken for a quotation."""

_QUOTED = frozenset({"posts", "grounds", "laws", "stages", "school", "recipient", "signatory", "policy", "our_ref"})
"""Fields of the data that are no free text of ours."""


def lint(
    template_id: str,
    *,
    texts: Mapping[str, str],
    data: Mapping[str, Any],
    names: Sequence[Mapping[str, Any]],
    is_policy_overdue: bool,
    working_days_to_answer: int | None,
    quotes: Sequence[str] = (),
    message_characters_max: int | None = None,
) -> tuple[Finding, ...]:
    """Return all findings; ``texts`` is everything that leaves, ``quotes`` what was posted."""
    if template_id in NAMELESS:
        names = [{**person, "allowed": False} for person in names]
    found = [
        *_names(texts, data, names),
        *_phrases(template_id, data),
        *(_repeated(data, quotes) if template_id in WORDLESS else ()),
        *_overlong(texts, message_characters_max),
        *_deadlines(is_policy_overdue=is_policy_overdue, working_days_to_answer=working_days_to_answer),
    ]
    return tuple({finding.id: finding for finding in found}.values())


def _names(texts: Mapping[str, str], data: Mapping[str, Any], names: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Look for people who may not be named; whoever writes and whoever is written to may be."""
    may = {data["recipient"]["name"], data["signatory"]["name"], *(p["name"] for p in names if p.get("allowed"))}
    allowed = [_fold(name) for name in may if name]
    common = {part for name in allowed for part in _words(name)}
    for index, person in enumerate(names):
        full = _fold(person["name"])
        if person.get("allowed") or full in allowed:
            continue
        for where, text in texts.items():
            if _holds(_fold(text), full):
                yield _finding("block", "full_name", f"names[{index}]:{where}")
        parts = {part for part in _words(full) if len(part) >= NAME_PART_MIN} - common
        for where, text in _said(data):
            if any(_holds(_fold(text), part) for part in parts):
                yield _finding("check", "name_part", f"names[{index}]:{where}")


def _phrases(template_id: str, data: Mapping[str, Any]) -> Iterator[Finding]:
    for where, text in _said(_ours(data)):
        for phrase in PHRASES[template_id]:
            if _holds(_fold(text), phrase):
                yield _finding("block", "listed_phrase", f"{where}:{phrase.replace(' ', '-')}")
        for phrase in WATCHED.get(template_id, ()):
            if _holds(_fold(text), phrase):
                yield _finding("check", "step_named", f"{where}:{phrase.replace(' ', '-')}")


def _repeated(data: Mapping[str, Any], quotes: Sequence[str]) -> Iterator[Finding]:
    """Look for a few words in a row, in what people wrote, that stand in a post."""
    posted = [" ".join(_words(_fold(quote))) for quote in quotes]
    for where, text in _said(_ours(data)):
        words = list(_words(_fold(text)))
        runs = (" ".join(words[at : at + QUOTED_WORDS_MIN]) for at in range(len(words) - QUOTED_WORDS_MIN + 1))
        if any(_holds(quote, run) for run in runs for quote in posted):
            yield _finding("block", "quoted_words", where)


def _overlong(texts: Mapping[str, str], characters_max: int | None) -> Iterator[Finding]:
    if characters_max is not None and len(texts.get("message", "")) > characters_max:
        yield _finding("hard", "message_overlong", "message")


def _deadlines(*, is_policy_overdue: bool, working_days_to_answer: int | None) -> Iterator[Finding]:
    if is_policy_overdue:
        yield _finding("check", "policy_review_overdue", "policy.review_due_on")
    if working_days_to_answer is not None and working_days_to_answer < WORKING_DAYS_TO_ANSWER_MIN:
        yield _finding("check", "short_time_to_answer", "facts.due_at")


def _ours(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in data.items() if key not in _QUOTED}


def _said(value: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a tree of JSON values
    """Yield every string of the data with its path, but for those who write and are written to."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if path or key not in {"recipient", "signatory", "school"}:
                yield from _said(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _said(item, f"{path}[{index}]")


def _finding(level: Any, code: str, path: str) -> Finding:  # noqa: ANN401 - a literal, checked by the struct's type
    return Finding(id=f"{code}:{path}", level=level, code=code, path=path)


def _fold(text: str) -> str:
    """Fold case and accents, and all spaces and hyphens to one space."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(re.split(r"[\s\-\u2010\u2011\u00ad]+", plain.casefold())).replace("\u2019", "'").strip()


def _words(folded: str) -> Iterable[str]:
    return re.findall(r"[\w']+", folded)


def _holds(folded: str, words: str) -> bool:
    """Tell whether the folded text holds these words, whole."""
    return bool(words) and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", folded) is not None
