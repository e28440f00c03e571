"""Letters laid out and proved: against WeasyPrint on the same letter, and against laying out alone (letters.md 8).

Ours is what the press's child answers: the PDF, a picture of each page to hash, and the plain-text twin; WeasyPrint
makes the PDF only. Both work in this process, on letters of which no two are alike.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, cast

import msgspec
import typst

from benchmarks import letters_service, warnings_issued
from benchmarks.measuring import Comparison, Measured, Skipped, Target
from benchmarks.weasyprint_letter import Letterpress, NotInstalledError
from letters.adapters import press_talk as talk
from letters.adapters.press import FONTS, Press
from letters.adapters.press_child import Engine
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.application.preparation import Answer
from letters.application.proving import prove, rendered
from letters.bootstrap import Service
from letters.domain.catalogue import CATALOGUE
from letters.domain.drafting import Cause
from letters.domain.rendering import PDF_STANDARDS, Bundle

TEMPLATE: Final = "L04"
AT: Final = datetime(2025, 9, 23, 13, 15, tzinfo=UTC)
PAGES: Final = 2
PROVED: Final = 30
PROVED_SMALL: Final = 2
WHOLE: Final = "letter of 2 pages: PDF, page pictures, text / WeasyPrint: PDF"
PDF: Final = "letter of 2 pages: PDF / WeasyPrint: PDF"
PROOF: Final = "verify of all letters / laying them out"


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open a press, and a service that has letters to prove."""
    with closing(Press()) as press, letters_service.opened(press) as service:
        yield [*_against_weasyprint(press), _proving(service, PROVED_SMALL if is_small else PROVED)]


class Texts:
    """What letters say, prepared as the service prepares it: each time another one."""

    def __init__(self, press: Press) -> None:
        templates = TemplateStore(read_school(EXAMPLE_SCHOOL).logo)
        self._preparation = letters_service.preparation(templates, press)
        self._numbers = count()
        self.bundle: Bundle = templates.released(TEMPLATE, templates.version(TEMPLATE))

    def following(self) -> bytes:
        """Return the data of the next letter."""
        number = next(self._numbers)
        answer = Answer.of(warnings_issued.body(number))
        cause = Cause.of_entry(warnings_issued.warning(number))
        (made,) = self._preparation.drafts(CATALOGUE[TEMPLATE], cause, answer, AT)
        return next(each.body for each in made.contents if each.kind == "data")


class Ours:
    """The engine of the press's child, in this process."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._engine = Engine([str(FONTS)])
        self._compiler = typst.Compiler(
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)]), ignore_system_fonts=True
        )

    def whole(self) -> talk.Printed:
        """Lay a letter out as the service does."""
        question = talk.Render(dict(self._texts.bundle), self._texts.following().decode(), int(AT.timestamp()))
        printed = self._engine.answer(question)
        if not isinstance(printed, talk.Printed):
            raise TypeError(f"expected a letter, found {printed}")
        return printed

    def pdf(self) -> bytes:
        """Lay a letter out as a PDF alone."""
        inputs = {"data": self._texts.following().decode(), "overlay": "none"}
        made = self._compiler.compile(
            input=cast("Any", dict(self._texts.bundle)),
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=list(PDF_STANDARDS),
            timestamp=int(AT.timestamp()),
        )
        return cast("bytes", made)


def _against_weasyprint(press: Press) -> list[Measured]:
    """Return both comparisons, if WeasyPrint is here."""
    try:
        theirs = Letterpress()
    except NotInstalledError as error:
        return [Skipped(name, str(error)) for name in (WHOLE, PDF)]
    texts = Texts(press)
    ours = Ours(texts)
    pages = (len(ours.whole().page_images_sha256), theirs.pages(msgspec.json.decode(texts.following())))
    if pages != (PAGES, PAGES):
        raise ValueError(f"expected letters of {PAGES} pages, found {pages}")

    def other() -> bytes:
        return theirs.render(msgspec.json.decode(texts.following()))

    ways: dict[str, Callable[[], object]] = {WHOLE: ours.whole, PDF: ours.pdf}
    return [Comparison(name, way, other, Target(at_least=10)) for name, way in ways.items()]


def _proving(service: Service, letters: int) -> Comparison:
    """Draft and lay out so many letters, and return what proving them is compared by."""
    drafts = letters_service.drafts(service, warnings_issued.Answers(letters))
    events = letters // 2 * warnings_issued.EVENTS_OF_TWO_CASES
    drafts.read_page(warnings_issued.page(0, events))
    renderer = letters_service.renderer(service)
    for each in service.register.pending("drafted"):
        letter = service.letters.find(each)
        if letter is not None:
            renderer.render(letter)
    asked = rendered(service.letters)
    if len(asked) != letters:
        raise ValueError(f"expected {letters} letters, found {len(asked)}")
    bundle = service.templates.released(TEMPLATE, service.templates.version(TEMPLATE))
    found = filter(None, map(service.letters.find, asked))
    known = [
        (service.contents.get(each.id, "data", each.provenance.data_sha256), each.provenance.timestamp)
        for each in found
        if each.provenance is not None
    ]

    def verify() -> None:
        for _, reference, verification in prove(service.letters, renderer, asked):
            if verification is None or not verification.is_good:
                raise ValueError(f"expected a good letter, found {reference}")

    def lay_out() -> None:
        for data, timestamp in known:
            service.press.render(bundle, data, timestamp)

    return Comparison(PROOF, verify, lay_out, Target(at_least=0.6), letters, letters)
