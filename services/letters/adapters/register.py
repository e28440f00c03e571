"""The list of letters: tables made from the events, brought up to date before each question.

Notification ids are committed in order (the recorder's table lock sees to it), so reading on from the last one misses
nothing; ids that a rolled-back transaction used up are gaps and mean nothing. The row that holds the position is locked
while the tables move, so two workers move them one after the other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import sql

from letters.adapters.postgres import Pool, ahead, borrowed
from letters.application.letters import Letters
from letters.application.reading import Parked, Row, Waiting, Why
from letters.application.register import Query, Viewer
from letters.domain import event as ev
from letters.domain.letter import MAY_LEAVE, Letter, Status, fold

PAGE = 500
TROUBLE: tuple[Status, ...] = ("dead", "unknown")

_COLUMNS = (
    "letter_id", "position", "version", "revision", "case_id", "case_reference", "cause", "template",
    "template_version", "status", "channel", "party", "label", "our_ref", "holds", "problems", "unfiled",
    "is_render_failed", "pdf_sha256", "letter_date", "drafted_at", "changed_at", "roles", "subjects", "excluded",
    "sensitivity", "not_before",
)  # fmt: skip
_UPSERT = sql.SQL(
    "INSERT INTO letters.letter_list ({columns}) VALUES ({values}) ON CONFLICT (letter_id) DO UPDATE SET {updates}"
    " WHERE letter_list.version < excluded.version"
).format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
    values=sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS)),
    updates=sql.SQL(", ").join(
        sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name))
        for name in _COLUMNS
        if name not in {"letter_id", "position", "drafted_at"}
    ),
)
_PARK = (
    "INSERT INTO letters.parked_cause (position, cause, cause_type, why, parked_at) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT DO NOTHING"
)
_SEARCH = """
    SELECT letter_list.*, destroyed_at FROM letters.letter_list LEFT JOIN letters.case_key USING (case_id)
    WHERE position > %(after)s
      AND (%(role)s = ANY (roles) OR %(subject)s = ANY (subjects)) AND NOT %(subject)s = ANY (excluded)
      AND (%(cases)s::uuid[] IS NULL OR case_id = ANY (%(cases)s))
      AND (%(case)s::uuid IS NULL OR case_id = %(case)s)
      AND (%(status)s::text IS NULL OR status = %(status)s)
      AND (%(template)s::text IS NULL OR template = %(template)s)
      AND (%(person)s::text IS NULL OR (party = %(person)s AND destroyed_at IS NULL))
      AND (%(dated_from)s::date IS NULL OR letter_date >= %(dated_from)s)
      AND (%(dated_to)s::date IS NULL OR letter_date <= %(dated_to)s)
      AND (NOT %(is_unfiled)s OR unfiled <> '{}')
      AND (NOT %(is_in_trouble)s OR status = ANY (%(trouble)s))
    ORDER BY position LIMIT %(limit)s + 1
