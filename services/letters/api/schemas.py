"""The shapes of requests and answers, as the OpenAPI document shows them."""

from datetime import datetime
from typing import Any, Final, get_args

import marshmallow
from marshmallow import Schema, validate
from marshmallow.fields import AwareDateTime, Boolean, Date, Dict, Integer, List, Nested, String

from letters.domain.catalogue import CATALOGUE, Channel
from letters.domain.letter import Status
from servicekit.fields import INTEGER_MAX, Text

SHA256: Final = r"^[0-9a-f]{64}$"
LIST_MOST: Final = 200
REASON_MOST: Final = 2000
LINE_MOST: Final = 200
EMAIL_MOST: Final = 254


class Hash(String):
    """A sha256, as 64 lower-case hex digits."""

    def __init__(self, **kwargs: Any) -> None:
        pattern = validate.Regexp(SHA256.replace("$", r"\Z"), error="64 lower-case hex digits.")
        super().__init__(validate=pattern, **kwargs)
        self.metadata = {"pattern": SHA256, **self.metadata}


class Instant(AwareDateTime):
    """An instant with an offset, RFC 3339."""

    default_error_messages = {"invalid": "Not a valid instant with an offset, as 2026-03-02T09:15:00Z."}  # noqa: RUF012 - marshmallow's way

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, attr, data, **kwargs)


def reason() -> Text:
    """Return the field for a reason, which must say something."""
    return Text(least=1, most=REASON_MOST, required=True, metadata={"description": "why; kept sealed"})


def number(least: int, most: int, default: int) -> Integer:
    """Return the field for a whole number in a query, where every value is text."""
    return Integer(validate=validate.Range(least, most), load_default=default)


class ListQuery(Schema):
    """Which letters, and where to go on."""

    case = marshmallow.fields.UUID(metadata={"description": "the incident"})
    status = String(validate=validate.OneOf(get_args(Status)))
    template = String(validate=validate.OneOf(sorted(CATALOGUE)))
    person = Text(least=1, most=64, metadata={"description": "the recipient, by the id in the school's directory"})
    dated_from = Date(data_key="from", metadata={"description": "the first day that the letter's date may be"})
    dated_to = Date(data_key="to", metadata={"description": "the last day that the letter's date may be"})
    after = number(0, INTEGER_MAX, 0)
    limit = number(1, LIST_MOST, 50)


class PageQuery(Schema):
    """Where to go on."""

    after = number(0, INTEGER_MAX, 0)
    limit = number(1, LIST_MOST, 50)


class OverrideAsked(Schema):
    """A blocking finding to set aside."""

    finding = Text(least=1, most=300, required=True)
    reason = reason()


class ApproveAsked(Schema):
    """The PDF that was read, by its hash; the checks that were looked at; findings set aside."""

    pdf_sha256 = Hash(required=True)
    checks = List(Text(least=1, most=300), load_default=list)
    overrides = List(Nested(OverrideAsked), load_default=list)
    confirmation = Text(
        least=1,
        most=REASON_MOST,
        metadata={"description": "L08 only: when and how the complainant read, agreed to and signed it; kept sealed"},
    )
    at_any_time = Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "an e-mail need not wait for its hours; the headteacher's alone to say"},
    )


class ReasonAsked(Schema):
    """Why."""

    reason = reason()


class ReleaseAsked(Schema):
    """Which hold is lifted, and why."""

    hold = Text(least=1, most=40, required=True)
    reason = reason()


class RedraftAsked(Schema):
    """In whose name; left out, the same person's as before."""

    signatory = Text(least=1, most=100)


class TypedAddressAsked(Schema):
    """An address that casework does not have."""

    lines = List(Text(least=1, most=LINE_MOST), required=True, validate=validate.Length(2, 6))
    basis = Text(least=1, most=REASON_MOST, required=True, metadata={"description": "how the address is known"})
    verified_by = Text(
        least=1, most=100, required=True, metadata={"description": "who made sure that it is the person's own"}
    )


