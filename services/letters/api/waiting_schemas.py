"""The shapes of lists of what waits for a person: given up, not filed, set aside."""

import marshmallow
from marshmallow import Schema, validate
from marshmallow.fields import Boolean, Integer, List, Nested, String


class DeadLetter(Schema):
    """A letter that was given up, or whose outcome is unknown; for an admin, without whose it is."""

    position = Integer(required=True)
    letter_id = marshmallow.fields.UUID(required=True)
    status = String(required=True, validate=validate.OneOf(("dead", "unknown")))
    changed_at = String(required=True, metadata={"format": "date-time"})
    version = Integer()
    case_id = marshmallow.fields.UUID()
    case_reference = String(allow_none=True)
    template = String()
    our_ref = String(allow_none=True)
    holds = List(String())


class UnfiledLetter(Schema):
    """A letter that left and is not in its case's record; for an admin, without whose it is."""

    position = Integer(required=True)
    letter_id = marshmallow.fields.UUID(required=True)
    status = String(required=True)
    changed_at = String(required=True, metadata={"format": "date-time"})
    unfiled = List(String(), required=True, metadata={"description": "which facts are to be filed yet"})
    version = Integer()
    case_id = marshmallow.fields.UUID()
    case_reference = String(allow_none=True)
    template = String()
    our_ref = String(allow_none=True)
    holds = List(String())


class UnfiledPage(Schema):
    """A page of letters that are not filed."""

    letters = List(Nested(UnfiledLetter), required=True)
    next = Integer(required=True)
    has_more = Boolean(required=True)


class DeadLetterPage(Schema):
    """A page of letters that wait for a person."""

    dead_letters = List(Nested(DeadLetter), required=True)
    next = Integer(required=True)
    has_more = Boolean(required=True)


class ParkedCause(Schema):
    """An event that may cause a letter, in a version that is not known here."""

    position = Integer(required=True)
    cause = String(required=True)
    cause_type = String(required=True)
    why = String(required=True)
    parked_at = String(required=True, metadata={"format": "date-time"})


class ParkedPage(Schema):
    """A page of parked causes."""

    parked = List(Nested(ParkedCause), required=True)
    next = Integer(required=True)
    has_more = Boolean(required=True)
