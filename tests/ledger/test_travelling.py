"""`verify.py` travels alone: one file, the standard library, Python 3.9, run as a program on a package."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from casework.ledger import verify
from tests.ledger.given import OTHER, PERSONAL, SIGNER, Exported, exported

SOURCE = Path(verify.__file__).read_text("utf-8")


def pythons() -> list[str]:
    """Return this Python, and Python 3.9 if there is one here."""
    found = [sys.executable]
    oldest = shutil.which("python3.9")
    if oldest and subprocess.run([oldest, "-c", "pass"], capture_output=True, check=False).returncode == 0:
        found.append(oldest)
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a package, packed and unpacked, its receipt, and keys."""
    made, to = exported(), tmp_path_factory.mktemp("package")
    made.folder(to / "case")
    made.zip(to / "case.zip")
    (to / "case.receipt.json").write_text(json.dumps(made.receipt))
    (to / "key").write_bytes(b"\xef\xbb\xbf" + SIGNER.vkey.encode() + b"\r\n")
    (to / "other.key").write_text(OTHER.vkey)
    (to / "no.key").write_text("rowan-lane.example")
    return to


def run(python: str, package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier that lies in the package, with nothing but the standard library to import from."""
    return subprocess.run(
        [python, "-I", "-S", "-W", "error", "case/verify.py", *arguments],
        cwd=package,
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_written_for_python_3_9() -> None:
    ast.parse(SOURCE, feature_version=(3, 9))


def test_it_imports_the_standard_library_only() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert imported <= set(sys.stdlib_module_names)
    assert not imported & {"socket", "urllib", "http", "subprocess"}


@pytest.mark.parametrize("newer", [".bit_count(", "strict=", "datetime.UTC", "match ", "slots=True"])
def test_it_uses_nothing_that_python_3_9_lacks(newer: str) -> None:
    assert newer not in SOURCE


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize("source", ["case", "case.zip"])
def test_a_package_that_holds_exits_0(package: Path, python: str, source: str) -> None:
    done = run(python, package, source, "--receipt", "case.receipt.json", "--key", "key")
    assert (done.returncode, done.stderr) == (0, "")
    assert "HOLDS: 4 entries; 3 personal fields opened, 1 withheld; 1 file withheld." in done.stdout
    assert PERSONAL not in done.stdout


@pytest.mark.parametrize("python", pythons())
def test_a_package_that_does_not_hold_exits_3(package: Path, tmp_path: Path, python: str) -> None:
    spoilt = Exported(dict(exported().files), {})
    spoilt.files["record/entries.jsonl"] = spoilt.files["record/entries.jsonl"].replace(b"0031", b"0032")
    done = run(python, package, str(spoilt.zip(tmp_path / "spoilt.zip")))
    assert (done.returncode, done.stderr) == (3, "")
    assert "broken   files" in done.stdout
    assert "record/entries.jsonl" in done.stdout
    assert "inclusion of entry 2" in done.stdout
    assert "DOES NOT HOLD" in done.stdout


def test_it_says_where_the_key_came_from(package: Path) -> None:
    assert "it came with the package" in run(sys.executable, package, "case.zip").stdout
    assert "it came with the package" not in run(sys.executable, package, "case.zip", "--key", "key").stdout
    assert run(sys.executable, package, "case.zip", "--key", "other.key").returncode == 3


def test_json_is_one_document(package: Path) -> None:
    done = run(sys.executable, package, "case.zip", "--json", "--receipt", "case.receipt.json")
    said = json.loads(done.stdout)
    assert (said["holds"], said["entries"], said["disclosed"], said["key_from"]) == (True, 4, 3, "package")
    assert {level["name"]: level["status"] for level in said["levels"]}["package"] == "held"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nothing.zip",),
        ("case.zip", "--key", "nothing"),
        ("case.zip", "--key", "no.key"),
        ("case.zip", "--receipt", "nothing"),
        ("case.zip", "--unknown"),
    ],
)
def test_a_wrong_call_exits_2(package: Path, arguments: tuple[str, ...]) -> None:
    done = run(sys.executable, package, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage:" in done.stderr


def test_what_is_no_package_exits_3(package: Path) -> None:
    for source in ("case.receipt.json", "case/evidence"):
        assert run(sys.executable, package, source).returncode == 3