class TypedEmailAsked(Schema):
    """An e-mail address that casework does not have."""

    address = Text(least=1, most=EMAIL_MOST, required=True)
    basis = Text(least=1, most=REASON_MOST, required=True, metadata={"description": "how the address is known"})
    verified_by = Text(
        least=1, most=100, required=True, metadata={"description": "who made sure that it is the recipient's own"}
    )


class DraftAsked(Schema):
    """What is chosen from now on; what is left out stays as it was, null takes a choice back."""

    channel = String(allow_none=True, validate=validate.OneOf(get_args(Channel)))
    slots = Dict(
        keys=String(),
        values=Text(least=1, most=REASON_MOST, allow_none=True),
        metadata={"description": "words of your own, by the names of the template's slots"},
    )
    address = Nested(TypedAddressAsked, allow_none=True)
    email = Nested(TypedEmailAsked, allow_none=True)
    large_print = Boolean(allow_none=True, truthy={True}, falsy={False})


class DispatchAsked(Schema):
    """Nothing to say."""


class DispatchedAsked(Schema):
    """When, where and how it was posted, or passed on; of what goes by no post, by what it is known to have arrived."""

    posted_at = Instant(required=True)
    posting_class = String(data_key="class", load_default="first", validate=validate.OneOf(("first", "second")))
    place = Text(least=1, most=LINE_MOST)
    tracking_no = Text(least=1, most=LINE_MOST)
    reference = Text(least=1, most=LINE_MOST, metadata={"description": "what the other side gave, or who received it"})
    text_sha256 = Hash(
        metadata={"description": "of the text that was passed on: the letter's own, whole; on ClassDojo, its message"}
    )
    image_sha256 = Hash(metadata={"description": "of a picture that shows that it arrived"})
    despite_hold = Boolean(load_default=False, truthy={True}, falsy={False})


class OutcomeAsked(Schema):
    """When it arrived, or came back, and how that is known."""

    at = Instant(required=True)
    reason = Text(least=1, most=REASON_MOST)


class WindowQuery(Schema):
    """By which channel, and at which instant; left out, now."""

    channel = String(required=True, validate=validate.OneOf(get_args(Channel)))
    at = Instant()


class WindowAnswer(Schema):
    """Whether a letter may leave by a channel, and from when on."""

    is_open = Boolean(required=True)
    opens_at = String(required=True, metadata={"format": "date-time"})
    why = String(required=True)


