"""The school that `casework up` makes for a trial, on a server of its own: migrated, durable (fsync on), with keys."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from msgspec.structs import replace

from benchmarks.letters_service import BINARIES, folder
from casework import bootstrap
from casework.adapters import sql_files
from casework.adapters.credentials import create_key
from casework.application.casework import Casework, Command
from casework.bootstrap import Assembled, Schools
from casework.cli.first_start import TRIAL_NAME, prepare_trial
from casework.domain.decision import FileFacts
from casework.domain.event import Recorded
from casework.domain.steps import BY_NAME
from servicekit.clock import SystemClock
from servicekit.credentials import Caller
from servicekit.databases import Database
from servicekit.identifiers import uuid7
from servicekit.settings import Values

CASEWORKER: Final = "caseworker"
PNG: Final = FileFacts(sha256="0" * 64, size_bytes=67, media_type="image/png")
REPORT: Final = "report_incident"


@dataclass(frozen=True)
class Trial:
    """The school, put together in this process; its settings, and where its database is."""

    values: Values
    at: Database
    schools: Schools

    @property
    def school(self) -> Assembled:
        """The one school."""
        return self.schools.of(TRIAL_NAME)


@contextmanager
def opened() -> Iterator[Trial]:
    """Make the school, and put it together."""
    with folder() as home:
        values = bootstrap.read_settings(environment(home))
        with bootstrap.database(values) as at:
            bootstrap.prepare(values, at)
            prepare_trial(values, at)
            with bootstrap.schools(values, at) as schools:
                yield Trial(values, at, schools)


def environment(home: object) -> dict[str, str]:
    """Return the settings of a service that has everything in one folder."""
    return {"LOCAL_DIR": str(home)} | ({BINARIES: os.environ[BINARIES]} if BINARIES in os.environ else {})


def caller(role: str = CASEWORKER) -> Caller:
    """Return somebody of the school in this role."""
    until = datetime.now(UTC) + timedelta(days=1)
    return Caller(key_id="0" * 12, subject=role, role=role, school=TRIAL_NAME, expires_at=until)


def keys(trial: Trial, role: str, count: int) -> list[str]:
    """Make so many keys of a role; return them as text."""
    now = SystemClock().now()
    with psycopg.connect(trial.at.owner or trial.at.app, autocommit=True) as connection:
        made = [create_key(connection, school=TRIAL_NAME, subject=role, role=role, now=now) for _ in range(count)]
    return [text for text, _ in made]


def analyze(trial: Trial) -> None:
    """Let the planner know what is there now, as autovacuum does within a minute."""
    with psycopg.connect(trial.at.owner or trial.at.app, autocommit=True) as connection:
        connection.execute(sql_files.compose("ANALYZE {s}.event, {s}.tile, {s}.command", trial.school.school.schema))


def refused_case(use: Casework) -> list[Recorded]:
    """Play a case through the use cases, until its poster was asked to remove the post and refused; return its events.

    They are the events of `benchmarks.library_case.refused`, one for one.
    """
    posted_at = use.now() - timedelta(hours=1)
    post = {"kind": "adult_post", "channel": "fb-community", "posted_at": posted_at, "words": "lazy"}
    about = {"targets": [{"person": "t-ellery"}], "url": "https://facebook.example/groups/rowanlane/posts/101"}
    command = command_of()
    facts = msgspec.convert(post | about, BY_NAME[REPORT].facts)
    case = use.report(command, facts).incident
    poster = {"person": "p-mallinson"}
    likely = {"confidence": "probable", "basis_code": "profile_match", "basis": "name and photograph"}
    judged = {"outcome": "inappropriate", "reason": "abuses a teacher", "is_fair_comment_considered": True}
    decide(use, case, "capture_evidence", {"posts": [1], "method": "screenshot"}, file=PNG)
    decide(use, case, "attribute_identity", {"party": poster, **likely})
    decide(use, case, "categorise", {"codes": ["C4"], "primary": "C4"})
    decide(use, case, "decide_breach", judged)
    decide(use, case, "contact_parent", {"method": "telephone", "outcome": "discussion_held"})
    decide(use, case, "request_removal", {"posts": [1]})
    decide(use, case, "record_removal_response", {"response": "refused"}, number=1)
    return use.record.events_of(case)


def decide(
    use: Casework,
    case: UUID,
    name: str,
    facts: Mapping[str, Any],
    *,
    number: int | None = None,
    file: FileFacts | None = None,
) -> None:
    """Take a decision on the newest version, as the caseworker."""
    decision = BY_NAME[name]
    use.decide(command_of(), case, decision, msgspec.convert(facts, decision.facts), number=number, file=file)


def command_of(key: str | None = None) -> Command:
    """Return a command of the caseworker's, under a key of its own, on whatever version there is."""
    key = key or str(uuid4())
    return Command(caller=caller(), key=key, body_sha256=sha256(key.encode()).digest(), expected="*")


def copied(use: Casework, events: list[Recorded]) -> UUID:
    """Put the events of a case on record once more, now, as another case; return its id."""
    case, command, now = uuid7(), uuid7(), use.now()
    use.record.append_unasked(
        [
            replace(at, originator_id=case, recorded_at=now, carried=replace(at.carried, command=command))
            for at in events
        ]
    )
    return case
