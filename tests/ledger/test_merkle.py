"""The tree: every size from 0 to 300 against the definition, other people's vectors, and no hash too many or wrong."""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from casework.ledger.merkle import LeafReader, Subtree, consistency, inclusion, root
from casework.ledger.verify import (
    EMPTY_ROOT,
    CompactRange,
    Incomplete,
    LedgerError,
    MalformedProof,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
)
from tests.ledger.published import own, read

SIZES = range(301)
LEAVES = [leaf_hash(b"leaf %d" % index) for index in SIZES]
READER = LeafReader(LEAVES)
SPOILT_SIZES = [*range(1, 34), 63, 64, 65, 127, 128, 129, 255, 256, 257, 300]


@cache
def defined_root(first: int, end: int) -> bytes:
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if end - first <= 1:
        return LEAVES[first] if end > first else sha256().digest()
    k = 1
    while k * 2 < end - first:
        k *= 2
    return sha256(b"\x01" + defined_root(first, first + k) + defined_root(first + k, end)).digest()


def defined_path(index: int, first: int, end: int) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if end - first <= 1:
        return []
    k = 1
    while k * 2 < end - first:
        k *= 2
    if index < k:
        return [*defined_path(index, first, first + k), defined_root(first + k, end)]
    return [*defined_path(index - k, first + k, end), defined_root(first, first + k)]


