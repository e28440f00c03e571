"""Conflicts of interest (P12, R11): whom a case concerns, and what keeps them from deciding in it.

Three circles, each wider than the one before: *whom a case is about* (whoever a post is about, and whoever is taken for
its poster) decides nearly nothing in it; *who is close to it* (a relative of one of these, and the author of a warning
that is complained of) settles nothing in it; and both may give it away.
"""

from collections.abc import Collection

from casework.domain.incident import COMPLAINT, WARNING, Incident
from casework.domain.rule import NOTHING, Missing, Question


def persons_concerned(case: Incident) -> frozenset[str]:
    """Return the directory ids of whoever a post is about, and of who is taken for the poster, or answers for one."""
    poster = case.parties.get(case.identity.party) if case.identity else None
    return case.target_persons | (frozenset({poster.person}) if poster and poster.person else frozenset())


def is_close(case: Incident, account: str, persons: Collection[str]) -> bool:
    """Return whether the case concerns the person of an account, or their family, or a complaint is about them."""
    return not persons_concerned(case).isdisjoint(persons) or _is_complained_of(case, account)


def concerned(q: Question) -> Missing:
    """Refuse whoever the case is about: nobody decides in a matter of their own."""
    return _somebody_else(q) if q.at.person in persons_concerned(q.case) else NOTHING


def kin(q: Question) -> Missing:
    """Refuse also their relatives."""
    persons = q.at.related | ({q.at.person} if q.at.person else set())
    return NOTHING if persons_concerned(q.case).isdisjoint(persons) else _somebody_else(q)


def close(q: Question) -> Missing:
    """Refuse also their relatives, and who wrote what is complained of."""
    return _somebody_else(q) if _is_complained_of(q.case, q.at.actor) else kin(q)


def given_away(q: Question) -> Missing:
    """Refuse them a case that was given to another already, and to keep it."""
    conflict = close(q)
    is_anothers = q.case.decision_maker not in {None, q.at.actor}
    return conflict if conflict and (is_anothers or q.fact("decision_maker") == q.at.actor) else NOTHING


def _is_complained_of(case: Incident, actor: str) -> bool:
    """Return whether a complaint about a warning of this person's is still to be answered."""
    about = {each.about for each in case.numbers_of(COMPLAINT).values() if each.is_pending}
    return any(each.by == actor for number, each in case.numbers_of(WARNING).items() if str(number) in about)


def _somebody_else(q: Question) -> Missing:
    """Name who decides instead, for whoever may not."""
    substitute = q.at.edition.substitutes.get(q.at.role, "").replace("_", " ")
    return (f"a person without a conflict of interest{f', the {substitute}' if substitute else ''}",)
