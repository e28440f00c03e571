"""What casework tells us about one event, so far as this service decides by it.

The answer to ``GET /v1/incidents/{id}/events/{version}/merge-fields``. We read tolerantly: a field that we do not
know is left alone; one that is missing becomes None and, where a letter needs it, a problem of the draft. Nothing is
guessed. The whole answer, unread, goes to the template's own schema, which says what that letter needs.

Worked example (shortened)::

    {"case": {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "reference": "RL-2026-0031", "kind": "adult_post"},
     "recipients": [{"party_id": "p-mallinson", "label": "P2", "class": "P", "address": ["1 Mill Lane", ...]}],
     "signatories": [{"subject": "u-head", "role": "headteacher", "name": "Helen Ashdown", "job": "Headteacher"}],
     "poster": {"party_id": "p-mallinson", "identity_confidence": "probable"}, "facts": {"due_at": "..."}}
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from letters.domain.eml import is_address
from letters.domain.errors import MergeFieldsMalformed


class CaseFields(msgspec.Struct, frozen=True):
    """The case."""

    id: str | None = None
    reference: str | None = None
    kind: str | None = None
    categories: tuple[str, ...] = ()


class RecipientFields(msgspec.Struct, frozen=True, rename={"recipient_class": "class"}):
    """One possible recipient; ``address`` has one line an item."""

    party_id: str
    recipient_class: str
    label: str | None = None
    name: str | None = None
    address: tuple[str, ...] | None = None
    is_confidential: bool = False
    address_source: str | None = None
    address_verified_by: str | None = None
    court_order: bool = False
    email: str | None = None
    email_source: str | None = None
    """As for the address: whether staff typed it; casework does not say."""
    email_verified_by: str | None = None

    @property
    def safe_email(self) -> str | None:
        """Return where e-mail may go (R17): an address verified as this adult's own; of an outside body, as given."""
        is_known = self.recipient_class == "O" or self.email_verified_by is not None
        return self.email if self.email is not None and is_known and is_address(self.email) else None


class SignatoryFields(msgspec.Struct, frozen=True):
    """A person who may sign letters of this case: casework leaves out whoever has a conflict of interest."""

    subject: str
    role: str
    name: str | None = None


class PosterFields(msgspec.Struct, frozen=True):
    """The person believed to have written the posts; ``linked_parties`` are adults of the same child."""

    party_id: str | None = None
    label: str | None = None
    identity_confidence: str | None = None
    linked_parties: tuple[str, ...] = ()


class AudienceFields(msgspec.Struct, frozen=True):
    """Who may see letters of this case."""

    roles: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sensitivity: str = "open"


class MergeFields(msgspec.Struct, frozen=True):
    """The answer, so far as we decide by it; ``whole`` is all of it, for the template."""

    case: CaseFields = CaseFields()
    recipients: tuple[RecipientFields, ...] = ()
    signatories: tuple[SignatoryFields, ...] = ()
    conflicted: tuple[str, ...] = ()
    handler: str | None = None
    poster: PosterFields | None = None
    audience: AudienceFields = AudienceFields()
    holds: tuple[str, ...] = ()
    facts: Mapping[str, Any] = {}
    posts: tuple[Mapping[str, Any], ...] = ()
    taken_addresses: tuple[str, ...] = ()
    """Addresses of others that are not the recipient's too, see :func:`letters.domain.address.digest`."""
    whole: Mapping[str, Any] = {}


def parse(body: bytes) -> MergeFields:
    """Read casework's answer.

    Raises:
        MergeFieldsMalformed: not JSON, or a field of another type than agreed; says which and what was expected.
    """
    try:
        whole = msgspec.json.decode(body, type=dict[str, Any])
        fields = msgspec.convert({**whole, "whole": whole}, MergeFields)
    except msgspec.MsgspecError as error:
        raise MergeFieldsMalformed(str(error)) from error
    return fields
