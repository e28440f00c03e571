"""S01: a mother refuses to delete and posts again; a written warning; the posts come down. Played step by step."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from casework.domain.calendar import fixed_offset
from casework.domain.phases import phase
from tests.domain.playing import Played

POSTS = "https://facebook.example/groups/rowanlane/posts"


class Story:
    """One case and its clock: every step says when, who and what."""

    def __init__(self) -> None:
        self.played = Played()
        self.filed = 0

    def does(self, at: str, by: str, name: str, *, number: int | None = None, **facts: Any) -> list[str]:
        return self.played.at(f"{at}+01:00").when(by, name, number=number, **facts)

    def refused(self, at: str, by: str, name: str, **facts: Any) -> tuple[str, ...]:
        return self.played.at(f"{at}+01:00").refused(by, name, **facts)

    def files(self, at: str, template: str) -> list[str]:
        """File a letter that was sent, as the letters service does."""
        self.filed += 1
        facts: dict[str, Any] = {
            "template": template,
            "version": 1,
            "pdf_sha256": "0" * 64,
            "size_bytes": 67,
            "party": "P2",
        }
        return self.does(
            at,
            "u-letters",
            "record_correspondence",
            letter_id=UUID(int=self.filed),
            channel="print",
            state="sent",
            **facts,
        )

    @property
    def phase(self) -> str:
        return phase(self.played.case, self.played.now)

    def due(self, task: str) -> Any:
        return next((t.due for t in self.played.case.tasks if t.name == task), None)


def report(story: Story) -> None:
    """Report the post, capture it, say whose it is and judge it."""
    assert story.does(
        "2025-09-18T08:52:00", "u-teacher", "report_incident",
        channel="fb-community", url=f"{POSTS}/101", targets=[{"person": "u-teacher"}],
        how_seen="screenshot shown by a colleague", posted_at="2025-09-17T20:14:00+01:00",
        words="lazy, vile to the kids who aren't her favourites", discovered_at="2025-09-18T08:40:00+01:00",
    ) == ["reported", "party-added", "post-recorded"]  # fmt: skip
    assert story.phase == "reported"
    assert {task.name for task in story.played.case.tasks} == {"screen_safeguarding", "first_step"}
    asked = story.refused("2025-09-18T09:05:00", "u-deputy", "request_removal", posts=[1])
    assert asked == ("R01", "R02", "R05", "R16")
    assert story.does(
        "2025-09-18T09:12:00", "u-deputy", "capture_evidence",
        posts=[1], method="screenshot", captured_at="2025-09-18T09:10:00+01:00", captured_by="colleague",
    ) == ["evidence-captured"]  # fmt: skip
    assert story.does(
        "2025-09-18T09:14:00", "u-deputy", "attribute_identity",
        party={"person": "p-parent"}, confidence="probable", basis="profile name and photograph",
        basis_code="profile_match",
    ) == ["party-added", "poster-identified"]  # fmt: skip
    assert story.does("2025-09-18T09:15:00", "u-deputy", "categorise", primary="C4", codes=["C4", "C1"]) == [
        "categorised"
    ]
    assert story.phase == "under_review"
    talk: dict[str, Any] = {"method": "telephone", "outcome": "no_answer"}
    assert story.refused("2025-09-18T09:40:00", "u-deputy", "contact_parent", **talk) == ("R02",)
    assert story.does(
        "2025-09-18T10:20:00", "u-dsl", "screen_safeguarding",
        reason="opinion about fairness; no harm alleged", finding="no_safeguarding_concern", is_hold=False,
    ) == ["safeguarding-screened"]  # fmt: skip
    assert story.due("screen_safeguarding") is None
    assert story.does(
        "2025-09-18T10:30:00", "u-deputy", "decide_breach",
        outcome="inappropriate", impact="teacher distressed", is_fair_comment_considered=True,
        guidance={"right_channel": False, "private_better": True, "school_had_chance_to_investigate": "no"},
        underlying_concern="trip place", reason="names and abuses a teacher",
    ) == ["breach-decided"]  # fmt: skip
    assert story.phase == "first_step"


def take_the_first_step(story: Story) -> None:
    """Talk, ask for removal, and be refused."""
    assert story.refused("2025-09-18T11:00:00", "u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    assert story.does(
        "2025-09-19T15:30:00", "u-deputy", "contact_parent",
        method="meeting", outcome="discussion_held", account="says she was upset, will not delete",
        concern_response="trip list to be rechecked by 26 Sept", party="P2", purpose="first_step",
    ) == ["parent-contacted"]  # fmt: skip
    assert story.due("first_step") is None
    offered = story.does("2025-09-19T15:40:00", "u-deputy", "offer_complaints_route", how="next_letter")
    assert offered == ["complaints-route-offered"]
    assert story.does("2025-09-19T15:42:00", "u-deputy", "request_removal", posts=[1], party="P2") == [
        "removal-requested"
    ]
    assert story.due("removal_deadline") == datetime.fromisoformat("2025-09-24T17:00:00+01:00")
    assert story.files("2025-09-19T15:50:00", "L02") == ["correspondence-recorded"]
    assert story.does(
        "2025-09-22T08:45:00", "u-deputy", "record_removal_response",
        number=1, response="refused", words="I'm entitled to my opinion",
    ) == ["removal-refused"]  # fmt: skip
    assert story.due("removal_deadline") is None
    assert story.refused("2025-09-22T09:00:00", "u-head", "issue_warning", posts=[1]) == ("R04",)


def escalate(story: Story) -> None:
    """Find that she goes on, weigh the six actions, and warn in writing."""
    assert story.does(
        "2025-09-23T12:10:00", "u-deputy", "add_post",
        channel="fb-community", url=f"{POSTS}/117", targets=["P1"], posted_at="2025-09-23T07:30:00+01:00",
        words="Got told off by school for telling the truth",
    ) == ["post-recorded"]  # fmt: skip
    captured = story.does("2025-09-23T12:12:00", "u-deputy", "capture_evidence", posts=[2], method="screenshot")
    assert captured == ["evidence-captured"]
    assert story.does(
        "2025-09-23T12:20:00", "u-deputy", "record_continued_use", posts=[2], judged="inappropriate", limb="new_post"
    ) == ["continued-use-recorded"]
    assert story.phase == "escalation"
    assert story.does(
        "2025-09-23T14:00:00", "u-head", "consider_escalation",
        legal_advice="not_take", warning="take", police="not_take", block="not_applicable", host="not_yet",
        other_legal="not_take", reasons="first escalation; warning proportionate",
        proportionality="opinion tolerated, named abuse not",
    ) == ["escalation-options-considered"]  # fmt: skip
    assert story.refused("2025-09-23T14:10:00", "u-deputy", "issue_warning", posts=[1, 2]) == ("R12",)
    assert story.does(
        "2025-09-23T14:15:00", "u-head", "issue_warning", posts=[1, 2], party="P2", removal_deadline_school_days=3
    ) == ["warning-issued", "removal-requested"]
    assert story.due("removal_deadline") == datetime.fromisoformat("2025-09-26T17:00:00+01:00")
    assert story.files("2025-09-23T14:40:00", "L04") == ["correspondence-recorded"]


def test_the_first_story_from_the_report_to_its_end() -> None:
    story = Story()
    report(story)
    take_the_first_step(story)
    escalate(story)
    story.played.at("2025-09-24T17:00:00+01:00")
    assert [task.number for task in story.played.case.tasks if task.name == "removal_deadline"] == [2]
    assert story.does(
        "2025-09-26T16:10:00", "u-deputy", "check_post", posts=[1, 2], result="removed", removed_by="poster"
    ) == ["post-checked"]
    assert story.due("removal_deadline") is None
    assert story.phase == "monitoring"
    assert story.files("2025-09-26T16:20:00", "L03") == ["correspondence-recorded"]
    assert story.does(
        "2025-10-10T15:00:00", "u-deputy", "close_incident",
        outcome="removed_after_warning", summary="both posts gone; trip list corrected",
    ) == ["closed", "retention-scheduled"]  # fmt: skip
    case = story.played.case
    assert (story.phase, case.outcome) == ("closed", "removed_after_warning")
    assert (case.retention_review_on, len(case.numbers_of("warning"))) == (date(2031, 10, 10), 1)
    assert case.version == len(story.played.events) == 25


def test_the_story_never_warns_before_it_asks_and_never_lets_an_answered_request_lapse() -> None:
    story = Story()
    report(story)
    take_the_first_step(story)
    escalate(story)
    names = [at.event.type_name for at in story.played.events]
    assert names.index("incident.removal-requested.v1") < names.index("incident.warning-issued.v1")
    assert "incident.removal-deadline-lapsed.v1" not in names
    assert all(at.carried.occurred_at == fixed_offset(at.recorded_at) for at in story.played.events)
