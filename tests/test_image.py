"""The image and what is in it: the Dockerfile's rules, and a wheel that carries every file of the services."""

import re
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[1]
Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def instructions() -> list[Instruction]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ").splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def stages(instructions: list[Instruction]) -> list[list[Instruction]]:
    starts = [index for index, (name, _) in enumerate(instructions) if name == "FROM"]
    return [instructions[start:end] for start, end in zip(starts, [*starts[1:], len(instructions)], strict=True)]


def test_it_is_made_in_two_stages_and_run_by_nobody_in_particular(instructions: list[Instruction]) -> None:
    build, final = stages(instructions)
    assert build[0][1].endswith(" AS build")
    assert [rest for name, rest in final if name == "USER"] == ["10001:10001"]
    assert not [rest for name, rest in final if name == "RUN" and "pip" in rest]


def test_everything_installed_is_pinned_by_hash(instructions: list[Instruction]) -> None:
    installs = [
        part
        for name, rest in instructions
        if name == "RUN"
        for part in re.split(r"&&", rest)
        if "pip" in part and " install " in part
    ]
    assert len(installs) == 3
    for install in installs:
        assert (
            "--require-hashes --only-binary=:all: -r requirements" in install
            or "--no-deps --no-index /wheel" in install
        )
    into_image = [install for install in installs if "--python /opt/casework" in install]
    assert ["-r requirements.lock" in install for install in into_image] == [True, False]


def test_it_has_no_compiler_and_no_server_of_its_own(instructions: list[Instruction]) -> None:
    assert not [rest for _, rest in instructions if re.search(r"apt|gcc|build-essential|embedded|postgres", rest)]


def test_what_it_copies_is_there_and_let_through(instructions: list[Instruction]) -> None:
    let_through = [
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    ]
    copied = [
        word for name, rest in instructions if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]
    ]
    assert sorted(copied) == sorted(let_through)
    assert all((ROOT / word).exists() for word in copied)


def test_the_base_is_a_python_we_test_on(instructions: list[Instruction]) -> None:
    bases = {rest.split()[0] for name, rest in instructions if name == "FROM"}
    assert all(fnmatch(base, "python:3.1[123]-slim-*") for base in bases)
    assert len(bases) == 1


def test_the_wheel_carries_every_file_of_the_services(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    services = ROOT / "services"
    written = {
        path.relative_to(services).as_posix()
        for path in services.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert carried == written
