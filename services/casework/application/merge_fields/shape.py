"""The shape of the answer: the contract between casework and whoever drafts letters, field by field.

Every field is always there; what is not known, withheld or of no use here is null or empty. Its JSON Schema stands in
the OpenAPI document.
"""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from casework.domain.codes import (
    Association,
    BasisCode,
    Capacity,
    Category,
    Characteristic,
    Confidence,
    CorrespondenceState,
    EvidenceMethod,
    Kind,
    PartyKind,
    Restricted,
    Scope,
    SentBy,
)  # fmt: skip
from casework.domain.decision import Instant
from casework.domain.event import Sensitivity

RecipientClass = Literal["P", "A", "O"]
Hold = Literal["police", "safeguarding"]


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """The case as it stands."""

    id: UUID
    reference: str
    kind: Kind
    categories: tuple[Category, ...]
    primary: Category | None
    sensitivity: Sensitivity


class EventShown(msgspec.Struct, frozen=True, kw_only=True):
    """The event asked about; who acted, by account."""

    id: str
    type: str
    occurred_at: Instant
    actor: str
    role: str


class PolicyShown(msgspec.Struct, frozen=True, kw_only=True):
    """The edition that the event cites, and the clause it applies; overdue as of today."""

    title: str
    edition: str
    adopted_on: Annotated[str, msgspec.Meta(description="A date, or a term as 'spring term 2021'")]
    review_due_on: Annotated[str, msgspec.Meta(description="A date, or a term as 'spring term 2022'")]
    is_signed: bool
    is_overdue: bool
    clause: str | None
    clause_text: str | None
    minimum_age: Annotated[
        int, msgspec.Meta(description="From which age on children may use most sites, it says (P41)")
    ]


class Recipient(msgspec.Struct, frozen=True, kw_only=True, rename={"recipient_class": "class"}):
    """Somebody a letter may go to, each by a letter of their own, at an address of their own."""

    party_id: Annotated[str, msgspec.Meta(description="Id in the people directory, else the label")]
    label: str
    recipient_class: RecipientClass
    name: str | None
    association: Association | None
    language: str | None
    large_print: bool
    address: Annotated[tuple[str, ...] | None, msgspec.Meta(description="Null where there is none that may be used")]
    email: str | None
    email_verified_by: Annotated[
        str | None, msgspec.Meta(description="Who made sure that it is this person's own; no e-mail leaves without")
    ]
    is_confidential: bool
    address_source: Literal["directory"] | None
    address_verified_by: str | None
    court_order: bool


