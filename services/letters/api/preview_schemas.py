"""The shapes of one template, and of what is asked of a preview."""

from typing import Any

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Boolean, Dict, Integer, List, Nested, String

from letters.api.schemas import TemplateRow
from servicekit.fields import Text


class SlotShown(Schema):
    """Free text that staff may add."""

    label = String(required=True)
    characters_max = Integer(required=True)


class TemplateShown(TemplateRow):
    """A version of a template with its row of the catalogue."""

    title = String(required=True)
    slots = Dict(keys=String(), values=Nested(SlotShown), required=True)
    schema = Dict(required=True, metadata={"description": "the JSON Schema of its data"})
    samples = List(String(), required=True, metadata={"description": "names of samples, for a preview"})
    folder_sha256 = String(required=True, metadata={"description": "as in templates.lock"})
    gates = List(String(), required=True, metadata={"description": "what can keep its letters from leaving"})


class PreviewAsked(Schema):
    """What is to be laid out, a sample or data of one's own, and how it is shown."""

    sample = Text(least=1, most=40)
    data = Dict(keys=String(), metadata={"description": "as the template's `schema` says"})
    format = String(load_default="pdf", validate=validate.OneOf(("pdf", "png")))
    page = Integer(load_default=1, strict=True, validate=validate.Range(1, 10), metadata={"description": "of a PNG"})
    zones = Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={"description": "whether the zones are drawn that may be printed in, in place of the word PREVIEW"},
    )

    @validates_schema
    def _one(self, given: dict[str, Any], **_: Any) -> None:
        if ("sample" in given) == ("data" in given):
            raise ValidationError("Either a sample or data.", "data")
