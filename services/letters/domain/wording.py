"""How facts are put into words for an English reader: dates and times, contacts, answers, grounds, platforms.

Dates and times are those of a clock on the wall in England, written out with the day of the week, as people check them
against a calendar: ``5.00 pm on Wednesday 24 September 2025``. The words are the school's to a parent, so no code, no
clause number and no legal conclusion is among them.
"""

import string
from collections.abc import Mapping
from datetime import date, datetime

from letters.domain.working_days import LONDON

PLATFORMS: Mapping[str, str] = {
    "facebook": "Facebook",
    "instagram": "Instagram",
    "x": "X",
    "tiktok": "TikTok",
    "whatsapp": "WhatsApp",
    "youtube": "YouTube",
    "snapchat": "Snapchat",
    "classdojo": "ClassDojo",
}

SITE_AGES: Mapping[str, int] = {
    "facebook": 13,
    "instagram": 13,
    "x": 13,
    "tiktok": 13,
    "whatsapp": 13,
    "youtube": 13,
    "snapchat": 13,
}
"""The least age that the sites' own terms for the United Kingdom name. They change; letters say to look it up."""

GROUNDS: Mapping[str, str] = {
    "C1": "it makes an allegation about someone, or is bullying, in public",
    "C2": "it is a complaint that the school could have dealt with if it had been told",
    "C3": "it states something that may not be true and may harm a person's good name",
    "C4": "it is negative or offensive about a particular person",
    "C5": "we consider the words racist",
    "C6": "the words can be read as a threat",
    "C7": "it is about children at our school",
}
"""Categories of the policy (its clauses P31 to P37) as they are put to a parent."""

_HELD: Mapping[str, str] = {
    "telephone": "we spoke with you on the telephone",
    "meeting": "we met and talked with you",
    "in_person": "we talked with you in person",
    "letter": "we exchanged letters with you",
    "email": "we exchanged e-mails with you",
    "messaging": "we exchanged messages with you",
}
_BY: Mapping[str, str] = {
    "telephone": "by telephone",
    "meeting": "to arrange a meeting",
    "in_person": "in person",
    "letter": "by letter",
    "email": "by e-mail",
    "messaging": "by message",
}
_ANSWERS: Mapping[str, str] = {
    "agreed": "You agreed to.",
    "refused": "You told us that you would not.",
    "lapsed": "We had no answer by then.",
}
INSTEAD_OF_AN_ADDRESS: Mapping[str, tuple[str, ...]] = {
    "by_hand": ("By hand", "Private and confidential"),
    "email": ("By e-mail", "Private and confidential"),
    "classdojo": ("By ClassDojo message", "Private and confidential"),
}
"""What stands under the name of somebody without an address that may be used, where the letter is not posted."""
_CHANNELS: Mapping[str, str] = {
    "messaging": "messages on {}",
    "page": "our page on {}",
    "public_group": "our group on {}",
    "forum": "our forum",
    "website": "our website",
}
_RESTRICTIONS: Mapping[str, str] = {
    "comment": "writing comments there",
    "post": "publishing posts of your own there",
    "messaging": "sending messages there",
    "all": "every use of it",
}
BLOCK_DECISIONS = frozenset({"keep", "vary", "lift"})


def moment(text: str) -> datetime:
    """Read an instant with its offset, as wall-clock time in England.

    Raises:
        ValueError: not an ISO 8601 instant, or one without an offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        message = "expected an instant with an offset"
        raise ValueError(message)
    return instant.astimezone(LONDON)


def day(text: str) -> date:
    """Read a date, or the date in England of an instant (ValueError if it is neither)."""
    return date.fromisoformat(text) if len(text) == len("2025-09-24") else moment(text).date()


def long_date(when: date, *, weekday: bool = True) -> str:
    """Write ``Wednesday 24 September 2025``, or ``24 September 2025``."""
    return f"{_WEEKDAYS[when.weekday()]} " * weekday + f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def clock(when: datetime) -> str:
    """Write ``5.00 pm``; noon and midnight by name, because 12.00 am and pm are read both ways."""
    if when.minute == 0 and when.hour % 12 == 0:
        return "12 noon" if when.hour else "12 midnight"
    return f"{when.hour % 12 or 12}.{when.minute:02} {'am' if when.hour < 12 else 'pm'}"


def on_day(text: str) -> str:
    """Write the day of a date or an instant: ``Wednesday 24 September 2025``."""
    return long_date(day(text))


def on_date(text: str) -> str:
    """Write the day of a date or an instant without the day of its week: ``24 September 2025``."""
    return long_date(day(text), weekday=False)


def by_when(text: str) -> str:
    """Write an instant as a deadline: ``5.00 pm on Wednesday 24 September 2025``."""
    when = moment(text)
    return f"{clock(when)} on {long_date(when.date())}"


def on_day_at(text: str) -> str:
    """Write an instant as a time stamp: ``Wednesday 17 September 2025, 8.14 pm``."""
    when = moment(text)
    return f"{long_date(when.date())}, {clock(when)}"


def adopted(text: str) -> str:
    """Write when a policy was adopted: a school term as it is given, a date in full."""
    try:
        return long_date(date.fromisoformat(text), weekday=False)
    except ValueError:
        return text


def contact(method: str, outcome: str) -> str:
    """Say what happened, to stand after a date: ``we met and talked with you``."""
    if outcome == "discussion_held":
        return _HELD.get(method, "we talked with you")
    if outcome == "meeting_arranged":
        return "we arranged to meet you"
    if outcome == "declined":
        return "we offered to talk with you, and you preferred not to"
    return f"we tried to reach you {_BY.get(method, '')}".rstrip() + ", without success"


def answer(code: str | None) -> str | None:
    """Say how a request was answered, in a sentence; None where nothing is known."""
    return None if code is None else _ANSWERS.get(code)


def ground(text: str) -> str:
    """Put a ground (``C4 negative or offensive about particular people``) as it is put to a parent."""
    code, _, words = text.partition(" ")
    return GROUNDS.get(code, words or text)


def platform(code: str) -> str:
    """Name a platform as people do; one that we do not know keeps the name it came with."""
    return PLATFORMS.get(code, code)


def channel(shown: Mapping[str, str | None]) -> str:
    """Name one of the school's own channels: as the school calls it, else by what it is."""
    on = platform(shown["platform"] or "")
    name = shown["name"]
    if name:
        return name if on.casefold() in name.casefold() else f"{name} ({on})"
    return _CHANNELS.get(shown["kind"] or "", "our account on {}").format(on)


def restriction(scope: str) -> str:
    """Say what somebody cannot do on a channel, to stand after the words *what is restricted*."""
    return _RESTRICTIONS[scope]


def fill(words: str, values: Mapping[str, str]) -> str:
    """Fill a cover note's or message's ``$names`` (KeyError for one that is unknown)."""
    return string.Template(words).substitute(values)


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
