"""Check what a record hands out: entries, disclosures, proofs, signed checkpoints, and a package as it was exported.

This one file holds all checking and travels in every export, so that nobody has to trust the program that made it.
It needs Python 3.9 or newer and nothing else, no network and no secret::

    python verify.py FOLDER_OR_ZIP [--key FILE] [--receipt FILE] [--json]

It exits 0 if all that was checked holds, 3 if something does not, 2 if it was called wrongly, 1 if a file could not be
read. A check returns what it verified or raises a `LedgerError` that says where, what was expected and what was found;
never a personal value.

What is checked, and by which standard:

- entry: canonical JSON (RFC 8785; floats banned), a CloudEvents 1.0 event of six members, one line;
- personal fields: salted digests (RFC 9901 section 4.2): a disclosure either fits a digest in the entry or is refused;
- tree: leaf = sha256(00 || entry), node = sha256(01 || left || right) (RFC 6962 section 2.1); proofs as RFC 9162
  sections 2.1.3.2 and 2.1.4.2 check them;
- checkpoint: three lines, origin, size, root (C2SP tlog-checkpoint), signed as a C2SP signed-note with Ed25519
  (RFC 8032 section 5.1.7); proof files are C2SP tlog-proof.

Worked example, with a test key: the record `rowan-lane.example/ledger` of 2 entries has the leaves 1748fd55... and
65b662ad..., the root sha256(01 || 1748fd55... || 65b662ad...) = 564f43d9..., and this checkpoint::

    rowan-lane.example/ledger
    2
    Vk9D2aT7ITTEncOgK0ohZVyHrtOG15ud0RxvFfDE8Ko=

    — rowan-lane.example/ledger K4dvjnkQJpM7...0PRZv9Q4=

Its key is `rowan-lane.example/ledger+2b876f8e+ARfLefsrQSDysexl5BmNbgiyjoE/6wHkpACDm4XhgIDO`.
"""

from __future__ import annotations

import argparse
import binascii
import hashlib
import hmac
import json
import re
import struct
import sys
import zipfile
import zlib
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import TextIOWrapper
from operator import lt
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

# --- Errors -----------------------------------------------------------------------------------------------------------
#
# LedgerError
#   MalformedEntry   an entry, a disclosure or a value that no entry may hold
#   MalformedNote    a checkpoint, a signed note or a verifier key
#   MalformedProof   a proof of the wrong shape, or a proof file
#   WrongOrder       positions, versions, times or columns that do not follow
#   LeafDiffers      an entry no longer fits the leaf that was stored with it
#   RootDiffers      a tree that is not the one signed
#   BadSignature     a signature that its key did not make
#   UnknownKey       no signature by a key that is trusted
#   NotConsistent    a later tree that does not continue an earlier one
#   NotDisclosed     a disclosure that fits no digest, or a digest that no value opens
#   SealBroken       a sealed part that does not open
#   Incomplete       something that should be there and is not, or the reverse


class LedgerError(Exception):
    """Something does not hold: where, what was expected, what was found; never a personal value."""

    def __init__(self, where: str, expected: str, found: str) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.where = where
        self.expected = expected
        self.found = found


class MalformedEntry(LedgerError):
    """An entry, a disclosure or a value that no entry may hold."""


class MalformedNote(LedgerError):
    """A checkpoint, a signed note or a verifier key of another shape."""


class MalformedProof(LedgerError):
    """A proof or proof file of another shape."""


class WrongOrder(LedgerError):
    """Positions, versions, times or columns do not follow."""


class LeafDiffers(LedgerError):
    """An entry no longer fits the leaf that was stored with it."""


class RootDiffers(LedgerError):
    """A tree is not the one that was signed."""


class BadSignature(LedgerError):
    """A signature was not made by the key it names."""


class UnknownKey(LedgerError):
    """No signature is by a key that is trusted."""


class NotConsistent(LedgerError):
    """A later tree does not continue an earlier one."""


class NotDisclosed(LedgerError):
    """A disclosure fits no digest, or a digest is opened by no value."""


class SealBroken(LedgerError):
    """A sealed part does not open."""


class Incomplete(LedgerError):
    """Something that should be there is not, or the reverse."""


# --- Canonical form (RFC 8785 section 3.2, narrowed) ------------------------------------------------------------------
#
# Without floats and with names in ASCII, sorting by code point and writing the shortest escapes is all of RFC 8785.

ENTRY_BYTES_MAX = 65_535
INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 6

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_write = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def canonical(value: object, where: str = "value") -> bytes:
    """Return the canonical form of a JSON value.

    Raises:
        MalformedEntry: a float, an integer beyond +-(2**53 - 1), a member name other than
            `[A-Za-z][A-Za-z0-9_-]{0,39}`, U+0000, a lone surrogate, arrays and objects more than 6 deep.
    """
    check_value(value, where)
    return encoded(value, where)


def check_value(value: object, where: str, depth: int = 1) -> None:
    """Refuse what no entry may hold; `depth` is that of an array or object here, the outermost being 1."""
    if isinstance(value, str):
        if "\0" in value:
            raise MalformedEntry(where, "text without U+0000", "U+0000")
    elif isinstance(value, int):  # and true and false
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise MalformedEntry(where, f"an integer within +-{INTEGER_MAX}", "one beyond")
    elif isinstance(value, (dict, list, tuple)):
        if depth > DEPTH_MAX:
            raise MalformedEntry(where, f"arrays and objects at most {DEPTH_MAX} deep", "deeper")
        for inner in _named_values(value, where) if isinstance(value, dict) else value:
            check_value(inner, where, depth + 1)
    elif value is not None:
        raise MalformedEntry(where, "null, true, false, an integer, text, an array or an object", type(value).__name__)


def _named_values(members: dict[Any, Any], where: str) -> Iterable[object]:
    """Check the names of an object; return what they name."""
    for name in members:
        _check_name(name, where)
    return members.values()


def _check_name(name: object, where: str) -> None:
    if not isinstance(name, str) or not _is_name(name):
        raise MalformedEntry(where, f"member names like {_NAME.pattern}", "another name")


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def encoded(value: object, where: str = "value") -> bytes:
    """Return the canonical form of a value that was checked before."""
    try:
        return _write(value).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedEntry(where, "text that UTF-8 can hold", "a lone surrogate") from None


def _refuse_float(_digits: str) -> NoReturn:
    raise MalformedEntry("JSON", "integers only", "a number with a fraction or exponent, NaN or Infinity")


def _integer(digits: str) -> int:
    if len(digits) > len(str(-INTEGER_MAX)):  # long digits are slow to read, in older Pythons
        raise MalformedEntry("JSON", f"an integer within +-{INTEGER_MAX}", "one beyond")
    return int(digits)


_read = json.JSONDecoder(parse_float=_refuse_float, parse_int=_integer, parse_constant=_refuse_float).decode


def parse_canonical(octets: bytes, where: str) -> Any:  # noqa: ANN401 - a JSON value, for the caller to look into
    """Return the value of canonical JSON; a name given twice, or a space too many, would not come out the same.

    Raises:
        MalformedEntry: not JSON, or not in canonical form.
    """
    try:
        value = _read(octets.decode("utf-8"))
        again = encoded(value, where)
    except UnicodeDecodeError:
        raise MalformedEntry(where, "UTF-8", "other bytes") from None
    except RecursionError:
        raise MalformedEntry(where, f"arrays and objects at most {DEPTH_MAX} deep", "deeper") from None
    except ValueError:
        raise MalformedEntry(where, "JSON", "something else") from None
    except MalformedEntry as error:
        raise MalformedEntry(where, error.expected, error.found) from None
    if again != octets:
        raise MalformedEntry(
            where, "canonical JSON: names sorted, each once, shortest escapes, no spaces", "another form"
        )
    return value


# --- Entries ----------------------------------------------------------------------------------------------------------

