"""Setting a story's school up as an operator would: keys, databases, the school, and everybody's key.

All of it happens at the story's first moment, on databases that are for trials: the clock of the player is obeyed.
"""

from collections.abc import Mapping
from pathlib import Path

import psycopg

from casework import bootstrap as casework
from casework.adapters.credentials import create_key
from casework.adapters.keys import make_master_keys
from casework.cli.first_start import add_school
from letters import bootstrap as letters
from servicekit.databases import Database
from servicekit.outfile import write_secret
from servicekit.sealing import MasterKeys
from servicekit.settings import Values
from tests.journeys.cast import ORIGIN, SCHOOL, TITLE, Cast

KEY_DAYS = 3650


def make_keys(folder: Path) -> None:
    """Make the master keys of both services."""
    make_master_keys(folder)
    write_secret(folder / letters.MASTER_KEY, MasterKeys.generate()[1])


def set_casework_up(environment: Mapping[str, str], cast: Cast) -> dict[str, str]:
    """Add the school; return the key of each account."""
    values = casework.read_settings(environment)
    with casework.database(values) as at:
        add_school(values, at, SCHOOL, title=TITLE, origin=ORIGIN)
        return _make_accounts(values, at, cast)


def set_letters_up(environment: Mapping[str, str], token: str) -> None:
    """Migrate the database of letters, and hand it its own key for casework."""
    values = letters.read_settings(environment)
    with letters.database(values) as at:
        letters.prepare(values, at)
    write_secret(values.need(letters.TOKEN_FILE), f"{token}\n")


def _make_accounts(values: Values, at: Database, cast: Cast) -> dict[str, str]:
    now = casework.chosen_clock(values, at).now()
    with psycopg.connect(at.owner or at.app, autocommit=True) as connection:
        return {
            account.subject: create_key(
                connection,
                school=SCHOOL,
                subject=account.subject,
                role=account.role,
                person=account.person,
                now=now,
                days=KEY_DAYS,
            )[0]
            for account in cast.accounts()
        }
