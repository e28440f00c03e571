"""The steps of the policy, a room each: its events, their effect, its decisions.

This tuple is the table of steps. The API, the documentation, the schemas and the tests read it; adding a step is adding
its file and its name here.
"""

from collections.abc import Mapping
from types import ModuleType

from casework.domain.decision import Decision
from casework.domain.event import Event
from casework.domain.steps import (
    access,
    closing,
    complaints,
    correspondence,
    escalation,
    evidence,
    first_step,
    grants,
    host,
    judgement,
    legal,
    people,
    police,
    report,
    warning,
)

STEPS: tuple[ModuleType, ...] = (
    report,
    evidence,
    people,
    judgement,
    first_step,
    escalation,
    warning,
    police,
    access,
    legal,
    grants,
    host,
    complaints,
    correspondence,
    closing,
)

EVENTS: tuple[type[Event], ...] = tuple(event for step in STEPS for event in step.EVENTS)
DECISIONS: tuple[Decision, ...] = tuple(decision for step in STEPS for decision in step.DECISIONS)
BY_NAME: Mapping[str, Decision] = {decision.name: decision for decision in DECISIONS}
