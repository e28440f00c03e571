"""All commands of `letters`, and which errors end them with which code. What is slow to load loads when it is used."""

from typing import Final, NoReturn

from letters.cli import office, proofs, service, templates
from letters.domain import errors
from servicekit.commandline import Exit, Program

HELP: Final = """Letters of the school about posts online: drafted from the record, approved by a person, then posted.

For the office: list, show, pdf, approve. They ask the running service, with your own key.

For whoever runs it: up (everything), serve, follow and dispatch (its parts), migrate, ready, verify, openapi.

For whoever changes a template: lint-templates, lock-templates, render, check-area; and window-test-page,
to try envelopes with.
"""

program = Program(
    "letters",
    distribution="school-casework",
    expected=lambda: {
        errors.StoreUnavailable: Exit.NOT_READY,
        errors.CaseworkUnavailable: Exit.NOT_READY,
        errors.FollowerStopped: Exit.NOT_READY,
    },
    help=HELP,
)

for command in (*office.COMMANDS, *service.COMMANDS, *proofs.COMMANDS, *templates.COMMANDS):
    program.add_command(command)


def main() -> NoReturn:
    """Run a command and end the process with its exit code."""
    program.run()
