"""Ed25519: the verifier that travels answers as cryptography's does, on Wycheproof's cases and on corner points."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from casework.ledger import verify
from casework.ledger.note import check_signature
from casework.ledger.verify import BadSignature, check_ed25519
from tests.ledger.published import own, read

CHECKS = [check_ed25519, check_signature]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
MESSAGE = b"what was signed"
SIGNATURE = KEY.sign(MESSAGE)


def accepts(check: Callable[[bytes, bytes, bytes], None], public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        check(public, message, signature)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize("check", CHECKS)
def test_wycheproof(check: Callable[[bytes, bytes, bytes], None]) -> None:
    for group in read("ed25519/wycheproof_ed25519.json")["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            found = accepts(check, public, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert found == (case["result"] == "valid"), (case["tcId"], case["comment"])


@pytest.mark.parametrize("check", CHECKS)
def test_openssl(check: Callable[[bytes, bytes, bytes], None]) -> None:
    for case in own("openssl.json"):
        public, message, signature = (bytes.fromhex(case[name]) for name in ("public", "message", "signature"))
        check(public, message, signature)
        assert not accepts(check, public, message + b"x", signature)


@pytest.mark.parametrize("check", CHECKS)
def test_every_byte_of_a_signature_counts(check: Callable[[bytes, bytes, bytes], None]) -> None:
    check(PUBLIC, MESSAGE, SIGNATURE)
    for place in range(64):
        spoilt = bytearray(SIGNATURE)
        spoilt[place] ^= 1
        assert not accepts(check, PUBLIC, MESSAGE, bytes(spoilt))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("signature", [b"", SIGNATURE[:63], SIGNATURE + b"\0", bytes(64), b"\xff" * 64])
def test_what_is_no_signature_is_refused(check: Callable[[bytes, bytes, bytes], None], signature: bytes) -> None:
    assert not accepts(check, PUBLIC, MESSAGE, signature)


@pytest.mark.parametrize("check", CHECKS)
def test_s_beyond_the_order_is_refused(check: Callable[[bytes, bytes, bytes], None]) -> None:
    s = int.from_bytes(SIGNATURE[32:], "little")
    for other in (s + L, L, L - 1):
        assert not accepts(check, PUBLIC, MESSAGE, SIGNATURE[:32] + other.to_bytes(32, "little"))


def point(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


CORNERS: list[tuple[str, bytes]] = [
    ("neutral", point(1)),
    ("order 2", point(P - 1)),
    ("order 4", point(0)),
    ("no point", point(2)),
]


@pytest.mark.parametrize("name", [name for name, _ in CORNERS])
def test_both_answer_alike_on_keys_of_small_order(name: str) -> None:
    public = dict(CORNERS)[name]
    for r in (point(1), point(P - 1), point(0), point(P), point(P + 1), PUBLIC):
        for s in (0, 1):
            for number in range(4):
                signature = r + s.to_bytes(32, "little")
                answers = {accepts(check, public, b"%d" % number, signature) for check in CHECKS}
                assert len(answers) == 1, (name, r.hex(), s)


@pytest.mark.parametrize(
    "octets", [point(P), point(P + 1), point(2**255 - 1), point(1, 1), point(P - 1, 1), point(2), b"", b"x" * 31]
)
def test_keys_that_are_no_canonical_point_are_refused(octets: bytes) -> None:
    assert not accepts(check_ed25519, octets, MESSAGE, SIGNATURE)
    assert not accepts(check_ed25519, octets, MESSAGE, point(1) + bytes(32))


def test_a_point_is_written_as_it_was_read() -> None:
    for seed in range(20):
        public = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32).public_key().public_bytes_raw()
        read_point: Any = verify._decoded_point(public)
        assert verify._encoded_point(read_point) == public
        assert verify._encoded_point(verify._double(read_point)) == verify._encoded_point(
            verify._add(read_point, read_point)
        )
