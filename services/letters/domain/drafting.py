"""From casework's answer to a draft: who gets it, who signs it, what stands in its way.

Pure: the answer and the prepared template data go in, the event ``letter.drafted.v1`` comes out. What a letter lacks is
listed as problems, all at once; while there is one, the draft is incomplete and is never rendered. What only keeps it
from leaving is a hold.

Gates (none can be overridden): identity, at least ``probable``, of the person the letter goes to; a signatory without a
conflict of interest (R11). Holds: police and safeguarding holds of the case (for the poster, and for adults of the same
child); an address that is not known to be the recipient's own, or is confidential (R17); evidence still to come.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from letters.domain import address
from letters.domain import event as ev
from letters.domain.catalogue import CHAIR, DSL, EMAIL, HANDLER, HEAD, Channel, Row, digest
from letters.domain.choices import Choices
from letters.domain.errors import Refusal, Refused
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import Letter
from letters.domain.merge_fields import MergeFields, RecipientFields, SignatoryFields
from letters.domain.naming import our_ref
from letters.domain.working_days import local_date

PROVEN = ("probable", "confirmed")
EVIDENCE = "evidence"
"""The hold of a letter that tells of a post of which nothing was captured yet."""
TYPED = "typed"
"""The source of an address that staff put in; casework's is the people directory."""
CASE_HOLDS = frozenset({"police", "safeguarding"})


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The event of the case that a letter comes from, as far as the draft keeps it."""

    id: str
    case: UUID
    posts: tuple[int, ...]
    number: int | None

    @classmethod
    def of_entry(cls, entry: FeedEntry) -> "Cause":
        """Return the cause that this entry of the feed is."""
        return cls(id=entry.id, case=entry.case, posts=entry.posts, number=entry.number)

    @classmethod
    def of_letter(cls, letter: Letter) -> "Cause":
        """Return the cause that an earlier revision came from."""
        draft = letter.draft
        return cls(id=draft.cause, case=draft.case, posts=draft.posts, number=draft.cause_no)


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What the template makes of casework's answer: its data's hash, what was cleaned, what is missing or wrong."""

    version: int
    data_sha256: str | None
    cleaned: tuple[ev.Cleaned, ...] = ()
    problems: tuple[ev.Problem, ...] = ()
    deadline: datetime | None = None
    """The moment before which the letter must be there: it asks for something by then, or offers it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the draft goes: the letter's stream, and the revision that it will be."""

    letter: UUID
    version: int = 1
    revision: int = 1
    at: datetime
    by: str | None = None
    role: str | None = None
    command: ev.Command | None = None

    @classmethod
    def after(cls, letter: Letter, at: datetime) -> "Place":
        """Return the place of the letter's next revision that no person asked for."""
        return cls(letter=letter.id, version=letter.version + 1, revision=letter.draft.revision + 1, at=at)


def recipients(row: Row, fields: MergeFields) -> tuple[RecipientFields, ...]:
    """Return those who get this letter, each their own: separated parents are two recipients."""
    return tuple(recipient for recipient in fields.recipients if recipient.recipient_class == row.to)


def signatory(row: Row, fields: MergeFields, preferred: str | None = None) -> SignatoryFields | None:
    """Return who signs: the preferred person if permitted, else the first permitted in the order of the row's roles."""
    roles = row.approver_roles(fields.case.kind)
    free = [person for person in fields.signatories if person.subject not in fields.conflicted]
    if HEAD in roles and not any(person.role == HEAD for person in free):
        roles = tuple(CHAIR if role == HEAD else role for role in roles)
    permitted = [person for role in roles for person in free if person.role == role]
    for person in permitted:
        if person.subject == preferred:
            return person
    is_usual = [person for person in permitted if person.role != HANDLER or fields.handler in (None, person.subject)]
    return is_usual[0] if is_usual else None


def channel_of(row: Row, recipient: RecipientFields, chosen: Choices, *, is_mail_sent: bool = True) -> Channel:
    """Return the channel that was chosen, else the first of the row by which the recipient can be reached.

    By e-mail that is whoever has an address that somebody made sure of; nobody, where the school sends none.
    """
    if chosen.channel is not None:
        return chosen.channel
    has_mail = is_mail_sent and recipient.safe_email is not None
    reached = (each for each in (row.channel, *row.channels) if each != EMAIL or has_mail)
    return next(reached, row.channel)