class Signatory(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff who may sign: has a good key, and no conflict of interest."""

    subject: str
    role: str
    name: str | None
    job: str


class PosterShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who is taken for the poster, how surely, and the other adults of the same children."""

    party_id: str
    label: str
    identity_confidence: Confidence
    linked_parties: tuple[str, ...]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see the letters: roles, without the accounts excluded. An adviser also needs a grant for the case."""

    roles: tuple[str, ...]
    subjects: tuple[str, ...]
    excluded: tuple[str, ...]
    sensitivity: Sensitivity


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A name that may, or may not, stand in a letter."""

    name: str
    kind: PartyKind
    allowed: bool


class EarlierLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter filed in the case; its pages are known by their hash."""

    letter_id: UUID
    template: str
    pdf_sha256: str
    party: str | None
    channel: SentBy
    state: CorrespondenceState
    occurred_at: Instant


class PostShown(msgspec.Struct, frozen=True, kw_only=True):
    """A post that the event is about."""

    n: int
    platform: str | None
    url: str | None
    account: str | None
    posted_at: Instant
    seen_at: Instant
    exhibit: Annotated[str | None, msgspec.Meta(description="E and the number of the first evidence of it")]
    summary: str | None
    quote: Annotated[str | None, msgspec.Meta(description="At most 240 characters of its words; null if withheld")]
    ground: Annotated[str | None, msgspec.Meta(description="The case's primary category, by code and in words")]


class ContactShown(msgspec.Struct, frozen=True, kw_only=True):
    """A talk with the person written to, or an attempt at one, before the event."""

    party: str
    occurred_at: Instant
    method: str
    outcome: str


class RequestShown(msgspec.Struct, frozen=True, kw_only=True):
    """A request to remove posts, to the person written to, before the event."""

    request_no: int
    party: str
    requested_on: date
    due_at: Instant
    answer: Literal["agreed", "refused", "lapsed"] | None


class ChannelShown(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, as its register has it."""

    platform: str
    kind: str
    name: str | None


class BlockShown(msgspec.Struct, frozen=True, kw_only=True):
    """The block that the event is about, as it was put in force; no other channel's."""

    block_no: int
    channel: ChannelShown | None
    scope: Scope
    since: Instant
    review_on: date
    alternative_route: str | None
    has_representations: bool


class OwnBlockShown(msgspec.Struct, frozen=True, kw_only=True):
    """A block on the person written to, put in force before the event, as it stands now."""

    channel: ChannelShown | None
    is_in_force: bool


class ComplainantShown(msgspec.Struct, frozen=True, kw_only=True):
    """In whose own name posts are complained of: an adult or a member of staff; of anybody else no name is told."""

    label: str
    kind: PartyKind
    name: str | None
    email: str | None


class SuspectShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who is taken for the poster, or answers for the child's account, and on what ground; no pupil is named."""

    label: str
    kind: PartyKind
    name: str | None
    association: Association | None
    capacity: Capacity | None
    confidence: Confidence | None
    basis_code: BasisCode | None
    basis: str | None


class ExhibitShown(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence of the posts told of: the hash by which the file proves to be the one captured, and when that was."""

    exhibit: str
    posts: tuple[int, ...]
    captured_at: Instant
    method: EvidenceMethod
    media_type: str
    size_bytes: int
    sha256: str
    restricted: tuple[Restricted, ...]


class StepShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened in the case: the event's name, and the codes that say how."""

    occurred_at: Instant
    step: str
    codes: tuple[str, ...]


class PoliceShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the force gave for a referral."""

    force: str | None
    reference: str | None


class TypeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A category of the policy, by code and by its name there."""

    code: Category
    name: str


class ReturnedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the return of prejudice incidents: no person, no words, no reference."""

    on: date
    types: tuple[TypeShown, ...]
    characteristics: tuple[Characteristic, ...]
    actions: tuple[str, ...]
    outcome: Annotated[str | None, msgspec.Meta(description="How it was closed; null while it is open")]


class ReturnShown(msgspec.Struct, frozen=True, kw_only=True):
    """The return of one term; a case that was reported in the holidays is in that of the term that follows."""

    term: str
    first: date
    last: date
    cases: tuple[ReturnedCase, ...]


class MergeFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter about one event of a case can be drafted from."""

    case: CaseShown
    event: EventShown
    policy: PolicyShown
    recipients: tuple[Recipient, ...]
    signatories: tuple[Signatory, ...]
    conflicted: Annotated[tuple[str, ...], msgspec.Meta(description="Accounts with a conflict of interest")]
    handler: Annotated[str | None, msgspec.Meta(description="Account of the caseworker who handles the case")]
    poster: PosterShown | None
    audience: Audience
    names: tuple[Name, ...]
    earlier_letters: tuple[EarlierLetter, ...]
    holds: tuple[Hold, ...]
    facts: Annotated[
        dict[str, Any],
        msgspec.Meta(
            description="The event's own facts, and: request_no, due_at and meaning of the request made with it;"
            " contacts, earlier_requests, is_complaints_route_offered, underlying_concern, concern_response, impact;"
            " the block that it is about, and all blocks on the person written to; posts_in_question by number, and"
            " the platforms they were made on;"
            " of what goes to outside bodies also exhibits, suspect, steps, complainant, police, question, return"
        ),
    ]
    posts: tuple[PostShown, ...]
    taken_addresses: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Addresses of others in the case, none of them the recipient's: sha256 of the case's id, the"
            " first line and the postcode, each of the two as small letters and digits, with | between; of e-mail"
            " addresses, sha256 of the case's id and the address in small letters, with | between"
        ),
    ]
