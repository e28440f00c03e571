"""Check a folder of what /ledger served with aics-tlog, a verifier of C2SP logs by others (Python 3.12 or newer).

It shares no code with the record, and runs under a Python of its own. It prints how many entries and proofs it checked.
"""

import sys
from base64 import b64decode
from pathlib import Path

from aics_tlog import (
    Checkpoint,
    FileSystemTileReader,
    audit_tiles,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    read_entry,
    verify_consistency,
    verify_leaf_inclusion,
    verify_note,
)

FOLDER = Path(sys.argv[1])
KEY = parse_vkey((FOLDER / "key").read_text().strip())


def opened(signed: str) -> Checkpoint:
    """Return what a signed checkpoint says; nothing is accepted that the key did not sign."""
    note = parse_note(signed)
    if not verify_note(note, [KEY]):
        sys.exit("checkpoint: not signed by the key")
    return parse_checkpoint(note.text)


def parts(path: str) -> tuple[list[str], Checkpoint]:
    """Return the lines of a proof file, and the checkpoint that stands in it."""
    shown, _, signed = (FOLDER / path).read_text().partition("\n\n")
    return shown.split("\n"), opened(signed)


def hashes(lines: list[str]) -> list[bytes]:
    """Return the hashes of a proof."""
    return [b64decode(line, validate=True) for line in lines]


def main() -> None:
    """Check everything in the folder."""
    tree = opened((FOLDER / "checkpoint").read_text())
    reader = FileSystemTileReader(FOLDER)
    audit_tiles(reader, tree.size, tree.root, entries=True)
    for index in range(tree.size):
        lines, under = parts(f"proof/{index + 1}")
        if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {index}"]:
            sys.exit(f"proof {index + 1}: found {lines[:2]}")
        entry = read_entry(reader, index, tree.size)
        if not verify_leaf_inclusion(entry, index, under.size, hashes(lines[2:]), under.root):
            sys.exit(f"proof {index + 1}: does not lead to the signed root")
    older = opened((FOLDER / "older").read_text())
    lines, newer = parts("consistency")
    if lines[0] != f"old {older.size}":
        sys.exit(f"consistency: found {lines[0]}")
    if not verify_consistency(older.size, newer.size, older.root, newer.root, hashes(lines[1:])):
        sys.exit("consistency: the later tree does not continue the older one")
    sys.stdout.write(f"{tree.size} entries, {tree.size} proofs\n")


if __name__ == "__main__":
    main()
