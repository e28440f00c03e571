"""Every template's samples, cleaned as a letter's data is, and rendered; run as a program it prints the golden file.

``python -m tests.letters.press.rendered > tests/letters/press/golden.json``: look at every page first.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from letters.adapters.press import Press
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.domain.rendering import Bundle, Rendering
from letters.domain.template_data import canonical
from letters.domain.text import clean

GOLDEN = Path(__file__).parent / "golden.json"
TIMESTAMP = 1758638100
"""23 September 2025, 14:35 UTC."""
DPI = 100


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """One sample on paper: what went in, and what came out."""

    name: str
    template: str
    bundle: Bundle
    data: bytes
    values: Mapping[str, Any]
    cleaned: tuple[Any, ...]
    rendering: Rendering

    def golden(self) -> dict[str, Any]:
        """Return what the golden file holds of it."""
        return {
            "pages": self.rendering.pages,
            "page_images_sha256": list(self.rendering.page_images_sha256),
            "pdf_sha256": sha256(self.rendering.pdf).hexdigest(),
            "text_sha256": sha256(self.rendering.text.encode()).hexdigest(),
        }


def render_all(press: Press, store: TemplateStore) -> Iterator[Rendered]:
    """Render every sample, and the ordinary one in large print too."""
    for template in store.ids():
        samples = store.template(template).samples
        large = {"ok-large": {**samples["ok"], "large_print": True}}
        for name, sample in {**samples, **large}.items():
            yield render(press, store, template, name, sample)


def render(press: Press, store: TemplateStore, template: str, name: str, sample: Mapping[str, Any]) -> Rendered:
    """Clean and render one sample."""
    cleansed = clean(sample, press.is_covered)
    assert isinstance(cleansed.value, dict)
    data = canonical(cleansed.value)
    bundle = store.released(template, store.version(template))
    return Rendered(
        name=f"{template}-{name}",
        template=template,
        bundle=bundle,
        data=data,
        values=cleansed.value,
        cleaned=cleansed.cleaned,
        rendering=press.render(bundle, data, TIMESTAMP),
    )


def main() -> None:
    """Print the golden file for this engine and machine."""
    press = Press()
    letters = {one.name: one.golden() for one in render_all(press, TemplateStore(read_school(EXAMPLE_SCHOOL).logo))}
    press.close()
    json.dump({"engine": press.engine, "machine": press.machine, "letters": letters}, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
