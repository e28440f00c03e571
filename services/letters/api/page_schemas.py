"""What the page of every letter prints, as marshmallow schemas, and the fields that they are made of."""

from marshmallow import RAISE, Schema, fields, validate


class Strict(Schema):
    """A schema that takes no field it does not know."""

    class Meta:
        """Refuse what is unknown."""

        unknown = RAISE


def line(description: str, characters_max: int = 500) -> fields.String:
    """Return the field for a line of text that must say something."""
    return fields.String(
        required=True, validate=validate.Length(1, characters_max), metadata={"description": description}
    )


def maybe(description: str, characters_max: int = 20_000) -> fields.String:
    """Return the field for text that may be null."""
    return fields.String(
        required=True,
        allow_none=True,
        validate=validate.Length(1, characters_max),
        metadata={"description": description},
    )


def flag(description: str) -> fields.Boolean:
    """Return the field for yes or no."""
    return fields.Boolean(required=True, truthy={True}, falsy={False}, metadata={"description": description})


def lines(description: str, least: int, most: int) -> fields.List[str]:
    """Return the field for a list of lines."""
    return fields.List(
        line("one line", 200),
        required=True,
        validate=validate.Length(least, most),
        metadata={"description": description},
    )


class SchoolSchema(Strict):
    """The letterhead."""

    name = line("the school's name")
    letterhead = lines("the name as it stands beside the logo", 1, 3)
    address = lines("the school's address", 1, 6)
    phone = line("the office's telephone number")
    email = line("the office's e-mail address")
    website = maybe("the school's website", 200)


class RecipientSchema(Strict):
    """To whom the letter goes."""

    name = line("the name on the envelope and after Dear", 200)
    address = lines("the address under the name, the postcode last", 2, 6)


class SignatorySchema(Strict):
    """Who signs."""

    name = line("the name under the signature", 200)
    job = line("the job under the name", 200)


class PolicySchema(Strict):
    """The policy the letter speaks of."""

    title = line("its title")
    adopted = line("when it was adopted", 100)


class SlotsSchema(Strict):
    """Free text that staff added."""

    note = maybe("a sentence or two in the school's own words")


class PageSchema(Strict):
    """What every letter prints."""

    our_ref = line("our reference", 60)
    letter_date = line("the date of the letter, in words", 60)
    large_print = flag("18 pt, for a reader who asked for it")
    school = fields.Nested(SchoolSchema, required=True)
    recipient = fields.Nested(RecipientSchema, required=True)
    signatory = fields.Nested(SignatorySchema, required=True)
    slots = fields.Nested(SlotsSchema, required=True)
