"""The people of an answer: who is written to, who signs, who may see it, and who may be named."""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from casework.application.grants import HOLDER
from casework.application.handler import HANDLER, handler_of
from casework.application.merge_fields.causes import complainant
from casework.application.merge_fields.directory import KnownPerson
from casework.application.merge_fields.further import returned_cases
from casework.application.merge_fields.shape import (
    Audience,
    Hold,
    Name,
    PosterShown,
    Recipient,
    RecipientClass,
    Signatory,
)  # fmt: skip
from casework.application.merge_fields.view import ADVISER, View
from casework.application.visibility import roles_reading
from casework.domain.codes import PartyKind
from casework.domain.conflict import persons_concerned
from casework.domain.evaluation import SENSITIVITIES
from casework.domain.event import Sensitivity
from casework.domain.event import known as disclosed
from casework.domain.incident import POLICE_HOLD, SAFEGUARDING_HOLD
from casework.domain.steps.grants import CLIENT
from casework.domain.steps.police import PoliceReferenceRecorded

SIGNING: Final[Mapping[str, str]] = {
    "headteacher": "Headteacher",
    HANDLER: "Caseworker",
    "dsl": "Designated safeguarding lead",
    "chair": "Chair of governors",
    "office": "School office",
}
"""Roles that sign letters, and what stands under the name of one whose job the directory does not say."""
HOLDS: Final[Mapping[Hold, str]] = {"police": POLICE_HOLD, "safeguarding": SAFEGUARDING_HOLD}


def recipients(view: View) -> tuple[Recipient, ...]:
    """Return those whom letters about the event may go to, each at an address of their own."""
    return tuple(_recipient(view, label, name) for name, labels in view.to.items() for label in labels)


def conflicted(view: View) -> tuple[str, ...]:
    """Return the accounts of whoever the posts are about, and of the poster (R11)."""
    involved = persons_concerned(view.case)
    return tuple(sorted({account.subject for account in view.accounts if account.person in involved}))


def signatories(view: View) -> tuple[Signatory, ...]:
    """Return the staff who may sign, by role and account; one in two roles stands here twice."""
    left_out = conflicted(view)
    found: dict[tuple[str, str], Signatory] = {}
    for account in view.accounts:
        if account.is_good and account.role in SIGNING and account.subject not in left_out:
            job = account.job or SIGNING[account.role]
            made = Signatory(subject=account.subject, role=account.role, name=account.name, job=job)
            # Of two keys of one account, the one that is tied to a person says who that is.
            if made.name or (made.role, made.subject) not in found:
                found[made.role, made.subject] = made
    order = list(SIGNING)
    return tuple(sorted(found.values(), key=lambda one: (order.index(one.role), one.subject)))


def handler(view: View) -> str | None:
    """Return the account of who handles the case."""
    return handler_of(view.case, view.events, conflicted(view))


def poster(view: View) -> PosterShown | None:
    """Return who is taken for the poster, if anybody is."""
    identity = view.case.identity
    if identity is None:
        return None
    own = view.party_id(identity.party)
    children = {tie.pupil for tie in view.ties if tie.adult == own}
    linked = {tie.adult for tie in view.ties if tie.pupil in children} - {own}
    return PosterShown(
        party_id=own,
        label=identity.party,
        identity_confidence=identity.confidence,
        linked_parties=tuple(sorted(linked)),
    )


def audience(view: View) -> Audience:
    """Return who may see letters about the event: who may read the case and an event as sensitive as this.

    A privileged letter is for the client and the adviser. Whoever complains in a letter sees it, and signs it, although
    the posts are about them.
    """
    named, left_out = complainant(view.at.event, view.case), conflicted(view)
    complains = [account.subject for account in view.accounts if view.case.label_of(account.person) in named]
    # One by one it is read by whoever decides in another's place; grants come and go, and are asked for each time.
    decides = [by for by in (view.case.decision_maker,) if by is not None and by not in left_out]
    is_privileged = view.cause.is_for_client
    sensitivity = "privileged" if is_privileged else _sensitivity(view)
    return Audience(
        roles=(*CLIENT, HOLDER) if is_privileged else roles_reading(view.case, sensitivity),
        subjects=() if is_privileged else tuple(dict.fromkeys((*decides, *complains))),
        excluded=tuple(subject for subject in left_out if subject not in complains),
        sensitivity=sensitivity,
    )