class ReconcileAsked(Schema):
    """Whether a letter of unknown outcome left, and when; how that is known."""

    outcome = String(required=True, validate=validate.OneOf(("sent", "not_sent")))
    at = Instant(metadata={"description": "when it left; needed with `sent`, and with it alone"})
    reason = reason()

    @marshmallow.validates_schema
    def dated(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse a time without a sending, and a sending without a time."""
        if (given["outcome"] == "sent") != ("at" in given):
            raise marshmallow.ValidationError("An instant if the outcome is sent, else nothing.", "at")


class AddressAsked(Schema):
    """The lines of an address, a line an item."""

    lines = List(Text(least=0, most=LINE_MOST), required=True, validate=validate.Length(1, 20))


class ListedLetter(Schema):
    """A letter in the list; no personal content."""

    position = Integer(required=True)
    letter_id = marshmallow.fields.UUID(required=True)
    case_id = marshmallow.fields.UUID(required=True)
    case_reference = String(required=True, allow_none=True)
    cause = String(required=True)
    template = String(required=True)
    template_version = Integer(required=True)
    status = String(required=True)
    version = Integer(required=True)
    revision = Integer(required=True)
    channel = String(required=True)
    party = String(required=True, allow_none=True, metadata={"description": "Null once the case was erased"})
    label = String(required=True, allow_none=True)
    our_ref = String(required=True, allow_none=True)
    holds = List(String(), required=True)
    problems = List(String(), required=True)
    unfiled = List(String(), required=True)
    is_render_failed = Boolean(required=True)
    pdf_sha256 = String(required=True, allow_none=True)
    letter_date = String(required=True, metadata={"format": "date"})
    drafted_at = String(required=True, metadata={"format": "date-time"})
    changed_at = String(required=True, metadata={"format": "date-time"})


class LetterPage(Schema):
    """A page of letters."""

    letters = List(Nested(ListedLetter), required=True)
    next = Integer(required=True)
    has_more = Boolean(required=True)


class LetterState(Schema):
    """A letter as it stands; what it says is in its PDF and text."""

    letter_id = marshmallow.fields.UUID(required=True)
    case_id = marshmallow.fields.UUID(required=True)
    version = Integer(required=True)
    revision = Integer(required=True)
    status = String(required=True, validate=validate.OneOf(get_args(Status)))
    template = String(required=True)
    cause = String(required=True)
    our_ref = String(required=True, allow_none=True)
    recipient = Dict(required=True)
    channel = String(required=True)
    letter_date = String(required=True, metadata={"format": "date"})
    deadline = String(required=True, allow_none=True, metadata={"format": "date-time"})
    signatory = String(required=True, allow_none=True)
    approvers = List(String(), required=True, metadata={"description": "roles that may approve"})
    holds = List(String(), required=True)
    problems = List(Dict(), required=True)
    findings = List(Dict(), required=True, metadata={"description": "level `check`: tick; `block`: fix or override"})
    cleaned = List(Dict(), required=True)
    provenance = Dict(required=True, allow_none=True)
    message_sha256 = String(required=True, allow_none=True, metadata={"description": "of the words that go with it"})
    approvals = List(Dict(), required=True)
    issued = Dict(required=True, allow_none=True)
    claim = Dict(required=True, allow_none=True)
    not_before = String(required=True, allow_none=True, metadata={"format": "date-time"})
    failures = List(Dict(), required=True, metadata={"description": "refusals by the relay since it was last issued"})
    outcome_unknown = Dict(required=True, allow_none=True)
    dead = Dict(required=True, allow_none=True)
    resend_of = String(required=True, allow_none=True)
    resent = List(String(), required=True, metadata={"description": "the letters sent in its place"})
    dispatched = Dict(required=True, allow_none=True)
    filed = Dict(required=True, metadata={"description": "fact to the entry in the case's record"})
    render_failure = Dict(required=True, allow_none=True)
    ended_by = String(required=True, allow_none=True)


class TimelineMoment(Schema):
    """One event, with the words of its reason where the reader may see them."""

    type = String(required=True)
    version = Integer(required=True)
    recorded_at = String(required=True, metadata={"format": "date-time"})
    by = String(required=True, allow_none=True)
    role = String(required=True, allow_none=True)
    reason = String(required=True, allow_none=True)
    facts = Dict(required=True)


class Timeline(Schema):
    """Everything that happened to a letter."""

    letter_id = marshmallow.fields.UUID(required=True)
    version = Integer(required=True)
    events = List(Nested(TimelineMoment), required=True)


class VerificationAnswer(Schema):
    """What is left of a rendered letter, and what rendering it again gives."""

    letter_id = marshmallow.fields.UUID(required=True)
    revision = Integer(required=True)
    is_good = Boolean(required=True)
    pdf_sha256 = String(required=True)
    pdf = String(required=True)
    data = String(required=True)
    template = String(required=True)
    rendered = String(required=True)
    problem = String(required=True, allow_none=True)
    differences = List(Dict(), required=True, metadata={"description": "what, and both hashes: expected, found"})


class TemplateRow(Schema):
    """A row of the catalogue, with the version that new drafts use."""

    template = String(required=True)
    name = String(required=True)
    trigger = String(required=True)
    to = String(required=True)
    channel = String(required=True)
    channels = List(String(), required=True, metadata={"description": "what staff may choose instead"})
    approvers = List(String(), required=True)
    child_account_approvers = List(String(), required=True)
    signer = String(required=True)
    approvals_min = Integer(required=True)
    purpose = String(required=True)
    version = Integer(required=True)
    bundle_sha256 = String(required=True)


class Templates(Schema):
    """The catalogue."""

    catalogue_sha256 = String(required=True)
    templates = List(Nested(TemplateRow), required=True)


class CheckedAddress(Schema):
    """The lines as they would be printed. Form is checked, not existence."""

    lines = List(String(), required=True)
