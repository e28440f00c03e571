"""The two files that fill the people directory: their columns, and every fault in them at once.

people.csv, a row for each person; a person with several contact points of different standing has several rows, whose
first eight columns agree or are blank after the first::

    id            [A-Za-z0-9][A-Za-z0-9._-]*, at most 64; what events and accounts point to
    kind          adult, pupil, staff
    name          as it stands on a letter
    job           of staff; may be blank
    year          of pupils: 0 (reception) to 13; may be blank
    dob           YYYY-MM-DD; may be blank
    language      of letters, BCP 47; blank is en
    format        standard or large_print; blank is standard
    address       lines, parted by | or line breaks; blank for none
    email, phone  blank for none
    source        where the contact points come from; needed with one
    confidential  yes or no; blank is no: never printed, never on a file copy
    court_order   yes or no; blank is no: no letter goes there
    verified_by   who checked it; may be blank

relations.csv, a row for each adult and pupil::

    adult, pupil             ids
    kind                     parent, carer, relative, associated
    parental_responsibility  yes, no, unknown; blank is unknown
    lives_with               yes, no, unknown; blank is unknown

Example: ``p-mallinson,adult,Kerry Mallinson,,,,en,standard,1 Rowan Lane|Exampleton|EX1 1AA,,,admission form,no,no,``
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from casework.adapters.errors import RowsRefused

PEOPLE_COLUMNS: Final = (
    *("id", "kind", "name", "job", "year", "dob", "language", "format"),
    *("address", "email", "phone", "source", "confidential", "court_order", "verified_by"),
)
RELATION_COLUMNS: Final = ("adult", "pupil", "kind", "parental_responsibility", "lives_with")

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_KINDS: Final = ("adult", "pupil", "staff")
_FORMATS: Final = ("standard", "large_print")
_RELATIONS: Final = ("parent", "carer", "relative", "associated")
_KNOWN: Final = ("yes", "no", "unknown")
_YEAR_LAST: Final = 13


@dataclass(frozen=True)
class ContactPoint:
    """An address, e-mail or telephone number, and what must be known before it is used."""

    kind: str
    lines: tuple[str, ...]
    source: str
    is_confidential: bool
    has_court_order: bool
    verified_by: str | None


@dataclass(frozen=True)
class DirectoryPerson:
    """A person of the school."""

    id: str
    kind: str
    name: str
    job: str | None
    year: int | None
    dob: date | None
    language: str
    format: str
    contact_points: tuple[ContactPoint, ...] = ()


@dataclass(frozen=True)
class Relation:
    """What an adult is to a pupil. Where the school does not know, it says so."""

    adult: str
    pupil: str
    kind: str
    has_parental_responsibility: str
    lives_with: str


def read_people(path: Path) -> list[DirectoryPerson]:
    """Read people.csv.

    Raises:
        RowsRefused: every fault, by file, line and column; never what stands there.
    """
    faults: list[str] = []
    people: dict[str, DirectoryPerson] = {}
    for row in _rows(path, PEOPLE_COLUMNS, faults):
        person = row.person(is_first=row["id"] not in people)
        known = people.setdefault(person.id, person)
        if known is not person:
            row.check_same(known, person)
            people[person.id] = replace(known, contact_points=known.contact_points + person.contact_points)
    if faults:
        raise RowsRefused(faults)
    return list(people.values())


def read_relations(path: Path, kinds: Mapping[str, str]) -> list[Relation]:
    """Read relations.csv; `kinds` are those of the people it may name.

    Raises:
        RowsRefused: every fault, by file, line and column; never what stands there.
    """
    faults: list[str] = []
    relations: dict[tuple[str, str], Relation] = {}
    for row in _rows(path, RELATION_COLUMNS, faults):
        relation = row.relation(kinds)
        if relations.setdefault((relation.adult, relation.pupil), relation) is not relation:
            row.fault("adult", "one row for each adult and pupil", "a second one")
    if faults:
        raise RowsRefused(faults)
    return list(relations.values())


def _rows(path: Path, columns: Sequence[str], faults: list[str]) -> "Iterator[_Row]":
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if sorted(header) != sorted(columns):
                faults.append(f"{path.name}, line 1: expected the columns {', '.join(columns)}, found others")
                return
            for cells in reader:
                if len(cells) == len(header):
                    yield _Row(f"{path.name}, line {reader.line_num}", dict(zip(header, cells, strict=True)), faults)
                elif cells:
                    where = f"{path.name}, line {reader.line_num}"
                    faults.append(f"{where}: expected {len(header)} cells, found {len(cells)}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(f"{path.name}: expected a CSV file in UTF-8, found {type(error).__name__}")


class _Row:
    """One row; what is wrong with it goes to the list of faults."""

    def __init__(self, where: str, cells: Mapping[str, str], faults: list[str]) -> None:
        self._where = where
        self._cells = {name: cell.strip() for name, cell in cells.items()}
        self._faults = faults

    def __getitem__(self, column: str) -> str:
        return self._cells[column]

    def fault(self, column: str, expected: str, found: str = "something else") -> None:
        self._faults.append(f"{self._where}, {column}: expected {expected}, found {found}")

    def person(self, *, is_first: bool) -> DirectoryPerson:
        if is_first and not self["name"]:
            self.fault("name", "a name", "none")
        return DirectoryPerson(
            id=self._matching("id", _ID, "an id of letters, digits, dot, dash, underscore, at most 64"),
            kind=self._one_of("kind", _KINDS) if self["kind"] or is_first else "",
            name=self["name"],
            job=self["job"] or None,
            year=self._year(),
            dob=self._date("dob"),
            language=self._matching("language", _LANGUAGE, "a language as en or pl", default="en"),
            format=self._one_of("format", _FORMATS, default="standard"),
            contact_points=tuple(self._contact_points()),
        )

    def relation(self, kinds: Mapping[str, str]) -> Relation:
        for column, wanted in (("adult", ("adult", "staff")), ("pupil", ("pupil",))):
            if kinds.get(self[column]) not in wanted:
                found = kinds.get(self[column], "nobody of that id")
                self.fault(column, f"the id of an {column}" if column == "adult" else "the id of a pupil", found)
        return Relation(
            adult=self["adult"],
            pupil=self["pupil"],
            kind=self._one_of("kind", _RELATIONS),
            has_parental_responsibility=self._one_of("parental_responsibility", _KNOWN, default="unknown"),
            lives_with=self._one_of("lives_with", _KNOWN, default="unknown"),
        )

    def check_same(self, known: DirectoryPerson, again: DirectoryPerson) -> None:
        """Say what disagrees with the person's first row; a blank cell agrees with anything."""
        for column in PEOPLE_COLUMNS[1:8]:
            if self[column] and getattr(known, column) != getattr(again, column):
                self.fault(column, "the same as in the first row of this person, or blank")

    def _contact_points(self) -> Iterator[ContactPoint]:
        if self["email"] and not _EMAIL.fullmatch(self["email"]):
            self.fault("email", "an e-mail address")
        is_confidential, has_court_order = self._yes("confidential"), self._yes("court_order")
        for kind in ("address", "email", "phone"):
            lines = tuple(line.strip() for line in re.split(r"[|\r\n]+", self[kind]) if line.strip())
            if lines and not self["source"]:
                self.fault("source", f"where the {kind} comes from", "nothing")
            if lines:
                yield ContactPoint(
                    kind, lines, self["source"], is_confidential, has_court_order, self["verified_by"] or None
                )

    def _one_of(self, column: str, allowed: Iterable[str], default: str = "") -> str:
        found = self[column] or default
        if found not in allowed:
            self.fault(column, f"one of {', '.join(allowed)}", "another word" if found else "nothing")
        return found

    def _matching(self, column: str, pattern: re.Pattern[str], expected: str, default: str = "") -> str:
        found = self[column] or default
        if not pattern.fullmatch(found):
            self.fault(column, expected)
        return found

    def _yes(self, column: str) -> bool:
        return self._one_of(column, ("yes", "no"), default="no") == "yes"

    def _year(self) -> int | None:
        if not self["year"]:
            return None
        if not re.fullmatch(r"[0-9]{1,2}", self["year"]) or int(self["year"]) > _YEAR_LAST:
            self.fault("year", f"a school year from 0 to {_YEAR_LAST}, or blank")
            return None
        return int(self["year"])

    def _date(self, column: str) -> date | None:
        if not self[column]:
            return None
        try:
            return date.fromisoformat(self[column])
        except ValueError:
            self.fault(column, "a date as 2016-02-11, or blank")
            return None
