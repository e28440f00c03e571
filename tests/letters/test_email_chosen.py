"""Which letters go by e-mail, and to which address: by the catalogue, by choice, and never to a guess."""

from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from letters import bootstrap
from letters.adapters.press import Press
from letters.bootstrap import Web
from letters.cli import words
from letters.domain import address
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE
from tests.letters.mailed import Mail
from tests.letters.people import People
from tests.letters.test_api import codes, state
from tests.letters.test_outside_letters import answer, approve, drafted, found, says

HERS = "ruby.nash@example.org"
TYPED = {"address": HERS, "basis": "she wrote it down in the office", "verified_by": "u-sbm"}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Answer the settings of a school that sends e-mail."""
    return {**environ, "LETTERS_DISPATCH": "outbox"}


def reached(template: str, **known: Any) -> list[dict[str, Any]]:
    """Return the recipients of a letter, the first one known so."""
    first, *rest = answer(template)["recipients"]
    return [{**first, **known}, *rest]


def test_whoever_has_an_e_mail_address_that_somebody_verified_is_written_to_by_e_mail(
    mail: Mail, people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, "L15", recipients=reached("L15", email=HERS, email_verified_by="u-sbm"))
    assert (state(people, letter)["channel"], state(people, letter)["holds"]) == ("email", [])
    approve(people, letter)
    assert mail.dispatcher.round().accepted == 1
    assert mail.sink.to == [[HERS]]
    assert web.service.follower().once().filed == 1
    ((facts, _),) = casework.filed.values()
    assert (facts["template"], facts["channel"]) == ("L15", "email")


@pytest.mark.parametrize(
    "known",
    [{"email": None}, {"email": HERS, "email_verified_by": None}, {"email": "not one", "email_verified_by": "u"}],
)
def test_whoever_has_none_is_written_to_by_post(
    known: dict[str, Any], people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, "L15", recipients=reached("L15", **known))
    assert (state(people, letter)["channel"], state(people, letter)["holds"]) == ("print", [])


def test_a_school_that_sends_no_e_mail_has_its_letters_printed_unless_somebody_chooses_otherwise(
    environ: dict[str, str], press: Press, casework: FakeCasework
) -> None:
    web = Web(bootstrap.read_settings({**environ, "LETTERS_DISPATCH": "off"}), press)
    try:
        people = People(web.app, casework.keys)
        letter = drafted(web, casework, "L15", recipients=reached("L15", email=HERS, email_verified_by="u-sbm"))
        assert state(people, letter)["channel"] == "print"
        assert people.patch("u-head", f"{letter}/draft", {"channel": "email"}).json["channel"] == "email"
        assert web.service.dispatcher() is None
    finally:
        web.close()


@pytest.mark.parametrize(("template", "channel"), [("L08", "web_form"), ("L10", "portal"), ("L19", "portal")])
def test_an_outside_body_without_an_address_gets_it_another_way(
    template: str, channel: str, people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, template)
    who = "u-head"
    assert state(people, letter)["channel"] == channel
    asked = {**TYPED, "address": "post@body.example.org"}
    chosen = people.patch(who, f"{letter}/draft", {"email": asked})
    assert (chosen.status_code, chosen.json["channel"], chosen.json["holds"]) == (201, "email", [])
    assert "post@body" not in str(chosen.json)


def test_e_mail_to_an_address_that_staff_put_in_arrives_there(
    mail: Mail, people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, "L19")
    people.patch("u-head", f"{letter}/draft", {"email": {**TYPED, "address": "returns@authority.example.org"}})
    approve(people, letter)
    assert codes(people.post("u-sbm", f"{letter}/dispatch")) == ["other_channel"]
    assert mail.dispatcher.round().accepted == 1
    assert mail.sink.to == [["returns@authority.example.org"]]
    (body,) = mail.sink.arrived
    cover = message_from_bytes(body, policy=SMTP).get_body()
    assert cover is not None
    sealed = people.get("u-head", f"{letter}/message")
    assert cover.get_content().replace("\r\n", "\n").strip() == sealed.data.decode().strip()


def test_the_office_is_told_how_an_e_mail_stands(mail: Mail, people: People, web: Web, casework: FakeCasework) -> None:
    letter = drafted(web, casework, "L15", recipients=reached("L15", email=HERS, email_verified_by="u-sbm"))
    approve(people, letter)
    assert "issued: approved, leaves by itself" in words.sheet(state(people, letter), "")
    mail.sink.rcpt = "450 mailbox busy"
    mail.dispatcher.round()
    assert "refused    once for now; tried again 23 Sep 2025, 14:2" in words.sheet(state(people, letter), "")
    mail.clock("2025-09-23T13:30:00Z")
    mail.sink.rcpt = "550 no such user"
    mail.dispatcher.round()
    assert "given up   the relay refused it for good" in words.sheet(state(people, letter), "")
    people.post("u-sbm", f"/v1/dead-letters/{letter.rpartition('/')[2]}/retry", {"reason": "the address is right"})
    mail.sink.rcpt = "250 OK"
    assert mail.dispatcher.round().accepted == 1
    told = words.sheet(state(people, letter), "")
    assert "dispatched: sent" in told
    assert "sent       23 Sep 2025, 14:30, the relay took it" in told


def test_e_mail_that_is_chosen_without_an_address_is_held_and_says_what_helps(
    people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, "L15", recipients=reached("L15", email=HERS, email_verified_by=None))
    chosen = people.patch("u-head", f"{letter}/draft", {"channel": "email"})
    assert (chosen.status_code, chosen.json["holds"]) == (201, ["address"])
    refused = approve(people, letter)
    assert codes(refused) == ["held"]
    assert "or choose another channel (R17)" in refused.json["refusals"][0]["detail"]
    assert people.patch("u-head", f"{letter}/draft", {"email": TYPED}).json["holds"] == []
    assert approve(people, letter).json["status"] == "issued"


def test_another_persons_e_mail_address_is_refused_by_r17(people: People, web: Web, casework: FakeCasework) -> None:
    taken = [address.email_digest(str(CASE), HERS)]
    letter = drafted(web, casework, "L15", taken_addresses=taken)
    asked = people.patch("u-head", f"{letter}/draft", {"email": {**TYPED, "address": HERS.upper()}})
    assert codes(asked) == ["R17"]
    assert state(people, letter)["revision"] == 1


def test_an_e_mail_address_that_turns_out_to_be_anothers_holds_the_letter(
    people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, "L15")
    assert people.patch("u-head", f"{letter}/draft", {"email": TYPED}).json["holds"] == []
    says(casework, "L15", taken_addresses=[address.email_digest(str(CASE), HERS)])
    assert codes(people.post("u-head", f"{letter}/redraft")) == ["R17"]
    assert found(web, letter).draft.revision == 2


def test_the_choice_of_an_address_is_sealed_and_shown_in_no_answer(
    people: People, web: Web, casework: FakeCasework
) -> None:
    letter = drafted(web, casework, "L15")
    people.patch("u-head", f"{letter}/draft", {"email": TYPED})
    shown = (
        people.get("u-head", letter),
        people.get("u-head", f"{letter}/timeline"),
        people.get("u-head", "/v1/letters"),
    )
    assert all(HERS not in str(each.json) for each in shown)


@pytest.mark.parametrize("template", ["L02", "L04", "L09"])
def test_what_the_catalogue_keeps_from_e_mail_cannot_be_sent_so(
    template: str, people: People, web: Web, casework: FakeCasework
) -> None:
    if template == "L09":
        letter = drafted(web, casework, template)
    else:
        casework.removal_requested() if template == "L02" else casework.warning_issued()
        web.service.follower().once()
        (row,) = people.get("u-head", f"/v1/letters?template={template}").json["letters"]
        letter = f"/v1/letters/{row['letter_id']}"
    asked = people.patch("u-head", f"{letter}/draft", {"channel": "email"})
    assert (asked.status_code, asked.json["errors"][0]["pointer"]) == (422, "/channel")
