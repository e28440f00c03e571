"""What /ledger serves, checked by code that nobody here wrote. A verifier that is not on the machine is skipped."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.fix_first_school import rowan_lane
from tests.api.served_tree import ANYBODY, BUNDLES, FIRST, SIZE, TILES, Served
from tests.fix_postgres import Database

GO_PACKAGES = Path("/usr/share/gocode")
PROGRAMS = Path(__file__).parent / "foreign"
PROGRAM = PROGRAMS / "check.go"
AICS_PYTHON = os.environ.get("AICS_TLOG_PYTHON", "")
NODE_PATH = os.environ.get("NODE_PATH", "")
INCLUSION_ONLY = ("checkpoint", "older", "proof/300", "tile/entries/002.p/18")
ANY_KIND = (*INCLUSION_ONLY, "consistency", "tile/0/001", "tile/1/000.p/2")
"""The kinds of file there are; @sigstore/verify knows no tiles and no consistency."""


@pytest.fixture(scope="module")
def copied(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with everything that a stranger fetches: files named as they are served."""
    folder = tmp_path_factory.mktemp("copied")
    with rowan_lane(module_database, tmp_path_factory.mktemp("served")) as school:
        served = Served(school)
        paths = [
            "key",
            "checkpoint",
            *(f"tile/{path}" for path in TILES),
            *(f"tile/entries/{path}" for path in BUNDLES),
        ]
        files = {path: served.octets(path) for path in paths}
        files["older"] = served.octets(f"checkpoint/{FIRST}")
        files["consistency"] = served.octets(f"consistency/{FIRST}")
        files |= {f"proof/{n}": served.octets(f"proof/{n}", ANYBODY[n % 4]) for n in range(1, SIZE + 1)}
    for path, octets in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(octets)
    return folder


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Return what runs Go's verifier on a folder, or skip."""
    go = shutil.which("go")
    if go is None or not (GO_PACKAGES / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("no Go with golang.org/x/mod here: Debian's golang-go and golang-golang-x-mod-dev")
    built = tmp_path_factory.mktemp("go")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(built), "GOPATH": str(GO_PACKAGES), "GO111MODULE": "off",
        "GOCACHE": str(built / "cache"), "GOFLAGS": "", "CGO_ENABLED": "0",
    }  # fmt: skip
    subprocess.run([go, "build", "-o", str(built / "check"), str(PROGRAM)], env=environment, check=True, timeout=300)

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [str(built / "check"), str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_go_finds_every_tile_entry_and_proof_under_the_signed_root(
    copied: Path, checked: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    ended = checked(copied)
    assert (ended.returncode, ended.stdout) == (0, f"{SIZE} entries, {SIZE} proofs\n"), ended.stderr


@pytest.mark.parametrize(
    "path", ["checkpoint", "older", "consistency", "proof/300", "tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/18"]
)
def test_go_refuses_each_kind_of_file_once_a_byte_of_it_is_altered(
    copied: Path, checked: Callable[[Path], subprocess.CompletedProcess[str]], tmp_path: Path, path: str
) -> None:
    folder = shutil.copytree(copied, tmp_path / "altered")
    octets = bytearray((folder / path).read_bytes())
    octets[40] ^= 1
    (folder / path).write_bytes(bytes(octets))
    assert checked(folder).returncode == 1


class Other(NamedTuple):
    """Another verifier: how it is run, in which environment, what it is absent without, and what it can refuse."""

    line: tuple[str, ...]
    environment: dict[str, str]
    needs: tuple[str, str]
    """A Python or Node expression is run first, which fails if the package is not there; and why it is skipped then."""
    refuses: tuple[str, ...]


OTHERS = {
    "aics-tlog": Other(
        (AICS_PYTHON, str(PROGRAMS / "check_aics.py")),
        {},
        ("import aics_tlog", "AICS_TLOG_PYTHON names no Python 3.12 or newer with aics-tlog in it"),
        ANY_KIND,
    ),
    "sigstore": Other(
        (shutil.which("node") or "", str(PROGRAMS / "check_sigstore.cjs")),
        {"NODE_PATH": NODE_PATH},
        ("require('@sigstore/verify')", "NODE_PATH names no folder with @sigstore/verify for Node"),
        INCLUSION_ONLY,
    ),
}
REFUSED = [(name, path) for name, other in OTHERS.items() for path in other.refuses]


def run(other: Other, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [other.line[0], *arguments], env=other.environment, capture_output=True, text=True, check=False, timeout=120
    )


def present(name: str) -> Other:
    """Return a verifier, or skip."""
    other, (expression, why) = OTHERS[name], OTHERS[name].needs
    is_there = other.line[0] and run(other, "-c" if name == "aics-tlog" else "-e", expression).returncode == 0
    if not is_there:
        pytest.skip(why)
    return other


@pytest.mark.parametrize("name", OTHERS)
def test_other_verifiers_find_every_entry_and_proof_under_the_signed_root(copied: Path, name: str) -> None:
    other = present(name)
    ended = run(other, other.line[1], str(copied))
    assert (ended.returncode, ended.stdout) == (0, f"{SIZE} entries, {SIZE} proofs\n"), ended.stderr


@pytest.mark.parametrize(("name", "path"), REFUSED)
def test_other_verifiers_refuse_each_kind_of_file_once_a_byte_of_it_is_altered(
    copied: Path, tmp_path: Path, name: str, path: str
) -> None:
    other = present(name)
    folder = shutil.copytree(copied, tmp_path / "altered")
    octets = bytearray((folder / path).read_bytes())
    octets[40] ^= 1
    (folder / path).write_bytes(bytes(octets))
    assert run(other, other.line[1], str(folder)).returncode == 1