"""


class PostgresRegister:
    """Answers which letters there are."""

    def __init__(self, pool: Pool, letters: Letters) -> None:
        self._pool = pool
        self._letters = letters

    def of_case(self, case: UUID) -> Sequence[UUID]:
        """Return the letters of a case, oldest first."""
        return self._ids("case_id = %s", case)

    def of_cases(self, cases: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        """Return the letters of each of these cases, oldest first; a case without letters is left out."""
        if not cases:
            return {}
        query = "SELECT case_id, letter_id FROM letters.letter_list WHERE case_id = ANY (%s) ORDER BY position"
        found: dict[UUID, list[UUID]] = {}
        for row in self._select(query, [list(cases)]):
            found.setdefault(row["case_id"], []).append(row["letter_id"])
        return found

    def pending(self, *statuses: Status) -> Sequence[UUID]:
        """Return the letters in one of these states, oldest first, without those that failed to render."""
        return self._ids("status = ANY (%s) AND NOT is_render_failed", list(statuses))

    def erased(self, stems: Collection[str]) -> frozenset[str]:
        """Return which of these are names of letters (`naming.file_stem`) whose case was erased."""
        query = (
            "SELECT translate(coalesce(our_ref, letter_id::text), '/.', '__') AS stem"
            " FROM letters.letter_list JOIN letters.case_key USING (case_id) WHERE destroyed_at IS NOT NULL"
        )
        return frozenset(row["stem"] for row in self._select(query, ())) & frozenset(stems)

    def held(self, hold: str) -> Sequence[UUID]:
        """Return the letters under this hold that may still leave, oldest first."""
        return self._ids("%s = ANY (holds) AND status = ANY (%s)", hold, sorted(MAY_LEAVE))

    def unfiled(self) -> Sequence[UUID]:
        """Return the letters with a fact that the case's record does not hold yet, oldest first."""
        return self._ids("unfiled <> '{}'")

    def drafted(self, causes: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return which of these causes have a letter already: pairs of cause and template."""
        if not causes:
            return frozenset()
        query = "SELECT DISTINCT cause, template FROM letters.letter_list WHERE cause = ANY (%s)"
        return frozenset((row["cause"], row["template"]) for row in self._select(query, [list(causes)]))

    def search(self, query: Query, viewer: Viewer) -> Sequence[Row]:
        """Return letters in this viewer's audience, by position, one more than asked for if there are more."""
        asked = {**msgspec.structs.asdict(query), **msgspec.structs.asdict(viewer)}
        asked["trouble"] = list(TROUBLE)
        asked["cases"] = None if viewer.cases is None else list(viewer.cases)
        return [_row(row) for row in self._select(_SEARCH, asked)]

    def waiting(self, why: Why, after: int, limit: int) -> Sequence[Waiting]:
        """Return letters that wait for a person, whoever may see them; one more than asked for if there are more."""
        query = (
            "SELECT position, letter_id, status, changed_at, unfiled FROM letters.letter_list"
            " WHERE (CASE WHEN %s = 'unfiled' THEN unfiled <> '{}' ELSE status = ANY (%s) END)"
            " AND position > %s ORDER BY position LIMIT %s + 1"
        )
        rows = self._select(query, (why, list(TROUBLE), after, limit))
        return [Waiting(**{**row, "changed_at": row["changed_at"].isoformat()}) for row in rows]

    def parked(self, after: int, limit: int) -> Sequence[Parked]:
        """Return parked causes by position, one more than asked for if there are more."""
        query = "SELECT * FROM letters.parked_cause WHERE position > %s ORDER BY position LIMIT %s + 1"
        rows = self._select(query, (after, limit))
        return [Parked(**{**row, "parked_at": row["parked_at"].isoformat()}) for row in rows]

    def count(self, condition: str) -> int:
        """Return how many letters of the list there are of which this holds, as SQL of ours."""
        return len(self._ids(condition))

    def count_parked(self) -> int:
        """Return how many causes were set aside."""
        (row,) = self._select("SELECT count(*) AS parked FROM letters.parked_cause", ())
        parked: int = row["parked"]
        return parked

    def rebuild(self) -> None:
        """Make the tables again from the first event."""
        with borrowed(self._pool) as connection, connection.transaction():
            connection.execute("SELECT position FROM letters.read_model_position FOR UPDATE")
            connection.execute("DELETE FROM letters.letter_list; DELETE FROM letters.parked_cause")
            connection.execute("UPDATE letters.read_model_position SET position = 0")
        self._advance()

    def _ids(self, condition: str, *values: object) -> Sequence[UUID]:
        query = f"SELECT letter_id FROM letters.letter_list WHERE {condition} ORDER BY position"  # noqa: S608 - written above
        return [row["letter_id"] for row in self._select(query, values)]

    def _select(self, query: str, values: Sequence[Any] | Mapping[str, Any]) -> list[dict[str, Any]]:
        self._advance()
        with borrowed(self._pool) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def _advance(self) -> None:
        """Bring the tables up to our newest notification."""
        while self._advance_page():
            pass

    def _advance_page(self) -> bool:
        """Take in one page of notifications; tell whether there may be more.

        What is to be written is worked out before the row is locked, so that nobody who waits for it holds up those
        who could finish: a thread never holds two connections.
        """
        after = self._position()
        if after >= self._letters.head():
            return False
        page = list(self._letters.notifications(after, PAGE))
        if not page:
            return False
        rows = list(self._rows(page))
        parked = [_parked(event) for _, event in page if isinstance(event, ev.CauseParked)]
        with ahead(self._pool) as connection:
            locked = connection.execute("SELECT position FROM letters.read_model_position FOR UPDATE").fetchone()
            if locked is None or locked["position"] != after:
                return True  # Another worker was faster: go on from there.
            with connection.cursor() as cursor:
                cursor.executemany(_UPSERT, rows)
                cursor.executemany(_PARK, parked)
            connection.execute("UPDATE letters.read_model_position SET position = %s", [page[-1][0]])
        return len(page) == PAGE

    def _position(self) -> int:
        with borrowed(self._pool) as connection:
            row = connection.execute("SELECT position FROM letters.read_model_position").fetchone()
        return row["position"] if row else 0

    def _rows(self, page: Sequence[tuple[int, ev.LetterEvent]]) -> Iterator[dict[str, Any]]:
        """Yield one row for each letter that the page touches.

        A letter that begins in the page is folded from it, with nothing to load; any other one is as it is now.
        """
        touched: dict[UUID, list[tuple[int, ev.LetterEvent]]] = {}
        for position, event in page:
            if not isinstance(event, ev.CauseParked | ev.Read):
                touched.setdefault(event.originator_id, []).append((position, event))
        for letter_id, placed in touched.items():
            events = [event for _, event in placed]
            is_whole = events[0].originator_version == 1
            letter = fold(None, events) if is_whole else self._letters.find(letter_id)
            if letter is not None:
                yield _values(letter, placed[0][0], events[-1].recorded_at)


def _values(letter: Letter, position: int, changed_at: datetime) -> dict[str, Any]:
    draft = letter.draft
    return {
        "letter_id": letter.id,
        "position": position,
        "version": letter.version,
        "revision": draft.revision,
        "case_id": draft.case,
        "case_reference": draft.case_reference,
        "cause": draft.cause,
        "template": draft.template,
        "template_version": draft.template_version,
        "status": letter.status,
        "channel": draft.channel,
        "party": draft.recipient.party,
        "label": draft.recipient.label,
        "our_ref": draft.our_ref,
        "holds": sorted(letter.holds),
        "problems": sorted({problem.code for problem in draft.problems}),
        "unfiled": list(letter.unfiled),
        "is_render_failed": letter.render_failure is not None,
        "pdf_sha256": letter.provenance.pdf_sha256 if letter.provenance else None,
        "letter_date": draft.letter_date,
        "drafted_at": draft.recorded_at,
        "changed_at": changed_at,
        "roles": list(letter.audience.roles),
        "subjects": list(letter.audience.subjects),
        "excluded": list(letter.audience.excluded),
        "sensitivity": letter.audience.sensitivity,
        "not_before": letter.not_before,
    }


def _parked(event: ev.CauseParked) -> tuple[object, ...]:
    return event.position, event.cause, event.cause_type, event.why, event.recorded_at


def _row(row: Mapping[str, Any]) -> Row:
    """Return a row of the list; dates and instants as text. Of an erased case nobody is told whom a letter was for."""
    dated = {name: row[name].isoformat() for name in ("letter_date", "drafted_at", "changed_at")}
    party = None if row["destroyed_at"] else row["party"]
    return Row(**{**{name: row[name] for name in Row.__struct_fields__}, **dated, "party": party})
