"""Letters that leave by e-mail: S01's warning, to an address that somebody verified, and the relay it leaves by."""

from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from letters.adapters.smtp_relay import Server, SmtpRelay
from letters.application.dispatch import Dispatcher, Relay
from letters.bootstrap import Web
from letters.domain.letter import Letter
from letters.domain.naming import letter_id
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import PARTY, merge_fields
from tests.letters.people import People
from tests.letters.smtp_sink import HOST, Sink

ADDRESS = "kerry.mallinson@example.org"


class Mail:
    """The service, the people, and a relay that does as the test says."""

    def __init__(self, web: Web, people: People, casework: FakeCasework, sink: Sink, home: Path, at: Database) -> None:  # noqa: PLR0917 - its parts
        self.web = web
        self.people = people
        self.casework = casework
        self.sink = sink
        self.home = home
        self.database = at
        self.letters = web.service.letters
        self.relay = SmtpRelay(
            Server(host=HOST, port=sink.port), hello="rowanlane.example.org", tls=sink.trusted(), answer_within_s=20.0
        )
        self.dispatcher = self.sending(self.relay)

    def sending(self, relay: Relay) -> Dispatcher:
        """Return another dispatcher, by this relay."""
        made = self.web.service.dispatcher(relay)
        assert made is not None
        return made

    def clock(self, moment: str) -> None:
        """Let it be that moment."""
        (self.home / "clock").write_text(moment)

    def follow(self) -> None:
        """Read to the head of the feed."""
        self.web.service.follower().once()

    def drafted(self, version: int = 12, **changed: Any) -> UUID:
        """Draft and render a warning, its channel turned to e-mail as staff may; its recipient changed so."""
        known = {**merge_fields()["recipients"][0], "email": ADDRESS, "email_verified_by": "u-sbm", **changed}
        cause = self.casework.warning_issued(version=version, recipients=[known])
        letter = letter_id(cause, "L04", PARTY)
        self.follow()
        before = self.found(letter)
        place = {"originator_version": before.version + 1, "revision": before.draft.revision + 1}
        self.letters.append([replace(before.draft, **place, channel="email")])
        self.follow()
        return letter

    def approve(self, letter: UUID, **more: Any) -> dict[str, Any]:
        """Approve what was rendered, every check ticked."""
        path = f"/v1/letters/{letter}"
        state = self.people.get("u-head", path).json
        ticked = [finding["id"] for finding in state["findings"] if finding["level"] == "check"]
        asked = {"pdf_sha256": state["provenance"]["pdf_sha256"], "checks": ticked, **more}
        answer = self.people.post("u-head", f"{path}/approve", asked)
        assert answer.status_code == 201, answer.json
        return answer.json

    def found(self, letter: UUID) -> Letter:
        """Return a letter as it is stored."""
        stored = self.letters.find(letter)
        assert stored is not None
        return stored

    def names(self, letter: UUID) -> list[str]:
        """Return what happened to a letter since it was first issued, in short."""
        history = [event.type_name.split(".")[1] for event in self.letters.history(letter)]
        return history[history.index("issued") + 1 :]
