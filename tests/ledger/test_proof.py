"""Proof files: the published text, the worked ones byte for byte, and strict reading back."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from casework.ledger.merkle import LeafReader, consistency, inclusion, root
from casework.ledger.proof import check_proof, consistency_proof, parse_consistency, parse_proof, tlog_proof
from casework.ledger.verify import (
    LedgerError,
    MalformedProof,
    Proof,
    RootDiffers,
    check_consistency,
    leaf_hash,
    open_checkpoint,
)
from tests.ledger.given import OTHER, SIGNER
from tests.ledger.published import published, read

LEAVES = [leaf_hash(b"%d" % index) for index in range(21)]
NOTE = SIGNER.sign_checkpoint(len(LEAVES), root(LEAVES))
PROOF = tlog_proof(7, inclusion(LEAVES, 7, len(LEAVES)), NOTE)


def test_the_published_text_comes_out() -> None:
    for case in read("tlog_proof/format.json")["marshal"]:
        hashes = [sha256(text.encode()).digest() for text in case["hashes_of"]]
        assert tlog_proof(case["index"], hashes, case["checkpoint"]) == case["want"]
        assert parse_proof(case["want"]) == Proof(case["index"], tuple(hashes), case["checkpoint"])


def test_the_worked_proofs_come_out_and_hold() -> None:
    worked = read("worked/worked_example.json")
    leaves = [bytes.fromhex(entry["leaf_hex"]) for entry in worked["entries"]]
    note = published("worked/checkpoint").read_text("utf-8")
    text = published("worked/entry-2.tlog-proof").read_text("utf-8")
    assert tlog_proof(1, inclusion(leaves, 1, 3), note) == text
    assert check_proof(text, leaves[1], SIGNER.keys, worked["origin"])[0] == 1
    text = published("worked/consistency-2-3").read_text("utf-8")
    assert consistency_proof(2, consistency(leaves, 2, 3), note) == text
    proof = parse_consistency(text)
    new = open_checkpoint(proof.note, SIGNER.keys)
    check_consistency(proof.old, new.size, proof.hashes, root(leaves[:2]), new.root)


def test_every_entry_can_be_shown_alone() -> None:
    reader = LeafReader(LEAVES)
    for index, leaf in enumerate(LEAVES):
        text = tlog_proof(index, inclusion(reader, index, len(LEAVES)), NOTE)
        assert check_proof(text, leaf, SIGNER.keys)[0] == index
        with pytest.raises(RootDiffers):
            check_proof(text, LEAVES[index - 1], SIGNER.keys)


def test_a_proof_by_another_key_is_refused() -> None:
    with pytest.raises(LedgerError):
        check_proof(PROOF, LEAVES[7], OTHER.keys)


def test_each_byte_of_a_proof_counts() -> None:
    octets = PROOF.encode()
    for place in range(len(octets)):
        spoilt = octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :]
        with pytest.raises((LedgerError, UnicodeDecodeError)):
            check_proof(spoilt.decode(), LEAVES[7], SIGNER.keys)


def test_extra_data_is_read_and_changes_nothing() -> None:
    text = PROOF.replace("index", "extra ZXh0cmE=\nindex")
    assert parse_proof(text).extra == b"extra"
    assert check_proof(text, LEAVES[7], SIGNER.keys)[0] == 7


HASH = PROOF.split("\n")[2]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text.partition("\n\n")[0],
        lambda text: text.partition("\n\n")[0] + "\n\n",
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("index 7\n", ""),
        lambda text: text.replace("index 7", "index 07"),
        lambda text: text.replace("index 7", "index -7"),
        lambda text: text.replace("index 7", "index  7"),
        lambda text: text.replace("index 7", "index 7 "),
        lambda text: text.replace("index 7", "Index 7"),
        lambda text: text.replace("index 7", f"index {2**63}"),
        lambda text: text.replace("index 7", "extra !\nindex 7"),
        lambda text: text.replace(HASH, HASH[:-1]),
        lambda text: text.replace(HASH, "AAAA"),
        lambda text: text.replace(HASH, "\n".join([HASH] * 64)),
        lambda text: text.replace(HASH, HASH + "\r"),
        lambda text: text.replace(HASH, HASH + "\n "),
        lambda text: "\n" + text,
    ],
)
def test_a_proof_in_another_form_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(MalformedProof):
        parse_proof(change(PROOF))


@pytest.mark.parametrize("text", ["", "old\n\nnote", "old 02\n\nnote", "old 2\nx\n\nnote", "old 2\n\n", "2\n\nnote"])
def test_a_consistency_proof_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedProof):
        parse_consistency(text)


def test_a_proof_that_would_not_read_back_is_not_written() -> None:
    for index, hashes, note in ((-1, [], NOTE), (2**63, [], NOTE), (0, [b"short"], NOTE), (0, [], "")):
        with pytest.raises(MalformedProof):
            tlog_proof(index, hashes, note)
        with pytest.raises(MalformedProof):
            consistency_proof(index, hashes, note)
    with pytest.raises(MalformedProof):
        tlog_proof(0, LEAVES[:1] * 64, NOTE)
