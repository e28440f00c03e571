"""Each rule of `tests/tidy` finds what it is there to find, and lets pass what it should."""

from pathlib import Path

import pytest

from tests.tidy import code_rules, file_rules
from tests.tidy.house import House, Rule

LONG_FUNCTION = "def decide():\n" + "    x = 1\n" * 60
DECISION = "# 0. How\n\n## Context\n\n## Decision\n\n## Consequences\n\n## What would change our mind\n"
REASONS = DECISION.replace("## Decision", "## Decision\n\n| to run | replaces |\n|---|---|\n| click | argparse |")
TABLES = '[project]\ndependencies = ["click>=8"]\n'
LOCK = f"# made from {'0' * 64}\nclick==8.1.8 \\\n    --hash=sha256:{'a' * 64}\n"
DOMAIN = "services/casework/domain/planted.py"

RULES = code_rules.CODE_RULES + file_rules.FILE_RULES

PLANTED: list[tuple[Rule, str, str]] = [
    (code_rules.functions_are_short, DOMAIN, LONG_FUNCTION),
    (code_rules.functions_are_short, "tests/domain/test_planted.py", LONG_FUNCTION),
    (code_rules.modules_have_telling_names, "services/letters/domain/utils.py", ""),
    (code_rules.modules_have_telling_names, "services/casework/_common/room.py", ""),
    (code_rules.packages_hold_a_docstring, "services/casework/api/__init__.py", ""),
    (code_rules.packages_hold_a_docstring, "services/casework/api/__init__.py", '"""Say."""\nAPP = object()\n'),
    (code_rules.domains_know_no_clock, DOMAIN, "import datetime\nAT = datetime.datetime.now(datetime.UTC)\n"),
    (code_rules.domains_know_no_clock, "services/letters/domain/planted.py", "from datetime import date\ndate.today()"),
    (code_rules.domains_know_no_clock, DOMAIN, "from uuid import uuid4\n"),
    (code_rules.domains_know_no_clock, DOMAIN, "import pathlib\n"),
    (code_rules.only_bootstrap_reads_the_environment, "services/casework/cli.py", "import os\nos.environ['HOME']\n"),
    (code_rules.only_bootstrap_reads_the_environment, "services/letters/api/planted.py", "from os import getenv\n"),
    (code_rules.floors_use_what_they_may, "services/casework/ledger/verify.py", "import cryptography\n"),
    (code_rules.floors_use_what_they_may, "services/casework/ledger/verify.py", "from . import note\n"),
    (code_rules.floors_use_what_they_may, "services/casework/ledger/note.py", "import msgspec\n"),
    (code_rules.floors_use_what_they_may, DOMAIN, "import holidays\n"),
    (code_rules.floors_use_what_they_may, "services/casework/demo.py", "from casework.domain import event\n"),
    (code_rules.floors_use_what_they_may, "services/servicekit/_embedded_guard.py", "import psycopg\n"),
    (code_rules.opt_outs_say_why, DOMAIN, "x = 1  # noqa: E501\n"),
    (code_rules.opt_outs_say_why, DOMAIN, "x = 1  # type: ignore[assignment]\n"),
    (code_rules.opt_outs_say_why, DOMAIN, "x = 1  # noqa - it is long\n"),
    (file_rules.files_are_short, DOMAIN, "\n" * 401),
    (file_rules.files_begin_with_what_they_are, "services/casework/adapters/sql/objects/append.sql", "SELECT 1;\n"),
    (file_rules.open_ends_are_numbered, DOMAIN, "# TO" + "DO: the rest\n"),
    (file_rules.decisions_are_numbered, "docs/decisions/0001-how.md", DECISION),
    (file_rules.decisions_are_numbered, "docs/decisions/0000-template.md", DECISION.replace("## Context\n", "")),
    (file_rules.decisions_are_numbered, "docs/decisions/0000-template.md", DECISION + "word\n" * 60),
    (file_rules.locks_name_no_host, "requirements.lock", LOCK.partition("\n")[2]),
    (file_rules.locks_name_no_host, "requirements.lock", LOCK + "# https://somewhere.example\n"),
    (file_rules.locks_name_no_host, "requirements.lock", LOCK + "rich==13.9.4\n"),
    (file_rules.dependencies_have_their_reason, "pyproject.toml", TABLES.replace("click", "rich")),
    (file_rules.locks_agree, "requirements-dev.lock", LOCK.replace("8.1.8", "8.2.0")),
]

ALLOWED = {
    "services/casework/bootstrap.py": "import os\nurl = os.environ.get('DATABASE_URL')\n",
    "services/casework/ledger/verify.py": "import hashlib\n" + "#\n" * 500,
    "services/casework/ledger/note.py": "from cryptography.hazmat.primitives import hashes\nfrom . import entry\n",
    "services/casework/domain/calendar.py": "import holidays\nfrom casework.domain.event import Event\n",
    DOMAIN: "def decide(at):\n    return at.now  # noqa: F821 - an argument's field\n",
    "services/casework/api/__init__.py": '"""Say."""\n\nfrom casework.api.views import build\n\n__all__ = ["build"]\n',
    "docs/decisions/0003-how.md": DECISION.replace("# 0.", "# 3."),
    "docs/notes.md": "TO" + "DO (#12): say more\n",
}


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=[f"{rule.__name__}: {at}" for rule, at, _ in PLANTED])
def test_a_planted_fault_is_found_by_its_rule_alone(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    house = small_house(tmp_path, {path: text})
    assert [found for found in RULES if list(found(house))] == [rule]
    assert all(fault.startswith((path, "requirements")) for fault in rule(house))


@pytest.mark.parametrize("path", ALLOWED)
def test_what_is_allowed_passes(path: str, tmp_path: Path) -> None:
    house = small_house(tmp_path, {path: ALLOWED[path]})
    assert not [fault for rule in RULES for fault in rule(house)]


def test_every_rule_has_been_tried() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(RULES)


def small_house(root: Path, planted: dict[str, str]) -> House:
    """Build a house of one dependency that is in order but for what is planted."""
    in_order = {
        "pyproject.toml": TABLES,
        "docs/decisions/0000-template.md": DECISION,
        "docs/decisions/0001-how.md": DECISION.replace("# 0.", "# 1."),
        "docs/decisions/0002-dependencies.md": REASONS.replace("# 0.", "# 2."),
    }
    for path, text in (dict.fromkeys(file_rules.LOCKS, LOCK) | in_order | planted).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return House(root)
