"""S01 over HTTP, on a real record: mother refuses to delete and posts again; written warning; material removed."""

from typing import Any

from tests.api.fix_first_school import PNG, Played

URL = "https://facebook.example/groups/rowanlane/posts/101"
REPORT = {
    "channel": "fb-community",
    "url": URL,
    "targets": [{"person": "u-t5"}],
    "how_seen": "screenshot shown by a colleague who is a group member",
    "posted_at": "2025-09-17T20:14:00+01:00",
    "words": "lazy, vile to the kids who aren't her favourites",
    "discovered_at": "2025-09-18T08:40:00+01:00",
}


def types(answer: Any) -> list[str]:
    assert answer.status_code == 201, answer.text
    return [event["type"].removeprefix("incident.").removesuffix(".v1") for event in answer.json["events"]]


def rules(answer: Any, status: int) -> list[str]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    return [refusal["rule"] for refusal in answer.json["refusals"]]


class Case:
    """One case, played with the newest version as If-Match."""

    def __init__(self, school: Played, answer: Any) -> None:
        self.school = school
        self.path = f"/v1/incidents/{answer.json['id']}"
        self.tag = answer.headers["ETag"]

    def do(self, now: str, by: str, path: str, facts: Any, **given: Any) -> Any:
        self.school.at(now)
        headers = given.pop("headers", {"If-Match": self.tag})
        answer = self.school.post(by, f"{self.path}/{path}", facts, **given, **headers)
        self.tag = answer.headers.get("ETag", self.tag)
        return answer


SHOT = ("post.png", PNG, "image/png")


def test_the_first_story_plays_from_the_report_to_its_end(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    went_on_and_warned(school, case)


def reported_and_judged(school: Played) -> Case:
    school.at("2025-09-18T08:52:00+01:00")
    answer = school.post("u-t5", "/v1/incidents", REPORT)
    assert types(answer) == ["reported", "party-added", "post-recorded"]
    case = Case(school, answer)
    asked = case.do("2025-09-18T09:05:00+01:00", "u-deputy", "removal-requests", {"posts": [1]})
    assert rules(asked, 409) == ["R01", "R02", "R05", "R16"]
    facts = {"posts": [1], "method": "screenshot", "captured_at": "2025-09-18T09:10:00+01:00"}
    assert types(case.do("2025-09-18T09:12:00+01:00", "u-deputy", "evidence", facts, file=SHOT)) == [
        "evidence-captured"
    ]
    identity = {
        "party": {"person": "p-mallinson"},
        "confidence": "probable",
        "basis": "profile name and photograph",
        "basis_code": "profile_match",
    }
    assert types(case.do("2025-09-18T09:14:00+01:00", "u-deputy", "identifications", identity)) == [
        "party-added",
        "poster-identified",
    ]
    case.do("2025-09-18T09:15:00+01:00", "u-deputy", "categorisations", {"primary": "C4", "codes": ["C4", "C1"]})
    contact = {"method": "telephone", "outcome": "no_answer"}
    assert rules(case.do("2025-09-18T09:40:00+01:00", "u-deputy", "contacts", contact), 409) == ["R02"]
    screening = {"reason": "opinion about fairness", "finding": "no_safeguarding_concern", "is_hold": False}
    case.do("2025-09-18T10:20:00+01:00", "u-dsl", "safeguarding-screenings", screening)
    breach = {
        "outcome": "inappropriate",
        "reason": "names and abuses a teacher",
        "is_fair_comment_considered": True,
        "underlying_concern": "trip place",
    }
    case.do("2025-09-18T10:30:00+01:00", "u-deputy", "breach-decisions", breach)
    assert rules(case.do("2025-09-18T11:00:00+01:00", "u-head", "warnings", {"posts": [1]}), 409) == ["R03", "R04"]
    return case


def contacted_and_asked(school: Played, case: Case) -> None:
    contact = {"method": "meeting", "outcome": "discussion_held", "concern_response": "list to be rechecked"}
    case.do("2025-09-19T15:30:00+01:00", "u-deputy", "contacts", contact)
    seen = case.tag
    case.do("2025-09-19T15:40:00+01:00", "u-deputy", "complaints-route-offers", {"how": "next_letter"})
    stale = case.do(
        "2025-09-19T15:41:00+01:00", "u-deputy", "removal-requests", {"posts": [1]}, headers={"If-Match": seen}
    )
    assert rules(stale, 412) == ["R15"]
    assert types(case.do("2025-09-19T15:42:00+01:00", "u-deputy", "removal-requests", {"posts": [1]})) == [
        "removal-requested"
    ]
    shown = school.get("u-deputy", case.path).json
    assert {"task": "removal_deadline", "number": 1, "due": "2025-09-24T17:00:00+01:00", "is_overdue": False} in shown[
        "tasks"
    ]
    case.do("2025-09-22T08:45:00+01:00", "u-deputy", "removal-requests/1/responses", {"response": "refused"})
    assert rules(case.do("2025-09-22T09:00:00+01:00", "u-head", "warnings", {"posts": [1]}), 409) == ["R04"]


def went_on_and_warned(school: Played, case: Case) -> None:
    further = {**REPORT, "posted_at": "2025-09-23T07:30:00+01:00", "words": "Got told off for telling the truth."}
    for name in ("how_seen", "discovered_at"):
        further.pop(name)
    case.do("2025-09-23T12:10:00+01:00", "u-deputy", "posts", further)
    case.do("2025-09-23T12:12:00+01:00", "u-deputy", "evidence", {"posts": [2], "method": "screenshot"}, file=SHOT)
    went_on = {"posts": [2], "judged": "inappropriate", "limb": "new_post"}
    case.do("2025-09-23T12:20:00+01:00", "u-deputy", "continued-use", went_on)
    assert rules(case.do("2025-09-23T14:10:00+01:00", "u-deputy", "warnings", {"posts": [1, 2]}), 403) == ["R12"]
    warned = case.do("2025-09-23T14:15:00+01:00", "u-head", "warnings", {"posts": [1, 2]})
    assert types(warned) == ["warning-issued", "removal-requested"]
    removed = {"posts": [1, 2], "result": "removed", "removed_by": "poster"}
    case.do("2025-09-26T16:10:00+01:00", "u-deputy", "post-checks", removed)
    closure = {"outcome": "removed_after_warning", "summary": "both posts gone; trip list corrected"}
    assert types(case.do("2025-10-10T15:00:00+01:00", "u-deputy", "closures", closure)) == [
        "closed",
        "retention-scheduled",
    ]
    shown = school.get("u-head", case.path).json
    assert (shown["phase"], shown["outcome"]) == ("closed", "removed_after_warning")
    assert shown["retention_review_on"] == "2031-10-10"


def test_the_same_key_again_adds_nothing_and_another_body_is_refused(school: Played) -> None:
    first = school.post("u-deputy", "/v1/incidents", REPORT, key="once")
    again = school.post("u-deputy", "/v1/incidents", REPORT, key="once")
    assert again.json == first.json
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    other = school.post("u-deputy", "/v1/incidents", {**REPORT, "words": "other"}, key="once")
    assert (other.status_code, other.json["errors"][0]["rule"]) == (422, "R23")


def test_an_unknown_case_and_one_that_is_not_yours_get_the_same_bytes(school: Played) -> None:
    path = f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}"
    unknown = school.get("u-head", "/v1/incidents/00000000-0000-4000-8000-000000000000")
    for by in ("u-gov", "u-t5", "u-mis"):
        assert (school.get(by, path).status_code, school.get(by, path).data) == (404, unknown.data)
    assert school.get("u-head", path).status_code == 200


