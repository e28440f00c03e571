"""The policy from a terminal: shown as it is, drafted from a file, adopted only as it was drafted."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casework.adapters.edition_file import SEED
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.cli.conftest import Ended
from tests.cli.test_client import asked
from tests.fix_postgres import Database
from tests.servicekit.fix_server import answering

As = Callable[..., Ended]
ADOPTION = ("--adopted-on", "2025-09-17", "--minute", "FGB 17/09/25 item 7")


@pytest.fixture
def by(school: Played, database: Database, tmp_path: Path) -> Iterator[As]:
    """Answer how to run a command as one of these at the school."""
    for subject in ("u-chair", "u-office"):
        employ(school, database, subject)
    with answering(school.app) as url:
        yield lambda who, *words: asked(url, school._keys[who], tmp_path)("policy", *words)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of another edition, due for review in the summer of 2027."""
    text = SEED.read_text(encoding="utf-8").replace('edition = "2021-spring"', 'edition = "2025-autumn"')
    made = tmp_path / "2025-autumn.toml"
    made.write_text(text.replace('"spring", year = 2022', '"summer", year = 2027'), encoding="utf-8")
    return made


def test_the_edition_in_force_is_shown_unsigned_and_overdue_with_its_parameters_and_clauses(by: As) -> None:
    lines = by("u-head", "show").out.splitlines()
    assert lines[:4] == [
        "2021-spring  Parental use of social networking and internet sites",
        "  in force; adopted spring term 2021",
        "  NOT SIGNED by chair, headteacher",
        "  review due spring term 2022  OVERDUE",
    ]
    assert "  removal_deadline_school_days = 3" in lines
    assert "  P52  first step: usually discuss the matter" in lines
    assert by("u-head", "show", "2021-spring").out.splitlines() == lines
    before = by("u-head", "show", "--at", "2021-03-31")
    assert (before.code, before.out) == (1, "")
    assert by("u-head", "show", "--at", "2021-04-01").code == 0
    assert by("u-head", "show", "--json").document["edition"]["is_overdue"] is True


def test_the_office_drafts_a_file_and_the_chair_adopts_it(by: As, file: Path) -> None:
    early = by("u-chair", "adopt", str(file), *ADOPTION)
    assert early.code == 1
    assert "expected edition 2025-autumn to be drafted, found none: casework policy draft" in early.err
    drafted = by("u-office", "draft", str(file))
    assert re.fullmatch(r"edition 2025-autumn is drafted; the policy is at version \d+\n", drafted.out)
    assert by("u-head", "show").out.startswith("2021-spring"), "a draft rules nothing"
    adopted = by("u-chair", "adopt", str(file), *ADOPTION)
    assert re.fullmatch(r"edition 2025-autumn is in force; the policy is at version \d+\n", adopted.out)
    assert "in force; adopted 2025-09-17" in by("u-head", "show").out
    assert by("u-head", "show", "--at", "2025-09-16").out.startswith("2021-spring")


def test_what_is_adopted_is_what_was_drafted_to_the_letter(by: As, file: Path) -> None:
    assert by("u-office", "draft", str(file)).code == 0
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("removal_deadline_school_days = 3", "removal_deadline_school_days = 2"))
    changed = by("u-chair", "adopt", str(file), *ADOPTION)
    assert changed.code == 1
    assert "expected what was drafted as 2025-autumn" in changed.err
    file.write_text("# a comment changes nothing\n" + text)
    assert by("u-chair", "adopt", str(file), *ADOPTION).code == 0


def test_sent_again_with_the_same_key_it_is_drafted_once(by: As, file: Path) -> None:
    first, again = (by("u-office", "draft", str(file), "--key", "once") for _ in range(2))
    assert (first.code, again.out) == (0, first.out)
    told = by("u-office", "draft", str(file))
    assert re.search(r"--key [0-9a-f]{24}: give it again", told.err)


def test_every_fault_of_a_file_is_told_by_its_place_and_a_refusal_by_its_rule(by: As, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    wrong = text.replace('P63 = "', 'P99 = "').replace("grant_days = 90\n", "")
    file.write_text(wrong)
    refused = by("u-office", "draft", str(file))
    assert refused.code == 1
    for place in ("/clauses/P99: expected no such field", "/parameters/grant_days: expected a value, found nothing"):
        assert place in refused.err
    file.write_text(text)
    assert "R12 role_forbidden (P12)" in by("u-chair", "draft", str(file)).err
    assert by("u-office", "draft", str(file)).code == 0
    assert "R12 role_forbidden (P12)" in by("u-office", "adopt", str(file), *ADOPTION).err


@pytest.mark.parametrize("text", ["edition = ", "title = 'no name'", "\x00"])
def test_a_file_that_states_no_edition_is_refused_before_anything_is_sent(by: As, file: Path, text: str) -> None:
    file.write_text(text)
    for who, words in (("u-office", ("draft", str(file))), ("u-chair", ("adopt", str(file), *ADOPTION))):
        refused = by(who, *words)
        assert (refused.code, refused.out) == (1, "")
        assert "2025-autumn.toml: " in refused.err
