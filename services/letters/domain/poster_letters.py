"""What the letters take that list no posts: to the poster, the responsible adult, or who was wrongly taken for one.

None of them repeats what was posted; each is given only what it prints. Dates that staff may set have a default where
the school has decided on one, so that a letter is complete as soon as its cause is.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from letters.domain import wording
from letters.domain.event import Problem
from letters.domain.takes import (
    DATE_CHARACTERS_MAX,
    INSTANT_CHARACTERS_MAX,
    NOTE,
    Field,
    Form,
    Json,
    Takes,
    find,
    history,
    last_contact,
    lines,
    maybe,
    this_contact,
    words,
)  # fmt: skip

TIMES = ("first_time", "second_time", "third_time")
TIMES_MIN, TIMES_MAX = 2, 3


def _times(source: Json) -> list[str]:
    """Word the times offered for a talk, the earliest first: the one agreed on, and those that staff added."""
    return [wording.by_when(when.isoformat()) for when in _offered(source)]


def _offered(source: Json) -> list[datetime]:
    given = [find(source, "facts.meeting_at"), *(find(source, f"slots.{name}") for name in TIMES)]
    return sorted({wording.moment(when) for when in given if when})


def _earliest(source: Json) -> datetime | None:
    return next(iter(_offered(source)), None)


def _too_few_or_many_times(source: Json) -> Iterator[Problem]:
    if not TIMES_MIN <= len(_offered(source)) <= TIMES_MAX:
        expected = f"two or three times to choose from, as {TIMES[0]}, {TIMES[1]} and {TIMES[2]}"
        yield Problem(code="missing", path=f"slots.{TIMES[1]}", expected=expected)


def _place(source: Json) -> str:
    """Say where to meet: where staff said, else at the school."""
    school = source["school"]
    return words(find(source, "slots.place")) or ", ".join([school["name"], *school["address"]])


def _sites(platforms: list[str]) -> list[dict[str, Any]]:
    return [{"name": wording.platform(code), "age": wording.SITE_AGES.get(code)} for code in platforms]


def _letters_sent(source: Json) -> list[str]:
    """Word the days of the letters that the recipient got in this case."""
    to = {recipient.get("label") for recipient in source.get("recipients") or ()}
    sent = (each for each in source.get("earlier_letters") or () if each["party"] in to and each["state"] == "sent")
    return list(dict.fromkeys(wording.on_day(each["occurred_at"]) for each in sent))


def _still_blocked(source: Json) -> Iterator[Problem]:
    """Refuse to say that all is put right while a block on the same person is in force."""
    if any(block["is_in_force"] for block in find(source, "facts.blocks") or ()):
        yield Problem(
            code="block_in_force",
            path="facts.blocks",
            expected="no block in force on the person who was wrongly taken for the poster: review it, then redraft",
        )


def _cut_off(source: Json) -> Iterator[Problem]:
    """Refuse to close messages without naming another way to reach the school (R08)."""
    is_messaging = find(source, "facts.block.channel.kind") == "messaging"
    if is_messaging and not words(find(source, "facts.block.alternative_route")):
        expected = "another way to reach the school, where messages are restricted (R08)"
        yield Problem(code="missing", path="facts.block.alternative_route", expected=expected)


def _unreviewed(source: Json) -> Iterator[Problem]:
    """Refuse a restriction that goes on without a day on which it is looked at again (R09)."""
    if find(source, "facts.decision") != "lift":
        if not find(source, "facts.review_on"):
            yield Problem(code="missing", path="facts.review_on", expected="the day of the next review (R09)")
        yield from _cut_off(source)


def _decided(code: str) -> str:
    if code not in wording.BLOCK_DECISIONS:
        raise ValueError(code)
    return code


def _day(source: Json, name: str) -> date:
    """Return a day that staff set, else so many days after the letter as the school has decided."""
    given = words(find(source, f"slots.{name}"))
    if given:
        return date.fromisoformat(given)
    setting = DAYS[name]
    later = source["school"]["premises"][setting] if setting else 0
    return date.fromisoformat(source["letter_date"]) + timedelta(days=later)


def _days_out_of_order(source: Json) -> Iterator[Problem]:
    """Refuse a restriction that would end before it begins, or be looked at when it is over."""
    starts, reviewed, ends = (_day(source, name) for name in DAYS)
    if not starts < reviewed <= ends:
        expected = "a review after the beginning, and no later than the end"
        yield Problem(code="days_out_of_order", path="slots.review_on", expected=expected)
    if (ends - starts).days > find(source, "school.premises.days_max"):
        expected = "an end within the days that the school allows at most (school.toml, [premises])"
        yield Problem(code="too_long", path="slots.ends_on", expected=expected)


def _on(name: str) -> Form:
    return lambda source: wording.long_date(_day(source, name))


DAYS: Mapping[str, str | None] = {"starts_on": None, "review_on": "review_after_days", "ends_on": "ends_after_days"}
"""The days of a restriction of access, in order, and the setting that says how many days after the letter each is."""
_COLLECTION = Field("collection", "slots.collection", words)
_REASON = Field("reason", "facts.reason", words, "the reason, as it is told to the parent")
_BLOCK = (
    Field("where", "facts.block.channel", wording.channel, "the channel that the block is on"),
    Field("scope", "facts.block.scope", wording.restriction, "what is restricted"),
    Field("since", "facts.block.since", wording.on_day, "the day from which on it is restricted"),
    Field("alternative_route", "facts.block.alternative_route", words),
)

POSTER_LETTERS: Mapping[str, Takes] = {
    "L01": Takes(
        fields=(
            Field("agreed_on", "event.occurred_at", wording.on_day, "the day on which a talk was agreed on"),
            Field("times", "", _times),
            Field("place", "", _place),
        ),
        slots={**dict.fromkeys(TIMES, INSTANT_CHARACTERS_MAX), "place": 200, **NOTE},
        forms={**dict.fromkeys(TIMES, maybe(wording.by_when)), "place": words},
        lacks=_too_few_or_many_times,
        deadline=_earliest,
        has_posts=False,
        has_policy=False,
    ),
    "L05": Takes(
        fields=(
            *_BLOCK,
            Field("review_on", "facts.block.review_on", wording.on_day, "the day of the review (R09)"),
            _REASON,
        ),
        slots=NOTE,
        lacks=_cut_off,
        has_posts=False,
    ),
    "L06": Takes(
        fields=(
            *_BLOCK,
            Field("decision", "facts.decision", _decided, "what was decided: keep, vary or lift"),
            Field("review_on", "facts.review_on", maybe(wording.on_day)),
            Field("has_representations", "facts.block.has_representations", bool),
            _REASON,
        ),
        slots=NOTE,
        lacks=_unreviewed,
        has_posts=False,
        has_policy=False,
    ),
    "L11": Takes(
        fields=(Field("history", "", history), Field("letters", "", _letters_sent)),
        slots=NOTE,
        lacks=_still_blocked,
        has_posts=False,
        has_policy=False,
    ),
    "L13": Takes(
        fields=(
            Field("contact", "facts.contacts", last_contact),
            Field("stages", "school.complaints", lines, "the stages of the complaints procedure, in school.toml"),
        ),
        slots=NOTE,
        has_posts=False,
        has_policy=False,
    ),
    "L14": Takes(
        fields=(
            Field("contact", "", this_contact),
            Field("policy_age", "policy.minimum_age", int, "the age that the policy names"),
            Field("sites", "facts.platforms", _sites, "the sites that the account is on"),
        ),
        slots=NOTE,
        has_posts=False,
    ),
    "L22": Takes(
        fields=(*(Field(name, "", _on(name)) for name in DAYS), _COLLECTION),
        slots={**dict.fromkeys(DAYS, DATE_CHARACTERS_MAX), "collection": 400, **NOTE},
        forms={**dict.fromkeys(DAYS, maybe(wording.on_day)), "collection": words},
        lacks=_days_out_of_order,
        has_posts=False,
        has_policy=False,
    ),
}
