"""The e-mail that a letter leaves by: a short cover, and the approved PDF (RFC 5322, 2045, 2183).

The same letter gives the same bytes, so that a relay or reader that gets it twice sees one message: the date is that of
the issue, the id and the boundary come from the letter's own. Neither subject nor cover says what the letter is about,
or names anybody: other eyes may see them on a locked telephone.

Worked example of the head, for the warning in ``naming``, sent the first time::

    Subject: A letter from Rowan Lane Primary School, ref RL-2025-0001/L04-140846
    From: Rowan Lane Primary School <office@rowanlane.example.org>
    Reply-To: office@rowanlane.example.org
    To: kerry.mallinson@example.org
    Date: Tue, 23 Sep 2025 13:20:00 +0000
    Message-ID: <140846ae-deed-58dd-9bf4-17320d9e93d9.1@rowanlane.example.org>
    Auto-Submitted: auto-generated
"""

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from uuid import UUID

import msgspec

BYTES_MAX = 2 * 1024 * 1024
"""The largest e-mail that is sent, as a whole."""
_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
)
"""One address and nothing else, in ASCII: no second one, no name, no control character (RFC 5321 4.1.2)."""


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, as ``school.toml`` says; ``domain`` is that of our message ids."""

    name: str
    email: str
    domain: str


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What an e-mail is made of."""

    letter: UUID
    message_id: str
    issued_at: datetime
    our_ref: str
    to: str
    cover: str
    """The words that stand above it, as they were approved with it."""
    pdf: bytes
    office: Office


def is_address(text: str) -> bool:
    """Tell whether this is one address that mail can be sent to. Form only, not existence."""
    return _ADDRESS.fullmatch(text) is not None


def compose(parts: Parts) -> bytes:
    """Return the e-mail, byte for byte the same for the same parts."""
    office = parts.office
    message = EmailMessage(policy=SMTP)
    message["Subject"] = f"A letter from {office.name}, ref {parts.our_ref}"
    message["From"] = Address(office.name, addr_spec=office.email)
    message["Reply-To"] = Address(addr_spec=office.email)
    message["To"] = Address(addr_spec=parts.to)
    message["Date"] = parts.issued_at.astimezone(UTC).replace(microsecond=0)
    message["Message-ID"] = parts.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parts.cover, cte="quoted-printable")
    name = parts.our_ref.replace("/", "_") + ".pdf"
    message.add_attachment(parts.pdf, maintype="application", subtype="pdf", filename=name)
    message.set_boundary("=_" + sha256(str(parts.letter).encode()).hexdigest()[:32])
    return message.as_bytes()
