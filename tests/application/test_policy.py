"""Setting a channel while others set theirs: nobody's is lost, and the same is recorded once."""

from typing import Any
from uuid import UUID

import pytest

from casework.adapters.recorder import Recorder
from casework.application.casework import Casework
from casework.application.policy import set_channel
from casework.application.retrying import ATTEMPTS_MAX
from casework.application.store import StaleVersion
from casework.domain.policy import Channel
from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT


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


def test_each_decision_is_judged_by_the_policy_as_it_is_then_whichever_process_changed_it(
    use: Casework, school: Played
) -> None:
    report = REPORT | {"channel": "dojo"}
    for others, status in (((), 422), ((channel("dojo"),), 201), ((channel("elsewhere"),), 201)):
        for other in others:
            set_channel(use.record, other, by="u-head", role="headteacher", now=use.now())
        assert school.post("u-deputy", "/v1/incidents", report).status_code == status


def test_a_policy_that_did_not_change_is_read_once_for_all_decisions(
    use: Casework, school: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[UUID] = []
    select = Recorder.select_events

    def counted(self: Recorder, originator_id: UUID, **limits: Any) -> Any:
        read.append(originator_id)
        return select(self, originator_id, **limits)

    monkeypatch.setattr(Recorder, "select_events", counted)
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    read.clear()
    for note in ("one", "two"):
        answer = school.post("u-deputy", f"/v1/incidents/{case}/notes", {"text": note})
        assert answer.status_code == 201, answer.text
    assert read == []
    set_channel(use.record, channel("dojo"), by="u-head", role="headteacher", now=use.now())
    read.clear()
    school.post("u-deputy", f"/v1/incidents/{case}/notes", {"text": "three"})
    assert read == [use.record.policy_stream]
