"""From casework's answer to a draft and its sealed content: the template's data, who signs, what stands in the way."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from letters.application.content import Content, Contents, content
from letters.application.press import Press, Released
from letters.domain import drafting, event, merge_fields, template_data
from letters.domain.catalogue import Channel, Row, rows_for
from letters.domain.choices import Choices
from letters.domain.drafting import Cause, Place, Prepared
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import Letter
from letters.domain.merge_fields import MergeFields, RecipientFields, SignatoryFields
from letters.domain.naming import letter_id
from letters.domain.windows import HOURS, Hours
from letters.domain.working_days import local_date

COMPLAINANT = "Complainant"


class School(msgspec.Struct, frozen=True, kw_only=True):
    """What ``school.toml`` says: fields for letters, modules that are on, how many approve, when messages are sent."""

    letterhead: Mapping[str, Any]
    modules: Mapping[str, bool] = {}
    approvals: Mapping[str, int] = {}
    hours: Mapping[Channel, Hours] = msgspec.field(default_factory=lambda: HOURS)
    """When the windows of channels open and close."""
    is_mail_sent: bool = True
    """Whether e-mail leaves at all; where it does not, no letter goes by e-mail unless somebody chooses that."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Casework's answer about one event, as bytes and as what we decide by."""

    body: bytes
    fields: MergeFields

    @classmethod
    def of(cls, body: bytes) -> "Answer":
        """Read an answer (MergeFieldsMalformed if it cannot be read)."""
        return cls(body=body, fields=merge_fields.parse(body))


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, and the content that must be stored before it is appended."""

    draft: event.Drafted
    contents: tuple[Content, ...]


class Preparation:
    """Makes drafts; writes nothing."""

    def __init__(self, templates: Released, press: Press, school: School) -> None:
        self._templates = templates
        self._press = press
        self._school = school

    def rows(self, entry: FeedEntry) -> tuple[Row, ...]:
        """Return the rows that this entry may cause a letter by, before casework is asked about it."""
        if entry.name is None or not entry.is_known_version:
            return ()
        return tuple(row for row in rows_for(entry.name) if row.may_match(entry.data, self._school.modules))

    def applies(self, row: Row, answer: Answer) -> bool:
        """Tell whether the case allows the letter that its event asks for."""
        case: Mapping[str, Any] = msgspec.to_builtins(answer.fields.case)
        return row.applies(case, self._school.modules)

    def drafts(self, row: Row, cause: Cause, answer: Answer, at: datetime) -> Iterable[Made]:
        """Yield a first draft for each recipient, each a letter of its own."""
        for recipient in drafting.recipients(row, answer.fields):
            letter = letter_id(cause.id, row.template, recipient.party_id)
            yield self.draft(row, cause, answer, recipient, Place(letter=letter, at=at))

    def draft(  # noqa: PLR0917 - what a draft is made of, in the order in which it comes to be
        self,
        row: Row,
        cause: Cause,
        answer: Answer,
        recipient: RecipientFields,
        place: Place,
        preferred_signatory: str | None = None,
        chosen: Choices | None = None,
    ) -> Made:
        """Return the draft of one letter to one recipient, as staff chose it to be, and its content."""
        signs = drafting.signatory(row, answer.fields, preferred_signatory)
        chosen = chosen or Choices()
        recipient = drafting.addressed(recipient, chosen)
        is_mail_sent = self._school.is_mail_sent
        channel = drafting.channel_of(row, recipient, chosen, is_mail_sent=is_mail_sent)
        data, prepared = self._prepare(row, answer, recipient, signs, place, chosen, channel)
        merge = content(place.letter, cause.case, "merge", answer.body)
        choices = kept(place.letter, cause.case, chosen)
        draft = drafting.draft(
            row,
            cause,
            fields=answer.fields,
            recipient=recipient,
            signs=signs,
            prepared=prepared,
            merge_sha256=merge.sha256,
            place=place,
            channel=channel,
            choices_sha256=choices[0].sha256 if choices else None,
        )
        return Made(draft=draft, contents=(merge, content(place.letter, cause.case, "data", data), *choices))

    def _prepare(  # noqa: PLR0917 - as for `draft`
        self,
        row: Row,
        answer: Answer,
        recipient: RecipientFields,
        signs: SignatoryFields | None,
        place: Place,
        chosen: Choices,
        channel: Channel,
    ) -> tuple[bytes, Prepared]:
        """Return the template's data as canonical bytes, with what was cleaned and what is missing."""
        whole = _with_address(answer.fields.whole, recipient)
        made = template_data.template_data(
            row.template,
            whole,
            self._school.letterhead,
            recipient=recipient.party_id,
            letter_date=local_date(place.at),
            our_ref=drafting.reference(answer.fields, row, place.letter) or "",
            slots=chosen.slots,
            signatory=_signature(row, whole, signs),
            large_print=_large_print(whole, recipient) if chosen.large_print is None else chosen.large_print,
            channel=channel,
            is_covered=self._press.is_covered,
        )
        prepared = Prepared(
            version=self._templates.version(row.template),
            data_sha256=template_data.digest(made.data),
            cleaned=made.cleaned,
            problems=made.problems,
            deadline=made.deadline,
        )
        return template_data.canonical(made.data), prepared


def chosen(contents: Contents, letter: Letter) -> Choices:
    """Return what staff chose for a letter so far."""
    digest = letter.draft.choices_sha256
    return (
        Choices() if digest is None else msgspec.json.decode(contents.get(letter.id, "choices", digest), type=Choices)
    )


def kept(letter: UUID, case: UUID, chosen: Choices) -> tuple[Content, ...]:
    """Return choices as they are kept; none where nothing is chosen."""
    if chosen == Choices():
        return ()
    return (content(letter, case, "choices", msgspec.json.encode(chosen, order="sorted")),)


def unresolved(row: Row, cause: Cause, party: str, problem: event.Problem, at: datetime) -> Made:
    """Return an incomplete draft that stands for letters which cannot be drafted yet."""
    place = Place(letter=letter_id(cause.id, row.template, party), at=at)
    return Made(draft=drafting.placeholder(row, cause, party, problem, place), contents=())


def _with_address(whole: Mapping[str, Any], recipient: RecipientFields) -> Mapping[str, Any]:
    """Return casework's answer with the recipient at the address that the letter goes to."""
    if recipient.address_source != drafting.TYPED:
        return whole
    people = [
        {**person, "address": recipient.address} if person["party_id"] == recipient.party_id else person
        for person in whole.get("recipients") or ()
    ]
    return {**whole, "recipients": people}


def _signature(row: Row, whole: Mapping[str, Any], signs: SignatoryFields | None) -> Mapping[str, Any] | None:
    """Return what stands under the letter: the signatory as casework gave it; under a notice, whose notice it is."""
    if row.signer == "complainant":
        complainant = (whole.get("facts") or {}).get("complainant") or {}
        return {"name": complainant.get("name"), "job": COMPLAINANT}
    people = whole.get("signatories") or ()
    return next((person for person in people if signs is not None and person["subject"] == signs.subject), None)


def _large_print(whole: Mapping[str, Any], recipient: RecipientFields) -> bool:
    people = whole.get("recipients") or ()
    return any(person["party_id"] == recipient.party_id and person.get("large_print") is True for person in people)