def test_a_decision_says_which_version_it_was_taken_on(school: Played) -> None:
    path = f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}"
    answer = school.post("u-deputy", f"{path}/categorisations", {"primary": "C4", "codes": ["C4"]})
    assert (answer.status_code, answer.json["current"]) == (428, 3)


def test_what_may_be_done_says_what_it_waits_for(school: Played) -> None:
    path = f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}"
    actions = {row["decision"]: row for row in school.get("u-head", f"{path}/actions").json["actions"]}
    assert actions["categorise"]["status"] == "allowed"
    assert [failure["rule"] for failure in actions["issue_warning"]["blocked_by"]] == ["R02", "R05"]
    assert "posts" in actions["issue_warning"]["needs"]


def test_the_feed_carries_every_entry_in_order_and_nothing_personal(school: Played) -> None:
    school.post("u-deputy", "/v1/incidents", REPORT)
    everything = school.get("u-audit", "/v1/events").json
    assert everything["positions"] == list(range(1, len(everything["events"]) + 1))
    assert everything["events"][0]["type"] == "record.opened.v1"
    cases = school.get("letters", "/v1/events")
    assert {event["type"].split(".")[0] for event in cases.json["events"]} == {"incident"}
    assert REPORT["words"] not in cases.text
    assert URL not in cases.text


def test_bad_input_is_refused_with_every_fault(school: Played) -> None:
    bad = {**REPORT, "posted_at": "2025-09-17T20:14:00", "targets": "u-t5", "colour": "red"}
    answer = school.post("u-deputy", "/v1/incidents", bad)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {"/posted_at", "/targets", "/colour"}
    future = school.post("u-deputy", "/v1/incidents", {**REPORT, "posted_at": "2031-01-01T00:00:00+00:00"})
    assert [(error["pointer"], error["rule"]) for error in future.json["errors"]] == [("/posted_at", "R20")]


def test_a_picture_that_is_a_page_is_refused_and_so_is_one_too_large(school: Played) -> None:
    path = f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT).json['id']}/evidence"
    facts = {"posts": [1], "method": "screenshot"}
    page = school.post("u-deputy", path, facts, file=("post.png", b"<!doctype html><html>", "image/png"))
    assert page.status_code == 415
    large = school.post("u-deputy", path, facts, file=("post.png", PNG + bytes(100_001), "image/png"))
    assert (large.status_code, large.json["limit_bytes"]) == (413, 100_000)
