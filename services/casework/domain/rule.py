"""What a rule is: it looks at a question, and returns what is missing (nothing: it holds).

A :class:`Question` is the case, the moment and the facts given. A fact that was not given raises :class:`Needed`; so
the same rule answers a decision, where every fact is there, and the list of actions, where the answer is then "needs
posts" and nothing is guessed. The rules themselves, R01 and so on, stand in ``rules``.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from casework.domain.incident import Incident, Post

if TYPE_CHECKING:
    from casework.domain.moment import Moment

Missing = tuple[str, ...]
NOTHING: Missing = ()


class Needed(Exception):
    """A rule waits for an input that was not given."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is asked about."""

    case: Incident
    at: "Moment"
    facts: Mapping[str, Any]
    is_complete: bool

    def fact(self, name: str) -> Any:  # noqa: ANN401 - facts were parsed at the edge into the decision's own types
        """Return a fact, or None if the complete request left it out; raises :class:`Needed` when only asking."""
        if not self.is_complete and self.facts.get(name) is None:
            raise Needed(name)
        return self.facts.get(name)

    def posts(self) -> tuple[Post, ...]:
        """Return the posts that the decision names."""
        return tuple(self.case.posts[no] for no in self.fact("posts") or ())


class Soft(msgspec.Struct, frozen=True):
    """Who may override a rule, with which codes. A role mapped to codes may use only those."""

    who: Mapping[str, frozenset[str] | None]
    codes: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of domain.md 6.

    What to do is one sentence, or, where it depends on what is missing, one for each thing that may be.
    """

    id: str
    code: str
    clause: str
    check: Callable[[Question], Missing] | None = None
    soft: Soft | None = None
    what_to_do: str | Mapping[str, str] = ""
    instead: str | None = None
    status: int = 409

    def advice(self, missing: Missing) -> str:
        """Say what to do about just what is missing."""
        if isinstance(self.what_to_do, str):
            return self.what_to_do
        return "; ".join(self.what_to_do[each] for each in missing)
