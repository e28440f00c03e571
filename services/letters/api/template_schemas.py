"""The shape of each template's data, as marshmallow schemas: for previews, and the source of every ``schema.json``.

``letters lock-templates`` writes ``schema.json`` from here, a test compares. What a template prints is a short list, so
each field is named, none may be added, and all must be there: a field that does not apply is null.
"""

from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields, validate

from letters.api.outside_schemas import OUTSIDE_SCHEMAS
from letters.api.page_schemas import PageSchema, PolicySchema, Strict, flag, line, maybe
from letters.domain.wording import BLOCK_DECISIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class PostSchema(Strict):
    """One post, as it is put to the person who wrote it."""

    n = fields.Integer(required=True, strict=True, validate=validate.Range(1), metadata={"description": "its number"})
    where = line("the platform's name")
    account = maybe("the account it came from")
    url = maybe("its address")
    posted = maybe("when it was posted, in words", 100)
    seen = maybe("when the school saw it, in words, if it is not known when it was posted", 100)
    exhibit = maybe("the number of the school's copy", 20)
    quote = maybe("its own words", 400)
    summary = maybe("what it says, where its words are withheld")
    ground = maybe("why that is a concern")


class ContactSchema(Strict):
    """A conversation, or an attempt at one."""

    on = line("the day, in words", 100)
    what = line("what happened, to stand after the day")
    is_held = flag("whether it was a conversation")


class HistorySchema(Strict):
    """A contact, or an earlier request for removal."""

    on = line("the day, in words", 100)
    what = line("what happened, to stand after the day")
    then = maybe("what came of it, a sentence", 200)


class SiteSchema(Strict):
    """A site, and from which age on its own rules allow it."""

    name = line("the site's name")
    age = fields.Integer(
        required=True, allow_none=True, strict=True, metadata={"description": "the site's own age, if it is known"}
    )


class LetterSchema(PageSchema):
    """What a letter about posts prints besides."""

    policy = fields.Nested(PolicySchema, required=True)
    posts = fields.List(fields.Nested(PostSchema), required=True, validate=validate.Length(1))
    concern = maybe("what worried the recipient in the first place")
    concern_response = maybe("what the school does about it")
    has_complaints_route = flag("whether the complaints procedure is pointed out")


class RemovalRequestSchema(LetterSchema):
    """L02."""

    remove_by = line("until when to remove it, in words", 100)
    contact = fields.Nested(ContactSchema, required=True, allow_none=True)
    meaning = maybe("what removing means here")
    is_child_account = flag("whether the account is a child's, and the recipient the adult who answers for it")
    impact = maybe("how it has affected people")


class ResolutionThanksSchema(LetterSchema):
    """L03."""

    checked_on = line("the day the school looked, in words", 100)


class WrittenWarningSchema(LetterSchema):
    """L04."""

    remove_by = line("until when to remove it, in words", 100)
    history = fields.List(fields.Nested(HistorySchema), required=True)
    later_posts = fields.List(fields.Integer(strict=True), required=True)
    concerns = maybe("the school's concerns, in its own words")
    expectations = maybe("what the school expects from now on")
    impact = maybe("how it has affected people")


class DiscussionInvitationSchema(PageSchema):
    """L01."""

    agreed_on = line("the day on which a talk was agreed on, in words", 100)
    times = fields.List(
        line("a time, in words", 100),
        required=True,
        validate=validate.Length(2, 3),
        metadata={"description": "the times to choose from"},
    )
    place = line("where to meet")


class BlockSchema(PageSchema):
    """What a letter about a block prints besides."""

    where = line("the channel")
    scope = line("what is restricted", 100)
    since = line("from when on, in words", 100)
    alternative_route = maybe("how to reach the school instead of the channel")
    reason = line("why, as the headteacher says it", 20_000)


class AccessRestrictionSchema(BlockSchema):
    """L05."""

    policy = fields.Nested(PolicySchema, required=True)
    review_on = line("the day of the review, in words", 100)


class RestrictionReviewSchema(BlockSchema):
    """L06."""

    decision = fields.String(
        required=True,
        validate=validate.OneOf(sorted(BLOCK_DECISIONS)),
        metadata={"description": "what was decided"},
    )
    review_on = maybe("the day of the next review, in words, unless the block ends", 100)
    has_representations = flag("whether the parent said anything against the block")


class CorrectionSchema(PageSchema):
    """L11."""

    history = fields.List(fields.Nested(HistorySchema), required=True)
    letters = fields.List(
        line("a day, in words", 100), required=True, metadata={"description": "the days of letters to disregard"}
    )


class ComplaintsSchema(PageSchema):
    """L13."""

    contact = fields.Nested(ContactSchema, required=True, allow_none=True)
    stages = fields.List(
        line("a sentence or two", 1000),
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

    starts_on = line("from which day on, in words", 100)
    review_on = line("the day of the review, in words", 100)
    ends_on = line("the last day, in words", 100)
    collection = maybe("how children are brought and collected meanwhile")


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
    **OUTSIDE_SCHEMAS,
}


def json_schema(template_id: str) -> dict[str, Any]:
    """Return a template's ``schema.json``: its marshmallow schema as JSON Schema 2020-12, whole, without references."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda _: "")
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    schema = SCHEMAS[template_id]
    body: dict[str, Any] = dict(plugin.converter.schema2jsonschema(schema()))  # type: ignore[union-attr] # set by APISpec
    return {"$schema": DIALECT, "title": template_id, **body}
