"""Drafts become PDFs, and later proof that the same inputs still give what was sent.

Rendering repeats byte for byte, so it may be done twice, or by two processes: the second finds the event there.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from letters.application.casework import Calendars
from letters.application.clock import Clock
from letters.application.content import Contents, content
from letters.application.letters import Letters
from letters.application.log import NEEDS_PERSON, Log
from letters.application.press import Bundles, Press, Released
from letters.domain import event as ev
from letters.domain.errors import Altered, Erased, NotFound
from letters.domain.letter import Letter
from letters.domain.lint import lint
from letters.domain.rendering import Bundle, RenderFailed, Rendering, bundle_sha256, not_laid_out, provenance
from letters.domain.windows import MESSAGE_CHARACTERS_MAX
from letters.domain.wording import fill
from letters.domain.working_days import local_date

Match = Literal["identical", "same-images", "different", "engine-unavailable", "erased", "missing"]
SCREEN_PPI = 110
"""How fine the pictures of pages are that people look at."""
Kept = Literal["unaltered", "altered", "erased", "missing"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is not what was recorded: both hashes, as far as there is a second one."""

    what: Literal["pdf", "data", "template", "rendered"]
    expected: str
    found: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a rendered letter: stored bytes, data and template, and what rendering them again gives.

    The stored bytes are the proof; rendering again shows that they say what the data say. ``problem`` is the code of a
    rendering that failed.
    """

    letter: UUID
    revision: int
    pdf_sha256: str
    pdf: Kept
    data: Kept
    template: Kept
    rendered: Match
    problem: str | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def is_good(self) -> bool:
        """Tell whether nothing speaks against the letter.

        What is erased, or was made by an engine that is not here any more, cannot be compared, and is not broken.
        """
        is_kept = not {self.pdf, self.data, self.template} & {"altered", "missing"}
        return is_kept and self.rendered not in ("different", "missing")


class Renderer:
    """Renders what is complete; verifies what was rendered."""

    def __init__(  # noqa: PLR0917 - its parts
        self,
        letters: Letters,
        contents: Contents,
        press: Press,
        templates: Released,
        bundles: Bundles,
        calendars: Calendars,
        clock: Clock,
        log: Log,
    ) -> None:
        self._letters = letters
        self._contents = contents
        self._press = press
        self._templates = templates
        self._bundles = bundles
        self._calendars = calendars
        self._clock = clock
        self._log = log

    def render(self, letter: Letter) -> None:
        """Render a complete draft, and record what came out, or why nothing did.

        Raises:
            CaseworkUnavailable: the calendar is needed and was never had.
            Erased: the case's key is gone.
            Overtaken: somebody appended meanwhile; if it was a rendering, all is done.
        """
        draft = letter.draft
        if draft.data_sha256 is None or draft.merge_sha256 is None:
            return
        data = self._contents.get(letter.id, "data", draft.data_sha256)
        merge = msgspec.json.decode(self._contents.get(letter.id, "merge", draft.merge_sha256))
        days = self._days_to_answer(draft)
        bundle = self._templates.released(draft.template, draft.template_version)
        try:
            rendering = self._press.render(bundle, data, _timestamp(draft))
        except RenderFailed as error:
            self._letters.append([self._failed(letter, error)])
            todo = {NEEDS_PERSON: not_laid_out(error.code, error.field), "template": draft.template}
            self._log("letter not laid out", {"letter": str(letter.id), "fault": str(error), **todo})
            return
        texts = {"text": rendering.text, **self._message(draft, data)}
        self._bundles.keep(bundle)
        parts = {"pdf": rendering.pdf, **{kind: said.encode() for kind, said in texts.items()}}
        self._contents.put(content(letter.id, draft.case, kind, body) for kind, body in parts.items())
        rendered = self._rendered(letter, rendering, bundle, data, _findings(draft, texts, data, merge, days))
        message = sha256(parts["message"]).hexdigest() if "message" in parts else None
        self._letters.append([replace(rendered, message_sha256=message)])

    def pages(self, letter: Letter) -> tuple[bytes, ...]:
        """Return the pages as PNG to look at, drawn of the very data and template that the unaltered PDF was made of.

        Raises:
            Altered, Erased, NotFound: what is kept of the letter is not as it was, or not there.
            RenderFailed: the press does not draw it.
        """
        known = letter.provenance
        if known is None:
            return ()
        self._contents.get(letter.id, "pdf", known.pdf_sha256)
        data = self._contents.get(letter.id, "data", known.data_sha256)
        bundle = self._bundles.kept(known.bundle_sha256)
        if bundle is None:
            raise NotFound
        if (found := bundle_sha256(bundle)) != known.bundle_sha256:
            raise Altered("template", known.bundle_sha256, found)
        return self._press.pages(bundle, data, ppi=SCREEN_PPI)

    def verify(self, letter: Letter) -> Verification | None:
        """Check stored bytes, data and template, and render again; None for a letter never rendered."""
        known = letter.provenance
        if known is None:
            return None
        differences: list[Difference] = []
        pdf, _ = self._kept(letter.id, "pdf", known.pdf_sha256, differences)
        state, data = self._kept(letter.id, "data", known.data_sha256, differences)
        template, bundle = self._kept_template(known.bundle_sha256, differences)
        rendered, problem = self._again(known, bundle, data, state, differences)
        return Verification(
            letter=letter.id,
            revision=letter.draft.revision,
            pdf_sha256=known.pdf_sha256,
            pdf=pdf,
            data=state,
            template=template,
            rendered=rendered,
            problem=problem,
            differences=tuple(differences),
        )

    def _again(
        self,
        known: ev.Provenance,
        bundle: Bundle | None,
        data: bytes | None,
        state: Kept,
        differences: list[Difference],
    ) -> tuple[Match, str | None]:
        """Render again and compare."""
        if data is None or bundle is None:
            return ("erased" if state == "erased" else "missing"), None
        try:
            rendering = self._press.render(bundle, data, known.timestamp)
        except RenderFailed as error:
            return ("different" if known.engine == self._press.engine else "engine-unavailable"), error.code
        found = sha256(rendering.pdf).hexdigest()
        if found == known.pdf_sha256:
            return "identical", None
        if rendering.page_images_sha256 == known.page_images_sha256:
            return "same-images", None
        differences.append(Difference(what="rendered", expected=known.pdf_sha256, found=found))
        return "different", None

    def _kept(
        self, letter: UUID, kind: Literal["pdf", "data"], digest: str, differences: list[Difference]
    ) -> tuple[Kept, bytes | None]:
        try:
            return "unaltered", self._contents.get(letter, kind, digest)
        except Erased:
            return "erased", None
        except Altered as error:
            differences.append(Difference(what=kind, expected=digest, found=error.found))
            return "altered", None
        except NotFound:
            return "missing", None

    def _kept_template(self, digest: str, differences: list[Difference]) -> tuple[Kept, Bundle | None]:
        try:
            bundle = self._bundles.kept(digest)
            found = digest if bundle is None else bundle_sha256(bundle)
        except Altered as error:
            bundle, found = None, error.found
        if found == digest:
            return ("missing" if bundle is None else "unaltered"), bundle
        differences.append(Difference(what="template", expected=digest, found=found))
        return "altered", bundle

    def _message(self, draft: ev.Drafted, data: bytes) -> Mapping[str, str]:
        """Return the words that go with the letter by its channel, if any do."""
        said = self._templates.message(draft.template, draft.template_version, draft.channel)
        if said is None:
            return {}
        known = msgspec.json.decode(data)
        school = known["school"]
        names = {"school_name": school["name"], "phone": school["phone"], "our_ref": known["our_ref"]}
        return {"message": fill(said, names)}

    def _rendered(
        self, letter: Letter, rendering: Rendering, bundle: Bundle, data: bytes, findings: tuple[ev.Finding, ...]
    ) -> ev.Rendered:
        draft = letter.draft
        return ev.Rendered(
            originator_id=letter.id,
            originator_version=letter.version + 1,
            recorded_at=self._clock.now(),
            revision=draft.revision,
            provenance=provenance(
                rendering,
                template=draft.template,
                version=draft.template_version,
                bundle_sha256=bundle_sha256(bundle),
                data=data,
                timestamp=_timestamp(draft),
            ),
            findings=findings,
        )

    def _failed(self, letter: Letter, error: RenderFailed) -> ev.RenderFailed:
        return ev.RenderFailed(
            originator_id=letter.id,
            originator_version=letter.version + 1,
            recorded_at=self._clock.now(),
            revision=letter.draft.revision,
            code=error.code,
            line=error.line,
            field=error.field,
        )

    def _days_to_answer(self, draft: ev.Drafted) -> int | None:
        """Count the working days between the letter's date and what it asks for."""
        if draft.deadline is None:
            return None
        return self._calendars.current().working_days_between(draft.letter_date, local_date(draft.deadline))


def _findings(
    draft: ev.Drafted, texts: Mapping[str, str], data: bytes, merge: Mapping[str, Any], days: int | None
) -> tuple[ev.Finding, ...]:
    """Return what somebody must look at before the letter leaves."""
    return lint(
        draft.template,
        texts=texts,
        data=msgspec.json.decode(data),
        names=merge.get("names") or (),
        is_policy_overdue=(merge.get("policy") or {}).get("is_overdue") is True,
        working_days_to_answer=days,
        message_characters_max=MESSAGE_CHARACTERS_MAX.get(draft.channel),
        quotes=[post["quote"] for post in merge.get("posts") or () if post.get("quote")],
    )


def _timestamp(draft: ev.Drafted) -> int:
    """Return the PDF's date, in epoch seconds: the moment of the draft, so that rendering repeats."""
    return int(draft.recorded_at.timestamp())
