"""The school of a story: who is who, from `cast.yaml`, as the files that the two services are set up with.

What the cast does not say is invented, once, here: addresses with a well-formed postcode, e-mail addresses at
example.org. An adult whom the school's information system does not know (`mis: null`) has no address of their own; one
of unknown association is nobody that the directory could hold, and is described to a case by name.
"""

import csv
import io
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from casework.adapters.edition_file import SEED
from casework.adapters.people_rows import PEOPLE_COLUMNS, RELATION_COLUMNS
from letters.adapters.template_store import EXAMPLE_SCHOOL
from tests.journeys.story import StoryFault, beside

SCHOOL = "rowanlane"
TITLE = "Rowan Lane Primary School"
ORIGIN = "rowan-lane.example/ledger"
INWARD = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters that may stand in the second half of a postcode."""
NOT_STAFF = ("governor", "chair", "legal")
PROGRAMS = ("letters", "auditor", "mis")
"""Accounts that no story names, and the player needs: the letters service, one that sees every entry, and the school's
information system, which reads the log of communications."""


@dataclass(frozen=True)
class Account:
    """Somebody's key: who acts under it, in which role, and who that is in the directory."""

    subject: str
    role: str
    person: str | None


@dataclass(frozen=True)
class Cast:
    """People, channels and calendar of the stories."""

    people: Mapping[str, Mapping[str, Any]]
    channels: Mapping[str, Mapping[str, Any]]
    calendar: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Cast":
        """Read `cast.yaml`, beside the stories or one folder up, and hold its edition to the one that ships.

        Raises:
            StoryFault: there is none, or it stands under an edition that a new school does not begin with.
        """
        given = yaml.safe_load(beside(folder, "cast.yaml").read_text(encoding="utf-8"))
        edition = beside(folder, given["edition"])
        if tomllib.loads(edition.read_text(encoding="utf-8")) != tomllib.loads(SEED.read_text(encoding="utf-8")):
            message = f"{edition.name}: expected the edition that a new school begins with, found another one"
            raise StoryFault(message)
        return cls(people=given["people"], channels=given["channels"], calendar=given["calendar"])

    def accounts(self) -> list[Account]:
        """Return everybody who needs a key."""
        own = [
            Account(id, person["role"], id if self.is_listed(id) else None)
            for id, person in self.people.items()
            if person.get("role") not in (None, "system")
        ]
        return own + [Account(role, role, None) for role in PROGRAMS]

    def of_role(self, role: str) -> str | None:
        """Return the first account of a role."""
        return next((account.subject for account in self.accounts() if account.role == role), None)

    def is_listed(self, id: str) -> bool:
        """Whether the people directory holds this person."""
        person = self.people[id]
        return person.get("role") != "system" and person.get("association") != "unknown"

    def channel_register(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each channel's id, and what the register is to say of it."""
        for id, channel in self.channels.items():
            yield (
                id,
                {
                    "platform": channel["platform"],
                    "kind": channel["kind"],
                    "is_school_controlled": channel["school_controlled"],
                    "name": channel.get("name"),
                },
            )

    def write_people(self, people: Path, relations: Path) -> None:
        """Write the two files that `casework people load` takes."""
        listed = [id for id in self.people if self.is_listed(id)]
        rows = (self._person_row(id) for id in listed)
        people.write_text(_csv(PEOPLE_COLUMNS, rows), encoding="utf-8")
        relations.write_text(_csv(RELATION_COLUMNS, self._relation_rows(listed)), encoding="utf-8")

    def write_school(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Write calendar, letterhead and logo, with the modules that a story turns on.

        Raises:
            StoryFault: a setting that is none.
        """
        folder.mkdir(parents=True)
        (folder / "calendar.toml").write_text(_calendar_toml(self.calendar), encoding="utf-8")
        (folder / "logo.svg").write_bytes((EXAMPLE_SCHOOL / "logo.svg").read_bytes())
        (folder / "school.toml").write_text(_school_toml(settings), encoding="utf-8")

    def address_of(self, id: str) -> tuple[str, ...]:
        """Return the lines of a person's address; none where the school has none."""
        if id not in self.people or not self._has_address(id):
            return ()
        number = list(self.people).index(id)
        inward = f"{number // 20 + 1}{INWARD[number % 20]}{INWARD[-1 - number % 20]}"
        return (f"{number + 1} Rowan Close", "Rowanby", f"DE99 {inward}")

    def _has_address(self, id: str) -> bool:
        return self._kind(id) != "adult" or bool(self.people[id].get("mis"))

    def _kind(self, id: str) -> str:
        person = self.people[id]
        if person.get("pupil"):
            return "pupil"
        return "staff" if person.get("role") and person["role"] not in NOT_STAFF else "adult"

    def _person_row(self, id: str) -> dict[str, Any]:
        person = self.people[id]
        kind = self._kind(id)
        is_reached = self._has_address(id)
        name = person["name"]
        mailbox = ".".join(part.lower() for part in name.split() if part.isalpha())
        return {
            "id": id,
            "kind": kind,
            "name": name,
            "job": person.get("job"),
            "year": person.get("year"),
            "dob": person.get("dob"),
            "language": "en",
            "format": "standard",
            "address": "|".join(self.address_of(id)),
            "email": f"{mailbox}@example.org" if is_reached and kind != "pupil" else None,
            "source": ("staff record" if kind == "staff" else "admission form") if is_reached else None,
            "verified_by": "u-sbm" if is_reached and kind != "pupil" else None,
        }

    def _relation_rows(self, listed: Sequence[str]) -> Iterator[dict[str, Any]]:
        for id in listed:
            for pupil in self.people[id].get("of", ()):
                kind = self.people[id]["association"]
                responsible = {"parent": "yes", "relative": "no"}.get(kind, "unknown")
                yield {"adult": id, "pupil": pupil, "kind": kind, "parental_responsibility": responsible}


def _csv(columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _calendar_toml(calendar: Mapping[str, Any]) -> str:
    def days(given: Sequence[date]) -> str:
        return "[" + ", ".join(str(day) for day in given) + "]"

    tables = [f"inset_days = {days(calendar['inset_days'])}"]
    for name, (first, last) in calendar["terms"].items():
        tables.append(f'[[terms]]\nname = "{name}"\nfrom = {first}\nto = {last}')
    tables += [f"[[half_terms]]\nfrom = {first}\nto = {last}" for first, last in calendar["half_terms"]]
    tables.append(f"[bank_holidays]\nadd = {days(calendar['bank_holidays'])}")
    return "\n\n".join(tables) + "\n"


def _school_toml(settings: Mapping[str, Any]) -> str:
    """Return the example's letterhead, with the modules that the story's settings name (``modules.premises: on``)."""
    text = (EXAMPLE_SCHOOL / "school.toml").read_text(encoding="utf-8")
    modules = tomllib.loads(text)["modules"]
    for setting, value in settings.items():
        kind, _, module = setting.partition(".")
        if kind != "modules" or module not in modules or value not in ("on", "off", True, False):
            message = f"expected a setting modules.<name> on or off, of {sorted(modules)}, found {setting}: {value}"
            raise StoryFault(message)
        line = f"{module} = {str(modules[module]).lower()}"
        if text.count(line) != 1:
            message = f"expected one line `{line}` in the example's school.toml, found {text.count(line)}"
            raise StoryFault(message)
        text = text.replace(line, f"{module} = {str(value in ('on', True)).lower()}")
    return text
