"""The proof of what was sent, for whoever runs the service: straight from the database, hashes only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from servicekit.commandline import Command, Exit, Output, examples, fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from letters.application.rendering import Verification
    from letters.bootstrap import Service


@click.command(
    cls=Command,
    short_help="Check that letters are as they were recorded.",
    epilog=examples("letters verify --all", "letters verify 140846ae-deed-58dd-9bf4-17320d9e93d9"),
)
@click.argument("letter_id", required=False, type=click.UUID)
@click.option("--all", "is_all", is_flag=True, help="Every letter that has a PDF.")
@click.pass_obj
def verify(output: Output, *, letter_id: UUID | None, is_all: bool) -> None:
    """Check that letters are as they were recorded, and that they come out the same when they are made again.

    For each: the stored PDF, the data it was made from and the template, by their hashes; then the page rendered again.
    Exit 3 if anything differs, with both hashes. An erased letter cannot be checked and is not broken.
    """
    if is_all == (letter_id is not None):
        raise click.UsageError("expected a LETTER_ID, or --all")
    from letters.cli.opened import opened_service

    with opened_service() as (service, _):
        checked = list(_checked(output, service, letter_id))
    if letter_id is not None and not checked:
        fail(f"expected the id of a letter that has a PDF, found {letter_id}")
    broken = [each for each, verified in checked if not verified.is_good]
    documents = [each for each, _ in checked]
    text = "\n".join(
        [*(_line(each, verified) for each, verified in checked if letter_id or not verified.is_good), _sum(checked)]
    )
    if broken:
        fail(text, Exit.BROKEN, letters=documents)
    output.result({"letters": documents}, text=text)


COMMANDS: Final = (verify,)


def _checked(output: Output, service: Service, letter_id: UUID | None) -> Iterator[tuple[dict[str, Any], Verification]]:
    """Check one letter, or all; yield each as a document, and as it is."""
    from letters.api.represent import verification_json
    from letters.application import proving

    asked = proving.rendered(service.letters) if letter_id is None else [letter_id]
    with output.progress("checking letters", total=len(asked)) as done:
        for _, our_ref, verified in proving.prove(service.letters, service.renderer, asked):
            done(1)
            if verified is not None:
                yield {"our_ref": our_ref, **verification_json(verified)}, verified


def _line(document: dict[str, Any], verified: Verification) -> str:
    """Tell one letter: what is left of it, and both hashes of what differs."""
    name = document["our_ref"] or document["letter_id"]
    kept = f"PDF {verified.pdf}, data {verified.data}, template {verified.template}"
    says = f"{name}: {kept}; made again: {verified.rendered}"
    hashes = [f"  {each.what}: expected sha256 {each.expected}, found {each.found}" for each in verified.differences]
    return "\n".join([says, *hashes])


def _sum(checked: list[tuple[dict[str, Any], Verification]]) -> str:
    broken = sum(not verified.is_good for _, verified in checked)
    erased = sum(verified.pdf == "erased" for _, verified in checked)
    good = len(checked) - broken - erased
    return f"{len(checked)} checked: {good} as recorded, {erased} erased with their case, {broken} broken"