def addressed(recipient: RecipientFields, chosen: Choices) -> RecipientFields:
    """Return the recipient at the addresses that staff typed; what the directory warns of still holds (R17)."""
    post, mail = chosen.address, chosen.email
    if post is not None:
        by = post.verified_by
        recipient = replace(recipient, address=post.lines, address_source=TYPED, address_verified_by=by)
    if mail is not None:
        recipient = replace(recipient, email=mail.address, email_source=TYPED, email_verified_by=mail.verified_by)
    return recipient


def check_address(fields: MergeFields, recipient: RecipientFields, chosen: Choices) -> None:
    """Refuse to write to an address that casework knows for another person's (R17); nobody may set that aside.

    Raises:
        Refused: it is.
    """
    there = addressed(recipient, chosen)
    if _is_anothers(fields, there) or _is_mail_of_another(fields, there):
        detail = "R17: the address is another person's. Have the recipient's own recorded in casework's directory."
        expected = "an address of the recipient's own"
        refusal = Refusal(code="R17", detail=detail, expected=expected, found="that of somebody else in the case")
        raise Refused("draft", [refusal])


def draft(
    row: Row,
    cause: Cause,
    *,
    fields: MergeFields,
    recipient: RecipientFields,
    signs: SignatoryFields | None,
    prepared: Prepared,
    merge_sha256: str,
    place: Place,
    channel: Channel,
    choices_sha256: str | None = None,
) -> ev.Drafted:
    """Return the draft of one letter to one recipient, by one channel."""
    return ev.Drafted(
        originator_id=place.letter,
        originator_version=place.version,
        recorded_at=place.at,
        revision=place.revision,
        case=cause.case,
        case_reference=fields.case.reference,
        case_kind=fields.case.kind,
        cause=cause.id,
        template=row.template,
        template_version=prepared.version,
        catalogue_sha256=digest(),
        our_ref=reference(fields, row, place.letter),
        recipient=ev.Recipient(party=recipient.party_id, label=recipient.label, recipient_class=row.to),
        channel=channel,
        posts=_posts(row, cause, fields),
        cause_no=cause.number,
        letter_date=local_date(place.at),
        deadline=prepared.deadline,
        handler=fields.handler,
        signatory=signs.subject if signs else None,
        signatory_role=signs.role if signs else None,
        conflicted=fields.conflicted,
        linked_parties=fields.poster.linked_parties if fields.poster else (),
        audience=audience(fields),
        merge_sha256=merge_sha256,
        data_sha256=prepared.data_sha256,
        cleaned=prepared.cleaned,
        problems=(*prepared.problems, *_gates(row, fields, recipient, signs)),
        holds=_holds(row, fields, recipient, channel),
        by=place.by,
        role=place.role,
        command=place.command,
        choices_sha256=choices_sha256,
    )


def placeholder(row: Row, cause: Cause, party: str, problem: ev.Problem, place: Place) -> ev.Drafted:
    """Return an incomplete draft to nobody, which keeps the cause from being forgotten; head and DSL see it."""
    return ev.Drafted(
        originator_id=place.letter,
        originator_version=place.version,
        recorded_at=place.at,
        revision=place.revision,
        case=cause.case,
        case_reference=None,
        case_kind=None,
        cause=cause.id,
        template=row.template,
        template_version=0,
        catalogue_sha256=digest(),
        our_ref=None,
        recipient=ev.Recipient(party=party, label=None, recipient_class=row.to),
        channel=row.channel,
        posts=cause.posts,
        cause_no=cause.number,
        letter_date=local_date(place.at),
        deadline=None,
        handler=None,
        signatory=None,
        signatory_role=None,
        conflicted=(),
        linked_parties=(),
        audience=ev.Audience(roles=(HEAD, DSL)),
        merge_sha256=None,
        data_sha256=None,
        cleaned=(),
        problems=(problem,),
        holds=(),
        by=place.by,
        role=place.role,
        command=place.command,
    )


