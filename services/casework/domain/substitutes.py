"""Who may be named to decide in another's place (P12, domain.md 8): a substitute, and only where one is needed.

A substitute sees the case for that, so nobody is made one who is not needed: somebody whose place they take has a
conflict of interest, and nobody who would come before them is free of one. Where the record shows none, as of a cousin,
whoever has it says so, and gives the case away with a reason.
"""

from collections.abc import Iterator

from casework.domain.conflict import is_close
from casework.domain.incident import Incident
from casework.domain.moment import Account, Moment

Misfit = tuple[str, str]
"""What was expected of the account named, and what was found; both without a name."""


def unfit(case: Incident, at: Moment, named: str, *, is_declared: bool) -> Misfit | None:
    """Return why an account does not decide in another's place in this case; None if it may.

    ``is_declared``: whoever names it says, with a reason, that they have a conflict of interest themselves.
    """
    account = at.accounts[named]
    if _is_close(case, named, account):
        return "somebody without a conflict of interest", "somebody with one"
    if _is_given_back(case, at, account):
        return None
    found: Misfit | None = None
    for role in sorted(account.roles):
        if places := _places_taken_by(role, at):
            found = _unneeded(case, at, named, places, is_declared=is_declared)
            if found is None:
                return None
    substitutes = ", ".join(by.replace("_", " ") for by in at.edition.substitutes.values())
    return found or (f"a substitute: {substitutes}", "somebody who is none")


def _is_given_back(case: Incident, at: Moment, account: Account) -> bool:
    """Return whether whoever decides now does so in place of this account, which may after all."""
    deciding = at.accounts.get(case.decision_maker or "")
    return deciding is not None and any(
        not account.roles.isdisjoint(_places_taken_by(role, at)) for role in deciding.roles - account.roles
    )


def _places_taken_by(role: str, at: Moment) -> tuple[str, ...]:
    """Return the roles that a holder of this one stands in for, the nearest first."""
    return at.edition.replaced_by(role) or ((role,) if at.edition.has_deputy(role) else ())


def _unneeded(case: Incident, at: Moment, named: str, places: tuple[str, ...], *, is_declared: bool) -> Misfit | None:
    """Return why nobody has to take these places; None if somebody has to."""
    nearest = places[0]
    if is_declared and at.role == nearest:
        return None
    holders = {role: dict(_holders(at, role, named)) for role in places}
    conflicts = [_is_close(case, name, held) for role in places for name, held in holders[role].items()]
    if conflicts and not any(conflicts):
        expected = f"nobody, unless the {nearest} gives the case away, with a reason: conflict_of_interest"
        return expected, "a case in which no conflict of interest is known"
    is_deputy = nearest in at.accounts[named].roles
    if not is_deputy and not all(_is_close(case, name, held) for name, held in holders[nearest].items()):
        return f"the {nearest}, who has no conflict of interest", "somebody who decides only where that one may not"
    return None


def _holders(at: Moment, role: str, named: str) -> Iterator[tuple[str, Account]]:
    return ((name, held) for name, held in at.accounts.items() if role in held.roles and name != named)


def _is_close(case: Incident, name: str, held: Account) -> bool:
    return is_close(case, name, {held.person} | held.related)
