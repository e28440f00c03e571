"""A policy in play: each call takes one decision about it and folds what it wrote."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from casework.domain.event import Carried, Recorded
from casework.domain.governing import POLICY_DECISIONS
from casework.domain.moment import Moment
from casework.domain.policy import Dated, Edition, Policy
from casework.domain.policy_decision import PolicyRequest, decide_policy
from casework.domain.policy_events import Drafted, PolicyAdopted, fold_policy
from casework.domain.refusal import BadFacts, EditionSettled, Refused
from tests.domain.playing import CALENDAR, CHANNELS, ROLES, edition

STREAM = UUID("7a1f0f5e-2c60-4d8a-9a3e-5b8f6d2e0002")
BY_NAME = {decision.name: decision for decision in POLICY_DECISIONS}
FOUNDED = datetime.fromisoformat("2025-09-01T08:00:00+01:00")
MINUTED = {"minute_ref": "FGB item 7", "review_due": {"term": "summer", "year": 2030}}


def stricter(name: str, **parameters: Any) -> Edition:
    """Return an edition whose parameters differ from the example's."""
    seed = edition()
    due = Dated(term="summer", year=2030)
    return replace(seed, edition=name, adopted=None, review_due=due, parameters=replace(seed.parameters, **parameters))


class Governed:
    """A school's policy, founded with the example edition on 1 September 2025."""

    def __init__(self) -> None:
        self.now = FOUNDED
        self.events: list[Recorded] = []
        carried = Carried(
            occurred_at=FOUNDED, actor="operator", role="admin", command=UUID(int=1), edition="2021-spring",
            sensitivity="open",
        )  # fmt: skip
        adopted = PolicyAdopted(adopted="spring term 2021", review_due="spring term 2022", minute_ref=None)
        self._fold(
            Recorded(
                originator_id=STREAM, originator_version=version, recorded_at=FOUNDED, carried=carried, event=event
            )
            for version, event in enumerate((Drafted.of(edition()), adopted), 1)
        )

    def at(self, now: str) -> Self:
        """Move the clock."""
        self.now = datetime.fromisoformat(now)
        return self

    def when(self, by: str, name: str, about: str | None = None, /, **facts: Any) -> list[str]:
        """Take a decision and return the names of the events it wrote."""
        decision = BY_NAME[name]
        request = PolicyRequest(decision=decision, facts=msgspec.convert(facts, decision.facts), edition=about)
        moment = Moment(
            now=self.now.astimezone(UTC),
            occurred_at=self.now,
            actor=by,
            role=ROLES.get(by, "system"),
            person=by,
            command=UUID(int=len(self.events)),
            edition=self.policy.edition,
            channels=CHANNELS,
            calendar=CALENDAR,
        )
        written = decide_policy(self.policy, moment, request)
        self._fold(written)
        return [at.event.type_name.removeprefix("policy.").removesuffix(".v1") for at in written]

    def draft(self, drafted: Edition) -> Self:
        """Have the office draft an edition."""
        self.when("u-office", "draft_policy", **msgspec.to_builtins(drafted))
        return self

    def adopt(self, drafted: Edition, on: str | None = None) -> Self:
        """Have an edition drafted and adopted, on this day."""
        self.draft(drafted)
        adopted_on = on or self.now.date().isoformat()
        self.when("u-chair", "adopt_policy", drafted.edition, adopted_on=adopted_on, **MINUTED)
        return self

    def refused(self, by: str, name: str, about: str | None = None, /, **facts: Any) -> str:
        """Return why a decision is refused; nothing is written."""
        before = self.policy
        with pytest.raises((Refused, EditionSettled)) as caught:
            self.when(by, name, about, **facts)
        assert self.policy == before
        return str(caught.value)

    def faults(self, by: str, name: str, about: str | None = None, /, **facts: Any) -> list[str]:
        """Return the pointer of each fact that cannot be."""
        with pytest.raises(BadFacts) as caught:
            self.when(by, name, about, **facts)
        return [fault.pointer for fault in caught.value.faults]

    def _fold(self, written: Any) -> None:
        new = list(written)
        folded = fold_policy(self.policy if self.events else None, new)
        assert folded is not None
        self.events += new
        self.policy: Policy = folded
