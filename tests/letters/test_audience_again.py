"""Who may see a letter, and who has a conflict of interest, asked again while the letter has not left (R11)."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from letters.application.casework import Page
from letters.bootstrap import Web
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import Letter
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE, CAUSE, merge_fields
from tests.letters.people import Answer, People

CHAIR = {"subject": "u-chair", "role": "chair", "name": "Ruth Okafor", "job": "Chair of governors"}


def says(casework: FakeCasework, *, conflicted: list[str], roles: tuple[str, ...] = ()) -> None:
    """Let casework name other people from now on, as it does when a case changes."""
    fields = merge_fields()
    named = [*fields["audience"]["roles"], *roles]
    casework.fields[CAUSE] = {
        **fields,
        "conflicted": conflicted,
        "signatories": [*fields["signatories"], CHAIR],
        "audience": {**fields["audience"], "roles": named, "excluded": conflicted},
    }


def approve(people: People, letter: str, who: str = "u-head") -> Answer:
    state = people.get(who, letter).json
    ticked = [finding["id"] for finding in state["findings"] if finding["level"] == "check"]
    return people.post(who, f"{letter}/approve", {"pdf_sha256": state["provenance"]["pdf_sha256"], "checks": ticked})


def found(web: Web, letter: str) -> Letter:
    stored = web.service.letters.find(UUID(letter.rpartition("/")[2]))
    assert stored is not None
    return stored


def names(web: Web, letter: str) -> list[str]:
    """Return the letter's events after its rendering, in short."""
    history = web.service.letters.history(found(web, letter).id)
    return [event.type_name.removeprefix("letter.").removesuffix(".v1") for event in history[2:]]


def codes(answer: Answer) -> list[str]:
    assert answer.status_code == 409, answer.json
    return [refusal["code"] for refusal in answer.json["refusals"]]


@pytest.mark.parametrize("event", ["assigned", "post-recorded", "safeguarding-screened"])
def test_an_approved_letter_stays_approved_for_those_who_may_see_it_now(
    people: People, web: Web, casework: FakeCasework, warning: str, event: str
) -> None:
    assert approve(people, warning).json["status"] == "issued"
    before = found(web, warning)
    says(casework, conflicted=["u-t5", "u-deputy"], roles=("chair",))
    casework.happens(event, version=30)
    web.service.follower().once()
    after = found(web, warning)
    assert (after.status, after.issued, after.provenance) == ("issued", before.issued, before.provenance)
    assert after.holds == frozenset()
    assert people.get("u-deputy", warning).status_code == 404
    assert people.get("u-deputy", "/v1/letters").json["letters"] == []
    assert [row["letter_id"] for row in people.get("u-chair", "/v1/letters").json["letters"]] == [str(after.id)]
    assert people.post("u-sbm", f"{warning}/dispatch").status_code == 201
    assert names(web, warning)[2:] == ["held", "audience-changed", "released", "dispatch-started"]


