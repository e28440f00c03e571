"""What the documents say of settings is what the services read, and nothing is left out."""

import re
from pathlib import Path

from casework import bootstrap as casework
from letters import bootstrap as letters
from tests.compose_file import ROOT

OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def documented() -> dict[str, str]:
    """Return each setting with what stands for its default."""
    return dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", OPERATING, re.MULTILINE))


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert {setting.name for setting in (*casework.SETTINGS, *letters.SETTINGS)} == set(documented())


def test_each_default_is_the_documented_one() -> None:
    told = documented()
    for setting in (*casework.SETTINGS, *letters.SETTINGS):
        if setting.default:
            assert told[setting.name] == f"`{re.sub('[{}]', '', setting.default)}`"
        else:
            assert not told[setting.name].startswith("`")


def test_no_document_names_a_path_of_a_machine() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        assert not re.search(r"(?<![\w.])/(home|root|work|Users)/", Path(path).read_text(encoding="utf-8")), path


def test_every_file_that_a_document_names_is_there() -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        for name in re.findall(r"`((?:services|tests|contracts|docs)/[\w./-]+)`", path.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{path.name} names {name}, which is not there"
