"""Writing proof files: C2SP tlog-proof for one entry, and the consistency of two sizes as a C2SP tlog-witness reads it.

::

    c2sp.org/tlog-proof@v1                             old 2
    index 1                                            /Ff06e0zJzr44HMUbXRMpzITvT4XwYt7NxZcut4A6+o=
    F0j9VXTHSzmOYj8plmZSQmu2KpuHIV4jJ7pVabJrM74=
    /Ff06e0zJzr44HMUbXRMpzITvT4XwYt7NxZcut4A6+o=       <signed checkpoint of size 3>

    <signed checkpoint of size 3>

What is written is read back by `verify` before it is handed out; whether it proves anything is `verify.check_proof`'s.
"""

from base64 import b64encode
from collections.abc import Sequence

from casework.ledger.verify import (
    PROOF_HEADER,
    ConsistencyProof,
    MalformedProof,
    Proof,
    check_proof,
    parse_consistency,
    parse_proof,
)

__all__ = [
    "ConsistencyProof",
    "Proof",
    "check_proof",
    "consistency_proof",
    "parse_consistency",
    "parse_proof",
    "tlog_proof",
]


def tlog_proof(index: int, hashes: Sequence[bytes], note: str) -> str:
    """Return the text of a `.tlog-proof` file.

    Raises:
        MalformedProof: no such index, a hash that is not 32 bytes, an empty note.
    """
    text = "\n".join([PROOF_HEADER, f"index {index}", *_lines(hashes), "", note])
    if parse_proof(text) != Proof(index, tuple(hashes), note):
        raise MalformedProof("proof", "a proof that reads back the same", "another")
    return text


def consistency_proof(old: int, hashes: Sequence[bytes], note: str) -> str:
    """Return the text that joins the tree of size `old` to the one that the note signs.

    Raises:
        MalformedProof: no such size, a hash that is not 32 bytes, an empty note.
    """
    text = "\n".join([f"old {old}", *_lines(hashes), "", note])
    if parse_consistency(text) != ConsistencyProof(old, tuple(hashes), note):
        raise MalformedProof("consistency proof", "a proof that reads back the same", "another")
    return text


def _lines(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(octets).decode() for octets in hashes]
