"""Setting a channel while others set theirs: nobody's is lost, and the same is recorded once."""

from typing import Any

import pytest

from casework.application.casework import Casework
from casework.application.policy import set_channel
from casework.application.retrying import ATTEMPTS_MAX
from casework.application.store import StaleVersion
from casework.domain.policy import Channel


def raced(use: Casework, monkeypatch: pytest.MonkeyPatch, others: list[Channel]) -> None:
    """Let somebody else set these channels, one before each append of ours."""
    append = use.record.append_unasked

    def late(events: Any) -> None:
        if others:
            other = others.pop()
            with monkeypatch.context() as patch:
                patch.setattr(use.record, "append_unasked", append)
                set_channel(use.record, other, by="u-office", role="office", now=use.now())
        append(events)

    monkeypatch.setattr(use.record, "append_unasked", late)


def channel(name: str, *, is_school_controlled: bool = True) -> Channel:
    return Channel(id=name, platform="x", kind="forum", is_school_controlled=is_school_controlled)


def test_the_loser_of_a_race_looks_again(use: Casework, monkeypatch: pytest.MonkeyPatch) -> None:
    def ours(*others: Channel) -> str:
        with monkeypatch.context() as patch:
            raced(use, patch, list(others))
            return set_channel(use.record, channel("dojo"), by="u-head", role="headteacher", now=use.now())

    assert ours(channel("a"), channel("b")) == "new"
    other = channel("dojo", is_school_controlled=False)
    set_channel(use.record, other, by="u-head", role="headteacher", now=use.now())
    assert ours(channel("dojo")) == "unchanged", "somebody said the same meanwhile"
    assert sorted(use.record.policy().channels) == ["a", "b", "dojo", "fb-community", "fb-school"]


def test_who_loses_three_times_is_told_to_come_again(use: Casework, monkeypatch: pytest.MonkeyPatch) -> None:
    raced(use, monkeypatch, [channel(f"a{n}") for n in range(ATTEMPTS_MAX)])
    with pytest.raises(StaleVersion):
        set_channel(use.record, channel("dojo"), by="u-head", role="headteacher", now=use.now())
    assert "dojo" not in use.record.policy().channels
