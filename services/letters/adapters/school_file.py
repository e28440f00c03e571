"""A school's own folder: ``school.toml`` (letterhead, modules, approvals, windows, e-mail domain) and its logo.

Read once at start; whatever is wrong with it is said at once. The example folder that travels with the templates
(``templates/_school``) is a whole one, with a comment on each line.
"""

import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any

import msgspec

from letters.adapters.template_lint import logo_faults
from letters.domain.catalogue import Channel
from letters.domain.eml import Office, is_address
from letters.domain.windows import DAYS, Hours
from servicekit.readiness import NotReady

Hour = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day in London, as ``08:00``."""


class Premises(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long L22 restricts access to the premises, in days from its beginning, unless staff say otherwise."""

    review_after_days: int = 28
    ends_after_days: int = 42
    days_max: int = 84
    """The longest that may be written into one letter; whoever wants more writes again, with reasons."""

    def __post_init__(self) -> None:
        """Refuse days that would never fit a letter."""
        if not 0 < self.review_after_days <= self.ends_after_days <= self.days_max:
            message = "expected 0 < review_after_days <= ends_after_days <= days_max"
            raise ValueError(message)


class School(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``school.toml`` says."""

    name: str
    letterhead: tuple[str, ...] = ()
    address: tuple[str, ...]
    phone: str
    email: str
    website: str | None = None
    logo: str
    email_domain: str
    modules: Mapping[str, bool] = {}
    approvals: Mapping[str, int] = {}
    windows: Mapping[Channel, tuple[Hour, Hour]] = {}
    complaints: tuple[str, ...] = ()
    """The stages of the school's complaints procedure, a sentence each; L13 cannot be written without."""
    premises: Premises = Premises()

    def __post_init__(self) -> None:
        """Refuse a window that never opens."""
        for channel, (first, last) in self.windows.items():
            if channel not in DAYS or first >= last:
                message = f"windows: expected for {' or '.join(DAYS)} an hour to open and a later one, found {channel}"
                raise ValueError(message)

    def hours(self) -> Mapping[Channel, Hours]:
        """Return when the windows of channels open and close, where the school says so."""
        return {
            channel: (time.fromisoformat(first), time.fromisoformat(last))
            for channel, (first, last) in self.windows.items()
        }

    def fields(self) -> dict[str, Any]:
        """Return what letters print, or go by, as ``template_data`` takes it."""
        names = ("name", "letterhead", "address", "phone", "email", "website", "complaints")
        return {name: getattr(self, name) for name in names} | {"premises": msgspec.structs.asdict(self.premises)}

    def office(self) -> Office:
        """Return who writes e-mail."""
        return Office(name=self.name, email=self.email, domain=self.email_domain)


class SchoolFolder(msgspec.Struct, frozen=True):
    """A school and the bytes of its logo."""

    school: School
    logo: bytes


def read_school(folder: Path) -> SchoolFolder:
    """Read a school's folder.

    Raises:
        NotReady: a file is missing, a field is missing, unknown or of another type, or the logo is more than shapes.
    """
    path = folder / "school.toml"
    try:
        school = msgspec.convert(tomllib.loads(path.read_text()), School)
        logo = (folder / school.logo).read_bytes()
    except FileNotFoundError as error:
        raise NotReady("school.toml and its logo", f"no {error.filename}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise NotReady("a school.toml like the example in templates/_school", f"{path}: {error}") from error
    faults = logo_faults(logo)
    if faults or Path(school.logo).name != school.logo:
        raise NotReady("a logo of shapes only, beside school.toml", "; ".join(faults) or f"the path {school.logo}")
    if not is_address(school.email) or not is_address(f"office@{school.email_domain}"):
        raise NotReady(
            "email and email_domain of school.toml as mail has them", f"{school.email}, {school.email_domain}"
        )
    return SchoolFolder(school, logo)
