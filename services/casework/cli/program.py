"""The program: its commands, what all of them may be told, and what its errors mean."""

from collections.abc import Mapping
from typing import Final, NoReturn

import click

from casework.cli import client, keys, people, policy, record, replaying, running, schools, tokens, verifying
from servicekit.commandline import Exit, Program

HELP: Final = """The record a school can stand on when a parent's social-media post has to be dealt with by the book.

\b
To try it:          casework up             an embedded server, a school to try with, keys in .local/keys
In earnest:         casework migrate, then school add, token create, up
To check a record:  casework verify --against checkpoint.txt
To ask as a user:   casework case list --token-file .local/keys/headteacher.token
"""


def main() -> NoReturn:
    """Run a command and end the process."""
    program = Program(
        "casework",
        distribution="school-casework",
        expected=_expected,
        common=[click.Option(["--school"], metavar="NAME", help="Which school: needed when there are several.")],
        help=HELP,
    )
    for module in (running, schools, tokens, keys, people, verifying, record, replaying, client, policy):
        for command in module.COMMANDS:
            program.add_command(command)
    program.run()


def _expected() -> Mapping[type[Exception], Exit]:
    """Return the errors that are no fault of the program, with what the exit code says of each."""
    import psycopg

    from casework.adapters.edition_file import EditionFault
    from casework.adapters.errors import AdapterError, KeyFileRefused
    from casework.adapters.school_calendar import CalendarFault
    from casework.application.store import RecordBroken, StoreError, UnreadableEntry
    from servicekit.sealing import SealingError

    return {
        RecordBroken: Exit.BROKEN,
        UnreadableEntry: Exit.BROKEN,
        SealingError: Exit.BROKEN,
        KeyFileRefused: Exit.NOT_READY,
        CalendarFault: Exit.NOT_READY,
        EditionFault: Exit.FAILED,
        AdapterError: Exit.FAILED,
        StoreError: Exit.NOT_READY,
        psycopg.OperationalError: Exit.NOT_READY,
    }
