"""What the work of letters says of itself, for whoever runs the service."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Log = Callable[[str, Mapping[str, Any]], None]
"""Takes what happened and what is known of it, without names; with ``error`` it is a warning."""

NEEDS_PERSON: Final = "needs_person"
"""What a person has to do, as a fact of a log line: such a line is an alarm, and logged as an error."""
