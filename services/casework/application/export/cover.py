"""README.txt: the page a reader begins with, perhaps a solicitor a year later who has never seen this software.

It says what the package is, under whose policy the school acted and in what state that policy was, which rules were
set aside and where procedure was not followed, what is withheld, how to check it all offline, what the check shows and
what it cannot show.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Final

import msgspec

from casework.application.export.book import CaseCopy
from casework.application.export.guide import guide
from casework.application.export.plain_text import (
    LONDON,
    WIDTH,
    counted,
    day,
    heading,
    instant,
    item,
    paragraph,
    quoted,
)
from casework.application.export.plain_text import role as as_role
from casework.application.export.plain_text import words as as_words
from casework.application.export.telling import Told
from casework.application.export.variants import Variant, file_stem
from casework.domain.policy import SIGNATURES_EXPECTED, Edition, ParameterSet
from casework.domain.rules import ALL_RULES
from casework.domain.steps import DECISIONS

DEVELOPMENT: Final = "DEVELOPMENT KEYS IN USE"
SETS_ASIDE: Final[Mapping[str, str]] = {
    event.type_name: decision.sets_aside for decision in DECISIONS if decision.sets_aside for event in decision.writes
}
"""Events that set a rule aside ahead, and which."""
RULES: Final = {rule.id: f"{rule.id} {as_words(rule.code)} ({rule.clause})" for rule in ALL_RULES}
SIGNERS: Final = {"chair": "the chair of governors", "headteacher": "the headteacher"}


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """What the cover says beyond what the entries say."""

    school: str
    reference: str
    phase: str
    outcome: str | None
    variant: Variant
    made_at: datetime
    made_by: str
    role: str
    acting_for: str | None = None
    """The role in whose place it was made, if it was."""
    recipient: str | None
    purpose: str | None
    editions: Mapping[str, Edition]
    in_force: str | None
    changes: tuple[ParameterSet, ...] = ()
    """The parameters that were changed while an edition was in force: which value ruled when."""
    is_development: bool


def readme(copy: CaseCopy, told: tuple[Told, ...], cover: Cover) -> str:
    """Return the text of README.txt."""
    parts = (
        _title(copy, told, cover),
        _warnings(copy, cover),
        _policy(told, cover),
        _set_aside(told),
        _not_followed(told),
        _withheld(told),
        guide(copy, told, file_stem(cover.reference, cover.variant.name, copy.version)),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _title(copy: CaseCopy, told: tuple[Told, ...], cover: Cover) -> Iterator[str]:
    title = f"CASE HISTORY {cover.reference}"
    yield from (title, "=" * len(title), "")
    yield from item("School", cover.school)
    yield from item("Kind of copy", f"{cover.variant.name}: {cover.variant.says}")
    acting = f", acting for {as_role(cover.acting_for)}" if cover.acting_for else ""
    yield from item("Made", f"{instant(cover.made_at)}, by account {cover.made_by} as {as_role(cover.role)}{acting}")
    if cover.recipient:
        yield from item("Made for", " ".join(cover.recipient.split()))
    if cover.purpose:
        yield from item("Purpose", " ".join(cover.purpose.split()))
    first, last = told[0].entry, told[-1].entry
    yield from item("Covers", f"{counted(copy.version, 'entry', 'entries')} of this case, versions 1 to {copy.version}")
    for stream, count in copy.further.items():
        yield from item("", f"and {counted(count, 'entry', 'entries')} of legal advice, {stream}")
    yield from item("", f"recorded {instant(first.time)} to {instant(last.time)}")
    yield from item("Stood then at", as_words(cover.phase) + (f": {as_words(cover.outcome)}" if cover.outcome else ""))
    yield from item("Case", str(copy.stream))
    yield from item("Record", f"{copy.origin}, as it stood at {counted(copy.size, 'entry', 'entries')}")
    yield ""
    yield from paragraph(
        "This is one case of the school's about what was posted on the internet, copied out of the school's record"
        " with everything needed to check, without the school and without a network, that it is what the record"
        " holds. Begin with history.txt. All times are those of the clocks in London."
    )


def _warnings(copy: CaseCopy, cover: Cover) -> Iterator[str]:
    if copy.is_scratch:
        yield from _box(
            "SCRATCH RECORD: made for trials, where the clock may be set at will. Nothing in it need be real."
        )
    if cover.is_development:
        yield from _box(
            f"{DEVELOPMENT}: the keys that sign this record were made for trying the software out, and are not kept"
            " as a school must keep them. Its signatures prove nothing to an outsider."
        )


def _box(text: str) -> list[str]:
    return ["", "*" * WIDTH, *paragraph(text, "* "), "*" * WIDTH]


def _policy(told: tuple[Told, ...], cover: Cover) -> Iterator[str]:
    yield from heading("The policy acted under")
    cited = dict.fromkeys(one.entry.data["edition"] for one in told if "edition" in one.entry.data)
    for name in [*cited, *([cover.in_force] if cover.in_force and cover.in_force not in cited else [])]:
        edition = cover.editions.get(name)
        count = sum(one.entry.data.get("edition") == name for one in told)
        yield from item(name, f"cited by {counted(count, 'entry', 'entries')} here" if count else "in force now")
        if edition is None:
            yield from item("", "this edition is not in the record's policy register")
        else:
            yield from _edition(edition, cover.made_at.astimezone(LONDON).date())
            yield from _changes(each for each in cover.changes if each.edition == name)
    if cover.in_force:
        yield from item("In force", f"{cover.in_force}, when this copy was made")


def _edition(edition: Edition, today: date) -> Iterator[str]:
    yield from item("", f'"{edition.title}"')
    yield from item(
        "", f"adopted {edition.adopted or 'on a day that is not recorded'}; review due {edition.review_due}"
    )
    missing = [SIGNERS[name] for name in SIGNATURES_EXPECTED if name not in edition.signatures]
    if missing:
        yield from item("", f"NOT SIGNED by {' and '.join(missing)}")
    else:
        yield from item("", "signed by the chair of governors and the headteacher")
    if edition.is_overdue(today):
        yield from item("", f"REVIEW OVERDUE since {day(edition.review_due.last_day)}")


def _changes(changes: Iterable[ParameterSet]) -> Iterator[str]:
    for each in changes:
        old, new = (json.dumps(value) for value in (each.old, each.new))
        yield from item("", f"{as_words(each.name)}: {old} until {instant(each.changed_at)}, {new} from then on")


def _set_aside(told: tuple[Told, ...]) -> Iterator[str]:
    """List every rule that was set aside: once for each decision, whose entries share one command."""
    yield from heading("Rules of the policy that were set aside")
    count = 0
    for _, entries in groupby(told, key=lambda one: one.entry.data["command"]):
        group = [one for one in entries if "override" in one.entry.data or one.entry.type in SETS_ASIDE]
        if group:
            count += 1
            yield from _one_set_aside(count, group)
    if not count:
        yield from paragraph("None: no rule was overridden in this case.", "  ")


def _one_set_aside(number: int, group: list[Told]) -> Iterator[str]:
    data = group[0].entry.data
    override = data.get("override") or {"rules": [SETS_ASIDE[group[0].entry.type]], "code": data.get("code", "")}
    yield from item(
        f"{number}.", f"{instant(data['occurred_at'])}: {_all_of(RULES.get(r, r) for r in override['rules'])}"
    )
    yield from item("", f"because: {as_words(override['code'])}")
    yield from item("", f"by account {data['actor']} as {as_role(data['role'])}, for {_all_of(map(_titled, group))}")
    yield from _reason([reason for one in group for reason in _given_reasons(one)], group)


def _given_reasons(one: Told) -> Iterator[str]:
    """Yield why a rule was set aside, where this is told."""
    names = ("override_reason", "reason") if one.entry.type in SETS_ASIDE else ("override_reason",)
    for name in names:
        if isinstance(value := one.opened.get(name), str):
            yield value


def _reason(reasons: list[str], group: list[Told]) -> Iterator[str]:
    for text in dict.fromkeys(reasons):
        yield from quoted(text, " " * 16)
    if not reasons and any(one.withheld for one in group):
        yield from item("", "the reason is withheld from this copy")


def _not_followed(told: tuple[Told, ...]) -> Iterator[str]:
    yield from heading("Where procedure was not followed")
    notes = [one for one in told if one.entry.data.get("kind") == "procedure_not_followed"]
    for number, one in enumerate(notes, 1):
        data = one.entry.data
        yield from item(
            f"{number}.", f"{instant(data['occurred_at'])}, noted by account {data['actor']}: {_titled(one)}"
        )
        yield from _reason([text for text in one.opened.values() if isinstance(text, str)], [one])
    if not notes:
        yield from paragraph("No note says so.", "  ")


def _withheld(told: tuple[Told, ...]) -> Iterator[str]:
    yield from heading("What is withheld from this copy")
    fields, entries = sum(one.withheld for one in told), [one for one in told if one.withheld]
    files = [one for one in told if one.is_file_withheld]
    if fields:
        yield from paragraph(
            f"{counted(fields, 'personal field', 'personal fields')} of {_versions(entries)}. An entry of which"
            " something is withheld is here all the same: when, by whom and of what kind; each withheld field stands in"
            " it by a digest that binds its words.",
            "  ",
        )
    if files:
        yield from paragraph(
            f"{counted(len(files), 'file', 'files')}, of {_versions(files)}; the hash of each is here.", "  "
        )
    if not fields and not files:
        yield from paragraph("Nothing.", "  ")


def _versions(entries: list[Told]) -> str:
    return f"{'version' if len(entries) == 1 else 'versions'} {', '.join(str(one.entry.version) for one in entries)}"


def _titled(one: Told) -> str:
    return f"{as_words(one.name)} (version {one.entry.version})"


def _all_of(texts: Iterable[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
