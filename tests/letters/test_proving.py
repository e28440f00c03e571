"""A letter is proved years later: without our folder of templates, by another engine, beside cases that were erased."""

from typing import Any, NoReturn
from uuid import UUID

import pytest
from msgspec.structs import replace

from letters.application.rendering import Verification
from letters.bootstrap import Service
from letters.domain.errors import Erased
from letters.domain.letter import Letter
from letters.domain.naming import letter_id
from letters.domain.rendering import RenderFailed, Rendering
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import PARTY, merge_fields

OTHER = UUID("0d9e6679-7425-40de-944b-e07fc1f90ae7")


@pytest.fixture
def ready(service: Service, casework: FakeCasework) -> Letter:
    """Answer a warning that was rendered."""
    cause = casework.warning_issued()
    service.follower().once()
    return found(service, cause)


def found(service: Service, cause: str) -> Letter:
    letter = service.letters.find(letter_id(cause, "L04", PARTY))
    assert letter is not None
    return letter


def verified(service: Service, letter: Letter) -> Verification:
    proof = service.renderer.verify(letter)
    assert proof is not None
    return proof


class OtherPress:
    """The press, with another engine in it: what it makes of a rendering is the test's to say."""

    def __init__(self, service: Service, change: Any, engine: str = "typst 1.0.0") -> None:
        self._press, self._change, self.engine = service.press, change, engine

    def render(self, *question: Any) -> Rendering:
        made: Rendering = self._change(self._press.render(*question))
        return made


def other_bytes(made: Rendering) -> Rendering:
    return replace(made, pdf=made.pdf + b"\n% laid out by another engine")


def other_pages(made: Rendering) -> Rendering:
    return replace(other_bytes(made), page_images_sha256=("0" * 64,))


def refuses(_: Rendering) -> NoReturn:
    raise RenderFailed("template", "unknown variable", line=3)


class NoTemplates:
    """In the place of our folder: whoever asks for anything of it fails."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(name)


def test_the_folder_of_templates_is_not_needed(service: Service, ready: Letter, monkeypatch: Any) -> None:
    monkeypatch.setattr(service.renderer, "_templates", NoTemplates())
    proof = verified(service, ready)
    assert (proof.pdf, proof.data, proof.template, proof.rendered) == (*("unaltered",) * 3, "identical")
    assert proof.is_good


@pytest.mark.parametrize(
    ("change", "rendered", "is_good"),
    [(other_bytes, "same-images", True), (other_pages, "different", False), (refuses, "engine-unavailable", True)],
)
def test_another_engine_speaks_against_a_letter_only_if_its_pages_look_otherwise(
    service: Service, ready: Letter, monkeypatch: Any, change: Any, rendered: str, *, is_good: bool
) -> None:
    monkeypatch.setattr(service.renderer, "_press", OtherPress(service, change))
    proof = verified(service, ready)
    assert (proof.rendered, proof.is_good) == (rendered, is_good)
    assert [each.what for each in proof.differences] == (["rendered"] if rendered == "different" else [])
    assert proof.problem == ("template" if rendered == "engine-unavailable" else None)


def test_the_same_engine_that_cannot_repeat_it_speaks_against_it(
    service: Service, ready: Letter, monkeypatch: Any
) -> None:
    monkeypatch.setattr(service.renderer, "_press", OtherPress(service, refuses, service.press.engine))
    proof = verified(service, ready)
    assert (proof.rendered, proof.problem, proof.is_good) == ("different", "template", False)


def test_of_two_cases_one_is_erased_and_the_other_proves_as_before(
    service: Service, casework: FakeCasework, ready: Letter
) -> None:
    fields = merge_fields()
    event = casework._append("warning-issued", f"{OTHER}/12", {"warning_no": 1, "party": "P2", "posts": [1, 2]})
    casework.fields[event] = {**fields, "case": {**fields["case"], "id": str(OTHER), "reference": "RL-2025-0002"}}
    service.follower().once()
    other = found(service, event)
    casework.happens("erased", version=40)
    service.follower().once()
    gone = verified(service, found(service, ready.draft.cause))
    assert (gone.pdf, gone.data, gone.template, gone.rendered) == ("erased", "erased", "unaltered", "erased")
    assert gone.pdf_sha256 == verified(service, ready).pdf_sha256, "the hash stays"
    kept = verified(service, found(service, event))
    assert (kept.pdf, kept.rendered) == ("unaltered", "identical")
    assert ready.provenance is not None
    assert other.provenance is not None
    with pytest.raises(Erased):
        service.contents.get(ready.id, "pdf", ready.provenance.pdf_sha256)
    assert service.contents.get(other.id, "pdf", other.provenance.pdf_sha256).startswith(b"%PDF-")
