"""history.txt and case.json: the entries of a case retold, on numbered pages for people, as one document for programs.

Both are made of what the package opens and of nothing else; what is proved is the entries themselves.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from casework.application.export.book import CaseCopy
from casework.application.export.cover import Cover
from casework.application.export.plain_text import WIDTH, counted, heading, instant, item, quoted, role, simple, words
from casework.application.export.telling import Told

PAGE_LINES: Final = 60
CASE: Final = "incident."
CARRIED: Final = frozenset({
    "occurred_at", "actor", "role", "acting_for", "command", "cause", "edition", "clauses", "override", "sensitivity",
    "_sd", "_sd_alg",
})  # fmt: skip
"""Members of `data` that every event carries: told in sentences of their own, or left to case.json."""
COLUMN: Final = 27


def history(told: tuple[Told, ...], cover: Cover) -> str:
    """Return the case in words, on pages parted by form feeds."""
    blocks = [_people(told), *(list(_entry(one)) for one in told), list(_clauses(told, cover))]
    pages: list[list[str]] = [[]]
    for block in blocks:
        # An entry that fits on a page is not torn; one that does not, goes on over as many as it needs.
        if len(pages[-1]) + len(block) > PAGE_LINES and pages[-1] and len(block) <= PAGE_LINES:
            pages.append([])
        for line in block:
            if len(pages[-1]) == PAGE_LINES:
                pages.append([])
            pages[-1].append(line)
    title = f"{cover.reference}  case history, {cover.variant.name}"
    return "\f".join(_page(title, lines, number, len(pages)) for number, lines in enumerate(pages, 1))


def case_json(copy: CaseCopy, told: tuple[Told, ...], cover: Cover) -> str:
    """Return the case for programs: each entry as it is, with its personal fields where they are opened."""
    said = {
        "reference": cover.reference,
        "school": cover.school,
        "variant": cover.variant.name,
        "origin": copy.origin,
        "is_scratch": copy.is_scratch,
        "stream": str(copy.stream),
        "version": copy.version,
        "size": copy.size,
        "entries": [
            {
                "position": one.position,
                "entry": json.loads(one.octets),
                "opened": one.opened,
                "withheld": one.withheld,
                "file": one.file.path if one.file else None,
                "is_file_withheld": one.is_file_withheld,
            }
            for one in told
        ],
    }
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _page(title: str, lines: list[str], number: int, of: int) -> str:
    place = f"page {number} of {of}"
    return "\n".join([f"{title}{place:>{WIDTH - len(title)}}", "=" * WIDTH, *lines, ""])


def _people(told: tuple[Told, ...]) -> list[str]:
    """List who is who: people stand in all entries by label only."""
    lines = heading("People")
    for one in told:
        data = one.entry.data
        if one.name == "party-added":
            name = one.opened.get("name") or ("name withheld or erased" if one.withheld else "name not given")
            known_as = one.opened.get("person")
            part = f"{words(data['part'])}, {words(data['kind'])}: {name}"
            lines += item(data["party"], f"{part} ({known_as})" if known_as else part)
    return [*lines, *heading("Entries")]


def _entry(one: Told) -> Iterator[str]:
    entry, data = one.entry, one.entry.data
    place = f"entry {one.position} of the record"
    of = "" if entry.type.startswith(CASE) else f"{words(entry.type.split('.')[0])} "
    title = f"{of}{entry.version}. {words(one.name)}"
    yield from ("", f"{title}{place:>{WIDTH - len(title)}}")
    happened, recorded = instant(data["occurred_at"]), instant(entry.time)
    yield from _field("happened", happened if happened != recorded else f"{happened}, recorded at once")
    if happened != recorded:
        yield from _field("recorded", recorded)
    acting = f", acting for {role(data['acting_for'])}" if "acting_for" in data else ""
    yield from _field("by", f"account {data['actor']} as {role(data['role'])}{acting}")
    if data.get("clauses"):
        yield from _field("policy", f"{', '.join(data['clauses'])} of edition {data.get('edition', 'unknown')}")
    if "override" in data:
        yield from _field("set aside", f"{', '.join(data['override']['rules'])}: {words(data['override']['code'])}")
    if data["sensitivity"] != "open":
        yield from _field("sensitivity", data["sensitivity"])
    for name, value in data.items():
        if name not in CARRIED:
            yield from _field(words(name), simple(name, value))
    yield from _opened(one.opened)
    if one.withheld:
        yield from _field("withheld", counted(one.withheld, "personal field", "personal fields"))
    if one.file is not None:
        yield from _field("file", one.file.path)
    elif one.is_file_withheld:
        yield from _field("file", "withheld")


def _opened(opened: Mapping[str, Any]) -> Iterator[str]:
    """Yield the personal fields that are opened: words behind a bar, as somebody wrote them."""
    for name, value in opened.items():
        if isinstance(value, str):
            yield f"     {words(name)}"
            yield from quoted(value, " " * 7)
        elif isinstance(value, dict):
            yield from _opened({f"{name}_{part}": each for part, each in value.items()})
        elif value is not None:
            yield from _field(words(name), simple(name, value))
    empty = [words(name) for name, value in opened.items() if value is None]
    if empty:
        yield from _field("not given", ", ".join(empty))


def _clauses(told: tuple[Told, ...], cover: Cover) -> Iterator[str]:
    """Yield what the clauses say that the entries cite, edition by edition."""
    cited: dict[str, set[str]] = {}
    for one in told:
        cited.setdefault(one.entry.data.get("edition", ""), set()).update(one.entry.data.get("clauses", ()))
    for name, clauses in cited.items():
        if (edition := cover.editions.get(name)) is not None:
            yield from heading(f"Clauses cited, edition {name}")
            for clause in sorted(clauses & edition.clauses.keys()):
                yield from item(clause, edition.clauses[clause], column=6)


def _field(label: str, text: str) -> list[str]:
    return item(label, text, indent="     ", column=COLUMN)
