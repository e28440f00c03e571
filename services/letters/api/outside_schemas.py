"""The shape of what the letters take that go to outside bodies, and to the affected."""

from collections.abc import Mapping

from marshmallow import fields, validate

from letters.api.page_schemas import PageSchema, RecipientSchema, Strict, flag, line, lines, maybe


class BodySchema(RecipientSchema):
    """An outside body; it has an address only where the school knows one."""

    name = line("what it is called", 200)
    address = lines("its address, the postcode last", 0, 6)


class OutsideSchema(PageSchema):
    """What a letter to an outside body prints."""

    recipient = fields.Nested(BodySchema, required=True)


class FoundPostSchema(Strict):
    """Where and when a post was made."""

    n = fields.Integer(required=True, strict=True, validate=validate.Range(1), metadata={"description": "its number"})
    where = line("the platform's name")
    url = maybe("its address")
    posted = line("when it was posted, in words", 100)


class ReportedPostSchema(FoundPostSchema):
    """A post that a host is to look at: nothing of what it says."""

    url = line("its address", 20_000)
    captured = line("when the school took a copy, or saw it, in words", 500)


class ComplainedPostSchema(FoundPostSchema):
    """A post that somebody complains of in their own name."""

    url = line("its address", 20_000)
    words = line("the words complained of", 400)


class ToldPostSchema(FoundPostSchema):
    """A post as it is put to whoever looks into it."""

    said = line("its words, or why they are not repeated", 20_000)
    exhibit = maybe("the number of the school's copy", 20)


class AgesSchema(Strict):
    """The age that the school's policy names beside the site's own."""

    policy = fields.Integer(required=True, strict=True)
    site = fields.Integer(required=True, strict=True, allow_none=True)


class BoxSchema(Strict):
    """A box to tick."""

    is_ticked = flag("whether it is ticked")
    words = line("what it stands for", 1000)


class SuspectSchema(Strict):
    """Who is taken for the poster."""

    name = maybe("the name; never a child's", 500)
    who = maybe("who that is to the school", 100)
    confidence = maybe("how sure the school is", 100)
    basis = maybe("on what ground")
    is_child = flag("whether it is a child")
    answers_for_child = flag("whether it is the adult who answers for the child whose account it is")


class ExhibitSchema(Strict):
    """Evidence that the school keeps."""

    exhibit = line("its number", 20)
    posts = fields.List(fields.Integer(strict=True), required=True)
    what = line("what it is", 100)
    captured = line("when it was captured, in words", 100)
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


class StepSchema(Strict):
    """Something that happened in the matter."""

    on = line("the day, in words", 100)
    what = line("what happened, a sentence", 500)


class FiledLetterSchema(Strict):
    """A letter of the matter, and what proves it."""

    what = line("which letter", 200)
    to = line("to whom, by part", 100)
    proofs = fields.List(
        line("a proof", 200), required=True, metadata={"description": "what became of it, and when, in words"}
    )
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))


class ReturnedCaseSchema(Strict):
    """A case of a return."""

    on = line("the day, in words", 100)
    type = line("what kind of misuse it was", 500)
    characteristic = line("the characteristics in play", 500)
    outcome = line("what became of it", 500)


class CountSchema(Strict):
    """How many cases a characteristic was in play in."""

    characteristic = line("the characteristic", 100)
    count = fields.Integer(required=True, strict=True, validate=validate.Range(1))


class HostReportSchema(OutsideSchema):
    """L07."""

    site = line("the site's name")
    rule = line("which of its rules are meant", 200)
    ages = fields.Nested(AgesSchema, required=True, allow_none=True)
    posts = fields.List(fields.Nested(ReportedPostSchema), required=True, validate=validate.Length(1))


class NoticeSlotsSchema(Strict):
    """L08 has no room for words of the school's."""


class DefamationNoticeSchema(OutsideSchema):
    """L08."""

    slots = fields.Nested(NoticeSlotsSchema, required=True)
    email = line("an e-mail address of the complainant's own", 320)
    posts = fields.List(fields.Nested(ComplainedPostSchema), required=True, validate=validate.Length(1))
    meaning = line("what the words say of the complainant", 20_000)
    why = maybe("why they are defamatory, in the complainant's own words", 1500)
    wrong = maybe("what in them is wrong or unsupported, in the complainant's own words", 1500)
    passes_name = flag("whether the poster may be told who complains")
    passes_email = flag("whether the poster may be given the e-mail address")


class NotedSchema(OutsideSchema):
    """What a letter to whoever looks into a matter prints of it."""

    posts = fields.List(fields.Nested(ToldPostSchema), required=True, validate=validate.Length(1))
    suspect = fields.Nested(SuspectSchema, required=True, allow_none=True)
    exhibits = fields.List(fields.Nested(ExhibitSchema), required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)


class PoliceReferralSchema(NotedSchema):
    """L09."""

    is_in_danger = flag("whether somebody is in danger now")
    referred = line("how and when the police were told first, in words", 200)
    reference = maybe("the reference that the police gave", 500)
    grounds = fields.List(fields.Nested(BoxSchema), required=True)
    account = maybe("what happened, in the school's words")
    laws = fields.List(fields.Nested(BoxSchema), required=True)
    is_held = flag("whether nobody contacts the poster meanwhile")


class LegalInstructionSchema(NotedSchema):
    """L10."""

    greeting = line("how the letter begins", 250)
    question = line("what the adviser is asked", 20_000)
    limitation_on = line("the day a year after the first post, in words", 100)
    letters = fields.List(fields.Nested(FiledLetterSchema), required=True)


class AffectedUpdateSchema(PageSchema):
    """L15."""

    said = line("what was done", 20_000)
    is_staff = flag("whether it goes to a member of staff")
    is_about_child = flag("whether it is about a child of the recipient's")


class PrejudiceReturnSchema(OutsideSchema):
    """L19."""

    term = line("the term", 200)
    first = line("its first day, in words", 100)
    last = line("its last day, in words", 100)
    cases = fields.List(fields.Nested(ReturnedCaseSchema), required=True)
    counts = fields.List(fields.Nested(CountSchema), required=True)


OUTSIDE_SCHEMAS: Mapping[str, type[PageSchema]] = {
    "L07": HostReportSchema,
    "L08": DefamationNoticeSchema,
    "L09": PoliceReferralSchema,
    "L10": LegalInstructionSchema,
    "L15": AffectedUpdateSchema,
    "L19": PrejudiceReturnSchema,
}
