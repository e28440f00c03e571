"""What became of a kept file, as reading it to its end shows."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from casework.application.evidence_check import looked_at, result_of
from casework.application.handing_out import Kept
from casework.application.store import EvidenceBroken, EvidenceMissing, KeyErased, Unavailable
from casework.domain.evaluation import Request
from casework.domain.steps import BY_NAME
from tests.domain.playing import CASE, PNG, judged


class Kept3(Kept):
    """Keeps a file of three pieces; reading the last may fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[tuple[UUID, str]] = []
        self.given = 0

    def read(self, incident: UUID, digest: str) -> Iterator[bytes]:
        self.asked.append((incident, digest))
        for piece in (b"1", b"2", b"3"):
            if piece == b"3" and self.error:
                raise self.error
            self.given += 1
            yield piece


def test_a_file_is_read_to_its_end_and_by_the_hash_on_record() -> None:
    files = Kept3()
    decision = BY_NAME["verify_evidence"]
    request = Request(decision=decision, facts=decision.facts(), number=1)
    assert looked_at(files, judged().case, request).stored == "intact"
    assert (files.asked, files.given) == ([(CASE, PNG.sha256)], 3)


def test_no_file_is_read_for_another_decision() -> None:
    files = Kept3()
    decision = BY_NAME["offer_complaints_route"]
    request = Request(decision=decision, facts=decision.facts(how="letter"))
    assert looked_at(files, judged().case, request) is request
    assert files.asked == []


@pytest.mark.parametrize(("error", "result"), [(EvidenceMissing(""), "missing"), (EvidenceBroken(""), "altered")])
def test_what_is_lost_or_broken_is_found_out_also_at_the_end(error: Exception, result: str) -> None:
    assert result_of(Kept3(error), CASE, PNG.sha256) == result


@pytest.mark.parametrize("error", [Unavailable(""), KeyErased("")])
def test_a_store_that_cannot_say_says_nothing_of_the_file(error: Exception) -> None:
    with pytest.raises(type(error)):
        result_of(Kept3(error), CASE, PNG.sha256)
