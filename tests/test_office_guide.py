"""The guide for the office: its pictures are today's pages, its tables and its acts what the service knows."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

from letters.cli.words import HOLDS, STATUS
from letters.domain.acting import ROLES
from tests.compose_file import ROOT
from tests.letters.press.rendered import GOLDEN

GUIDE = (ROOT / "docs" / "for-the-office.md").read_text(encoding="utf-8")
PICTURES = ROOT / "docs" / "pictures"
SAID = {"caseworker": "caseworker", "headteacher": "headteacher", "DSL": "dsl", "office": "office"}
ACTS = re.findall(r"^\| [^|]+ \| `POST /v1/(letters|dead-letters)/\{id\}/([a-z]+)` \| ([^|]+) \|$", GUIDE, re.MULTILINE)
CONTRACT = json.loads((ROOT / "contracts" / "openapi" / "letters.json").read_bytes())["paths"]


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    assert sorted(re.findall(r"!\[[^\]]+\]\(pictures/([^)]+)\)", GUIDE)) == sorted(p.name for p in PICTURES.iterdir())


@pytest.mark.parametrize("path", sorted(PICTURES.iterdir()), ids=lambda path: path.stem)
def test_a_picture_is_the_page_of_todays_template(path: Path) -> None:
    name, _, number = path.stem.rpartition("-")
    golden = json.loads(GOLDEN.read_bytes())["letters"][name]["page_images_sha256"][int(number) - 1]
    assert sha256(path.read_bytes()).hexdigest() == golden, "make pictures, and look at them"


@pytest.mark.parametrize(
    ("heading", "known"), [("What a letter's status tells you", STATUS), ("When a letter is held", HOLDS)]
)
def test_a_table_names_all_that_there_is_and_nothing_else(heading: str, known: dict[str, str]) -> None:
    part = GUIDE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z]+)` \|", part, re.MULTILINE)) == sorted(known)


def test_the_guide_tells_of_everything_that_happens_after_an_approval() -> None:
    assert {act for _, act, _ in ACTS} == set(ROLES) - {"draft", "redraft"}


@pytest.mark.parametrize(("under", "act", "who"), ACTS, ids=[act for _, act, _ in ACTS])
def test_an_act_is_there_and_done_by_whom_the_guide_says(under: str, act: str, who: str) -> None:
    assert any(path.startswith(f"/v1/{under}/") and path.endswith(f"/{act}") for path in CONTRACT)
    assert tuple(SAID[name] for name in who.split(", ")) == ROLES[act]
