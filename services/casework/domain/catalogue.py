"""Every event type of the record, by its permanent name."""

from collections.abc import Mapping

from casework.domain.event import Event, registry
from casework.domain.policy_events import POLICY_EVENTS
from casework.domain.record import RECORD_EVENTS
from casework.domain.steps import EVENTS

EVENT_TYPES: Mapping[str, type[Event]] = registry((*EVENTS, *POLICY_EVENTS, *RECORD_EVENTS))
