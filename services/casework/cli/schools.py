"""Setting up: the database, and the schools in it."""

from __future__ import annotations

import click

from servicekit.commandline import Command, Exit, Group, Output, fail


@click.command(cls=Command)
@click.option("--check", "is_check", is_flag=True, help="Change nothing; exit 4 if there is something to do.")
@click.option("--sql", "is_sql", is_flag=True, help="Print the SQL that makes roles and database.")
@click.pass_obj
def migrate(output: Output, is_check: bool, is_sql: bool) -> None:
    """Bring the database to what this version needs.

    Works as the user of DATABASE_OWNER_URL. A superuser there makes the roles and the database as well; otherwise run
    what --sql prints first. Safe to repeat: what is done already is left alone.
    """
    from casework import bootstrap
    from casework.adapters import migrate as migrations
    from casework.cli.here import here
    from servicekit import databases

    if is_sql:
        text = databases.role_sql(migrations.OWNERSHIP)
        output.result({"sql": text}, text.rstrip())
        return
    with here() as found:
        if is_check:
            migrations.check(found.at.owner or found.at.app)
            output.result({"is_current": True}, "the database is as this version needs it")
            return
        done = bootstrap.prepare(found.values, found.at)
    lines = [f"{each.schema}: {each.before or 'new'} -> {each.after}" for each in done]
    output.result([vars(each) for each in done], "\n".join(lines))


@click.group(cls=Group)
def school() -> None:
    """Make and list schools: each has its own record, origin and keys."""


@school.command()
@click.argument("name")
@click.option("--title", required=True, help="Its name in full, as it stands on reports: 'Rowan Lane Primary School'.")
@click.option("--origin", required=True, help="Its record's public name, for ever: 'rowan-lane.example/ledger'.")
@click.option("--code", help="Begins the number of each case; else the initials of the title: RL-2026-0001.")
@click.pass_obj
def add(output: Output, name: str, title: str, origin: str, code: str | None) -> None:
    """Make a school: its record, its signing key if there is none, and the example edition of the policy.

    NAME is short and for machines: a-z and 0-9, as rowanlane. Broken off, the same command finishes what it began.
    """
    from casework.cli import first_start
    from casework.cli.here import here

    with here() as found:
        try:
            made = first_start.add_school(found.values, found.at, name, title=title, origin=origin, code=code)
        except ValueError as error:
            fail(str(error), Exit.USAGE)
    text = f"{made.name}: {made.title}, cases {made.code}-<year>-<number>, record {made.origin}"
    output.result(made._asdict(), f"{text}\nits record is signed by {made.key}")


@school.command("list")
@click.pass_obj
def list_all(output: Output) -> None:
    """List the schools."""
    import psycopg

    from casework.adapters.schools import list_schools
    from casework.cli.here import here

    with here() as found, psycopg.connect(found.at.app) as connection:
        schools = list_schools(connection)
    lines = [f"{each.name}  {each.title}  {each.origin}" for each in schools]
    output.result([vars(each) for each in schools], "\n".join(lines))


COMMANDS = (migrate, school)
