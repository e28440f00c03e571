"""Sealing: the worked bytes of the ledger's example, and that nothing altered, moved or cut off opens."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.sealed_file import SEGMENT_BYTES, opened_size, seal_file, sealed_size, unseal_file
from servicekit.sealing import (
    MalformedKeyFile,
    MasterKeys,
    SealBroken,
    UnknownMasterKey,
    derive,
    new_secret,
    seal,
    unseal,
)

KEY = bytes(32)


@pytest.fixture(scope="session")
def worked() -> dict[str, Any]:
    folder = os.environ.get("VECTORS_DIR")
    if not folder:
        pytest.skip("VECTORS_DIR is not set: it names the folder of test vectors")
    example: dict[str, Any] = json.loads((Path(folder) / "worked" / "worked_example.json").read_text(encoding="utf-8"))
    return example


@pytest.mark.parametrize("purpose", ["salt", "seal", "evidence"])
def test_the_keys_of_a_case_are_those_of_the_worked_example(worked: dict[str, Any], purpose: str) -> None:
    derived = derive(bytes.fromhex(worked["case_secret_hex"]), f"casework/v1/{purpose}".encode())
    assert derived.hex() == worked[f"{purpose}_key_hex"]


def test_a_secret_is_wrapped_as_in_the_worked_example(worked: dict[str, Any]) -> None:
    masters = MasterKeys.parse(f"{worked['master_key_id']} {worked['master_key_hex']}\n")
    stream = json.loads(worked["entries"][1]["entry"])["id"].split("/")[0]
    secret = bytes.fromhex(worked["case_secret_hex"])
    master_id, wrapped = masters.wrap(secret, stream, nonce=bytes.fromhex(worked["wrap_nonce_hex"]))
    assert (master_id, wrapped.hex()) == ("m1", worked["wrapped_hex"])
    assert masters.unwrap(master_id, wrapped, stream) == secret


def test_a_sealed_part_is_that_of_the_worked_example(worked: dict[str, Any]) -> None:
    for entry in worked["entries"][1:]:
        key, leaf = bytes.fromhex(worked["seal_key_hex"]), bytes.fromhex(entry["leaf_hex"])
        plaintext = entry["sealed_values"].encode()
        sealed = seal(key, plaintext, leaf, nonce=bytes.fromhex(entry["nonce_hex"]))
        assert sealed.hex() == entry["sealed_hex"]
        assert unseal(key, sealed, leaf) == plaintext


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_a_sealed_part_with_one_bit_flipped_does_not_open(place: int) -> None:
    sealed = bytearray(seal(KEY, b"eleven byte", b"leaf"))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(SealBroken):
        unseal(KEY, bytes(sealed), b"leaf")


def test_a_sealed_part_moved_to_another_entry_does_not_open() -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, seal(KEY, b"words", b"leaf of one"), b"leaf of another")


def test_an_empty_or_short_sealed_part_is_refused_by_its_length() -> None:
    with pytest.raises(SealBroken, match="found nothing"):
        unseal(KEY, b"", b"")
    with pytest.raises(SealBroken, match="expected at least 29, found 5"):
        unseal(KEY, b"\x01abcd", b"")


def test_two_seals_of_the_same_words_differ() -> None:
    assert seal(KEY, b"words", b"") != seal(KEY, b"words", b"")


def test_an_older_master_key_still_unwraps_after_a_rotation() -> None:
    old = MasterKeys.parse(f"m1 {'22' * 32}")
    secret = new_secret()
    master_id, wrapped = old.wrap(secret, "k")
    rotated = MasterKeys.parse(f"m2 {'33' * 32}\nm1 {'22' * 32}\n")
    assert rotated.newest == "m2"
    assert rotated.unwrap(master_id, wrapped, "k") == secret


def test_a_secret_wrapped_for_one_case_does_not_open_for_another() -> None:
    masters, _text = MasterKeys.generate()
    master_id, wrapped = masters.wrap(new_secret(), "case one")
    with pytest.raises(SealBroken):
        masters.unwrap(master_id, wrapped, "case two")
    with pytest.raises(UnknownMasterKey, match="wrapped under master key m9"):
        masters.unwrap("m9", wrapped, "case one")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected at least one line"),
        ("m1 abc", "line 1: expected"),
        (f"m1 {'22' * 32}\n\n", "line 2: expected"),
        (f"m1 {'22' * 32}\nm1 {'33' * 32}\n", "line 2: the id m1 stands twice"),
    ],
)
def test_a_malformed_key_file_is_refused_by_line_and_never_quoted(text: str, message: str) -> None:
    with pytest.raises(MalformedKeyFile, match=message) as raised:
        MasterKeys.parse(text)
    assert "22222222" not in str(raised.value)


def test_master_keys_do_not_show_in_a_traceback() -> None:
    masters, text = MasterKeys.generate()
    assert text.split()[1] not in repr(masters)


@given(content=st.binary(max_size=300), cut=st.integers(min_value=1, max_value=64))
def test_a_sealed_file_comes_back_whatever_the_chunks(content: bytes, cut: int) -> None:
    sealed = b"".join(seal_file(KEY, [content[:7], content[7:]], b"aad"))
    chunks = [sealed[start : start + cut] for start in range(0, len(sealed), cut)]
    assert b"".join(unseal_file(KEY, chunks, b"aad")) == content


@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 2 * SEGMENT_BYTES])
def test_a_sealed_file_comes_back_at_every_border_of_a_segment(size: int) -> None:
    content = os.urandom(size)
    sealed = b"".join(seal_file(KEY, [content], b"aad"))
    assert b"".join(unseal_file(KEY, [sealed], b"aad")) == content
    assert len(sealed) == sealed_size(size)


def test_a_sealed_file_cut_off_or_rearranged_does_not_open() -> None:
    sealed = b"".join(seal_file(KEY, [bytes(2 * SEGMENT_BYTES + 5)], b"aad"))
    header, step = 17, SEGMENT_BYTES + 16
    first, second = sealed[header : header + step], sealed[header + step : header + 2 * step]
    whole_segments = sealed[: header + 2 * step]
    swapped = sealed[:header] + second + first + sealed[header + 2 * step :]
    for broken in (whole_segments, swapped, sealed[:header], sealed[:5], b"", sealed + b"x"):
        with pytest.raises(SealBroken):
            list(unseal_file(KEY, [broken], b"aad"))
    with pytest.raises(SealBroken):
        list(unseal_file(KEY, [sealed], b"another place"))


@given(st.integers(0, 5 * SEGMENT_BYTES))
def test_the_size_of_a_file_is_told_from_its_sealed_size(size: int) -> None:
    assert opened_size(sealed_size(size)) == size


@pytest.mark.parametrize("segments", [1, 2, 3])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_also_at_the_edges_of_segments(segments: int, more: int) -> None:
    size = segments * SEGMENT_BYTES + more
    assert opened_size(sealed_size(size)) == size
