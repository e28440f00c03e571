"""Write the pictures of docs/for-the-office.md anew: pages of the templates' own samples.

    PYTHONPATH=services:. .venv/bin/python .ci/pictures.py        (make pictures)

At 60 ppi, as the page images whose hashes stand in every letter's provenance and in the tests' golden file: so a test
tells by its hash alone that a picture is the page of today's template. Look at each before it is committed.
"""

from contextlib import closing
from pathlib import Path

from letters.adapters.press import Press
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.domain.rendering import IMAGE_PPI
from letters.domain.template_data import canonical, sample_data

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
PAGES = ("L01-ok-1", "L02-ok-large-1", "L04-ok-1", "L04-ok-2", "L08-ok-1")


def main() -> None:
    """Write these pages, each under its name: template, sample, size if it is large print, page."""
    FOLDER.mkdir(exist_ok=True)
    store = TemplateStore(read_school(EXAMPLE_SCHOOL).logo)
    with closing(Press()) as press:
        for name in PAGES:
            template, sample, *size, number = name.split("-")
            values = {**store.template(template).samples[sample], **({"large_print": True} if size else {})}
            bundle = store.released(template, store.version(template))
            data = canonical(sample_data(values, None, press.is_covered))
            page = press.pages(bundle, data, ppi=IMAGE_PPI)[int(number) - 1]
            (FOLDER / f"{name}.png").write_bytes(page)


if __name__ == "__main__":
    main()
