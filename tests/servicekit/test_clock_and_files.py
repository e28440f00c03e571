"""The present moment, and files that are whole or not there."""

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicekit import clock, outfile
from servicekit.clock import ClockError, FileClock, SystemClock


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_system_clock_is_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_file_clock_stands_where_the_file_says_and_moves_with_it(tmp_path: Path) -> None:
    file = tmp_path / "now"
    file.write_text("2026-03-02T09:15:00Z\n")
    standing = FileClock(file)
    assert standing.now() == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    file.write_text("2026-06-02T09:15:00+01:00")
    assert standing.now() == datetime(2026, 6, 2, 8, 15, tzinfo=UTC)
    assert standing.now().tzinfo is UTC


@pytest.mark.parametrize("content", [b"", b"2026-03-02", b"2026-03-02T09:15:00", b"noon", b"\xff"])
def test_a_file_without_an_instant_stops_the_clock(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "now").write_bytes(content)
    with pytest.raises(ClockError):
        FileClock(tmp_path / "now").now()


def test_a_missing_clock_file_stops_the_clock(tmp_path: Path) -> None:
    with pytest.raises(ClockError, match="FileNotFoundError"):
        FileClock(tmp_path / "now").now()


def test_an_instant_is_written_as_it_is_read() -> None:
    for text in ("2026-03-02T09:15:00Z", "2026-03-02T09:15:00.250000Z"):
        assert clock.format_instant(clock.parse_instant(text)) == text


def test_a_file_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    outfile.write_whole(path, b"first")
    with pytest.raises(FileExistsError):
        outfile.write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    outfile.write_whole(path, b"second", force=True, mode=0o600)
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["out.json"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    path = tmp_path / "out.json"
    outfile.write_whole(path, b"first")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        outfile.write_whole(path, b"second", force=True)
    assert (names(tmp_path), path.read_bytes()) == (["out.json"], b"first")


def test_a_name_taken_in_between_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.json"
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    path.write_bytes(b"quicker")
    with pytest.raises(FileExistsError):
        outfile.write_whole(path, b"slower")
    assert (path.read_bytes(), names(tmp_path)) == (b"quicker", ["out.json"])


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "out.json"
    outfile.write_whole(path, b"first")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    with pytest.raises(FileExistsError):
        outfile.write_whole(path, b"second")
    assert (path.read_bytes(), names(tmp_path)) == (b"first", ["out.json"])


def test_a_secret_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "a.token"
    outfile.write_secret(path, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        outfile.write_secret(path, "other")
    assert path.read_text() == "secret"


def test_a_folder_that_others_may_write_in_takes_no_secret(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="found mode 0777"):
        outfile.write_secret(folder / "a.token", "secret")
    assert names(folder) == []
