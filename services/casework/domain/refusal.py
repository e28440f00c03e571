"""What a decision that cannot be taken answers: every failing rule at once, or every fault of the facts at once.

::

    Refusal
      BadFacts        422  facts that cannot be (R20, R22, an unknown post, a code that does not fit)
      Refused         409  rules that fail, all listed (403 for R11 and R12)
      NoSuchNumber    404  the path names a request, referral ... that the case does not have
      NothingToActOn  409  it is there, but already answered, lifted or released
      NoSuchEdition   404  the path names an edition that the policy does not have
      EditionSettled  409  it is there, but already adopted, signed or superseded
"""

from uuid import UUID

import msgspec

from casework.domain.rule import Missing, Rule


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that is wrong: where it stands, what was expected, what was found (never a personal value)."""

    pointer: str
    expected: str
    found: str
    rule: str | None = None
    where: str = "body"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that fails, and what is missing for it to hold."""

    rule: Rule
    missing: Missing = ()

    @property
    def sentence(self) -> str:
        """Say it to a person: rule, clause, what is missing, who may override or what to do."""
        rule = self.rule
        needs = f": needs {', '.join(self.missing)}." if self.missing else "."
        if rule.soft is None:
            return f"{rule.id} {rule.code} ({rule.clause}){needs} Cannot be overridden: {rule.advice(self.missing)}."
        roles = [
            role.capitalize() if role != "dsl" else "DSL" + (" for child safety" if codes else "")
            for role, codes in rule.soft.who.items()
        ]
        return f"{rule.id} {rule.code} ({rule.clause}){needs} {' or '.join(roles)} may override with a reason."


class Refusal(Exception):
    """The decision was not taken, and nothing was recorded in the case."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that refuse, in order; none where no rule has a say."""
        return ()


class BadFacts(Refusal):
    """The facts given cannot be."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{f.pointer}: expected {f.expected}, found {f.found}" for f in faults))
        self.faults = faults

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that these faults break, in order."""
        return tuple(sorted({fault.rule for fault in self.faults if fault.rule}))


class Refused(Refusal):
    """The policy does not allow this now."""

    def __init__(self, decision: str, failures: list[Failure]) -> None:
        super().__init__(" ".join(failure.sentence for failure in failures))
        self.decision = decision
        self.failures = failures

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the failing rules, in order."""
        return tuple(failure.rule.id for failure in self.failures)

    @property
    def status(self) -> int:
        """403 where a rule about the person fails, else 409."""
        return 403 if any(failure.rule.status == 403 for failure in self.failures) else 409


class NoSuchNumber(Refusal):
    """The case has no thing of this kind with this number."""

    def __init__(self, kind: str, number: int | UUID) -> None:
        super().__init__(f"this case has no {kind.replace('_', ' ')} {number}")


class NothingToActOn(Refusal):
    """The thing, or the case itself (which has no number), is there, but not open to this decision."""

    def __init__(self, kind: str, number: int | UUID | None, found: str, expected: str) -> None:
        name = kind.replace("_", " ") if number is None else f"{kind.replace('_', ' ')} {number}"
        todo = "Nothing was recorded; the list of actions says what may be done now."
        super().__init__(f"{name} is {found}; expected one that is {expected}. {todo}")


class NoSuchEdition(Refusal):
    """The policy has no edition of this name."""

    def __init__(self, edition: str) -> None:
        super().__init__(f"the policy has no edition {edition}")


class EditionSettled(Refusal):
    """The edition is there, but no longer open to this decision."""

    def __init__(self, edition: str, found: str) -> None:
        super().__init__(f"Edition {edition} is {found}; expected one that is not. Nothing was recorded.")
