"""A template is shown with all it takes, and what it would look like; nothing of that is stored or can be sent."""

from io import BytesIO
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageChops

from letters.adapters.template_store import FOLDER, LOCK
from letters.bootstrap import Web
from letters.domain.catalogue import CATALOGUE
from tests.letters.people import Answer, People

L04 = "/v1/templates/L04/versions/1"


def ask(people: People, template: str = "L04", **asked: Any) -> Answer:
    return people.post("u-deputy", f"/v1/templates/{template}/versions/1/preview", asked)


def sample(web: Web, name: str = "ok", template: str = "L04") -> dict[str, Any]:
    return dict(web.service.templates.template(template).samples[name])


def test_a_template_is_shown_with_row_schema_hashes_and_gates(people: People) -> None:
    shown = people.get("u-t2", L04).json
    assert (shown["name"], shown["trigger"]) == ("written_warning", "warning-issued")
    assert shown["approvers"] == ["headteacher"]
    assert shown["gates"] == ["identity", "signatory", "police", "safeguarding", "address"]
    assert f"L04_written_warning/1 {shown['folder_sha256']}" in (FOLDER / LOCK).read_text()
    assert set(shown["samples"]) == {"ok", "long", "hostile"}
    assert shown["slots"]["note"]["characters_max"] == 600
    assert "expectations" in str(shown["schema"])


@pytest.mark.parametrize("template", sorted(CATALOGUE))
def test_each_row_has_its_gates(people: People, template: str) -> None:
    gates = people.get("u-head", f"/v1/templates/{template}/versions/1").json["gates"]
    row = CATALOGUE[template]
    assert ("identity" in gates) is row.is_identity_gated
    assert ("evidence" in gates) is (template == "L09")
    assert ("police" in gates) is (row.to != "O")


@pytest.mark.parametrize("place", ["L04/versions/9", "L99/versions/1", "L04/versions/0"])
def test_what_is_not_there_is_not_shown(people: People, place: str) -> None:
    assert people.get("u-head", f"/v1/templates/{place}").status_code == 404
    assert people.post("u-head", f"/v1/templates/{place}/preview", {"sample": "ok"}).status_code == 404


def test_a_preview_is_marked_is_no_archive_document_and_leaves_nothing_behind(people: People, web: Web) -> None:
    before = web.service.letters.head()
    shown = ask(people, data=sample(web))
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "application/pdf")
    with pikepdf.open(BytesIO(shown.data)) as pdf:
        metadata = pdf.open_metadata()
        assert metadata.get("pdfaid:part") is None
        assert len(pdf.pages) == 2
    assert web.service.letters.head() == before
    with web.service.pool.connection() as connection:
        stored = connection.execute("SELECT count(*) AS found FROM letters.sealed").fetchone()
    assert stored is not None
    assert stored["found"] == 0


def red(png: bytes) -> int:
    """Count dots that are rather red: the zones are drawn so, in thin lines."""
    bands = Image.open(BytesIO(png)).convert("RGB").split()
    redder = ImageChops.subtract(bands[0], bands[1])
    return redder.point(lambda level: 255 * (level > 40)).histogram()[255]


def test_a_page_is_shown_with_the_zones_on_request(people: People) -> None:
    plain, zones = (ask(people, sample="ok", format="png", zones=zones) for zones in (False, True))
    assert plain.headers["Content-Type"] == zones.headers["Content-Type"] == "image/png"
    assert red(zones.data) > red(plain.data) + 2000, "the school's own logo has a little red in it"
    assert ask(people, sample="ok", format="png", page=3).status_code == 404
    assert ask(people, sample="ok", format="png", page=2).data != plain.data


def test_every_fault_of_the_data_is_named(people: People, web: Web) -> None:
    data = {**sample(web), "surprise": 1, "our_ref": None}
    del data["expectations"]
    refused = ask(people, data=data)
    assert refused.status_code == 422
    pointers = {each["pointer"] for each in refused.json["errors"]}
    assert pointers == {"/data/surprise", "/data/our_ref", "/data/expectations"}


@pytest.mark.parametrize("asked", [{}, {"sample": "ok", "data": {}}, {"sample": "none"}, {"sample": "ok", "page": 0}])
def test_what_cannot_be_meant_is_said(people: People, asked: dict[str, Any]) -> None:
    assert ask(people, **asked).status_code == 422


def test_what_the_layout_refuses_is_told_with_what_helps(people: People, web: Web) -> None:
    refused = ask(people, data={**sample(web, "long"), "large_print": True})
    assert (refused.status_code, refused.json["found"]) == (409, "pages")
    assert refused.json["type"] == "urn:school-casework:problem:not-laid-out"
    assert "more than ten pages" in refused.json["detail"]


def test_hostile_data_print_as_they_are(people: People, web: Web) -> None:
    assert ask(people, data=sample(web, "hostile")).status_code == 200
