"""The order that the policy asks for: first talk, ask for removal, and only then warn (P52-P57)."""

from casework.domain.phases import phase
from tests.domain.playing import continued, judged, reported


def test_a_report_records_the_case_its_people_and_the_post_in_this_order() -> None:
    played = reported()
    assert [at.event.type_name for at in played.events] == [
        "incident.reported.v1",
        "incident.party-added.v1",
        "incident.post-recorded.v1",
    ]
    assert [at.originator_version for at in played.events] == [1, 2, 3]
    assert phase(played.case, played.now) == "reported"


def test_asking_for_removal_at_once_is_refused_with_every_missing_thing() -> None:
    assert reported().refused("u-deputy", "request_removal", posts=[1]) == ("R01", "R02", "R05", "R16")


def test_a_warning_before_contact_is_refused() -> None:
    assert judged().refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")


def test_a_warning_after_a_refusal_alone_is_refused_for_want_of_continuation() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R04",)


def test_a_warning_is_allowed_once_the_parent_refused_and_went_on() -> None:
    played = continued()
    assert phase(played.case, played.now) == "escalation"
    assert played.when("u-head", "issue_warning", posts=[1]) == ["warning-issued", "removal-requested"]
    assert played.case.tracks["warning"] == "in_force"


def test_a_warning_is_the_headteachers() -> None:
    assert continued().refused("u-deputy", "issue_warning", posts=[1]) == ("R12",)


def test_an_edition_may_give_the_warning_to_the_caseworker() -> None:
    played = continued().strict(warning_decided_by="caseworker")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R12",)
    assert played.when("u-deputy", "issue_warning", posts=[1])[0] == "warning-issued"


def test_contact_waits_for_screening_of_an_allegation() -> None:
    played = judged()
    played.when("u-deputy", "categorise", codes=["C4", "C1"], primary="C4")
    assert played.refused("u-deputy", "contact_parent", method="telephone", outcome="no_answer") == ("R02",)
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="no_safeguarding_concern", reason="opinion")
    assert played.when("u-deputy", "contact_parent", method="telephone", outcome="no_answer") == ["parent-contacted"]


def test_a_safeguarding_hold_stops_contact_until_it_is_lifted() -> None:
    played = judged()
    played.when("u-dsl", "screen_safeguarding", is_hold=True, finding="other", reason="look again")
    assert played.refused("u-deputy", "contact_parent", method="telephone", outcome="no_answer") == ("R02",)
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="other", reason="nothing in it")
    assert played.when("u-deputy", "contact_parent", method="telephone", outcome="no_answer") == ["parent-contacted"]


def test_two_calls_without_answer_count_as_the_first_step() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", method="telephone", outcome="no_answer")
    played.when("u-deputy", "request_removal", posts=[1])
    assert "R03" in played.refused("u-head", "issue_warning", posts=[1])
    played.when("u-deputy", "contact_parent", method="telephone", outcome="no_answer")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R04",)


def test_a_passed_deadline_counts_as_a_refusal_before_the_timer_has_run() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    played.at("2025-09-24T09:00:00+01:00")
    played.when("u-deputy", "record_continued_use", posts=[1], limb="still_visible", judged="inappropriate")
    assert played.when("u-head", "issue_warning", posts=[1]) == ["warning-issued", "removal-requested"]


def test_a_target_may_not_decide_about_the_post() -> None:
    played = reported()
    played.when(
        "u-head",
        "add_post",
        channel="fb-community",
        posted_at="2025-09-17T21:00:00+01:00",
        targets=[{"person": "u-head"}],
    )
    assert played.refused(
        "u-head", "decide_breach", outcome="inappropriate", reason="r", is_fair_comment_considered=True
    ) == ("R11",)
