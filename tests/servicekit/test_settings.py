"""Settings: one table, every fault at once, no secret shown."""

from pathlib import Path
from typing import Any

import pytest

from servicekit import settings
from servicekit.settings import Setting, SettingsError, read

LOCAL_DIR = Setting("LOCAL_DIR", "./.local", settings.path)
KEYS_DIR = Setting("KEYS_DIR", "{LOCAL_DIR}/keys", settings.path)
TOKEN_FILE = Setting("TOKEN_FILE", "{KEYS_DIR}/a.token", settings.path, secret_file=True)
DATABASE_URL = Setting("DATABASE_URL", None, settings.postgres_url)
WORKERS = Setting("WEB_WORKERS", "2", settings.integer(1, 64), meaning="worker processes")
BIND = Setting("BIND", "127.0.0.1:8001", settings.bind)
LEVEL = Setting("LOG_LEVEL", "info", settings.choice("debug", "info"))
TABLE: tuple[Setting[Any], ...] = (LOCAL_DIR, KEYS_DIR, TOKEN_FILE, DATABASE_URL, WORKERS, BIND, LEVEL)


def faults(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(TABLE, environ)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return list(caught.value.faults)


def test_what_is_unset_or_empty_has_its_default_and_defaults_build_on_others() -> None:
    values = read(TABLE, {"LOCAL_DIR": "/srv/state", "WEB_WORKERS": "  ", "UNKNOWN": "x"})
    assert values.need(WORKERS) == 2
    assert values[KEYS_DIR] == Path("/srv/state/keys")
    assert values["TOKEN_FILE"] == Path("/srv/state/keys/a.token")
    assert values[DATABASE_URL] is None
    with pytest.raises(SettingsError, match="DATABASE_URL: expected a value"):
        values.need(DATABASE_URL)


def test_a_tilde_is_the_home_also_in_what_builds_on_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    evidence = Setting("EVIDENCE_URL", "{LOCAL_DIR}/evidence", settings.text)
    assert read((LOCAL_DIR, evidence), {"LOCAL_DIR": "~/state"}).need(evidence) == f"{tmp_path}/state/evidence"
    (tmp_path / "a.token").write_text("secret")
    (tmp_path / "a.token").chmod(0o640)
    assert "found mode 0640" in faults(TOKEN_FILE="~/a.token")[0]


def test_every_fault_is_told_at_once() -> None:
    assert faults(WEB_WORKERS="many", BIND="8001", LOG_LEVEL="loud", DATABASE_URL="mysql://u:hunter2@h/d") == [
        "DATABASE_URL: expected a database, as postgresql://user@host/database, found 'mysql://u:***@h/d'",
        "WEB_WORKERS: expected a whole number from 1 to 64, found 'many'",
        "BIND: expected an address and a port, as 127.0.0.1:8001, found '8001'",
        "LOG_LEVEL: expected one of debug, info, found 'loud'",
    ]


def test_a_secret_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.token"
    (missing,) = faults(TOKEN_FILE=str(file))
    assert missing == f"TOKEN_FILE: expected a file with a secret, found none at {file}"
    file.write_text("secret\n")
    for mode in (0o640, 0o604):
        file.chmod(mode)
        (told,) = faults(TOKEN_FILE=str(file))
        assert f"found mode {mode:04o}" in told
        with pytest.raises(PermissionError):
            settings.read_secret(file)
    file.chmod(0o600)
    assert settings.read_secret(read(TABLE, {"TOKEN_FILE": str(file)}).need(TOKEN_FILE)) == "secret"
    file.write_text("\n")
    with pytest.raises(ValueError, match="empty"):
        settings.read_secret(file)


def test_what_a_containers_engine_mounts_is_exempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.token"
    file.write_text("secret")
    file.chmod(0o444)
    monkeypatch.setattr(settings, "MOUNTED_SECRETS", tmp_path)
    assert settings.read_secret(file) == "secret"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p%40ss@h:5432/d?sslmode=require", "postgresql://u:***@h:5432/d?sslmode=require"),
        ("postgresql:///d?host=/run&password=pw&user=u", "postgresql:///d?host=/run&password=***&user=u"),
        ("host=h password='a \\' b' user=u", "host=h password=*** user=u"),
        ("https://u:p@x@host/path", "https://u:***@host/path"),
    ],
)
def test_passwords_are_masked_wherever_they_stand(url: str, shown: str) -> None:
    assert settings.masked(url) == shown
    assert settings.holds_password(url)
    assert not settings.holds_password("postgresql://u@h/d")


def test_the_parsers_say_what_they_expect() -> None:
    assert [settings.flag(word) for word in ("1", "yes", "On", "0", "false")] == [True, True, True, False, False]
    assert settings.http_url("http://127.0.0.1:8001/") == "http://127.0.0.1:8001"
    assert settings.bind("[::1]:8001") == "[::1]:8001"
    assert settings.text("x") == "x"
    assert settings.path("~/x") == Path.home() / "x"
    wrong: list[tuple[Any, str]] = [
        (settings.flag, "perhaps"),
        (settings.integer(1, 2), "3"),
        (settings.integer(1, 2), "1_0"),
        (settings.bind, "127.0.0.1:70000"),
        (settings.http_url, "ftp://x"),
        (settings.http_url, "http://"),
        (settings.http_url, "http://x:99999"),
        (settings.http_url, "http://a b"),
    ]
    for parse, word in wrong:
        with pytest.raises(ValueError, match="expected"):
            parse(word)
