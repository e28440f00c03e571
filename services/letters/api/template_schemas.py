"""The shape of each template's data, as marshmallow schemas: for previews, and the source of every ``schema.json``.

``letters lock-templates`` writes ``schema.json`` from here, a test compares. What a template prints is a short list, so
each field is named, none may be added, and all must be there: a field that does not apply is null.
"""

from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import RAISE, Schema, fields, validate

from letters.domain.wording import BLOCK_DECISIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Strict(Schema):
    """A schema that takes no field it does not know."""

    class Meta:
        """Refuse what is unknown."""

        unknown = RAISE


def _line(description: str, characters_max: int = 500) -> fields.String:
    return fields.String(
        required=True, validate=validate.Length(1, characters_max), metadata={"description": description}
    )


def _maybe(description: str, characters_max: int = 20_000) -> fields.String:
    return fields.String(
        required=True,
        allow_none=True,
        validate=validate.Length(1, characters_max),
        metadata={"description": description},
    )


def _flag(description: str) -> fields.Boolean:
    return fields.Boolean(required=True, truthy={True}, falsy={False}, metadata={"description": description})


def _lines(description: str, least: int, most: int) -> fields.List[str]:
    return fields.List(
        _line("one line", 200),
        required=True,
        validate=validate.Length(least, most),
        metadata={"description": description},
    )


class SchoolSchema(Strict):
    """The letterhead."""

    name = _line("the school's name")
    letterhead = _lines("the name as it stands beside the logo", 1, 3)
    address = _lines("the school's address", 1, 6)
    phone = _line("the office's telephone number")
    email = _line("the office's e-mail address")
    website = _maybe("the school's website", 200)


class RecipientSchema(Strict):
    """To whom the letter goes."""

    name = _line("the name on the envelope and after Dear", 200)
    address = _lines("the address under the name, the postcode last", 2, 6)


class SignatorySchema(Strict):
    """Who signs."""

    name = _line("the name under the signature", 200)
    job = _line("the job under the name", 200)


class PolicySchema(Strict):
    """The policy the letter speaks of."""

    title = _line("its title")
    adopted = _line("when it was adopted", 100)


class PostSchema(Strict):
    """One post, as it is put to the person who wrote it."""

    n = fields.Integer(required=True, strict=True, validate=validate.Range(1), metadata={"description": "its number"})
    where = _line("the platform's name")
    account = _maybe("the account it came from")
    url = _maybe("its address")
    posted = _maybe("when it was posted, in words", 100)
    seen = _maybe("when the school saw it, in words, if it is not known when it was posted", 100)
    exhibit = _maybe("the number of the school's copy", 20)
    quote = _maybe("its own words", 400)
    summary = _maybe("what it says, where its words are withheld")
    ground = _maybe("why that is a concern")


class SlotsSchema(Strict):
    """Free text that staff added."""

    note = _maybe("a sentence or two in the school's own words")


class ContactSchema(Strict):
    """A conversation, or an attempt at one."""

    on = _line("the day, in words", 100)
    what = _line("what happened, to stand after the day")
    is_held = _flag("whether it was a conversation")


class HistorySchema(Strict):
    """A contact, or an earlier request for removal."""

    on = _line("the day, in words", 100)
    what = _line("what happened, to stand after the day")
    then = _maybe("what came of it, a sentence", 200)


class SiteSchema(Strict):
    """A site, and from which age on its own rules allow it."""

    name = _line("the site's name")
    age = fields.Integer(
        required=True, allow_none=True, strict=True, metadata={"description": "the site's own age, if it is known"}
    )


class PageSchema(Strict):
    """What every letter prints."""

    our_ref = _line("our reference", 60)
    letter_date = _line("the date of the letter, in words", 60)
    large_print = _flag("18 pt, for a reader who asked for it")
    school = fields.Nested(SchoolSchema, required=True)
    recipient = fields.Nested(RecipientSchema, required=True)
    signatory = fields.Nested(SignatorySchema, required=True)
    slots = fields.Nested(SlotsSchema, required=True)


class LetterSchema(PageSchema):
    """What a letter about posts prints besides."""

    policy = fields.Nested(PolicySchema, required=True)
    posts = fields.List(fields.Nested(PostSchema), required=True, validate=validate.Length(1))
    concern = _maybe("what worried the recipient in the first place")
    concern_response = _maybe("what the school does about it")
    has_complaints_route = _flag("whether the complaints procedure is pointed out")


