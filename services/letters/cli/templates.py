"""For whoever changes a template: look whether it may be used, freeze it, and see it on paper. Nothing is stored."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from servicekit.commandline import Command, Exit, Output, examples, fail, force_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from letters.adapters.press import Press
    from letters.domain.rendering import Bundle

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of templates; if left out, that of this package.",
)


@click.command(
    cls=Command, short_help="Find what would keep the service from starting.", epilog=examples("letters lint-templates")
)
@folder_option
@click.pass_obj
def lint_templates(output: Output, *, folder: Path | None) -> None:
    """Look for everything that would keep the service from starting: in templates, their lock, and our fonts.

    A released template must be as it was released; none may reach outside its own files.
    """
    from letters.adapters import press, template_store

    where = folder or template_store.FOLDER
    faults = [*template_store.lint(where), *press.font_faults(press.FONTS)]
    places = template_store.places(where)
    if faults:
        fail("\n".join(["templates that may not be used:", *(f"- {fault}" for fault in faults)]), faults=faults)
    output.result({"places": places, "faults": []}, text=f"nothing wrong with {', '.join(places)}")


@click.command(
    cls=Command, short_help="Freeze new templates: they never change after.", epilog=examples("letters lock-templates")
)
@folder_option
@click.option("--unreleased", is_flag=True, help="Also where a line is there already: no letter was ever made from it.")
@click.pass_obj
def lock_templates(output: Output, *, folder: Path | None, unreleased: bool) -> None:
    """Write the hash of each new template into templates.lock: from then on it never changes.

    Letters that were sent are made again from the very files they were made from. So a template that is in the lock is
    never touched: copy its folder to the next version, and change that.
    """
    from letters.adapters import template_store

    where = folder or template_store.FOLDER
    lock = where / template_store.LOCK
    text = template_store.lock_text(where)
    before = lock.read_text().splitlines() if lock.is_file() else []
    gone = [line.split()[0] for line in before if line not in text.splitlines()]
    if gone and not unreleased:
        fail(
            f"expected that no locked template changes, found {', '.join(gone)}: make it as it was, and add a version",
            changed=gone,
        )
    output.save(lock, text.encode(), force=True)
    added = [line.split()[0] for line in text.splitlines() if line not in before]
    output.result({"added": added, "changed": gone}, text=f"locked: {', '.join(added) or 'nothing new'}")


@click.command(
    cls=Command,
    short_help="Lay a sample letter out as a PDF.",
    epilog=examples("letters render L04/ok --to warning.pdf"),
)
@click.argument("sample")
@click.option("--to", type=click.Path(path_type=Path), required=True, metavar="PDF", help="The file to write.")
@force_option
@click.pass_obj
def render(output: Output, *, sample: str, to: Path, force: bool) -> None:
    """Lay a sample letter out as a PDF: invented people, under this school's letterhead if SCHOOL_DIR holds one.

    SAMPLE names a template and one of its samples, as L04/ok.
    """
    with _sample(sample) as (press, bundle, data):
        printed = press.render(bundle, data, _now())
    output.save(to, printed.pdf, force=force)
    output.result({"file": str(to), "pages": printed.pages}, text=f"saved {to}: {printed.pages} pages")


@click.command(
    cls=Command,
    short_help="Look whether a sample prints where it may.",
    epilog=examples("letters check-area L04/long"),
)
@click.argument("sample")
@click.pass_obj
def check_area(output: Output, *, sample: str) -> None:
    """Look whether a sample letter prints nothing outside the zones that envelopes and print services allow.

    SAMPLE names a template and one of its samples, as L04/ok. Exit 3 if something is printed elsewhere, with the page
    and the place in mm from its top left.
    """
    from letters.adapters import area

    with _sample(sample) as (press, bundle, data):
        pages = press.pages(bundle, data, ppi=area.PPI)
    found = [{"page": ink.page, "x_mm": ink.x, "y_mm": ink.y} for ink in area.violations(pages)]
    if found:
        at = "page {page}: at {x_mm} mm from the left, {y_mm} mm from the top"
        told = [at.format(**each) for each in found]
        text = "\n".join(["expected nothing outside the zones, found something printed there:", *told])
        fail(text, Exit.BROKEN, pages=len(pages), outside=found)
    output.result({"pages": len(pages), "outside": []}, text=f"{len(pages)} pages print where they may")


@click.command(
    cls=Command,
    short_help="Make a page to try your envelopes with.",
    epilog=examples("letters window-test-page --to try.pdf"),
)
@click.option("--to", type=click.Path(path_type=Path), required=True, metavar="PDF", help="The file to write.")
@force_option
@click.pass_obj
def window_test_page(output: Output, *, to: Path, force: bool) -> None:
    """Make a page to print, fold and put into C5 and DL envelopes: whether the address shows in their windows."""
    from contextlib import closing

    from letters import bootstrap
    from letters.adapters import window_page

    _, _, press = bootstrap.sampling(bootstrap.read_settings())
    with closing(press):
        printed = press.render(window_page.bundle(), b"{}", _now(), overlay="preview")
    output.save(to, printed.pdf, force=force)
    output.result({"file": str(to), "pages": printed.pages}, text=f"saved {to}: print it at 100%, then fold it")


COMMANDS: Final = (lint_templates, lock_templates, render, check_area, window_test_page)


@contextmanager
def _sample(sample: str) -> Iterator[tuple[Press, Bundle, bytes]]:
    """Open a press; give it with what a sample is made from, under this school's letterhead if there is one."""
    from contextlib import closing

    from letters import bootstrap
    from letters.domain.template_data import canonical, sample_data

    templates, school, press = bootstrap.sampling(bootstrap.read_settings())
    known = {
        f"{each}/{one}": values for each in templates.ids() for one, values in templates.template(each).samples.items()
    }
    if sample not in known:
        fail(f"expected one of {', '.join(sorted(known))}, found {sample}", Exit.USAGE)
    with closing(press):
        template = sample.partition("/")[0]
        bundle = templates.released(template, templates.version(template))
        yield press, bundle, canonical(sample_data(known[sample], school, press.is_covered))


def _now() -> int:
    """Return the present moment in epoch seconds, as a PDF's date."""
    from servicekit.clock import SystemClock

    return int(SystemClock().now().timestamp())