SD_ALG = "sha-256"
_MEMBERS = {"data", "id", "source", "specversion", "time", "type"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ID = re.compile(rf"({_UUID.pattern})/([1-9][0-9]{{0,9}})")
_SOURCE = re.compile(r"(?=.{1,100}\Z)[a-z0-9.-]+(/[a-z0-9.-]+)*")
_TYPE = re.compile(r"(?=.{1,80}\Z)[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+\.v[1-9][0-9]*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_DIGEST = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"  # 32 bytes as base64url: the last two bits are zero
_DIGEST_LENGTH = 43
_DIGESTS = re.compile(rf"{_DIGEST}(?:,{_DIGEST})*")


class Entry(NamedTuple):
    """An entry that is well formed; `sd` are the digests of its personal fields."""

    stream: str
    version: int
    type: str
    time: str
    source: str
    data: dict[str, Any]
    sd: tuple[str, ...]

    @property
    def id(self) -> str:
        """Return `<stream>/<version>`."""
        return f"{self.stream}/{self.version}"


def parse_entry(octets: bytes, where: str = "entry") -> Entry:
    """Return what the bytes of an entry say.

    Raises:
        MalformedEntry: too long, not canonical, or not an event of the six members as ledger entries have them.
    """
    if len(octets) > ENTRY_BYTES_MAX:
        raise MalformedEntry(where, f"at most {ENTRY_BYTES_MAX} bytes", f"{len(octets)}")
    return check_event(parse_canonical(octets, where), where)


def check_event(event: object, where: str = "entry") -> Entry:
    """Return what an event says that is to be an entry, or was read from one.

    Raises:
        MalformedEntry: not of the six members as ledger entries have them.
    """
    if not isinstance(event, dict) or event.keys() != _MEMBERS:
        raise MalformedEntry(where, f"an object of exactly {', '.join(sorted(_MEMBERS))}", "other members")
    if event["specversion"] != "1.0":
        raise MalformedEntry(f"{where}: specversion", "1.0", "another")
    stream, version = _matched(_ID, event["id"], where, "id", "<lower-case UUID>/<version from 1>").groups()
    source = _matched(_SOURCE, event["source"], where, "source", "an origin, at most 100 characters")[0]
    type_ = _matched(_TYPE, event["type"], where, "type", "a name like incident.warning-issued.v1, at most 80")[0]
    time = _matched(_TIME, event["time"], where, "time", "YYYY-MM-DDTHH:MM:SS.ffffffZ")[0]
    _check_time(time, where)
    data = event["data"]
    if not isinstance(data, dict):
        raise MalformedEntry(f"{where}: data", "an object", "another value")
    return Entry(stream, int(version), type_, time, source, data, check_data(data, f"{where}: data"))


def _matched(pattern: re.Pattern[str], value: object, where: str, member: str, expected: str) -> re.Match[str]:
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise MalformedEntry(f"{where}: {member}", expected, "another shape")
    return found


def _check_time(time: str, where: str) -> None:
    try:
        datetime.fromisoformat(time[:-1])
    except ValueError:
        raise MalformedEntry(f"{where}: time", "a date and time that exist", "one that does not") from None


def check_data(data: dict[str, Any], where: str = "entry: data") -> tuple[str, ...]:
    """Check the members of `data`; return the digests of its personal fields."""
    for name, value in data.items():
        if name not in {"_sd", "_sd_alg"}:
            _check_name(name, where)
            check_value(value, f"{where}/{name}", 2)
    if "_sd" not in data and "_sd_alg" not in data:
        return ()
    digests = data.get("_sd")
    if data.get("_sd_alg") != SD_ALG or not isinstance(digests, list) or not digests:
        raise MalformedEntry(where, f"_sd, a list of digests, and _sd_alg, {SD_ALG}, or neither", "something else")
    # Joined, so that one look does for all; of the length of one, none holds a comma itself.
    joined = ",".join(digests) if all(isinstance(each, str) and len(each) == _DIGEST_LENGTH for each in digests) else ""
    _matched(_DIGESTS, joined, where, "_sd", "sha-256 digests in base64url, unpadded")
    if not all(map(lt, digests, digests[1:])):
        raise MalformedEntry(f"{where}: _sd", "digests sorted, each once", "another order")
    return tuple(digests)


# --- Disclosures (RFC 9901 section 4.2) -------------------------------------------------------------------------------

SALT_BYTES = 16
_HMAC_BLOCK_BYTES = 64
_INNER_PAD = bytes(octet ^ 0x36 for octet in range(256))
_OUTER_PAD = bytes(octet ^ 0x5C for octet in range(256))


class Disclosure(NamedTuple):
    """A personal field opened. Its `repr` shows no value."""

    salt: bytes
    name: str
    value: Any

    def __repr__(self) -> str:
        return f"Disclosure(name={self.name!r})"


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def base64url(octets: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return _base64url(octets).decode("ascii")


def _base64url(octets: bytes) -> bytes:
    return binascii.b2a_base64(octets, newline=False).translate(_URL_SAFE, b"=")


def _base64url_each(several: Sequence[bytes], length: int) -> list[bytes]:
    """Return base64url of each of several octet strings of one length, written in one go: filled up to threes."""
    fill, letters = bytes(-length % 3), (8 * length + 5) // 6
    filled = fill.join(several) + fill if several else b""
    written = binascii.b2a_base64(filled, newline=False).translate(_URL_SAFE)
    return [written[start : start + letters] for start in range(0, len(written), (length + len(fill)) // 3 * 4)]


def disclosure_digest(disclosure: str) -> str:
    """Return the digest that stands in `_sd` for a disclosure (RFC 9901 section 4.2.3)."""
    return base64url(hashlib.sha256(disclosure.encode("ascii")).digest())


def disclosure_digests(disclosures: Iterable[bytes]) -> list[str]:
    """Return the digests of several disclosures, in their order."""
    sha256 = hashlib.sha256
    return [each.decode("ascii") for each in _base64url_each([sha256(each).digest() for each in disclosures], 32)]


def derive_salt(salt_key: bytes, stream: str, version: int, name: str) -> bytes:
    """Return the salt that keeps a personal field from being guessed back from its digest."""
    return _derive_salts(salt_key, stream, version, [name])[0]


def _derive_salts(salt_key: bytes, stream: str, version: int, names: Iterable[str]) -> list[bytes]:
    """Return the salts of several fields: HMAC-SHA-256 as RFC 2104 section 2 writes it, so its pads are made once."""
    sha256, key = hashlib.sha256, salt_key
    key = (key if len(key) <= _HMAC_BLOCK_BYTES else sha256(key).digest()).ljust(_HMAC_BLOCK_BYTES, b"\0")
    inner, outer = key.translate(_INNER_PAD) + f"{stream}|{version}|".encode(), key.translate(_OUTER_PAD)
    return [sha256(outer + sha256(inner + name.encode()).digest()).digest()[:SALT_BYTES] for name in names]


def derive_disclosures(salt_key: bytes, stream: str, version: int, values: Mapping[str, object]) -> dict[str, str]:
    """Return the disclosure of each personal field, by name.

    Raises:
        MalformedEntry: a value that no entry may hold; names the field, never the value.
    """
    made = disclosures_of(salt_key, stream, version, written_fields(values))
    return {name: disclosure.decode("ascii") for name, disclosure in zip(values, made)}


def written_fields(values: Mapping[str, object]) -> dict[str, bytes]:
    """Return the canonical form of each personal field, by name.

    Raises:
        MalformedEntry: a value that no entry may hold; names the field, never the value.
    """
    written = {}
    for name, value in values.items():
        _check_name(name, "sealed fields")
        if value is not None and (type(value) is not str or "\0" in value):
            check_value(value, f"sealed field {name}", 2)
        written[name] = encoded(value, f"sealed field {name}")
    return written


def disclosures_of(salt_key: bytes, stream: str, version: int, written: Mapping[str, bytes]) -> list[bytes]:
    """Return the disclosures of fields whose canonical form is known, in their order."""
    salts = _base64url_each(_derive_salts(salt_key, stream, version, written), SALT_BYTES)
    # Neither salt nor name has anything to escape.
    return [
        _base64url(b'["%b","%b",%b]' % (salt, name.encode(), value))
        for salt, (name, value) in zip(salts, written.items())
    ]


def parse_disclosure(text: str, where: str = "disclosure") -> Disclosure:
    """Return what a disclosure says.

    Raises:
        MalformedEntry: not base64url of canonical `[salt, name, value]` with a salt of 16 bytes.
    """
    parts = parse_canonical(_from_base64url(text, where), where)
    if not isinstance(parts, list) or len(parts) != 3 or not isinstance(parts[0], str):
        raise MalformedEntry(where, "[salt, name, value]", "something else")
    salt = _from_base64url(parts[0], f"{where}: salt")
    if len(salt) != SALT_BYTES:
        raise MalformedEntry(f"{where}: salt", f"{SALT_BYTES} bytes", f"{len(salt)}")
    _check_name(parts[1], where)
    check_value(parts[2], where, 2)
    return Disclosure(salt, parts[1], parts[2])


def open_disclosures(entry: Entry, disclosures: Iterable[str], where: str = "disclosures") -> dict[str, Any]:
    """Return the values of the personal fields that these disclosures open; the other fields are withheld.

    Raises:
        NotDisclosed: a disclosure whose digest the entry does not hold, or one given twice.
        MalformedEntry: a disclosure of another shape, or for a name that is taken.
    """
    left = set(entry.sd)
    opened: dict[str, Any] = {}
    for number, text in enumerate(disclosures, 1):
        place = f"{where}: disclosure {number} of {entry.id}"
        digest = disclosure_digest(text) if text.isascii() else ""
        if digest not in left:
            raise NotDisclosed(place, "one whose digest is in _sd, once", "another")
        left.remove(digest)
        disclosure = parse_disclosure(text, place)
        if disclosure.name in opened or disclosure.name in entry.data:
            raise MalformedEntry(place, "a name that the entry does not hold yet", "one that it holds")
        opened[disclosure.name] = disclosure.value
    return opened


def check_digests(entry: Entry, values: Mapping[str, object], salt_key: bytes, where: str = "entry") -> None:
    """Check that these personal fields give exactly the digests of an entry.

    Raises:
        NotDisclosed: names the field that does not fit, or says how many digests no field opens.
        MalformedEntry: a value that no entry may hold.
    """
    left = set(entry.sd)
    for name, disclosure in derive_disclosures(salt_key, entry.stream, entry.version, values).items():
        digest = disclosure_digest(disclosure)
        if digest not in left:
            raise NotDisclosed(f"{where}: sealed field {name}", "a value whose digest is in _sd", "another value")
        left.remove(digest)
    if left:
        raise NotDisclosed(f"{where}: sealed part", f"{len(entry.sd)} fields", f"{len(values)}")


def _from_base64url(text: str, where: str) -> bytes:
    try:
        octets = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise MalformedEntry(where, "base64url, unpadded", "something else") from None
    if base64url(octets) != text:
        raise MalformedEntry(where, "base64url, unpadded", "another form of it")
    return octets


# --- Tree (RFC 6962 section 2.1) --------------------------------------------------------------------------------------

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The roots of the perfect subtrees over the leaves so far, left to right: all that is needed to go on."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != bin(size).count("1"):
            raise MalformedProof("compact range", f"{bin(size).count('1')} hashes", f"{len(self.hashes)}")

    def push(self, leaf: bytes) -> None:
        """Add the next leaf, merging once per trailing one bit of the size before."""
        rest = self.size
        while rest & 1:
            leaf = node_hash(self.hashes.pop(), leaf)
            rest >>= 1
        self.hashes.append(leaf)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaves as `push` does, but level by level: each pair of a level is merged into one of the next."""
        self.size, size = self.size + len(leaves), self.size
        level, alone = list(leaves), []
        while level:
            if size & 1:
                level.insert(0, self.hashes.pop())
            if len(level) & 1:
                alone.append(level.pop())
            level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2])]
            size >>= 1
        self.hashes += reversed(alone)

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> CompactRange:
        """Return another range that goes on from here."""
        return CompactRange(self.size, self.hashes)


def check_inclusion(leaf: bytes, index: int, size: int, hashes: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf stands at this index under the root of a tree of this size (RFC 9162 section 2.1.3.2).

    Raises:
        MalformedProof: an index that is not in the tree, too many or too few hashes, or one that is not 32 bytes.
        RootDiffers: leaf and proof lead to another root.
    """
    _check_hashes("inclusion proof", (leaf, root, *hashes))
    if not 0 <= index < size <= SIZE_MAX:
        raise MalformedProof("inclusion proof", f"an index below the size {size}", f"{index}")
    here, last, found = index, size - 1, leaf
    for number, other in enumerate(hashes):
        if last == 0:
            raise MalformedProof("inclusion proof", f"{number} hashes", f"{len(hashes)}")
        if here & 1 or here == last:
            found = node_hash(other, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, other)
        here, last = here >> 1, last >> 1
    if last:
        raise MalformedProof("inclusion proof", f"more than {len(hashes)} hashes", f"{len(hashes)}")
    if found != root:
        raise RootDiffers(
            f"inclusion of entry {index + 1}", short(root, "root of the tree"), short(found, "by the proof")
        )


def check_consistency(old: int, new: int, hashes: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of size `new` begins with the tree of size `old` (RFC 9162 section 2.1.4.2).

    Raises:
        MalformedProof: sizes that prove nothing (old 0, old over new), too many or too few hashes, or not 32 bytes.
        NotConsistent: the proof does not lead to both roots.
    """
    _check_hashes("consistency proof", (old_root, new_root, *hashes))
    if not 0 < old <= new <= SIZE_MAX:
        raise MalformedProof("consistency proof", f"an old size from 1 to {new}", f"{old}")
    if old == new:
        if hashes:
            raise MalformedProof("consistency proof", "no hashes between equal sizes", f"{len(hashes)}")
        found = [old_root, old_root]
    else:
        found = _roots_by_consistency(old, new, hashes, old_root)
    for size, expected, root in ((old, old_root, found[0]), (new, new_root, found[1])):
        if root != expected:
            raise NotConsistent(
                f"consistency of {old} and {new}", short(expected, f"root of {size}"), short(root, "by the proof")
            )


def _roots_by_consistency(old: int, new: int, hashes: Sequence[bytes], old_root: bytes) -> list[bytes]:
    """Return the two roots that a consistency proof leads to."""
    path = [old_root, *hashes] if old & (old - 1) == 0 else list(hashes)
    if not hashes:
        raise MalformedProof("consistency proof", "hashes between different sizes", "none")
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old_found = new_found = path[0]
    for number, other in enumerate(path[1:], 1):
        if last == 0:
            raise MalformedProof("consistency proof", f"{number - len(path) + len(hashes)} hashes", f"{len(hashes)}")
        if here & 1 or here == last:
            old_found, new_found = node_hash(other, old_found), node_hash(other, new_found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            new_found = node_hash(new_found, other)
        here, last = here >> 1, last >> 1
    if last:
        raise MalformedProof("consistency proof", f"more than {len(hashes)} hashes", f"{len(hashes)}")
    return [old_found, new_found]


def _check_hashes(where: str, hashes: Iterable[bytes]) -> None:
    for octets in hashes:
        if len(octets) != HASH_BYTES:
            raise MalformedProof(where, f"hashes of {HASH_BYTES} bytes", f"{len(octets)} bytes")


def short(octets: bytes, what: str) -> str:
    """Return the first 8 bytes of a hash, and what it is."""
    return f"{octets.hex()[:16]}...  {what}"


# --- Ed25519 (RFC 8032 section 5.1) -----------------------------------------------------------------------------------
#
# Only checking, so nothing secret is handled and the time it takes tells nothing. Points are (X, Y, Z, T) with
# x = X/Z, y = Y/Z, x * y = T/Z (section 5.1.4).

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)


def check_ed25519(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature (RFC 8032 section 5.1.7): S below L, canonical points, no cofactor.

    Raises:
        BadSignature: the key did not sign these bytes, or key or signature is no such thing.
    """
    if len(signature) != 64:
        raise BadSignature("signature", "64 bytes", f"{len(signature)}")
    s = int.from_bytes(signature[32:], "little")
    key = _decoded_point(public)
    if key is None or s >= _L:
        raise BadSignature("signature", "a point of the curve as key and S below L", "another value")
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % _L
    minus_key = (_P - key[0], key[1], key[2], _P - key[3])
    # R is compared as bytes, so only its canonical encoding can fit.
    if not hmac.compare_digest(_encoded_point(_two_products(s, _BASE, k, minus_key)), signature[:32]):
        raise BadSignature("signature", "one made by this key over these bytes", "another")


def _decoded_point(octets: bytes) -> _Point | None:
    """Return the point that 32 bytes stand for, None if they stand for none (section 5.1.3)."""
    if len(octets) != HASH_BYTES:
        return None
    number = int.from_bytes(octets, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_1 % _P
    if x * x % _P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _encoded_point(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(HASH_BYTES, "little")


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _double(point: _Point) -> _Point:
    a, b = point[0] * point[0] % _P, point[1] * point[1] % _P
    h, g = a + b, a - b
    e = h - (point[0] + point[1]) ** 2
    f = 2 * point[2] * point[2] + g
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _two_products(m: int, one: _Point, n: int, other: _Point) -> _Point:
    """Return m * one + n * other, reading both numbers bit by bit from the top."""
    table = (_NEUTRAL, one, other, _add(one, other))
    found = _NEUTRAL
    for bit in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        found = _double(found)
        which = (m >> bit & 1) + 2 * (n >> bit & 1)
        if which:
            found = _add(found, table[which])
    return found


def _base_point() -> _Point:
    point = _decoded_point((4 * pow(5, -1, _P) % _P).to_bytes(HASH_BYTES, "little"))
    if point is None:  # cannot happen: the base point is on the curve
        raise BadSignature("base point", "a point of the curve", "none")
    return point


_BASE = _base_point()


# --- Keys, notes, checkpoints (C2SP signed-note, tlog-checkpoint) -----------------------------------------------------

SIGNATURES_MAX = 16
_ED25519 = 0x01
_DASH = "— "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")

CheckSignature = Callable[[bytes, bytes, bytes], None]
"""Takes public key, message and signature; raises BadSignature."""


class VerifierKey(NamedTuple):
    """A public key under its name; `hint` is the key's number in notes."""

    name: str
    hint: bytes
    public: bytes

    def __str__(self) -> str:
        return f"{self.name}+{self.hint.hex()}+{b64encode(bytes([_ED25519]) + self.public).decode('ascii')}"


class Checkpoint(NamedTuple):
    """What a record of this origin held at this size."""

    origin: str
    size: int
    root: bytes


def key_hint(name: str, public: bytes) -> bytes:
    """Return the 4 bytes that name a key in a note."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([_ED25519]) + public).digest()[:4]


def parse_vkey(text: str, where: str = "key") -> VerifierKey:
    """Return the key of `<name>+<8 hex>+<base64 of 01 and 32 bytes>`.

    Raises:
        MalformedNote: another shape, another algorithm, or a number that is not the key's.
    """
    name, _, rest = text.partition("+")
    hint, _, key = rest.partition("+")
    octets = _from_base64(key, where)
    if not _is_key_name(name) or len(octets) != 1 + HASH_BYTES or octets[0] != _ED25519:
        raise MalformedNote(where, "<name>+<8 hex>+<base64 of an Ed25519 key>", "another shape")
    if hint != key_hint(name, octets[1:]).hex():
        raise MalformedNote(where, f"{key_hint(name, octets[1:]).hex()}, the number of this key", "another number")
    return VerifierKey(name, bytes.fromhex(hint), octets[1:])


def parse_vkeys(text: str, where: str = "key file") -> tuple[VerifierKey, ...]:
    """Return the keys of a file, one a line.

    Raises:
        MalformedNote: no key, or a line that is none.
    """
    keys = tuple(
        parse_vkey(line, f"{where}, line {number}") for number, line in enumerate(text.splitlines(), 1) if line.strip()
    )
    if not keys:
        raise MalformedNote(where, "at least one key", "none")
    return keys


def open_note(
    note: str, keys: Iterable[VerifierKey], *, check: CheckSignature = check_ed25519, where: str = "note"
) -> tuple[str, tuple[VerifierKey, ...]]:
    """Return the text of a signed note, and the known keys that signed it; unknown signatures are passed over.

    Raises:
        MalformedNote: not a signed note, or more than 16 signatures.
        BadSignature: a signature that names a known key and is not by it.
        UnknownKey: no known key signed it.
    """
    text, lines = _note_parts(note, where)
    known = {(key.name, key.hint): key for key in keys}
    signers: list[VerifierKey] = []
    names: list[str] = []
    for number, line in enumerate(lines, 1):
        place = f"{where}, signature line {number}"
        name, hint, signature = _signature_parts(line, place)
        names.append(f"{name}+{hint.hex()}")
        key = known.get((name, hint))
        if key is None:
            continue
        try:
            check(key.public, text.encode(), signature)
        except BadSignature as error:
            raise BadSignature(place, f"a signature by {name}+{hint.hex()} over this text", error.found) from None
        signers.append(key)
    if not signers:
        trusted = ", ".join(f"{key.name}+{key.hint.hex()}" for key in known.values())
        raise UnknownKey(where, f"a signature by {trusted or 'a known key'}", f"by {', '.join(names)}")
    return text, tuple(signers)


def parse_checkpoint(text: str, where: str = "checkpoint") -> Checkpoint:
    """Return what the text of a checkpoint says: three lines, no more.

    Raises:
        MalformedNote: names the line.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise MalformedNote(where, "three lines, each ended by a line feed", f"{len(lines) - 1}")
    if not lines[0]:
        raise MalformedNote(f"{where}, line 1", "an origin", "nothing")
    size = _decimal(lines[1])
    if size is None:
        raise MalformedNote(f"{where}, line 2", "a size in digits, without leading zero", "something else")
    root = _from_base64(lines[2], f"{where}, line 3")
    if len(root) != HASH_BYTES:
        raise MalformedNote(f"{where}, line 3", f"a root of {HASH_BYTES} bytes", f"{len(root)}")
    if size == 0 and root != EMPTY_ROOT:
        raise MalformedNote(f"{where}, line 3", "sha256 of nothing, at size 0", "another root")
    return Checkpoint(lines[0], size, root)


def open_checkpoint(
    note: str,
    keys: Iterable[VerifierKey],
    origin: str | None = None,
    *,
    check: CheckSignature = check_ed25519,
    where: str = "checkpoint",
) -> Checkpoint:
    """Return what a signed checkpoint says. One known key of the origin's own name must have signed it.

    Raises:
        MalformedNote, BadSignature, UnknownKey: as `open_note` and `parse_checkpoint`; or it is another record's.
    """
    text, signers = open_note(note, keys, check=check, where=where)
    checkpoint = parse_checkpoint(text, where)
    if origin is not None and checkpoint.origin != origin:
        raise MalformedNote(f"{where}, line 1", origin, checkpoint.origin)
    if not any(key.name == checkpoint.origin for key in signers):
        raise UnknownKey(where, f"a signature by {checkpoint.origin}", ", ".join(key.name for key in signers))
    return checkpoint


def _note_parts(note: str, where: str) -> tuple[str, list[str]]:
    """Return the text of a note with its last line feed, and its signature lines."""
    if any(character < " " and character != "\n" for character in note):
        raise MalformedNote(where, "no control character but the line feed", "another one")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise MalformedNote(
            where, "a text, an empty line, and signature lines, each ended by a line feed", "another form"
        )
    lines = signatures[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise MalformedNote(where, f"at most {SIGNATURES_MAX} signatures", f"{len(lines)}")
    return text + "\n", lines


def _signature_parts(line: str, where: str) -> tuple[str, bytes, bytes]:
    """Return key name, key number and signature of one line of a note."""
    name, space, signature = line[len(_DASH) :].partition(" ")
    if not line.startswith(_DASH) or not space or not _is_key_name(name):
        raise MalformedNote(where, "an em dash, a key name, a signature in base64", "another form")
    octets = _from_base64(signature, where)
    if len(octets) <= 4:
        raise MalformedNote(where, "4 bytes of key number and a signature", f"{len(octets)} bytes")
    return name, octets[:4], octets[4:]


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def _decimal(text: str) -> int | None:
    return int(text) if _DECIMAL.fullmatch(text) and int(text) <= SIZE_MAX else None


def _from_base64(text: str, where: str) -> bytes:
    try:
        octets = b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise MalformedNote(where, "base64", "something else") from None
    if b64encode(octets).decode("ascii") != text:
        raise MalformedNote(where, "base64, padded", "another form of it")
    return octets


# --- Proof files (C2SP tlog-proof; consistency as tlog-witness writes it) ---------------------------------------------

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
PROOF_HASHES_MAX = 63


@dataclass(frozen=True)
class Proof:
    """What a proof file holds: where an entry stands, the hashes that join it to a root, the note that signs it."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None = None


class ConsistencyProof(NamedTuple):
    """The hashes that join the tree of an old size to the one that the note signs."""

    old: int
    hashes: tuple[bytes, ...]
    note: str


def parse_proof(text: str, where: str = "proof") -> Proof:
    """Return what a `.tlog-proof` file holds; the note is not opened yet.

    Raises:
        MalformedProof: names the line.
    """
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != PROOF_HEADER:
        raise MalformedProof(f"{where}, line 1", PROOF_HEADER, "something else")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _proof_base64(lines.pop(0)[len("extra ") :], f"{where}, line 2")
    if not lines:
        raise MalformedProof(where, "a line `index <number>`", "none")
    index = _labelled_number("index", lines.pop(0), where)
    return Proof(index, _proof_hashes(lines, where), _proof_note(note, where), extra)


def parse_consistency(text: str, where: str = "consistency proof") -> ConsistencyProof:
    """Return what a consistency proof says; the note is not opened yet.

    Raises:
        MalformedProof: names the line.
    """
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    old = _labelled_number("old", lines.pop(0), where)
    return ConsistencyProof(old, _proof_hashes(lines, where), _proof_note(note, where))


def check_proof(
    text: str,
    leaf: bytes,
    keys: Iterable[VerifierKey],
    origin: str | None = None,
    *,
    check: CheckSignature = check_ed25519,
    where: str = "proof",
) -> tuple[int, Checkpoint]:
    """Return the index of a leaf, and the signed checkpoint under which the proof file shows it.

    Raises:
        MalformedProof, RootDiffers, MalformedNote, BadSignature, UnknownKey: it does not show that.
    """
    proof = parse_proof(text, where)
    checkpoint = open_checkpoint(proof.note, keys, origin, check=check, where=where)
    check_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return proof.index, checkpoint


def _labelled_number(label: str, line: str, where: str) -> int:
    name, _, digits = line.partition(" ")
    number = _decimal(digits)
    if name != label or number is None:
        raise MalformedProof(where, f"a line `{label} <number>`", "something else")
    return number


def _proof_hashes(lines: Sequence[str], where: str) -> tuple[bytes, ...]:
    if len(lines) > PROOF_HASHES_MAX:
        raise MalformedProof(where, f"at most {PROOF_HASHES_MAX} hashes", f"{len(lines)}")
    hashes = tuple(_proof_base64(line, where) for line in lines)
    _check_hashes(where, hashes)
    return hashes


def _proof_note(note: str, where: str) -> str:
    if not note:
        raise MalformedProof(where, "an empty line and a signed checkpoint", "nothing")
    return note


def _proof_base64(text: str, where: str) -> bytes:
    try:
        return _from_base64(text, where)
    except MalformedNote as error:
        raise MalformedProof(where, error.expected, error.found) from None


# --- Findings ---------------------------------------------------------------------------------------------------------

ERRORS_MAX = 20


class Level(NamedTuple):
    """What one kind of check came to: `held`, `broken` or `not_run`; `summary` says what was done, or why not."""

    name: str
    status: str
    summary: str
    errors: tuple[LedgerError, ...]
    error_count: int

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        errors = [
            {"kind": type(error).__name__, "where": error.where, "expected": error.expected, "found": error.found}
            for error in self.errors
        ]
        return {
            "name": self.name,
            "status": self.status,
            "summary": self.summary,
            "errors": errors,
            "error_count": self.error_count,
        }

    def lines(self) -> list[str]:
        """Return what a person reads of it."""
        told = [f"{self.status.replace('_', ' '):8} {self.name:12} {self.summary}".rstrip()]
        for error in self.errors:
            told += [error.where, f"  expected {error.expected:<54} found {error.found}"]
        if self.error_count > len(self.errors):
            told.append(f"... and {self.error_count - len(self.errors)} more")
        return [printable(line) for line in told]


class Findings:
    """Collects what one level finds: it goes on after an error, and keeps the first 20."""

    def __init__(self, name: str, not_run: str | None = None) -> None:
        self.name = name
        self.summary = ""
        self._not_run = not_run
        self._errors: list[LedgerError] = []
        self._count = 0

    @property
    def is_run(self) -> bool:
        """Tell whether this level checks anything."""
        return self._not_run is None

    def add(self, error: LedgerError) -> None:
        """Keep an error, or count it."""
        self._count += 1
        if len(self._errors) < ERRORS_MAX:
            self._errors.append(error)

    def count(self) -> None:
        """Count an error that is not kept."""
        self._count += 1

    def skip(self, why: str) -> None:
        """Say that there was nothing to check, and why."""
        self._not_run = why

    def level(self) -> Level:
        """Return what was found; what was not run has not held."""
        if self._count:
            return Level(self.name, "broken", "", tuple(self._errors), self._count)
        if self._not_run is not None:
            return Level(self.name, "not_run", self._not_run, (), 0)
        return Level(self.name, "held", self.summary, (), 0)


def printable(text: str) -> str:
    """Return text that is safe to show on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many}"


def span(first: int, last: int) -> str:
    """Return the name of a run of entries."""
    return f"entry {first}" if first == last else f"entries {first} to {last}"


# --- A package as it was exported -------------------------------------------------------------------------------------
#
#   manifest.json              what is in it: origin, stream, version, size, withheld, sha256 of each other file
#   record/entries.jsonl       the entries' own bytes, one a line, in order of position
#   record/disclosures.jsonl   {"disclosures":[...],"id":"<stream>/<version>"}, a line for each entry, in that order
#   record/proofs/<position>.tlog-proof           one for each entry, all to the same checkpoint
#   record/checkpoint, record/log.vkey            the signed checkpoint; its keys, to compare with one from elsewhere
#   record/keys/entries.jsonl                     only if the key was changed: the entries that name the record's keys,
#                                                 the record's first entry, then each change, one a line
#   record/keys/<position>/1.tlog-proof, record/keys/<position>/<position>.tlog-proof
#                                                 for each change, the proofs of that first entry and of the change, to
#                                                 the first checkpoint over it: the old key has signed that one too
#   evidence/E<evidence_no>.<ext>, letters/<letter_id>.pdf   files that entries name by their hash; other pages filed
#                                                            under the same id are letters/<letter_id>.2.pdf and on
#   case.json, history.txt, README.txt, verify.py            made from the record, to read and to check it
#
#   {"files":{"<path>":"<sha256>"},"format":"casework-export/1","is_scratch":false,"origin":"...","size":12,
#    "stream":"<uuid>","streams":[{"stream":"<uuid>","version":2}],"version":9,"withheld":{"<stream>/<version>":3}}
#
# `streams`, further streams of the case, may be left out; so may, in `withheld`, an entry of which nothing is. The
# receipt is {"entry":"...","proof":"...","vkey":"..."}: the `disclosure.exported.v1` entry about this package, proved.

FORMAT = "casework-export/1"
READ_BYTES_MAX = 256 * 2**20
_CHUNK_BYTES = 2**20
_MADE_BY_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}
_PATH = re.compile(r"(?!.*(^|/)\.{1,2}(/|$))[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PROOF_PATH = re.compile(r"record/proofs/([1-9][0-9]{0,18})\.tlog-proof")
_KEYS = "record/keys/"
_KEY_ENTRIES = "record/keys/entries.jsonl"
_KEY_CHANGE_PATH = re.compile(r"record/keys/([1-9][0-9]{0,18})/\1\.tlog-proof")
_EVIDENCE_PATH = re.compile(r"evidence/(E[1-9][0-9]{0,8})\.[a-z0-9]{1,8}")
_LETTER_PATH = re.compile(r"letters/([A-Za-z0-9-]+)(?:\.[1-9][0-9]{0,8})?\.pdf")
# What zipfile raises of an archive that is not as it was written: a member that says it needs a later version of the
# format is NotImplementedError, one that says it is encrypted RuntimeError, a name that is no UTF-8 ValueError.
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Manifest(NamedTuple):
    """What a package says is in it; `streams` are all its streams, each with its last version."""

    origin: str
    is_scratch: bool
    stream: str
    version: int
    size: int
    streams: dict[str, int]
    withheld: dict[str, int]
    files: dict[str, str]


class Receipt(NamedTuple):
    """What says outside the package that it was made: an entry of the record, with its proof."""

    entry: bytes
    proof: str


class KeyChange(NamedTuple):
    """The entry at a position that names a key in the place of another."""

    position: int
    old: VerifierKey
    new: VerifierKey
    leaves: dict[int, bytes]  # of the record's first entry and of this one, by position


def parse_manifest(octets: bytes, where: str = "manifest.json") -> Manifest:
    """Return what a manifest says.

    Raises:
        Incomplete: names the member.
    """
    said = _parse_object(octets, where)
    _member(said, "format", where, FORMAT, lambda value: value == FORMAT)
    streams: dict[str, int] = {}
    for each in [said, *_member(said, "streams", where, "a list", _is_list, default=[])]:
        stream = _member(each, "stream", where, "a UUID", _is_uuid)
        if stream in streams:
            raise Incomplete(f"{where}: streams", "each stream once", "one twice")
        streams[stream] = _member(each, "version", where, "a number from 1", _is_positive)
    return Manifest(
        origin=_member(said, "origin", where, "an origin", _is_origin),
        is_scratch=_member(said, "is_scratch", where, "true or false", lambda value: isinstance(value, bool)),
        stream=said["stream"],
        version=said["version"],
        size=_member(said, "size", where, "a number from 1", _is_positive),
        streams=streams,
        withheld=_member(said, "withheld", where, "numbers of fields, by entry", _is_table_of_counts),
        files=_member(said, "files", where, "sha256 in hex, by path", _is_table_of_hashes),
    )


def parse_receipt(octets: bytes, where: str = "receipt") -> Receipt:
    """Return what a receipt says; its `vkey` is there to read, never trusted.

    Raises:
        Incomplete: names the member.
    """
    said = _parse_object(octets, where)
    entry, proof, _ = (_member(said, name, where, "text", _is_text) for name in ("entry", "proof", "vkey"))
    return Receipt(entry.encode(), proof)


def _parse_object(octets: bytes, where: str) -> dict[str, Any]:
    """Return a JSON object in which no name stands twice."""
    try:
        said = json.loads(octets.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Incomplete(where, "a JSON object, each name once", "something else") from None
    if not isinstance(said, dict):
        raise Incomplete(where, "a JSON object", "another value")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _member(
    said: object, name: str, where: str, expected: str, fits: Callable[[object], bool], *, default: object = None
) -> Any:  # noqa: ANN401 - what it is, `fits` finds out
    value = said.get(name, default) if isinstance(said, dict) else None
    if not fits(value):
        raise Incomplete(f"{where}: {name}", expected, "nothing" if value is None else "something else")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_uuid(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _is_origin(value: object) -> bool:
    return isinstance(value, str) and _SOURCE.fullmatch(value) is not None


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= SIZE_MAX


def _is_table_of_counts(value: object) -> bool:
    return isinstance(value, dict) and all(type(inner) is int and inner >= 0 for inner in value.values())


def _is_table_of_hashes(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(inner, str) and _SHA256.fullmatch(inner) for inner in value.values()
    )


class Package(ABC):
    """The files of a package, by their path from its root."""

    @abstractmethod
    def paths(self) -> list[str]:
        """Return the paths of all files."""

    @abstractmethod
    def open(self, path: str) -> IO[bytes]:
        """Open one file."""

    @abstractmethod
    def sha256(self) -> str | None:
        """Return the hash of the package itself, None where it was unpacked."""

    def read(self, path: str) -> bytes:
        """Return a file that is small enough to hold.

        Raises:
            Incomplete: not there, too large, or damaged.
        """
        with self._opened(path) as stream:
            octets = stream.read(READ_BYTES_MAX + 1)
        if len(octets) > READ_BYTES_MAX:
            raise Incomplete(path, f"at most {READ_BYTES_MAX} bytes", "more")
        return octets

    def text(self, path: str) -> str:
        """Return a file of text."""
        try:
            return self.read(path).decode("utf-8")
        except UnicodeDecodeError:
            raise Incomplete(path, "UTF-8", "other bytes") from None

    def hash(self, path: str) -> str:
        """Return the sha256 of a file, of any size."""
        with self._opened(path) as stream:
            return _hash_of(stream)

    @contextmanager
    def _opened(self, path: str) -> Iterator[IO[bytes]]:
        try:
            with self.open(path) as stream:
                yield stream
        except (FileNotFoundError, KeyError):
            raise Incomplete(path, "a file", "none") from None
        except _DAMAGED:
            raise Incomplete(path, "a file that can be unpacked", "a damaged one") from None


class Folder(Package):
    """A package that was unpacked. Files that desktops leave in folders are passed over."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def paths(self) -> list[str]:
        """Return the paths of all files; a link is none."""
        found = []
        for each in self._root.rglob("*"):
            path = each.relative_to(self._root).as_posix()
            if each.is_symlink() or not (each.is_file() or each.is_dir()):
                raise Incomplete(path, "a file", "a link or a device")
            if each.is_file() and each.name not in _MADE_BY_DESKTOPS:
                found.append(path)
        return found

    def open(self, path: str) -> IO[bytes]:
        """Open one file."""
        return (self._root / path).open("rb")

    def sha256(self) -> None:
        """Return None: the hash was that of the .zip."""


class Zip(Package):
    """A package as it was sent: a file by its path, or one that is open and may have none."""

    def __init__(self, file: Path | IO[bytes]) -> None:
        self._file = file
        self._name = _name_of(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGED:
            raise Incomplete(self._name, "a folder or a .zip", "something else, or a damaged one") from None

    def paths(self) -> list[str]:
        """Return the paths of all files."""
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        for member in members:
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise Incomplete(member.filename, "a file stored or deflated", "another kind of compression")
        paths = [member.filename for member in members]
        if len(set(paths)) != len(paths):
            raise Incomplete(self._name, "each path once", "one twice")
        return paths

    def open(self, path: str) -> IO[bytes]:
        """Open one file."""
        # An altered directory can place it before the file begins; seeking there would be an error of the system.
        if self._zip.getinfo(path).header_offset < 0:
            raise zipfile.BadZipFile(path)
        return self._zip.open(path)

    def sha256(self) -> str:
        """Return the hash of the file."""
        if not isinstance(self._file, Path):
            self._file.seek(0)
            return _hash_of(self._file)
        with self._file.open("rb") as stream:
            return _hash_of(stream)


def open_package(path: Path | IO[bytes]) -> Package:
    """Return a package to read from.

    Raises:
        Incomplete: neither a folder nor a .zip that can be read.
    """
    return Folder(path) if isinstance(path, Path) and path.is_dir() else Zip(path)


def _name_of(package: Path | IO[bytes]) -> str:
    return package.resolve().name if isinstance(package, Path) else "the package"


def _hash_of(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in iter(lambda: stream.read(_CHUNK_BYTES), b""):
        digest.update(chunk)
    return digest.hexdigest()


class PackageReport(NamedTuple):
    """What came of checking a package."""

    name: str
    manifest: Manifest | None
    checkpoint: Checkpoint | None
    entry_count: int
    disclosed_count: int
    withheld: Mapping[str, int]
    files_withheld: int
    keys: tuple[VerifierKey, ...]
    is_key_from_elsewhere: bool
    levels: tuple[Level, ...]
    followed: tuple[KeyChange, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether nothing that was run is broken."""
        return all(level.status != "broken" for level in self.levels)

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        manifest, checkpoint = self.manifest, self.checkpoint
        return {
            "holds": self.holds,
            "package": self.name,
            "origin": manifest.origin if manifest else None,
            "is_scratch": manifest.is_scratch if manifest else None,
            "streams": manifest.streams if manifest else {},
            "size": checkpoint.size if checkpoint else None,
            "root": checkpoint.root.hex() if checkpoint else None,
            "entries": self.entry_count,
            "disclosed": self.disclosed_count,
            "withheld": dict(self.withheld),
            "files_withheld": self.files_withheld,
            "keys": [str(key) for key in self.keys],
            "key_from": "elsewhere" if self.is_key_from_elsewhere else "package",
            "keys_followed": [{"position": change.position, "key": str(change.new)} for change in self.followed],
            "levels": [level.as_json() for level in self.levels],
        }

    def lines(self) -> list[str]:
        """Return what a person reads."""
        told = [f"package  {self.name}"]
        if self.manifest:
            told += [f"case     {stream}, versions 1 to {last}" for stream, last in self.manifest.streams.items()]
            told.append(f"record   {self.manifest.origin}")
            if self.manifest.is_scratch:
                told.append("         a SCRATCH record, for trials: nothing in it need be real")
        if self.checkpoint:
            told.append(
                f"         {counted(self.checkpoint.size, 'entry', 'entries')}, root {self.checkpoint.root.hex()}"
            )
        told += [f"key      {key}" for key in self.keys]
        told += [
            f"key      {each.new} from entry {each.position} on, signed for by the one before" for each in self.followed
        ]
        if self.keys and not self.is_key_from_elsewhere:
            told.append("         it came with the package: compare it with one had from elsewhere (--key FILE)")
        told += ["", *(line for level in self.levels for line in level.lines())]
        told += ["", *self._verdict()]
        return [printable(line) for line in told]

    def _verdict(self) -> list[str]:
        if not self.holds:
            return ["DOES NOT HOLD: this package, or what is in it, is not as it was made."]
        entries, fields = counted(self.entry_count, "entry", "entries"), sum(self.withheld.values())
        files = counted(self.files_withheld, "file", "files")
        return [
            f"HOLDS: {entries}; {self.disclosed_count} personal fields opened, {fields} withheld; {files} withheld.",
            "Not shown: that what was recorded is true. What is proved is record/; case.json, history.txt retell it.",
        ]


def check_package(
    path: Path | IO[bytes],
    *,
    keys: Iterable[VerifierKey] | None = None,
    receipt: bytes | None = None,
    check: CheckSignature = check_ed25519,
) -> PackageReport:
    """Check a package, a folder or a .zip (or one that is open), and the receipt beside it, if its bytes are given.

    Without `keys` the package's own key is used, which shows only that it is of one piece.

    Raises:
        OSError: a file could not be read.
    """
    return _PackageCheck(path, None if keys is None else tuple(keys), receipt, check).run()


_NO_ENTRIES = "the entries cannot be read"
_NOT_ALL_ENTRIES = "not every entry can be read"


class _PackageCheck:
    """Checks one package, level by level; each goes on from what the levels before it have read."""

    def __init__(
        self, path: Path | IO[bytes], keys: tuple[VerifierKey, ...] | None, receipt: bytes | None, check: CheckSignature
    ) -> None:
        self._path = path
        self._given = keys
        self._receipt = receipt
        self._receipt_entry: Entry | None = None
        self._check = check
        self._keys: tuple[VerifierKey, ...] = keys or ()
        self._trusted: list[VerifierKey] = []  # these, and those that were followed from them
        self._followed: list[KeyChange] = []
        self._manifest: Manifest | None = None
        self._hashes: dict[str, str | None] = {}  # None: a file that cannot be read
        self._lines: list[bytes] = []
        self._entries: list[Entry | None] = []
        self._checkpoint: Checkpoint | None = None
        self._note = ""
        self._disclosed = 0
        self._withheld: dict[str, int] = {}
        self._files_withheld = 0
        self._levels: list[Level] = []

    def run(self) -> PackageReport:
        """Run all levels in order; without a manifest there is nothing to compare with."""
        self._run("files", self._check_files)
        if self._manifest is not None:
            self._run("entries", self._check_entries, self._manifest)
            self._run("disclosures", self._check_disclosures, self._manifest)
            self._run("signature", self._check_signature, self._manifest)
            self._run("proofs", self._check_proofs)
            self._run("attachments", self._check_attachments)
            self._run("receipt", self._check_receipt, self._manifest)
            self._run("package", self._check_whole)
        return PackageReport(
            name=_name_of(self._path),
            manifest=self._manifest,
            checkpoint=self._checkpoint,
            entry_count=len(self._entries),
            disclosed_count=self._disclosed,
            withheld={id_: count for id_, count in self._withheld.items() if count},
            files_withheld=self._files_withheld,
            keys=self._keys,
            is_key_from_elsewhere=self._given is not None,
            levels=tuple(self._levels),
            followed=tuple(self._followed),
        )

    def _run(self, name: str, level: Callable[..., None], *arguments: object) -> None:
        findings = Findings(name)
        try:
            level(findings, *arguments)
        except LedgerError as error:
            findings.add(error)
        self._levels.append(findings.level())

    def _check_files(self, findings: Findings) -> None:
        """Compare the files with the manifest: each is listed and as listed, none is missing."""
        self._package = open_package(self._path)
        paths = set(self._package.paths())
        self._manifest = manifest = parse_manifest(self._package.read("manifest.json"))
        listed = set(manifest.files) | {"manifest.json"}
        for path in sorted(paths - listed):
            findings.add(Incomplete(path[:200], "only files that manifest.json lists", "one that it does not"))
        for path in sorted(listed - paths):
            findings.add(Incomplete(path[:200], "a file, as manifest.json lists it", "none"))
        for path in sorted(paths & set(manifest.files)):
            if not _PATH.fullmatch(path):
                findings.add(Incomplete(path[:200], "a path of letters, digits, dot, _ and -", "another"))
                continue
            self._hashes[path] = None
            try:
                self._hashes[path] = found = self._package.hash(path)
            except LedgerError as error:
                findings.add(error)
                continue
            if found != manifest.files[path]:
                findings.add(Incomplete(path, f"sha256 {manifest.files[path][:16]}...", f"{found[:16]}..."))
        findings.summary = f"{counted(len(paths), 'file', 'files')}, each as manifest.json says, and no other"

    def _check_entries(self, findings: Findings, manifest: Manifest) -> None:
        """Read the entries: canonical, of this record, and from 1 to n in each stream."""
        path = "record/entries.jsonl"
        self._lines = _lines(self._package.read(path), path)
        versions = dict.fromkeys(manifest.streams, 0)
        for number, line in enumerate(self._lines, 1):
            place = f"{path}, line {number}"
            self._entries.append(None)
            try:
                self._entries[-1] = entry = parse_entry(line, place)
                _follow_version(entry, versions, place)
            except LedgerError as error:
                findings.add(error)
                continue
            if entry.source != manifest.origin:
                findings.add(WrongOrder(f"{place}: source", manifest.origin, entry.source))
        for stream, last in manifest.streams.items():
            if versions[stream] != last:
                found = f"up to version {versions[stream]}"
                findings.add(Incomplete(f"{path}: {stream}", f"up to version {last}", found))
        findings.summary = f"{counted(len(self._lines), 'entry', 'entries')}, canonical, versions without a hole"

    def _check_disclosures(self, findings: Findings, manifest: Manifest) -> None:
        """Open the disclosures: each fits a digest of its entry, and as many are left out as the manifest says."""
        path = "record/disclosures.jsonl"
        if not self._lines:
            findings.skip(_NO_ENTRIES)
            return
        lines = _lines(self._package.read(path), path)
        if len(lines) != len(self._lines):
            expected = f"{counted(len(self._lines), 'line', 'lines')}, one for each entry"
            raise Incomplete(path, expected, str(len(lines)))
        for number, (line, entry) in enumerate(zip(lines, self._entries), 1):
            if entry is not None:
                try:
                    self._open_line(line, entry, manifest, f"{path}, line {number}")
                except LedgerError as error:
                    findings.add(error)
        if None in self._entries:
            findings.skip(_NOT_ALL_ENTRIES)
            return
        for id_ in sorted(set(manifest.withheld) - {entry.id for entry in self._read()}):
            findings.add(Incomplete("manifest.json: withheld", "entries of this package", id_[:200]))
        withheld = sum(self._withheld.values())
        where = counted(sum(1 for count in self._withheld.values() if count), "entry", "entries")
        findings.summary = f"{counted(self._disclosed, 'field', 'fields')} opened, each by its digest; "
        findings.summary += f"{withheld} withheld, in {where}" if withheld else "none withheld"

    def _open_line(self, line: bytes, entry: Entry, manifest: Manifest, where: str) -> None:
        opened = open_disclosures(entry, _parse_disclosure_line(line, entry, where), where)
        withheld = len(entry.sd) - len(opened)
        self._disclosed += len(opened)
        self._withheld[entry.id] = withheld
        said = manifest.withheld.get(entry.id, 0)
        if said != withheld:
            raise Incomplete(f"{where}: withheld of {entry.id}", f"{said}, as manifest.json says", f"{withheld}")

    def _read(self) -> list[Entry]:
        """Return the entries that could be read."""
        return [entry for entry in self._entries if entry is not None]

    def _check_signature(self, findings: Findings, manifest: Manifest) -> None:
        """Open the checkpoint: signed by a trusted key, of this origin and size."""
        own = parse_vkeys(self._package.text("record/log.vkey"), "record/log.vkey")
        if self._given is None:
            self._keys = own
        self._trusted = list(self._keys)
        self._note = self._package.text("record/checkpoint")
        named = self._follow_keys(manifest)
        if not set(own) & set(self._trusted):
            findings.add(UnknownKey("record/log.vkey", "the key that was given, or one that follows it", "another"))
        try:
            checkpoint = open_checkpoint(
                self._note, self._trusted, manifest.origin, check=self._check, where="record/checkpoint"
            )
        except UnknownKey as error:
            lacks = f"nothing in {_KEYS} leads there from the key that is trusted"
            if not named:
                lacks = f"there is no {_KEY_ENTRIES} that leads there from the key that is trusted"
            raise UnknownKey(error.where, error.expected, f"one {error.found}; {lacks}") from None
        if checkpoint.size != manifest.size:
            findings.add(
                Incomplete("record/checkpoint: size", f"{manifest.size}, as manifest.json says", f"{checkpoint.size}")
            )
        self._checkpoint = checkpoint
        findings.summary = (
            f"the checkpoint of {counted(checkpoint.size, 'entry', 'entries')} is signed by {checkpoint.origin}"
        )

    def _follow_keys(self, manifest: Manifest) -> int:
        """Go on from the keys that are trusted to those which the record names after them; return how many it names."""
        paths = [path for path in manifest.files if path.startswith(_KEYS)]
        if not paths:
            return 0
        positions = sorted(int(found[1]) for found in map(_KEY_CHANGE_PATH.fullmatch, paths) if found)
        lines = _lines(self._package.read(_KEY_ENTRIES), _KEY_ENTRIES)
        changes = _parse_key_changes(lines, positions, manifest)
        for change in changes:
            by = [key for key in (change.old, change.new) if key in self._trusted]
            if by:  # else it was before the key that is trusted
                self._check_change(change, by, manifest)
            if change.old in by and change.new not in by:
                self._trusted.append(change.new)
                self._followed.append(change)
            if change.old in by:
                self._trusted.remove(change.old)  # what was given up signs nothing after that
        return len(changes)

    def _check_change(self, change: KeyChange, by: list[VerifierKey], manifest: Manifest) -> None:
        """Check that a change, and the entry that opens the record, are under a checkpoint that these keys signed.

        The first entry says which stream is the record's own: a change that stands in another one changes nothing.
        """
        for position, leaf in change.leaves.items():
            path = f"{_KEYS}{change.position}/{position}.tlog-proof"
            text = self._package.text(path)
            try:
                index, _ = check_proof(text, leaf, by, manifest.origin, check=self._check, where=path)
            except UnknownKey as error:
                expected = f"{error.expected}, over the change of keys in entry {change.position}"
                found = f"one {error.found} alone: trust it only if it came another way, and give both keys then"
                raise UnknownKey(path, expected, found) from None
            if index != position - 1:
                raise MalformedProof(path, f"index {position - 1}", str(index))

    def _check_proofs(self, findings: Findings) -> None:
        """Check the proofs: each entry is in the record, under the one checkpoint, where its proof's name says."""
        if not self._lines:
            findings.skip(_NO_ENTRIES)
            return
        paths = [found for found in map(_PROOF_PATH.fullmatch, self._hashes) if found]
        positions = sorted(int(found[1]) for found in paths)
        if len(positions) != len(self._lines):
            expected = f"{counted(len(self._lines), 'proof', 'proofs')}, one for each entry"
            raise Incomplete("record/proofs", expected, str(len(positions)))
        if self._checkpoint is None:
            findings.skip("the checkpoint does not open")
            return
        for position, line in zip(positions, self._lines):
            path = f"record/proofs/{position}.tlog-proof"
            try:
                self._check_one_proof(path, position, leaf_hash(line), self._checkpoint)
            except LedgerError as error:
                findings.add(error)
        findings.summary = f"{counted(len(positions), 'entry', 'entries')} in the record, each under that checkpoint"

    def _check_one_proof(self, path: str, position: int, leaf: bytes, checkpoint: Checkpoint) -> None:
        proof = parse_proof(self._package.text(path), path)
        if proof.note != self._note:
            raise MalformedProof(path, "the note of record/checkpoint", "another")
        if proof.index != position - 1:
            raise MalformedProof(path, f"index {position - 1}", str(proof.index))
        check_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)

    def _check_attachments(self, findings: Findings) -> None:
        """Compare the other files with the entries that name them by their hash; one that is not there is withheld."""
        if not self._entries or None in self._entries:
            findings.skip(_NOT_ALL_ENTRIES if self._entries else _NO_ENTRIES)
            return
        named = {"evidence": set(_evidence_named(self._read())), "letters": set(_letters_named(self._read()))}
        here: dict[str, set[tuple[str, str]]] = {kind: set() for kind in named}
        unread = 0
        for path, found in sorted(self._hashes.items()):
            kind = path.partition("/")[0]
            if kind not in named:
                continue
            if found is None:
                unread += 1
                continue
            shape = (_EVIDENCE_PATH if kind == "evidence" else _LETTER_PATH).fullmatch(path)
            if shape is None or (shape[1], found) not in named[kind]:
                findings.add(Incomplete(path, "a file that an entry names by its sha256", f"{found[:16]}..."))
            else:
                here[kind].add((shape[1], found))
        if unread:
            findings.skip(f"{counted(unread, 'file', 'files')} cannot be read")
            return
        self._files_withheld = sum(len(named[kind] - here[kind]) for kind in named)
        files = counted(len(named["evidence"]), "file", "files")
        letters = counted(len(named["letters"]), "letter", "letters")
        findings.summary = f"{len(here['evidence'])} of {files} of evidence, {len(here['letters'])} of {letters}"
        findings.summary += ", each as an entry names it"

    def _check_receipt(self, findings: Findings, manifest: Manifest) -> None:
        """Check the receipt: the record's own entry about this export, with its version and size, and its proof."""
        if self._receipt is None:
            findings.skip("no receipt was given (--receipt FILE)")
            return
        receipt = parse_receipt(self._receipt)
        entry = self._receipt_entry = parse_entry(receipt.entry, "receipt: entry")
        data = entry.data
        said = (entry.type, entry.source, data.get("incident"), data.get("version"), data.get("tree_size"))
        here = ("disclosure.exported.v1", manifest.origin, manifest.stream, manifest.version, manifest.size)
        for name, one, other in zip(("type", "source", "incident", "version", "tree_size"), said, here):
            if one != other:
                findings.add(Incomplete(f"receipt: {name}", f"{other}, as the package says", f"{one}"))
        if not self._trusted:
            findings.skip("no key can be read")
            return
        leaf, where = leaf_hash(receipt.entry), "receipt: proof"
        index, checkpoint = check_proof(
            receipt.proof, leaf, self._trusted, manifest.origin, check=self._check, where=where
        )
        if index < manifest.size:
            findings.add(WrongOrder(where, f"a position after {manifest.size}", f"{index + 1}"))
        findings.summary = (
            f"entry {index + 1} of {checkpoint.size} says so: version {manifest.version}, size {manifest.size}"
        )

    def _check_whole(self, findings: Findings) -> None:
        """Compare the package, byte for byte, with the one that its receipt names."""
        if self._receipt_entry is None:
            findings.skip("needs a receipt" if self._receipt is None else "the receipt cannot be read")
            return
        found = self._package.sha256()
        if found is None:
            findings.skip("the receipt names the hash of the .zip, not of a folder")
            return
        expected = str(self._receipt_entry.data.get("sha256"))
        if found != expected:
            raise Incomplete("package", f"sha256 {expected[:16]}..., as the receipt says", f"{found[:16]}...")
        findings.summary = f"sha256 {found}, as the receipt says"


def _lines(octets: bytes, where: str) -> list[bytes]:
    if not octets.endswith(b"\n"):
        raise Incomplete(where, "lines, each ended by a line feed", "a last line without one")
    return octets[:-1].split(b"\n")


def _parse_key_changes(lines: list[bytes], positions: list[int], manifest: Manifest) -> list[KeyChange]:
    """Return the changes of a record's key, in order: none left out, each from the key that is named before it."""
    if len(lines) != len(positions) + 1:
        expected = f"the record's first entry and {counted(len(positions), 'change', 'changes')}, as there are proofs"
        raise Incomplete(_KEY_ENTRIES, expected, counted(len(lines), "line", "lines"))
    if positions[-1:] and positions[-1] > manifest.size:
        raise WrongOrder(_KEYS, f"a change at a position up to {manifest.size}", str(positions[-1]))
    entries = [parse_entry(line, f"{_KEY_ENTRIES}, line {number}") for number, line in enumerate(lines, 1)]
    keys = [_named_key(entry, number, entries[0].stream, manifest.origin) for number, entry in enumerate(entries, 1)]
    changes = []
    for number, position in enumerate(positions, 1):
        old, said = keys[number - 1], entries[number].data.get("old")
        if said != str(old):
            raise WrongOrder(f"{_KEY_ENTRIES}, line {number + 1}: old", f"{old}, as the line before says", "another")
        leaves = {1: leaf_hash(lines[0]), position: leaf_hash(lines[number])}
        changes.append(KeyChange(position, old, keys[number], leaves))
    return changes


def _named_key(entry: Entry, number: int, stream: str, origin: str) -> VerifierKey:
    """Return the key that an entry of a record's own stream names: the first when it was opened, then each change."""
    where, name = f"{_KEY_ENTRIES}, line {number}", "key" if number == 1 else "new"
    type_ = "record.opened.v1" if number == 1 else "record.key-rotated.v1"
    here = (("type", type_, entry.type), ("id", f"{stream}/{number}", entry.id), ("source", origin, entry.source))
    for member, expected, found in here:
        if found != expected:
            raise WrongOrder(f"{where}: {member}", expected, found)
    key = parse_vkey(str(entry.data.get(name)), f"{where}: {name}")
    if key.name != origin:
        raise MalformedNote(f"{where}: {name}", f"a key of {origin}", f"one of {key.name}")
    return key


def _follow_version(entry: Entry, versions: dict[str, int], where: str) -> None:
    """Check that an entry is the next one of its stream."""
    if entry.stream not in versions:
        raise WrongOrder(f"{where}: id", "a stream that manifest.json names", entry.stream)
    expected, versions[entry.stream] = versions[entry.stream] + 1, entry.version
    if entry.version != expected:
        raise WrongOrder(f"{where}: id", f"{entry.stream}/{expected}", entry.id)


def _parse_disclosure_line(line: bytes, entry: Entry, where: str) -> list[str]:
    said = parse_canonical(line, where)
    if not isinstance(said, dict) or said.keys() != {"disclosures", "id"}:
        raise MalformedEntry(where, '{"disclosures":[...],"id":"..."}', "something else")
    disclosures = said["disclosures"]
    if said["id"] != entry.id:
        raise WrongOrder(f"{where}: id", entry.id, "another")
    if not isinstance(disclosures, list) or not all(isinstance(each, str) for each in disclosures):
        raise MalformedEntry(f"{where}: disclosures", "a list of texts", "something else")
    return disclosures


def _evidence_named(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yield the name and the hash of each file of evidence: E3, of the entry that has evidence_no 3."""
    for entry in entries:
        if "evidence_no" in entry.data and "sha256" in entry.data:
            yield f"E{entry.data['evidence_no']}", str(entry.data["sha256"])


def _letters_named(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yield the id and the hash of each letter's pages."""
    for entry in entries:
        if "letter_id" in entry.data and "pdf_sha256" in entry.data:
            yield str(entry.data["letter_id"]), str(entry.data["pdf_sha256"])


# --- As a program -----------------------------------------------------------------------------------------------------

EXIT_HOLDS, EXIT_UNREADABLE, EXIT_BROKEN = 0, 1, 3  # argparse leaves with 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the package that the command line names, and say what came of it."""
    parser = argparse.ArgumentParser(
        description="Check a package of one case: files, entries, disclosures, proofs, signature. Needs no network.",
        epilog="Exit status: 0 all that was checked holds, 3 something does not, 2 called wrongly, 1 could not read.",
    )
    parser.add_argument("package", type=Path, metavar="FOLDER_OR_ZIP")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the record's key, had from elsewhere")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="the receipt, handed out beside the package")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    options = parser.parse_args(arguments)
    if not options.package.exists():
        parser.error(f"no such folder or file: {options.package}")
    try:
        keys = None if options.key is None else parse_vkeys(options.key.read_text("utf-8-sig"), "--key")
        receipt = None if options.receipt is None else options.receipt.read_bytes()
    except (LedgerError, OSError, UnicodeDecodeError) as error:
        parser.error(str(error))
    try:
        report = check_package(options.package, keys=keys, receipt=receipt)
    except OSError as error:
        print(f"could not read: {error}", file=sys.stderr)
        return EXIT_UNREADABLE
    print(json.dumps(report.as_json(), indent=2) if options.json else "\n".join(report.lines()))
    return EXIT_HOLDS if report.holds else EXIT_BROKEN


if __name__ == "__main__":
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a console that lacks a character shows a question mark
    sys.exit(main())
