"""What staff chose for one letter: channel, words of their own, another address or e-mail address, large print.

Kept sealed beside the letter, as what they wrote and an address are personal; the draft names it by its hash, so every
later revision is made with the same choices. What was never chosen is as the catalogue, casework and the people
directory say.

A change names only what changes; null takes a choice back. Worked example: ``{"channel": "classdojo"}`` and later
``{"slots": {"note": "Thank you."}, "channel": null}`` leave the channel of the catalogue and the note.
"""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import UNSET, UnsetType

from letters.domain import address
from letters.domain.catalogue import BY_HAND, Channel, Row
from letters.domain.eml import is_address
from letters.domain.errors import Fault
from letters.domain.takes import Takes
from letters.domain.template_data import slot_problems


class TypedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address that casework does not have: its lines, how it is known, and who made sure that it is the person's."""

    lines: tuple[str, ...]
    basis: str
    verified_by: str


class TypedEmail(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail address that casework does not have: how it is known, and who made sure that it is the recipient's."""

    address: str
    basis: str
    verified_by: str


class Choices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was chosen so far."""

    channel: Channel | None = None
    slots: Mapping[str, str] = {}
    address: TypedAddress | None = None
    email: TypedEmail | None = None
    large_print: bool | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be chosen from now on."""

    channel: Channel | UnsetType | None = UNSET
    slots: Mapping[str, str | None] | UnsetType = UNSET
    address: TypedAddress | UnsetType | None = UNSET
    email: TypedEmail | UnsetType | None = UNSET
    large_print: bool | UnsetType | None = UNSET

    def of(self, before: Choices) -> Choices:
        """Return the choices after this change."""
        slots = {} if self.slots is UNSET else self.slots
        said = {name: words for name, words in {**before.slots, **slots}.items() if words is not None}
        return Choices(
            channel=before.channel if self.channel is UNSET else self.channel,
            slots=said,
            address=before.address if self.address is UNSET else self.address,
            email=before.email if self.email is UNSET else self.email,
            large_print=before.large_print if self.large_print is UNSET else self.large_print,
        )


def faults(change: Change, after: Choices, row: Row, takes: Takes) -> tuple[Fault, ...]:
    """Return everything about a change that does not fit the letter, with the choices as they would be after it."""
    if change == Change():
        expected = "channel, slots, address, email or large_print"
        return (Fault(code="nothing_chosen", pointer="", expected=expected, found="none of them"),)
    return tuple(_faults(after, row, takes))


def _faults(choices: Choices, row: Row, takes: Takes) -> Iterator[Fault]:
    if choices.channel is not None and not row.allows(choices.channel):
        allowed = dict.fromkeys((row.channel, *row.channels, *([BY_HAND] if row.allows(BY_HAND) else [])))
        expected = f"one of {', '.join(allowed)}"
        yield Fault(code="channel", pointer="/channel", expected=expected, found=choices.channel)
    for problem in slot_problems(takes, choices.slots):
        found = choices.slots[problem.path.partition(".")[2]]
        pointer = "/" + problem.path.replace(".", "/")
        yield Fault(code=problem.code, pointer=pointer, expected=problem.expected, found=found)
    if choices.address is not None:
        yield from _address_faults(choices.address.lines)
    if choices.email is not None and not is_address(choices.email.address):
        expected = "one e-mail address, as name@example.org"
        yield Fault(code="email", pointer="/email/address", expected=expected, found=choices.email.address)


def _address_faults(lines: tuple[str, ...]) -> Iterator[Fault]:
    """Check the lines as they stand under a name on an envelope."""
    checked = address.check(["Name", *lines], path="address.lines")
    for problem in checked.problems:
        index = _index(problem.path)
        if index is None:
            yield Fault(
                code=problem.code, pointer="/address/lines", expected=problem.expected, found=f"{len(lines)} lines"
            )
        else:
            found = checked.lines[index]
            pointer = f"/address/lines/{index - 1}"
            yield Fault(code=problem.code, pointer=pointer, expected=problem.expected, found=found)


def _index(path: str) -> int | None:
    """Return the index of the line that a problem is about; None where it is about all of them."""
    number = path.rpartition("[")[2].rstrip("]")
    return int(number) if number.isdigit() else None
