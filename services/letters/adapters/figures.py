"""How the letters do, for ``/metrics``: asked of the list of letters whenever they are read. Counts, never ids."""

from collections.abc import Callable, Mapping

from letters.adapters.register import PostgresRegister
from servicekit.metrics import Figure

_FIGURES: Mapping[str, tuple[str, str]] = {
    "letters_dead": ("E-mails that were given up", "status = 'dead'"),
    "letters_outcome_unknown": ("E-mails that may have left", "status = 'unknown'"),
    "letters_email_waiting": (
        "E-mails that were approved and have not left",
        "status = 'issued' AND channel = 'email'",
    ),
    "letters_not_laid_out": ("Drafts whose pages could not be made", "status = 'drafted' AND is_render_failed"),
    "letters_unfiled": ("Letters that left and are not in their case yet", "unfiled <> '{}'"),
}
"""By name: what it means, and which letters of the list are counted."""


def figures(register: PostgresRegister) -> Mapping[str, Figure]:
    """Return each figure by its name. All but those that wait need a person, if they stay above 0."""
    listed = {name: Figure(meaning, _counting(register, which)) for name, (meaning, which) in _FIGURES.items()}
    parked = Figure("Events that may cause a letter, of a version unknown here", register.count_parked)
    return {**listed, "letters_causes_parked": parked}


def _counting(register: PostgresRegister, which: str) -> Callable[[], float]:
    return lambda: register.count(which)
