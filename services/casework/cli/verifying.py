"""`casework verify`: the record in the database, a case of it, the record as it is served, or a package of a case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from servicekit.commandline import Command, Exit, Output, fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike
    from uuid import UUID

    from casework.adapters.scan import RecordScan
    from casework.cli.here import Here
    from casework.ledger.record import RecordReport
    from casework.ledger.rows import HeldNote
    from casework.ledger.verify import VerifierKey
    from servicekit.sealing import MasterKeys

FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
WEB = ("http://", "https://")
KEY_HELP = "The record's verifier key, had from elsewhere, instead of the one in KEYS_DIR."
TOKEN_HELP = "With --url: the file with an auditor's key."  # noqa: S105 - says where one is


class Source(click.Path):
    """A package, or the address of a record that is served."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, exists=True)

    def convert(
        self, value: str | PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | PathLike[str]:
        """Return a path that is there, or an address as it is."""
        return value if str(value).startswith(WEB) else super().convert(value, param, ctx)


@click.command(cls=Command)
@click.argument("source", required=False, type=Source())
@click.option("--against", "held", type=FILE, multiple=True, help="A checkpoint that somebody outside kept; repeat it.")
@click.option("--case", type=click.UUID, metavar="ID", help="One case of the record in the database.")
@click.option("--url", metavar="URL", help="The record as it is served there; also SOURCE may say so.")
@click.option("--token-file", type=FILE, help=TOKEN_HELP)
@click.option("--key", type=FILE, help=KEY_HELP)
@click.option("--receipt", type=FILE, help="With a package: the receipt that was handed out beside it.")
@click.pass_obj
def verify(
    output: Output,
    *,
    source: Path | str | None,
    held: tuple[Path, ...],
    case: UUID | None,
    url: str | None,
    token_file: Path | None,
    key: Path | None,
    receipt: Path | None,
) -> None:
    """Check that nothing was altered, removed, inserted or moved; exit 3 and the first wrong entry if something was.

    Without SOURCE, the whole record in the database. SOURCE is a package of one case, a .zip or the folder it was
    unpacked into, or the address of a service, of which all entries are fetched as an auditor: that needs neither
    database nor settings.

    \b
    casework verify --against checkpoint-of-the-governors.txt
    casework verify --case 3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001
    casework verify https://... --token-file auditor.token --key rowan.vkey --against checkpoint.txt
    casework verify RL-2026-0031.zip --receipt RL-2026-0031.receipt.json
    """
    if isinstance(source, str):
        if url is not None:
            fail("expected one address, found two", Exit.USAGE)
        source, url = None, source
    _refuse_what_does_not_go_together(source=source, held=held, case=case, url=url, token=token_file, receipt=receipt)
    if source is not None:
        _verify_package(output, source, key, receipt)
    elif url is not None and token_file is not None:
        _tell(output, _served(output, url, token_file, held, key))
    else:
        from casework.cli.here import here

        with here() as found:
            report = _stored(output, found, case, held, key)
        _tell(output, report)


def _refuse_what_does_not_go_together(
    *,
    source: Path | None,
    held: Sequence[Path],
    case: UUID | None,
    url: str | None,
    token: Path | None,
    receipt: Path | None,
) -> None:
    """End the command where one thing was asked for and what belongs to another given."""
    together = (
        (held and source, "--against is for a whole record; a package brings its own checkpoint"),
        (case and source, "--case is for the record in the database; a package is of one case already"),
        (url and source, "expected a package or --url, found both"),
        (case and url, "--case is for the record in the database; of one that is served, all entries are checked"),
        (
            url and not token,
            "--url needs --token-file FILE, with the key of an auditor: the entries are for them alone",
        ),
        (token and not url, "--token-file belongs to --url"),
        (receipt and not source, "--receipt belongs to a package: casework verify PACKAGE --receipt FILE"),
    )
    for given, why_not in together:
        if given:
            fail(why_not, Exit.USAGE)


def _verify_package(output: Output, source: Path, key: Path | None, receipt: Path | None) -> None:
    from casework.ledger.note import check_signature
    from casework.ledger.verify import check_package

    given = None if receipt is None else receipt.read_bytes()
    _tell(output, check_package(source, keys=_keys(key), receipt=given, check=check_signature))


def _served(output: Output, url: str, token_file: Path, held: Iterable[Path], key: Path | None) -> RecordReport:
    """Check the record that is served there, to whoever holds this key."""
    from casework.cli.asking import client_of
    from casework.cli.served import served_keys, verify_served
    from casework.ledger.verify import LedgerError, parse_vkeys

    client = client_of(url, token_file)
    keys = _keys(key)
    try:
        if keys is None:
            output.note("the key came from the same service: compare it with one had from elsewhere (--key FILE)")
            keys = parse_vkeys(served_keys(client), "key as served")
        with output.progress("entries") as advance:
            return verify_served(client, keys, held=_held(held), progress=_steps(advance))
    except LedgerError as error:
        fail(f"it does not hold\n{error}", Exit.BROKEN)


def _stored(output: Output, found: Here, case: UUID | None, held: Iterable[Path], key: Path | None) -> RecordReport:
    """Check the record in the database, or a case of it, at every level for which there is what it needs."""
    from casework.adapters.errors import KeyFileRefused
    from casework.adapters.keys import read_signer
    from casework.adapters.scan import RecordScan
    from casework.adapters.verifying import verify_case, verify_record
    from servicekit.service_settings import KEYS_DIR

    school = found.school(output)
    folder = found.values.need(KEYS_DIR)
    try:
        keys = _keys(key) or read_signer(folder, school.name, school.origin).keys
    except KeyFileRefused as refused:
        fail(f"{refused}; or give the verifier key, --key FILE, as an auditor does", Exit.NOT_READY)
    with RecordScan(found.at.app, school) as scan, output.progress("entries", total=scan.size()) as advance:
        masters = _masters(output, folder, scan)
        steps, notes = _steps(advance), _held(held)
        if case is None:
            return verify_record(scan, keys, held=notes, masters=masters, progress=steps)
        report = verify_case(scan, case, keys, held=notes, masters=masters, progress=steps)
        if report is None:
            fail(f"expected a case of this record, found no entry of {case}")
        return report


def _masters(output: Output, folder: Path, scan: RecordScan) -> MasterKeys | None:
    """Return the master keys; where they or the cases' keys are not to be had, say that no sealed part is opened."""
    from casework.adapters.errors import KeyFileRefused
    from casework.adapters.keys import read_master_keys

    if not scan.may_read_keys():
        output.note("sealed parts are not opened: this user of the database may not read the cases' keys")
        return None
    try:
        return read_master_keys(folder)
    except KeyFileRefused as refused:
        output.note(f"sealed parts are not opened: {refused}")
        return None


def _held(files: Iterable[Path]) -> list[HeldNote]:
    from casework.ledger.rows import HeldNote

    return [HeldNote(file.name, file.read_text(encoding="utf-8", errors="replace")) for file in files]


def _keys(file: Path | None) -> Sequence[VerifierKey] | None:
    from casework.ledger.verify import LedgerError, parse_vkeys

    if file is None:
        return None
    try:
        return parse_vkeys(file.read_text(encoding="utf-8-sig"), file.name)
    except LedgerError as error:
        fail(str(error), Exit.USAGE)


def _steps(advance: Callable[[int], None]) -> Callable[[int, int], None]:
    """Return what is told how many are done, for a bar that is told how many more."""
    done = 0

    def told(position: int, _of: int) -> None:
        nonlocal done
        advance(position - done)
        done = position

    return told


def _tell(output: Output, report: Any) -> None:  # noqa: ANN401 - of a record or of a package: they tell alike
    document, text = report.as_json(), "\n".join(report.lines())
    if not report.holds:
        fail(f"it does not hold\n{text}", Exit.BROKEN, report=document)
    output.result(document, text)


COMMANDS = (verify,)