def test_the_same_answer_again_changes_nothing_but_lifts_the_hold(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    casework.happens("post-recorded", version=30)
    web.service.follower().once()
    assert names(web, warning) == ["held", "released"]
    assert approve(people, warning).json["status"] == "issued"


def test_an_approval_by_somebody_with_a_conflict_of_interest_is_void_and_the_letter_signed_by_another(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    approve(people, warning)
    says(casework, conflicted=["u-t5", "u-head"], roles=("chair",))
    casework.happens("post-recorded", version=30)
    web.service.follower().once()
    again = found(web, warning)
    assert (again.status, again.draft.revision, again.draft.signatory) == ("ready", 2, "u-chair")
    assert (again.approvals, again.issued, again.holds) == ((), None, frozenset())
    assert people.get("u-head", warning).status_code == 404
    assert codes(people.post("u-sbm", f"{warning}/dispatch")) == ["not_issued"]
    assert approve(people, warning, who="u-chair").json["status"] == "issued"


def test_a_letter_that_nobody_may_sign_any_more_is_incomplete(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    approve(people, warning)
    says(casework, conflicted=["u-t5", "u-head", "u-chair"])
    casework.happens("assigned", version=30)
    web.service.follower().once()
    again = found(web, warning)
    assert (again.status, [problem.code for problem in again.draft.problems]) == ("incomplete", ["no_signatory"])


def test_while_casework_does_not_answer_the_letter_is_held_and_nobody_lifts_that(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    casework.happens("post-recorded", version=30)
    casework.broken["merge-fields"] = 503
    web.service.follower().once()
    assert web.service.letters.position() == 2
    refused = approve(people, warning)
    assert codes(refused) == ["held"]
    assert "casework is asked again" in refused.json["detail"]
    asked = {"hold": "audience", "reason": "we know each other"}
    assert codes(people.post("u-dsl", f"{warning}/release", asked)) == ["held"]
    del casework.broken["merge-fields"]
    web.service.follower().once()  # Another one, as after a crash: what is owed stands in the letter itself.
    assert approve(people, warning).json["status"] == "issued"


def test_a_follower_that_goes_on_asks_again_when_the_time_has_come(
    web: Web, casework: FakeCasework, warning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = web.service.follower()
    follower.once()
    casework.happens("post-recorded", version=30)
    casework.broken["merge-fields"] = 503
    follower.once()
    del casework.broken["merge-fields"]
    follower.once()
    assert found(web, warning).holds == {"audience"}  # Not yet: half a minute after the last time.
    late = web.service.drafts._pacing._monotonic() + 31
    monkeypatch.setattr(web.service.drafts._pacing, "_monotonic", lambda: late)
    follower.once()
    assert found(web, warning).holds == frozenset()


def test_an_incomplete_letter_asked_about_in_vain_is_asked_about_again(
    web: Web, casework: FakeCasework, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = merge_fields()
    cause = casework.warning_issued(posts=[])
    follower = web.service.follower()
    follower.once()
    casework.fields[cause] = fields
    casework.happens("evidence-captured", version=30, posts=[1])
    casework.broken["merge-fields"] = 503
    follower.once()
    del casework.broken["merge-fields"]
    late = web.service.drafts._pacing._monotonic() + 31
    monkeypatch.setattr(web.service.drafts._pacing, "_monotonic", lambda: late)
    follower.once()
    (letter,) = web.service.register.of_case(CASE)
    assert found(web, str(letter)).status == "ready"


def test_an_answer_older_than_the_last_event_lifts_nothing(
    web: Web, casework: FakeCasework, warning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    casework.happens("post-recorded", version=30)
    answer = web.service.casework.merge_fields
    late = FeedEntry(position=3, id=f"{CASE}/31", type="incident.post-recorded.v1", data={})

    def overtaken(event: str) -> bytes:
        """Answer, and see the next event read before the answer is taken in."""
        body = answer(event)
        if web.service.letters.position() == 2:
            says(casework, conflicted=["u-t5", "u-deputy"])
            web.service.drafts.read_page(Page(entries=[late], next=3, has_more=False))
        return body

    with monkeypatch.context() as patch:
        patch.setattr(web.service.drafts._casework, "merge_fields", overtaken)
        casework.feed.append(casework.feed[-1])
        web.service.drafts.read_page(web.service.casework.page(1, limit=1, wait_s=0))
        assert web.service.drafts.retry(None) == 0
    assert found(web, warning).holds == {"audience"}
    assert web.service.drafts.retry(frozenset()) == 1
    assert found(web, warning).conflicted == ("u-t5", "u-deputy")


def test_what_somebody_has_in_hand_stays_held_until_they_say_what_became_of_it(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    approve(people, warning)
    people.post("u-sbm", f"{warning}/dispatch")
    says(casework, conflicted=["u-t5", "u-head"], roles=("chair",))
    casework.happens("post-recorded", version=30)
    web.service.follower().once()
    held = found(web, warning)
    assert (held.status, held.holds, held.draft.revision) == ("dispatching", frozenset({"audience"}), 1)
    posted: dict[str, Any] = {"posted_at": "2025-09-23T14:20:00+01:00"}
    assert codes(people.post("u-sbm", f"{warning}/dispatched", posted)) == ["held"]
    told = people.post("u-sbm", f"{warning}/dispatched", {**posted, "despite_hold": True})
    assert told.json["status"] == "dispatched"


def test_what_was_taken_and_never_posted_is_drafted_again_once_the_claim_has_run_out(
    people: People, web: Web, casework: FakeCasework, warning: str, home: Path
) -> None:
    approve(people, warning)
    people.post("u-sbm", f"{warning}/dispatch")
    says(casework, conflicted=["u-t5", "u-head"], roles=("chair",))
    casework.happens("post-recorded", version=30)
    web.service.follower().once()
    (home / "clock").write_text("2025-09-23T13:36:00Z")
    web.service.follower().once()
    again = found(web, warning)
    assert (again.status, again.draft.signatory, again.claim) == ("ready", "u-chair", None)


def test_an_event_that_is_not_there_for_us_any_more_leaves_the_letter_held(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    casework.happens("post-recorded", version=30)
    del casework.fields[CAUSE]
    web.service.follower().once()
    assert codes(approve(people, warning)) == ["held"]
