"""A postal address in the United Kingdom, as it stands in the window of an envelope: normalised, and its form checked.

The rules are those of GOV.UK Notify's letter specification: three to seven lines, the person's name first and the
postcode last. Form is checked, not existence: a well-formed address may still be nobody's.

Worked example: ``["Kerry Mallinson", "1 Mill Lane,", "Rowanby", "de99 1ab", "England"]`` gives the lines
``Kerry Mallinson / 1 Mill Lane / Rowanby / DE99 1AB``.
"""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from letters.domain.event import Problem

LINES_MIN, LINES_MAX = 3, 7

_AREAS = (
    "AB|AL|B|BA|BB|BD|BF|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|"
    "FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|"
    "NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|W|WA|"
    "WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_POSTCODE = re.compile(rf"(?:{_AREAS})[0-9][0-9A-Z]?[0-9][ABD-HJLNP-UW-Z]{{2}}|GIR0AA")
_BFPO = re.compile(r"BFPO ?(?:C/O )?([0-9]{1,4})")
_COUNTRIES = frozenset({"england", "scotland", "wales", "northern ireland", "great britain", "uk", "united kingdom"})
_NO_HOME = re.compile(r"\bnfa\b|\bno fixed (?:abode|address)\b", re.IGNORECASE)
_BAD_START = tuple('@()=[]"\\/,<>~')


class Checked(NamedTuple):
    """The lines as they will be printed, and what is wrong with their form."""

    lines: tuple[str, ...]
    problems: tuple[Problem, ...]


def check(lines: Iterable[str], path: str = "address") -> Checked:
    """Normalise an address and check its form; a problem names the line by its index among the lines given back."""
    kept = [line for line in (" ".join(line.split()).rstrip(" ,") for line in lines) if line]
    if kept and kept[-1].casefold() in _COUNTRIES:
        kept.pop()
    postcode = normal_postcode(kept[-1]) if kept else None
    if postcode is not None:
        kept[-1] = postcode
    faults = [(f"{path}[{index}]", *fault) for index, line in enumerate(kept) for fault in _line_faults(index, line)]
    if not LINES_MIN <= len(kept) <= LINES_MAX:
        faults.append((path, "line_count", "three to seven lines, the name first and the postcode last"))
    elif postcode is None:
        faults.append((f"{path}[{len(kept) - 1}]", "postcode", "a UK postcode as the last line, for example SW1A 1AA"))
    return Checked(tuple(kept), tuple(Problem(code=code, path=at, expected=shape) for at, code, shape in faults))


def without_name(lines: Sequence[str], name: str | None) -> tuple[str, ...]:
    """Return the lines under the name; some addresses come with it."""
    return tuple(lines[1:] if lines and lines[0] == name else lines)


def digest(case: str, lines: Sequence[str]) -> str:
    """Return by what casework lets us know an address of somebody else, without telling it.

    sha256 of ``<case id>|<first line>|<postcode>``, the lines as small letters and digits alone; the case in it keeps
    two cases from being compared. Worked example: ``14 Mill Lane, ..., EX1 1AA`` is ``<case id>|14milllane|ex11aa``.
    """
    packed = [re.sub(r"[^a-z0-9]", "", line.casefold()) for line in (lines[0], lines[-1])]
    return sha256("|".join((case, *packed)).encode()).hexdigest()


def email_digest(case: str, email: str) -> str:
    """Return the same for an e-mail address: sha256 of ``<case id>|<address in small letters>``."""
    return sha256(f"{case}|{email.casefold()}".encode()).hexdigest()


def normal_postcode(text: str) -> str | None:
    """Return the postcode in capitals with its space, or the BFPO number; None if it is neither."""
    packed = re.sub(r"[\s.-]", "", text).upper()
    if _POSTCODE.fullmatch(packed):
        return f"{packed[:-3]} {packed[-3:]}"
    bfpo = _BFPO.fullmatch(" ".join(text.upper().split()))
    return f"BFPO {bfpo[1]}" if bfpo else None


def _line_faults(index: int, line: str) -> list[tuple[str, str]]:
    """Return what is wrong with one line, as code and expected shape."""
    faults = []
    if index < 2 and not any(char.isalnum() for char in line):
        faults.append(("line_empty", "a letter or a digit in each of the first two lines"))
    if line.startswith(_BAD_START):
        faults.append(("line_start", 'a line that does not start with one of @ ( ) = [ ] " \\ / , < > ~'))
    if _NO_HOME.search(line):
        faults.append(("no_fixed_address", "an address that the post reaches; agree another way with the person"))
    return faults
