"""What others fetch of one record's tree: tiles, entry bundles and proofs, each as far as a checkpoint was signed."""

from typing import Any, Final

from casework.adapters import asking, sql_files
from casework.adapters.checkpoints import Checkpoints
from casework.adapters.driver_errors import translated
from casework.adapters.key_files import Signing
from casework.adapters.pool import Pool
from casework.adapters.proofs import Prover, Stamped
from casework.adapters.schools import School
from casework.adapters.signer import last_signed, read_again
from casework.adapters.tiles import Tiles
from casework.adapters.unproved import Question, Unproved
from casework.application.checkpoints import StoredNote
from casework.application.store import RecordBroken
from casework.application.tree import BeyondCheckpoint, NoCheckpoint
from casework.ledger.note import open_note
from casework.ledger.tiles import WIDTH, Bundle, Tile, hashes_at, write_bundle
from casework.ledger.verify import Checkpoint, Incomplete, LedgerError, RootDiffers, VerifierKey
from servicekit import logs
from servicekit.readiness import NotReady

_ENTRIES: Final = "SELECT entry FROM {s}.event WHERE position > %s AND position <= %s ORDER BY position"
_WHOLE: Final = "a record that fits its checkpoints"


class Tree:
    """The tree over one school's record."""

    def __init__(
        self,
        pool: Pool,
        school: School,
        signer: Signing,
        checkpoints: Checkpoints,
        prover: Prover,
        *,
        unproved: Unproved | None = None,
    ) -> None:
        self._pool = pool
        self._school = school
        self._signer = signer
        self._checkpoints = checkpoints
        self._prover = prover
        self._unproved = unproved or Unproved()
        self._last_opened: tuple[StoredNote, tuple[VerifierKey, ...], Checkpoint] | None = None

    def tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile, joined: as it is kept if it hashes to its root, else made of what is below it.

        Raises:
            BeyondCheckpoint: the latest checkpoint has no such tile.
            RecordBroken: leaves below it are missing.
            Unavailable: no database, or it is missing and only the checkpoint run makes it.
        """
        self._check_covers(tile.level, tile.number * WIDTH + tile.width)
        with translated(), self._pool.connection() as connection:
            tiles = Tiles(connection, self._school.schema)
            try:
                found = tiles.served(tile)
            except Incomplete as error:
                raise RecordBroken(str(error)) from None
            tiles.keep_built()
            return found

    def bundle(self, bundle: Bundle) -> bytes:
        """Return the entries of a bundle, each after its length. Raises as `tile`."""
        first = bundle.number * WIDTH
        self._check_covers(0, first + bundle.width)
        entries = [entry for (entry,) in self._fetch(_ENTRIES, first, first + bundle.width)]
        if len(entries) != bundle.width:
            raise RecordBroken(f"{bundle.path}: expected {bundle.width} entries, found {len(entries)}")
        return write_bundle(entries)

    def proof(self, position: int, size: int | None) -> str:
        """Return the proof of an entry to the checkpoint of a size, or to the latest.

        Raises:
            NoCheckpoint, BeyondCheckpoint: see `casework.application.tree`.
            RecordBroken, Unavailable: see `Prover.entry_proofs`; readiness tells it from then on, until it holds again.
        """
        return self._told(Question("entry", position, size))

    def consistency(self, old: int, new: int | None) -> str:
        """Return the proof that a checkpoint continues an older one. Raises as `proof`."""
        return self._told(Question("older", old, new))

    def check(self) -> None:
        """Check that the next checkpoint run will sign, and that what could not be proved before can be by now.

        It reads as far back as that run does (`signer`); what is further back, `casework verify` reads.

        Raises:
            NotReady: it will not, or it cannot.
        """
        try:
            self._ask_again()
            with translated(), self._pool.connection() as connection:
                last = last_signed(connection, self._school, self._signer)
                read_again(connection, self._school, last)
        except Incomplete:
            return  # Tiles are only a cache; whether leaves are missing, the length of the record says.
        except RootDiffers as error:
            found = f"one that does not give the root of {error.where}"
            raise NotReady(_WHOLE, found, "run `casework checkpoint`, then `casework verify`") from None
        except (RecordBroken, BeyondCheckpoint, NoCheckpoint) as error:
            logs.get_logger().error("the record does not hold", error=str(error))
            raise NotReady(_WHOLE, "one that does not", "run `casework verify`") from None

    def _proof(self, position: int, size: int | None) -> str:
        with translated():
            asked = asking.question("note_and_leaf", self._school.schema)
            rows = self._pool.ask(asked, {"position": position, "size": size})
        if not rows:
            self._stamped(size)  # Says which there are; if it is there by now, it is as if it had been asked for later.
            return self._proof(position, size)
        stored_size, note, leaf = rows[0]
        under = Stamped(self._opened(StoredNote(size=stored_size, note=note)), note)
        _check_within(position, under)
        if leaf is None:
            raise RecordBroken(f"entry {position}: expected it, as checkpoint {under.checkpoint.size} says, found none")
        return self._prover.entry_proofs({position: leaf}, under)[position]

    def _consistency(self, old: int, new: int | None) -> str:
        under = self._stamped(new)
        _check_within(old, under)
        return self._prover.consistency_file(self._stamped(old).checkpoint, under)

    def _told(self, question: Question) -> str:
        """Return a proof; one that could not be made is remembered, for readiness to ask for it again."""
        try:
            return self._answer(question)
        except RecordBroken:
            self._unproved.keep(question)
            raise

    def _answer(self, question: Question) -> str:
        make = self._proof if question.kind == "entry" else self._consistency
        return make(question.of, question.size)

    def _ask_again(self) -> None:
        unproved = self._unproved.last()
        if unproved is not None:
            self._answer(unproved)
            self._unproved.drop(unproved)

    def _check_covers(self, level: int, count: int) -> None:
        """Check that the latest checkpoint has so many hashes of a level."""
        latest = self._checkpoints.latest()
        size = latest.size if latest else 0
        if count > hashes_at(level, size):
            raise BeyondCheckpoint(size)

    def _stamped(self, size: int | None) -> Stamped:
        """Return the checkpoint of a size, or the latest, opened."""
        stored = self._checkpoints.latest() if size is None else self._checkpoints.of_size(size)
        if stored is None:
            if size is None:
                raise BeyondCheckpoint(0)
            raise NoCheckpoint(size, self._checkpoints.nearest(size))
        return Stamped(self._opened(stored), stored.note)

    def _opened(self, stored: StoredNote) -> Checkpoint:
        """Return what a note says; the last one that was opened need not be opened again by the same keys."""
        keys = tuple(self._signer.keys)
        if self._last_opened is not None and self._last_opened[:2] == (stored, keys):
            return self._last_opened[2]
        try:
            said = open_note(stored.note, keys, self._signer.origin)
        except LedgerError as error:
            raise RecordBroken(f"checkpoint {stored.size}: {error}") from None
        if said.size != stored.size:
            raise RecordBroken(f"checkpoint {stored.size}: its note says size {said.size}")
        self._last_opened = stored, keys, said
        return said

    def _fetch(self, statement: str, *parameters: int) -> list[tuple[Any, ...]]:
        with translated(), self._pool.connection() as connection:
            composed = sql_files.compose(statement, self._school.schema)
            return connection.execute(composed, parameters, binary=True).fetchall()


def _check_within(position: int, under: Stamped) -> None:
    if position > under.checkpoint.size:
        raise BeyondCheckpoint(under.checkpoint.size)
