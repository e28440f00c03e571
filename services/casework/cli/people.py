"""The people directory: loaded from two files of the school."""

from __future__ import annotations

from pathlib import Path

import click

from servicekit.commandline import Command, Group, Output, fail

READABLE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group(cls=Group)
def people() -> None:
    """Keep the people directory: adults, pupils and staff, and where they can be reached."""


@people.command(cls=Command)
@click.argument("people_csv", type=READABLE, metavar="PEOPLE.csv")
@click.argument("relations_csv", type=READABLE, metavar="RELATIONS.csv")
@click.pass_obj
def load(output: Output, people_csv: Path, relations_csv: Path) -> None:
    """Load people and how they belong together. One bad row, and nothing is stored; all bad rows are named.

    \b
    PEOPLE.csv: id, kind (adult, pupil, staff), name, job, year, dob, language, format (standard, large_print),
      address (lines with | between), email, phone, source, confidential, court_order (yes, no), verified_by.
      A person with several addresses has several rows.
    RELATIONS.csv: adult, pupil, kind (parent, carer, relative, associated), parental_responsibility, lives_with
      (yes, no, unknown).
    Who is not named stays as they are; the relations of each adult who is named are replaced.
    """
    from casework.adapters.errors import RowsRefused
    from casework.cli.here import here

    with here() as found, found.assembled(output) as school:
        try:
            loaded = school.directory.load(people_csv, relations_csv)
        except RowsRefused as refused:
            fail("nothing was stored:\n" + "\n".join(refused.faults), faults=list(refused.faults))
    output.result(vars(loaded), f"{loaded.added} added, {loaded.changed} changed, {loaded.unchanged} as they were")


COMMANDS = (people,)
