"""What /ledger serves, checked by code that nobody here wrote. A verifier that is not on the machine is skipped."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.fix_first_school import rowan_lane
from tests.api.served_tree import ANYBODY, BUNDLES, FIRST, SIZE, TILES, Served
from tests.fix_postgres import Database

GO_PACKAGES = Path("/usr/share/gocode")
PROGRAM = Path(__file__).parent / "foreign" / "check.go"


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