class RemovalRequestSchema(LetterSchema):
    """L02."""

    remove_by = _line("until when to remove it, in words", 100)
    contact = fields.Nested(ContactSchema, required=True, allow_none=True)
    meaning = _maybe("what removing means here")
    is_child_account = _flag("whether the account is a child's, and the recipient the adult who answers for it")
    impact = _maybe("how it has affected people")


class ResolutionThanksSchema(LetterSchema):
    """L03."""

    checked_on = _line("the day the school looked, in words", 100)


class WrittenWarningSchema(LetterSchema):
    """L04."""

    remove_by = _line("until when to remove it, in words", 100)
    history = fields.List(fields.Nested(HistorySchema), required=True)
    later_posts = fields.List(fields.Integer(strict=True), required=True)
    concerns = _maybe("the school's concerns, in its own words")
    expectations = _maybe("what the school expects from now on")
    impact = _maybe("how it has affected people")


class DiscussionInvitationSchema(PageSchema):
    """L01."""

    agreed_on = _line("the day on which a talk was agreed on, in words", 100)
    times = fields.List(
        _line("a time, in words", 100),
        required=True,
        validate=validate.Length(2, 3),
        metadata={"description": "the times to choose from"},
    )
    place = _line("where to meet")


class BlockSchema(PageSchema):
    """What a letter about a block prints besides."""

    where = _line("the channel")
    scope = _line("what is restricted", 100)
    since = _line("from when on, in words", 100)
    alternative_route = _maybe("how to reach the school instead of the channel")
    reason = _line("why, as the headteacher says it", 20_000)


class AccessRestrictionSchema(BlockSchema):
    """L05."""

    policy = fields.Nested(PolicySchema, required=True)
    review_on = _line("the day of the review, in words", 100)


class RestrictionReviewSchema(BlockSchema):
    """L06."""

    decision = fields.String(
        required=True,
        validate=validate.OneOf(sorted(BLOCK_DECISIONS)),
        metadata={"description": "what was decided"},
    )
    review_on = _maybe("the day of the next review, in words, unless the block ends", 100)
    has_representations = _flag("whether the parent said anything against the block")


class CorrectionSchema(PageSchema):
    """L11."""

    history = fields.List(fields.Nested(HistorySchema), required=True)
    letters = fields.List(
        _line("a day, in words", 100), required=True, metadata={"description": "the days of letters to disregard"}
    )


class ComplaintsSchema(PageSchema):
    """L13."""

    contact = fields.Nested(ContactSchema, required=True, allow_none=True)
    stages = fields.List(
        _line("a sentence or two", 1000),
        required=True,
        validate=validate.Length(1),
        metadata={"description": "the stages of the complaints procedure"},
    )


class SafetyGuidanceSchema(PageSchema):
    """L14."""

    policy = fields.Nested(PolicySchema, required=True)
    contact = fields.Nested(ContactSchema, required=True)
    policy_age = fields.Integer(required=True, strict=True, metadata={"description": "the age that the policy names"})
    sites = fields.List(fields.Nested(SiteSchema), required=True, validate=validate.Length(1))


class PremisesSchema(PageSchema):
    """L22."""

    starts_on = _line("from which day on, in words", 100)
    review_on = _line("the day of the review, in words", 100)
    ends_on = _line("the last day, in words", 100)
    collection = _maybe("how children are brought and collected meanwhile")


SCHEMAS: Mapping[str, type[PageSchema]] = {
    "L01": DiscussionInvitationSchema,
    "L05": AccessRestrictionSchema,
    "L06": RestrictionReviewSchema,
    "L11": CorrectionSchema,
    "L13": ComplaintsSchema,
    "L14": SafetyGuidanceSchema,
    "L22": PremisesSchema,
    "L02": RemovalRequestSchema,
    "L03": ResolutionThanksSchema,
    "L04": WrittenWarningSchema,
}


def json_schema(template_id: str) -> dict[str, Any]:
    """Return a template's ``schema.json``: its marshmallow schema as JSON Schema 2020-12, whole, without references."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    schema = SCHEMAS[template_id]
    body: dict[str, Any] = dict(plugin.converter.schema2jsonschema(schema()))  # type: ignore[union-attr] # set by APISpec
    return {"$schema": DIALECT, "title": template_id, **body}
