"""The written warning as WeasyPrint makes it: the same words, page and faces, archival and tagged as ours.

WeasyPrint is no dependency, it is here to be measured against: it is imported when asked for, and wants Pango on the
machine. `letter_page.html` says what our template L04 says of a letter with two posts (a test compares the words).
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment

from letters.adapters.press import FONTS
from letters.adapters.template_store import EXAMPLE_SCHOOL

HERE: Final = Path(__file__).parent
LOGO: Final = (EXAMPLE_SCHOOL / "logo.svg").as_uri()
STANDARD: Final = "pdf/a-2a"
HOW_TO_GET_IT: Final = "pip install weasyprint, and Pango (Debian, Ubuntu: apt install libpangoft2-1.0-0)"
FACES: Final = (("Regular", "normal", 400), ("Bold", "normal", 700), ("It", "italic", 400))


class NotInstalledError(Exception):
    """WeasyPrint cannot be imported here; the message says why, and how to get it."""


class Letterpress:
    """Makes letters as PDF: faces, style sheet and template are read once."""

    def __init__(self) -> None:
        """Load WeasyPrint (NotInstalledError if that cannot be done)."""
        try:
            self._weasyprint = import_module("weasyprint")
        except (ImportError, OSError) as error:  # OSError: the package is there, Pango is not.
            raise NotInstalledError(f"no WeasyPrint ({type(error).__name__}): {HOW_TO_GET_IT}") from error
        self._fonts = import_module("weasyprint.text.fonts").FontConfiguration()
        style = _faces() + (HERE / "letter_page.css").read_text(encoding="utf-8")
        self._style = self._weasyprint.CSS(string=style, font_config=self._fonts)

    def render(self, data: Mapping[str, Any]) -> bytes:
        """Return the letter."""
        return bytes(self._document(data).write_pdf(pdf_variant=STANDARD))

    def pages(self, data: Mapping[str, Any]) -> int:
        """Count the letter's pages."""
        return len(self._document(data).pages)

    def _document(self, data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a package that may not be here
        html = self._weasyprint.HTML(string=page(data))
        return html.render(stylesheets=[self._style], font_config=self._fonts, pdf_variant=STANDARD)


def page(data: Mapping[str, Any]) -> str:
    """Return the letter as HTML, from the data of template L04."""
    return _TEMPLATE.render(data=data, logo=LOGO)


def _faces() -> str:
    return "".join(
        f'@font-face {{ font-family: "Source Sans Pro"; font-style: {style}; font-weight: {weight};'
        f' src: url("{(FONTS / f"SourceSansPro-{name}.otf").as_uri()}") }}\n'
        for name, style, weight in FACES
    )


_TEMPLATE: Final = Environment(autoescape=True).from_string((HERE / "letter_page.html").read_text(encoding="utf-8"))
