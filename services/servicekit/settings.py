"""Settings from the environment, by one table a service: read once, all faults told at once.

    LOCAL_DIR = Setting("LOCAL_DIR", "./.local", path, meaning="where everything lies that is not configured elsewhere")
    KEYS_DIR = Setting("KEYS_DIR", "{LOCAL_DIR}/keys", path, meaning="all key files")
    WORKERS = Setting("WEB_WORKERS", "2", integer(1, 64), meaning="processes that answer requests")

    values = read((LOCAL_DIR, KEYS_DIR, WORKERS), os.environ)
    values[WORKERS]     # 2, and a type checker knows that it is an int

A default is text as the environment would hold it, so the documents can show it; `{NAME}` stands for a setting further
up. None means: unset unless somebody sets it. An empty variable counts as unset, as compose files write it.

Secrets are never in variables but in files; one that group or others may read is refused. `/run/secrets` is exempt: a
container's engine mounts files there with modes nobody chose.
"""

import re
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, overload
from urllib.parse import urlsplit

T = TypeVar("T")

MOUNTED_SECRETS: Final = Path("/run/secrets")
MASK: Final = "***"

_SHOWN_MAX = 80
_REFERENCE = re.compile(r"\{([A-Z_]+)\}")
_URL_PASSWORD = re.compile(r"(?P<before>//[^/@:?#]*:)(?:[^/?#]*)(?=@)")
_PARAMETER_PASSWORD = re.compile(r"(?P<before>\bpassword\s*=\s*)(?:'(?:[^'\\]|\\.)*'|[^\s&]+)", re.IGNORECASE)


class SettingsError(Exception):
    """Settings are wrong. `faults` holds a sentence for each, and the message all of them."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One setting. `parse` turns its text into a value, or raises ValueError saying what was expected."""

    name: str
    default: str | None
    parse: Callable[[str], T]
    secret_file: bool = False
    meaning: str = ""


class Values:
    """What the settings are, by the setting itself (typed) or by its name."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    @overload
    def __getitem__(self, key: Setting[T]) -> T | None: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: Setting[T] | str) -> Any:
        """Return the value, None if it is unset and has no default."""
        return self._values[key if isinstance(key, str) else key.name]

    def need(self, key: Setting[T]) -> T:
        """Return the value of a setting that has a default.

        Raises: `SettingsError` if it is unset all the same.
        """
        value = self[key]
        if value is None:
            raise SettingsError([f"{key.name}: expected a value ({key.meaning}), found none"])
        return value


def read(table: Iterable[Setting[Any]], environ: Mapping[str, str]) -> Values:
    """Read every setting of the table.

    Raises: `SettingsError` listing every fault: what was expected, what was found (passwords masked).
    """
    texts: dict[str, str] = {}
    values: dict[str, Any] = {}
    faults: list[str] = []
    for setting in table:
        given = environ.get(setting.name, "").strip()
        text = given or _resolved(setting.default, texts)
        values[setting.name] = None
        if text is None:
            continue
        texts[setting.name] = text
        try:
            value = values[setting.name] = setting.parse(text)
            if isinstance(value, Path):
                texts[setting.name] = str(value)  # What builds on it may take text: there `~` would be a name.
            if setting.secret_file:
                check_secret_file(Path(texts[setting.name]), must_exist=bool(given))
        except ValueError as error:
            faults.append(f"{setting.name}: {error}, found {_shown(text)!r}")
        except OSError as error:
            faults.append(f"{setting.name}: {error}")
    if faults:
        raise SettingsError(faults)
    return Values(values)


def check_secret_file(file: Path, *, must_exist: bool = True) -> None:
    """Refuse a secret file that others could read.

    Raises: `PermissionError` if group or others may read it; `FileNotFoundError` if it must be there and is not.
    """
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        if must_exist:
            raise FileNotFoundError(f"expected a file with a secret, found none at {file}") from None
        return
    if mode & (stat.S_IRGRP | stat.S_IROTH) and not file.absolute().is_relative_to(MOUNTED_SECRETS):
        raise PermissionError(f"expected that only its owner may read {file} (chmod 600), found mode {mode:04o}")


def read_secret(file: Path) -> str:
    """Return the secret in a file, without the line end an editor put there.

    Raises: as `check_secret_file`; `ValueError` if the file is empty.
    """
    check_secret_file(file)
    secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    if not secret:
        raise ValueError(f"expected a secret in {file}, found an empty file")
    return secret


def masked(url: str) -> str:
    """Return a URL, or a libpq connection string, fit for a log: passwords replaced by `***`."""
    return _PARAMETER_PASSWORD.sub(rf"\g<before>{MASK}", _URL_PASSWORD.sub(rf"\g<before>{MASK}", url))


def holds_password(url: str) -> bool:
    """Tell whether a URL, or a libpq connection string, has a password in it: it belongs into a file."""
    return masked(url) != url


def text(value: str) -> str:
    """Take any text."""
    return value


def path(value: str) -> Path:
    """Take a path; `~` is the home of whoever runs this."""
    return Path(value).expanduser()


def flag(value: str) -> bool:
    """Take yes or no, as people write it."""
    match value.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError("expected 1 or 0")


def integer(least: int, most: int) -> Callable[[str], int]:
    """Take a whole number between the two."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not least <= int(value) <= most:
            raise ValueError(f"expected a whole number from {least} to {most}")
        return int(value)

    return parse


def choice(*words: str) -> Callable[[str], str]:
    """Take one of the words."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return value

    return parse


def bind(value: str) -> str:
    """Take where to listen: `127.0.0.1:8001`, `[::1]:8001`."""
    host, _, port = value.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not int(port) <= 65535:
        raise ValueError("expected an address and a port, as 127.0.0.1:8001")
    return value


def http_url(value: str) -> str:
    """Take an http or https address, without its last slash."""
    expected = "expected an address, as https://example.org"
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not value.isprintable() or " " in value:
        raise ValueError(expected)
    return value.rstrip("/")


def postgres_url(value: str) -> str:
    """Take the URL of a Postgres database."""
    if urlsplit(value).scheme not in {"postgres", "postgresql"}:
        raise ValueError("expected a database, as postgresql://user@host/database")
    return value


def _resolved(default: str | None, texts: Mapping[str, str]) -> str | None:
    """Fill in the settings further up that a default speaks of."""
    return None if default is None else _REFERENCE.sub(lambda match: texts[match[1]], default)


def _shown(text: str) -> str:
    shown = masked(text)
    return shown if len(shown) <= _SHOWN_MAX else shown[:_SHOWN_MAX] + "..."