def _sensitivity(view: View) -> Sensitivity:
    """Return that of the event, or that of the most sensitive case that the letter counts."""
    counted = (case.sensitivity for case in returned_cases(view))
    return max((view.at.carried.sensitivity, *counted), key=SENSITIVITIES.index)


def taken_addresses(view: View) -> tuple[str, ...]:
    """Return the addresses of everybody else around the case, as digests; those of whom is written to are left out."""
    own = {address for label in view.addressed for address in _addresses(view, view.person_of(label))}
    others = {address for person in view.known.values() for address in _addresses(view, person)}
    return tuple(sorted(others - own))


def names(view: View) -> tuple[Name, ...]:
    """Return everybody who could be named, by name and kind, and whether a letter may name them."""
    found: dict[tuple[str, PartyKind], bool] = {}
    for name, kind, is_allowed in _named(view):
        found[name, kind] = found.get((name, kind), False) or is_allowed
    return tuple(Name(name=name, kind=kind, allowed=allowed) for (name, kind), allowed in sorted(found.items()))


def holds(view: View) -> tuple[Hold, ...]:
    """Return the holds that stand against writing to the poster."""
    return tuple(name for name, kind in HOLDS.items() if view.case.is_held(kind))


def _recipient(view: View, label: str, recipient_class: RecipientClass) -> Recipient:
    party, known, identity = view.case.parties.get(label), view.person_of(label), view.case.identity
    address = known.point("address") if known else None
    email = known.point("email") if known else None
    is_usable = address is not None and address.is_usable
    return Recipient(
        party_id=view.party_id(label),
        label=label,
        recipient_class=recipient_class,
        name=known.name if known else party.name if party else _body_name(view, label),
        association=identity.association if identity and identity.party == label else None,
        language=known.language if known else None,
        large_print=known is not None and known.is_large_print,
        address=address.lines if address and is_usable else None,
        email=email.lines[0] if email and email.is_usable else None,
        email_verified_by=email.verified_by if email and email.is_usable else None,
        is_confidential=address is not None and address.is_confidential,
        address_source="directory" if is_usable else None,
        address_verified_by=address.verified_by if address and is_usable else None,
        court_order=address is not None and address.has_court_order,
    )


def _addresses(view: View, person: KnownPerson | None) -> Iterator[str]:
    """Yield a person's addresses, also those that no letter may go to: ``<case id>|<first line>|<postcode>``, hashed.

    The lines count as small letters and digits alone. The case in it keeps two cases from being compared. An e-mail
    address is ``<case id>|<in small letters>``, hashed.
    """
    for point in person.contact_points if person else ():
        if point.kind == "email" and point.lines:
            yield sha256(f"{view.case.id}|{point.lines[0].casefold()}".encode()).hexdigest()
        if point.kind == "address" and point.lines:
            first, last = (re.sub(r"[^a-z0-9]", "", point.lines[at].casefold()) for at in (0, -1))
            yield sha256(f"{view.case.id}|{first}|{last}".encode()).hexdigest()


def _named(view: View) -> Iterator[tuple[str, PartyKind, bool]]:
    """Yield the people of the case, their families, and those who sign; one person may come more than once."""
    for label, party in view.case.parties.items():
        known = view.person_of(label)
        name, kind = (known.name, known.kind) if known else (party.name, party.kind)
        if name and name.strip():
            yield name, kind, _may_be_named(view, label, kind)
    for person in view.known.values():
        yield person.name, person.kind, False
    for signatory in signatories(view):
        if signatory.name:
            yield signatory.name, "staff", True


def _may_be_named(view: View, label: str, kind: PartyKind) -> bool:
    """Return whether the letters may name this party: a pupil only to somebody of their own family."""
    if label in view.keeps_from:
        return False
    if kind == "pupil":
        pupil, families = view.party_id(label), {view.party_id(each) for each in view.addressed}
        return label in view.may_name and any(tie.pupil == pupil and tie.adult in families for tie in view.ties)
    return kind == "staff" or label in view.addressed | view.may_name


def _body_name(view: View, label: str) -> str | None:
    """Return the name of an outside body, where the record says it: the force, or an adviser with an account."""
    if label == ADVISER:
        return next((account.name for account in view.accounts if account.person == view.adviser), None)
    given = [at.event.force for at in view.events if isinstance(at.event, PoliceReferenceRecorded)]
    return disclosed(given[-1]) if label == "police" and given else None