def defined_subproof(old: int, first: int, end: int, *, is_known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if old == end - first:
        return [] if is_known else [defined_root(first, end)]
    k = 1
    while k * 2 < end - first:
        k *= 2
    if old <= k:
        return [*defined_subproof(old, first, first + k, is_known=is_known), defined_root(first + k, end)]
    return [*defined_subproof(old - k, first + k, end, is_known=False), defined_root(first, first + k)]


def spoilt(hashes: Sequence[bytes], numbers: Iterable[int] | None = None) -> Iterator[list[bytes]]:
    """Yield the proof with each hash, or those of these numbers, flipped, dropped or doubled, and with one more."""
    for number in range(len(hashes)) if numbers is None else numbers:
        before, octets, after = list(hashes[:number]), hashes[number], list(hashes[number + 1 :])
        yield [*before, bytes([octets[0] ^ 1]) + octets[1:], *after]
        yield [*before, *after]
        yield [*before, octets, octets, *after]
    yield [*hashes, LEAVES[0]]
    yield [LEAVES[0], *hashes]


def in_turn(hashes: Sequence[bytes], number: int) -> list[int]:
    """Return the number of one of the hashes, another one for the next number; none if there are none."""
    return [number % len(hashes)] if hashes else []


def test_roots_are_those_of_the_definition_at_every_size() -> None:
    growing = CompactRange()
    for size in SIZES:
        expected = defined_root(0, size)
        assert root(LEAVES[:size]) == root(READER, size) == growing.root() == expected
        assert CompactRange(size, growing.hashes).root() == expected
        if size < len(LEAVES):
            growing.push(LEAVES[size])


def test_leaves_added_many_at_once_give_what_they_give_one_by_one() -> None:
    for size in SIZES:
        for more in (0, 1, 2, 63, 64, 65, len(LEAVES) - size):
            alone, together = CompactRange(), CompactRange()
            for each in LEAVES[: size + more]:
                alone.push(each)
            together.extend(LEAVES[:size])
            together.extend(LEAVES[size : size + more])
            assert (together.size, together.hashes) == (alone.size, alone.hashes)


def test_every_inclusion_proof_is_that_of_the_definition_and_holds() -> None:
    for size in SIZES:
        top = defined_root(0, size)
        for index in range(size):
            hashes = inclusion(READER, index, size)
            assert hashes == defined_path(index, 0, size)
            check_inclusion(LEAVES[index], index, size, hashes, top)


def test_every_consistency_proof_is_that_of_the_definition_and_holds() -> None:
    for new in SIZES[1:]:
        for old in range(1, new + 1):
            hashes = consistency(READER, old, new)
            assert hashes == defined_subproof(old, 0, new, is_known=True)
            check_consistency(old, new, hashes, defined_root(0, old), defined_root(0, new))


def test_no_proof_of_any_size_holds_with_a_hash_flipped_dropped_or_doubled() -> None:
    """Every index and every older size, one hash of the proof in turn; below, at some sizes, each hash of each."""
    for size in SIZES[1:]:
        top = defined_root(0, size)
        for index in range(size):
            hashes = inclusion(READER, index, size)
            for bad in spoilt(hashes, in_turn(hashes, index)):
                refused(check_inclusion, LEAVES[index], index, size, bad, top)
            hashes, before = consistency(READER, index + 1, size), defined_root(0, index + 1)
            for bad in spoilt(hashes, in_turn(hashes, index)):
                refused(check_consistency, index + 1, size, bad, before, top)


@pytest.mark.parametrize("size", SPOILT_SIZES)
def test_a_spoilt_inclusion_proof_is_refused(size: int) -> None:
    top = defined_root(0, size)
    for index in range(0, size, 1 if size < 34 else 7):
        hashes = inclusion(READER, index, size)
        for bad in spoilt(hashes):
            refused(check_inclusion, LEAVES[index], index, size, bad, top)
        for other in {index - 1, index + 1, size} - {index}:
            refused(check_inclusion, LEAVES[index], other, size, hashes, top)
        refused(check_inclusion, LEAVES[index - 300], index, size, hashes, top)
        refused(check_inclusion, LEAVES[index], index, size, hashes, EMPTY_ROOT)


@pytest.mark.parametrize("new", SPOILT_SIZES)
def test_a_spoilt_consistency_proof_is_refused(new: int) -> None:
    top = defined_root(0, new)
    for old in range(1, new + 1, 1 if new < 34 else 7):
        hashes, before = consistency(READER, old, new), defined_root(0, old)
        for bad in spoilt(hashes):
            refused(check_consistency, old, new, bad, before, top)
        if old < new:
            refused(check_consistency, old, new, hashes, top, before)
        refused(check_consistency, old, new, hashes, EMPTY_ROOT, top)
        refused(check_consistency, old, new, hashes, before, EMPTY_ROOT)


def refused(check: Callable[..., None], *arguments: object, by: type[LedgerError] = LedgerError) -> None:
    with pytest.raises(by):
        check(*arguments)


def test_size_0_proves_nothing() -> None:
    assert root([]) == EMPTY_ROOT
    refused(check_inclusion, LEAVES[0], 0, 0, [], EMPTY_ROOT, by=MalformedProof)
    refused(check_consistency, 0, 0, [], EMPTY_ROOT, EMPTY_ROOT, by=MalformedProof)
    refused(check_consistency, 0, 1, [], EMPTY_ROOT, LEAVES[0], by=MalformedProof)
    refused(check_consistency, 0, 2, [LEAVES[0]], EMPTY_ROOT, defined_root(0, 2), by=MalformedProof)


@pytest.mark.parametrize("octets", [b"", b"x" * 31, b"x" * 33])
def test_a_hash_of_another_length_is_refused(octets: bytes) -> None:
    refused(check_inclusion, octets, 0, 1, [], octets, by=MalformedProof)
    refused(check_inclusion, LEAVES[0], 0, 2, [octets], defined_root(0, 2), by=MalformedProof)
    refused(check_consistency, 1, 2, [octets], LEAVES[0], defined_root(0, 2), by=MalformedProof)
    refused(check_consistency, 1, 1, [], octets, octets, by=MalformedProof)


def test_proofs_of_what_is_not_there_are_not_made() -> None:
    for index, size in ((0, 0), (1, 1), (-1, 1)):
        with pytest.raises(MalformedProof):
            inclusion(LEAVES, index, size)
    for old, new in ((0, 1), (2, 1), (-1, 1), (0, 0)):
        with pytest.raises(MalformedProof):
            consistency(LEAVES, old, new)
    for ask in (lambda: inclusion(LEAVES[:4], 0, 5), lambda: consistency([], 1, 2), lambda: root(LEAVES[:4], 5)):
        with pytest.raises(Incomplete):
            ask()
    with pytest.raises(Incomplete):
        root(READER)


def test_a_proof_is_one_read_of_perfect_subtrees() -> None:
    reads: list[list[Subtree]] = []

    class Counting:
        def read(self, subtrees: Sequence[Subtree]) -> Sequence[bytes]:
            reads.append(list(subtrees))
            return READER.read(subtrees)

    assert inclusion(Counting(), 3, 7) == defined_path(3, 0, 7)
    assert consistency(Counting(), 3, 300) == defined_subproof(3, 0, 300, is_known=True)
    assert [len(read) for read in reads] == [4, len(reads[1])]
    assert reads[0] == [Subtree(0, 2), Subtree(1, 0), Subtree(1, 2), Subtree(0, 6)]


def test_a_compact_range_says_how_many_hashes_it_needs() -> None:
    with pytest.raises(MalformedProof):
        CompactRange(3, [LEAVES[0]])
    first = CompactRange(2, [node_hash(LEAVES[0], LEAVES[1])])
    other = first.copy()
    other.push(LEAVES[2])
    assert (first.size, other.size) == (2, 3)
    assert first.root() == defined_root(0, 2)


def test_node_has_the_same_roots() -> None:
    assert [top.hex() for top in (root(LEAVES[:size]) for size in range(71))] == own("node.json")["roots"]


def answered(case: dict[str, Any], check: Callable[..., None], *arguments: object) -> None:
    """Check that a published case is accepted, or refused, as it says."""
    refused(check, *arguments) if case["wantErr"] else check(*arguments)


def test_published_inclusion_proofs_are_accepted_or_refused() -> None:
    for case in read("merkle/inclusion.json"):
        leaf, top, *proof = (b64decode(text or "") for text in (case["leafHash"], case["root"], *(case["proof"] or [])))
        answered(case, check_inclusion, leaf, case["leafIdx"], case["treeSize"], proof, top)


def test_published_consistency_proofs_are_accepted_or_refused() -> None:
    for case in read("merkle/consistency.json"):
        one, other, *proof = (b64decode(text or "") for text in (case["root1"], case["root2"], *(case["proof"] or [])))
        answered(case, check_consistency, case["size1"], case["size2"], proof, one, other)


def test_the_reference_tree_of_certificate_transparency_comes_out() -> None:
    said = read("merkle/rfc6962_reference_tree.json")
    leaves = [leaf_hash(bytes.fromhex(octets)) for octets in said["leaf_inputs_hex"]]
    levels = [[bytes.fromhex(octets) for octets in level] for level in said["node_hashes_hex"]]
    for level, hashes in enumerate(levels):
        assert list(LeafReader(leaves).read([Subtree(level, number) for number in range(len(hashes))])) == hashes
    assert [root(leaves[:size]).hex() for size in range(9)] == said["roots_hex_by_size"]


def test_go_makes_the_same_roots_and_proofs() -> None:
    said = read("merkle/xmod_tree_small.json")
    for size, top in said["roots"].items():
        assert root(LEAVES[: int(size)]).hex() == top
    for case in said["inclusion"]:
        assert inclusion(READER, case["index"], case["size"]) == [b64decode(octets) for octets in case["proof"]]
    for case in said["consistency"]:
        assert consistency(READER, case["size1"], case["size2"]) == [b64decode(octets) for octets in case["proof"]]


def test_the_worked_example_is_one_tree() -> None:
    said = read("worked/worked_example.json")
    leaves = [bytes.fromhex(entry["leaf_hex"]) for entry in said["entries"]]
    for size, top in said["roots_hex_by_size"].items():
        assert root(leaves[: int(size)]).hex() == top
    for entry in said["entries"]:
        assert inclusion(leaves, entry["index"], 3) == [b64decode(octets) for octets in entry["inclusion_b64"]]
    assert consistency(leaves, 2, 3) == [b64decode(octets) for octets in said["consistency_2_to_3_b64"]]