def reference(fields: MergeFields, row: Row, letter: UUID) -> str | None:
    """Return our reference, once the case's own is known."""
    return our_ref(fields.case.reference, row.template, letter) if fields.case.reference else None


def audience(fields: MergeFields) -> ev.Audience:
    """Return who may see the letter; a subject of the posts is left out, whatever the role (R11).

    But for whoever is named one by one: the complainant of a notice sees, and signs, what the posts are about them.
    """
    given = fields.audience
    excluded = tuple(sorted({*given.excluded, *fields.conflicted} - set(given.subjects)))
    return ev.Audience(roles=given.roles, subjects=given.subjects, excluded=excluded, sensitivity=given.sensitivity)


def _gates(
    row: Row, fields: MergeFields, recipient: RecipientFields, signs: SignatoryFields | None
) -> list[ev.Problem]:
    problems = []
    if fields.case.reference is None:
        problems.append(ev.Problem(code="missing", path="case.reference", expected="the case's reference"))
    if row.is_identity_gated and not _is_identified(fields, recipient):
        expected = "the recipient is the identified poster or responsible adult, probable or confirmed (R05)"
        problems.append(ev.Problem(code="identity_unproven", path="poster.identity_confidence", expected=expected))
    if signs is None:
        expected = f"a signatory without conflict of interest: {', '.join(row.approver_roles(fields.case.kind))} (R11)"
        problems.append(ev.Problem(code="no_signatory", path="signatories", expected=expected))
    return problems


def _is_identified(fields: MergeFields, recipient: RecipientFields) -> bool:
    """Tell whether the recipient is the identified poster; of a child account, the adult casework names for it."""
    poster = fields.poster
    if poster is None or poster.identity_confidence not in PROVEN:
        return False
    return fields.case.kind == "child_account" or poster.party_id == recipient.party_id


def _holds(row: Row, fields: MergeFields, recipient: RecipientFields, channel: Channel) -> tuple[str, ...]:
    linked = fields.poster.linked_parties if fields.poster else ()
    reaches_poster = row.to == "P" or (row.to == "A" and recipient.party_id in linked)
    holds = CASE_HOLDS & set(fields.holds) if reaches_poster else set()
    is_safe = _is_safe_address(recipient) and not _is_anothers(fields, recipient)
    if channel == "print" and row.to != "O" and not is_safe:
        holds |= {"address"}
    if channel == EMAIL and (recipient.safe_email is None or _is_mail_of_another(fields, recipient)):
        holds |= {"address"}
    if row.needs_evidence and any(post.get("exhibit") is None for post in fields.posts):
        holds |= {EVIDENCE}
    return tuple(sorted(holds))


def _is_anothers(fields: MergeFields, recipient: RecipientFields) -> bool:
    """Tell whether an address that staff typed is known for that of somebody else in the case."""
    lines = address.without_name(recipient.address or (), recipient.name)
    is_typed = recipient.address_source == TYPED and bool(lines)
    return is_typed and address.digest(fields.case.id or "", lines) in fields.taken_addresses


def _is_mail_of_another(fields: MergeFields, recipient: RecipientFields) -> bool:
    """Tell whether an e-mail address that staff typed is known for that of somebody else in the case."""
    is_typed = recipient.email_source == TYPED and recipient.email is not None
    return is_typed and address.email_digest(fields.case.id or "", recipient.email or "") in fields.taken_addresses


def _is_safe_address(recipient: RecipientFields) -> bool:
    """Tell whether the address is known to be the recipient's own, and may be written on an envelope (R17)."""
    is_known = recipient.address_source == "directory" or recipient.address_verified_by is not None
    return bool(recipient.address) and is_known and not recipient.is_confidential and not recipient.court_order


def _posts(row: Row, cause: Cause, fields: MergeFields) -> tuple[int, ...]:
    """Return the posts that the letter is about: those of its cause; of a talk, all that are in question."""
    if cause.posts or "post-checked" not in row.superseded_by:
        return cause.posts
    return tuple(post for post in fields.facts.get("posts_in_question") or () if isinstance(post, int))
