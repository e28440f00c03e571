"""The policy over HTTP: drafted, adopted, signed, changed, reviewed; refused as in a case; unsigned and overdue."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.editions import draft
from tests.api.fix_first_school import Played, rowan_lane
from tests.api.further_staff import employ, entries
from tests.api.test_first_story import REPORT, reported_and_judged
from tests.fix_postgres import Database

HERE = "/v1/policy"
REFUSED = "access.decision-refused.v1"
ADOPTION = {"adopted_on": "2025-09-17", "minute_ref": "FGB 17/09/25 item 7"}
RENEWAL = {**ADOPTION, "review_due": {"term": "summer", "year": 2026}}
SIGNED = {"headteacher": "u-head", "chair": "u-chair"}


@pytest.fixture
def governed(school: Played, database: Database) -> Played:
    """Return the school with a chair of governors and an office."""
    return staffed(school, database)


@pytest.fixture(scope="module")
def refusing(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Answer one school for all that is refused: it leaves the policy as it was."""
    with rowan_lane(module_database, tmp_path_factory.mktemp("refusing")) as school:
        yield staffed(school, module_database)


def staffed(school: Played, database: Database) -> Played:
    for subject in ("u-chair", "u-office"):
        employ(school, database, subject)
    return school


def shown(school: Played, path: str = "", by: str = "u-head") -> Any:
    answer = school.get(by, HERE + path)
    assert answer.status_code == 200, answer.text
    return answer.json


def decide(school: Played, by: str, path: str, facts: Any, **headers: Any) -> Any:
    """Decide about the policy on its newest version, unless another If-Match is given."""
    return school.post(by, f"{HERE}/{path}", facts, **{"If-Match": "*", **headers})


def adopted(school: Played, name: str = "2026-spring", **parameters: Any) -> Any:
    assert decide(school, "u-office", "editions", draft(name, **parameters)).status_code == 201
    answer = decide(school, "u-chair", f"editions/{name}/adoptions", ADOPTION)
    assert answer.status_code == 201, answer.text
    return answer


def faults(answer: Any) -> list[tuple[str, str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["expected"], error["found"]) for error in answer.json["errors"]]


def test_the_seed_edition_is_shown_unsigned_and_overdue_wherever_somebody_acts_under_it(school: Played) -> None:
    state = {"edition": "2021-spring", "is_signed": False, "is_overdue": True, "review_due": "spring term 2022"}
    policy = shown(school)
    assert {name: policy["edition"][name] for name in state} == state
    assert policy["edition"]["signatures_missing"] == ["chair", "headteacher"]
    assert [row["state"] for row in policy["editions"]] == ["in_force"]
    assert policy["edition"]["parameters"]["removal_deadline_school_days"] == 3
    assert policy["edition"]["clauses"]["P52"] == "first step: usually discuss the matter"
    reported = school.post("u-deputy", "/v1/incidents", REPORT)
    assert reported.json["policy"] == state
    assert school.get("u-head", f"/v1/incidents/{reported.json['id']}").json["policy"] == state


def test_an_edition_is_drafted_by_the_office_adopted_by_the_chair_and_signed_by_both(governed: Played) -> None:
    assert adopted(governed).json["version"] == shown(governed)["version"]
    for by in SIGNED.values():
        assert decide(governed, by, "editions/2026-spring/signatures", {}).status_code == 201
    policy = shown(governed)
    found = policy["edition"]
    assert (policy["in_force"], found["adopted"], found["minute_ref"]) == (
        "2026-spring",
        "2025-09-17",
        "FGB 17/09/25 item 7",
    )
    assert (found["is_signed"], found["is_overdue"], found["review_due"]) == (True, False, "summer term 2027")
    assert [(row["edition"], row["state"], row["superseded_by"]) for row in policy["editions"]] == [
        ("2021-spring", "superseded", "2026-spring"),
        ("2026-spring", "in_force", None),
    ]
    written = [
        (entry["type"], entry["data"]["edition"], entry["data"]["clauses"]) for entry in policy_entries(governed)
    ]
    assert written == [
        ("policy.drafted.v1", "2026-spring", ["P07", "P08"]),
        ("policy.adopted.v1", "2026-spring", ["P02", "P04"]),
        ("policy.superseded.v1", "2021-spring", ["P02", "P04"]),
        ("policy.signed.v1", "2026-spring", ["P03"]),
        ("policy.signed.v1", "2026-spring", ["P03"]),
    ]


def policy_entries(school: Played) -> list[Any]:
    """Return what was decided about the policy since the school was set up."""
    found = school.get("u-audit", "/v1/events?limit=1000").json["events"]
    kinds = ("policy.drafted.v1", "policy.adopted.v1")
    of_policy = [e for e in found if e["type"].startswith("policy.") and e["type"] != "policy.channel-set.v1"]
    assert tuple(entry["type"] for entry in of_policy[:2]) == kinds
    return of_policy[2:]


def test_a_drafted_edition_rules_nothing(governed: Played) -> None:
    assert decide(governed, "u-head", "editions", draft("2026-spring")).status_code == 201
    assert shown(governed)["in_force"] == "2021-spring"
    assert shown(governed, "/editions/2026-spring")["state"] == "drafted"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda body: body["clauses"].update(P99="a clause that nobody knows"), "/clauses/P99"),
        (lambda body: body["clauses"].pop("P57"), "/clauses/P57"),
        (lambda body: body["parameters"].pop("grant_days"), "/parameters/grant_days"),
        (lambda body: body["parameters"].update(colour="red"), "/parameters/colour"),
        (lambda body: body["parameters"].update(grant_days="ninety"), "/parameters/grant_days"),
        (lambda body: body["parameters"].update(grant_days=400), "/parameters/grant_days"),
        (lambda body: body["parameters"].update(dojo_hours=["08:00"]), "/parameters/dojo_hours"),
        (lambda body: body["parameters"].update(dojo_hours=["17:00", "08:00"]), "/parameters/dojo_hours"),
        (lambda body: body["parameters"]["retention_years"].pop("closed"), "/parameters/retention_years/closed"),
        (lambda body: body["parameters"].update(warning_decided_by="a friend"), "/parameters/warning_decided_by"),
        (lambda body: body["categories"].update(C9=body["categories"]["C4"]), "/categories/C9"),
        (lambda body: body["categories"]["C4"].update(clause="P99"), "/categories/C4/clause"),
        (lambda body: body.update(review_due={"term": "spring"}), "/review_due"),
        (lambda body: body.update(signatures=["chair"]), "/signatures"),
        (lambda body: body.update(edition="2021-spring"), "/edition"),
        (lambda body: body.pop("title"), "/title"),
    ],
)
def test_an_edition_that_does_not_fit_is_refused_by_its_place_and_nothing_is_stored(
    refusing: Played, change: Any, pointer: str
) -> None:
    body = draft("2026-spring")
    change(body)
    [(found, expected, was)] = faults(decide(refusing, "u-office", "editions", body))
    assert found == pointer
    assert expected
    assert was not in {"", expected}
    assert policy_entries(refusing) == []
    assert entries(refusing, REFUSED)[-1]["data"]["decision"] == "draft_policy"


def test_every_fault_of_an_edition_is_named_at_once(refusing: Played) -> None:
    body = draft("2026-spring", grant_days="ninety")
    body["clauses"]["P99"] = "a clause that nobody knows"
    body["pages"] = 0
    found = {pointer for pointer, _, _ in faults(decide(refusing, "u-office", "editions", body))}
    assert found == {"/parameters/grant_days", "/clauses/P99", "/pages"}


def test_a_draft_may_be_written_again_until_somebody_signs_or_adopts_it(governed: Played) -> None:
    for days in (4, 5):
        again = draft("2026-spring", removal_deadline_school_days=days)
        assert decide(governed, "u-office", "editions", again).status_code == 201
    assert shown(governed, "/editions/2026-spring")["parameters"]["removal_deadline_school_days"] == 5
    assert decide(governed, "u-head", "editions/2026-spring/signatures", {}).status_code == 201
    refused = faults(decide(governed, "u-office", "editions", draft("2026-spring")))
    assert refused == [("/edition", "a name that is new, or an unsigned draft's", "the name of one that is signed")]


@pytest.mark.parametrize(
    ("path", "facts", "pointer"),
    [
        ("editions/2021-spring/adoptions", {**RENEWAL, "adopted_on": "2025-09-19"}, "/adopted_on"),
        ("editions/2021-spring/adoptions", ADOPTION, "/review_due"),
        ("editions/2021-spring/adoptions", {**ADOPTION, "review_due": {"on": "2025-09-17"}}, "/review_due"),
        ("editions/2021-spring/adoptions", {**ADOPTION, "review_due": {}}, "/review_due"),
        ("editions/2021-spring/adoptions", {"adopted_on": "2025-09-17"}, "/minute_ref"),
        ("reviews", {}, "/kind"),
        ("reviews", {"kind": "no_change"}, "/kind"),
        ("reviews", {"outcome": "national_change"}, "/outcome"),
        ("reviews", {"kind": "national_change", "outcome": "no_change"}, "/outcome"),
    ],
)
def test_facts_that_cannot_be_are_refused(refusing: Played, path: str, facts: Any, pointer: str) -> None:
    assert [found for found, _, _ in faults(decide(refusing, "u-chair", path, facts))] == [pointer]
    assert policy_entries(refusing) == []


def test_an_edition_in_force_is_renewed_with_a_new_review(governed: Played) -> None:
    assert decide(governed, "u-chair", "editions/2021-spring/adoptions", RENEWAL).status_code == 201
    found = shown(governed)["edition"]
    assert (found["edition"], found["is_overdue"], found["review_due"]) == ("2021-spring", False, "summer term 2026")
    assert [entry["type"] for entry in policy_entries(governed)] == ["policy.adopted.v1"], "nothing is superseded"


def test_who_signed_may_not_sign_again_and_nobody_signs_what_was_superseded(governed: Played) -> None:
    sign = "editions/2021-spring/signatures"
    assert decide(governed, "u-head", sign, {}).status_code == 201
    again = decide(governed, "u-head", sign, {})
    assert (again.status_code, again.json["type"].rpartition(":")[2]) == (409, "nothing-to-act-on")
    assert "signed by the headteacher already" in again.json["detail"]
    adopted(governed)
    for path, facts in ((sign, {}), ("editions/2021-spring/adoptions", RENEWAL)):
        late = decide(governed, "u-chair", path, facts)
        assert (late.status_code, "superseded" in late.json["detail"]) == (409, True), late.text
    assert decide(governed, "u-chair", "editions/2026-spring/signatures", {}).status_code == 201


def test_an_edition_that_is_not_there_is_not_found(governed: Played) -> None:
    for by, path, facts in (("u-head", "signatures", {}), ("u-chair", "adoptions", ADOPTION)):
        assert decide(governed, by, f"editions/2030-summer/{path}", facts).status_code == 404
    assert governed.get("u-head", f"{HERE}/editions/2030-summer").status_code == 404
    assert governed.get("u-head", f"{HERE}?at=2021-03-31").status_code == 404
    assert governed.get("u-head", f"{HERE}?at=2021-04-01").status_code == 200
    for day, status in (("0001-01-01", 404), ("9999-12-31", 200), ("2021-02-30", 422)):
        assert governed.get("u-head", f"{HERE}?at={day}").status_code == status


def test_a_changed_parameter_rules_from_then_on_and_the_edition_keeps_its_name(governed: Played) -> None:
    change = {"name": "removal_deadline_school_days", "new": 5}
    assert decide(governed, "u-head", "parameter-changes", change).status_code == 201
    found = shown(governed)["edition"]
    assert (found["edition"], found["parameters"]["removal_deadline_school_days"]) == ("2021-spring", 5)
    (told,) = found["parameter_changes"]
    assert (told["name"], told["old"], told["new"]) == ("removal_deadline_school_days", 3, 5)
    (entry,) = policy_entries(governed)
    assert entry["id"] == told["event"]
    assert {name: entry["data"][name] for name in ("edition", "name", "old", "new")} == {
        "edition": "2021-spring",
        "name": "removal_deadline_school_days",
        "old": 3,
        "new": 5,
    }
    before = shown(governed, "?at=2025-09-17")["edition"]
    assert (before["parameters"]["removal_deadline_school_days"], before["parameter_changes"]) == (3, [])


def test_a_new_edition_rules_later_decisions_in_open_cases_and_a_post_is_judged_by_the_one_of_its_time(
    governed: Played,
) -> None:
    case = reported_and_judged(governed)
    case.school.at("2025-09-19T09:00:00+01:00")
    adopted(governed)
    again = {"outcome": "inappropriate", "reason": "as before", "is_fair_comment_considered": True}
    assert case.do("2025-09-19T10:00:00+01:00", "u-head", "breach-decisions", again).status_code == 201
    history = governed.get("u-head", f"{case.path}/history").json["events"]
    cited = [event["edition"] for event in history]
    assert cited == ["2021-spring"] * (len(cited) - 1) + ["2026-spring"], "what was decided before keeps its edition"
    assert history[-1]["facts"]["judged_under"] == "2021-spring", "the post is of the day that it was adopted on"
    late = {"channel": "fb-community", "posted_at": "2025-09-18T20:00:00+01:00", "targets": []}
    assert case.do("2025-09-19T10:05:00+01:00", "u-deputy", "posts", late).status_code == 201
    both = case.do("2025-09-19T10:10:00+01:00", "u-head", "breach-decisions", again)
    assert [pointer for pointer, _, _ in faults(both)] == ["/posts"]
    assert (
        case.do("2025-09-19T10:15:00+01:00", "u-head", "breach-decisions", {**again, "posts": [2]}).status_code == 201
    )
    last = governed.get("u-head", f"{case.path}/history").json["events"][-1]
    assert last["facts"]["judged_under"] == "2026-spring"


def test_a_changed_parameter_moves_no_day_that_was_due(governed: Played) -> None:
    def due(case: str) -> Any:
        tasks = governed.get("u-head", f"/v1/incidents/{case}").json["tasks"]
        return next(task["due"] for task in tasks if task["task"] == "first_step")

    old = governed.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    before = due(old)
    governed.at("2025-09-18T09:30:00+01:00")
    change = {"name": "first_step_due_school_days", "new": 1}
    assert decide(governed, "u-head", "parameter-changes", change).status_code == 201
    new = governed.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    assert (before, due(old), due(new)) == ("2025-09-25", "2025-09-25", "2025-09-19")
    adopted(governed, first_step_due_school_days=2)
    newest = governed.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    assert [due(case) for case in (old, new, newest)] == ["2025-09-25", "2025-09-19", "2025-09-22"]


@pytest.mark.parametrize(
    ("name", "new", "pointer"),
    [
        ("removal_deadline_school_days", "five", "/new"),
        ("removal_deadline_school_days", 0, "/new"),
        ("removal_deadline_school_days", None, "/new"),
        ("removal_deadline_school_days", 3, "/new"),
        ("removal_deadline_school_days", 3.0, "/new"),
        ("retention_years", {"closed": 6, "no_breach": "one", "withdrawn": 1}, "/new/no_breach"),
        ("retention_years", {"closed": 6}, "/new"),
        ("dojo_hours", ["08:00", "7 pm"], "/new/1"),
        ("dojo_hours", ["18:00", "08:00"], "/new"),
        ("grant_days", 181, "/new"),
        ("police_hold_grounds", ["Kerry Mallinson"], "/new/0"),
        ("warning_decided_by", "Kerry Mallinson", "/new"),
        ("colour", "red", "/name"),
    ],
)
def test_a_parameter_takes_only_what_an_edition_may_say(refusing: Played, name: str, new: Any, pointer: str) -> None:
    answer = decide(refusing, "u-head", "parameter-changes", {"name": name, "new": new})
    [(found, expected, was)] = faults(answer)
    assert (found, "Mallinson" in answer.text) == (pointer, False)
    assert expected
    assert was not in {"", expected}


def test_a_parameter_takes_what_an_edition_may_say(governed: Played) -> None:
    changes: dict[str, Any] = {
        "removal_deadline_school_days": 5.0,
        "retention_years": {"closed": 7, "no_breach": 2.0, "withdrawn": 1},
        "dojo_hours": ["08:00", "18:00"],
        "grant_days": 180,
        "police_hold_grounds": [],
        "warning_decided_by": "dsl",
        "review_triggers": {"threats_per_term": 2, "overrides_percent": 10},
    }
    for name, new in changes.items():
        assert decide(governed, "u-head", "parameter-changes", {"name": name, "new": new}).status_code == 201
        assert shown(governed)["edition"]["parameters"][name] == new


def test_a_review_is_called_for_and_answered(governed: Played) -> None:
    for kind, clause in (("national_change", "P05"), ("own_monitoring", "P06")):
        assert decide(governed, "u-head", "reviews", {"kind": kind}).status_code == 201
        assert policy_entries(governed)[-1]["data"]["clauses"] == [clause]
    waiting = shown(governed)["reviews"]
    assert [(review["kind"], review["outcome"]) for review in waiting] == [
        ("national_change", None),
        ("own_monitoring", None),
    ]
    assert decide(governed, "u-chair", "reviews", {"outcome": "new_edition"}).status_code == 201
    assert [review["outcome"] for review in shown(governed)["reviews"]] == ["new_edition", "new_edition"]


def test_a_decision_about_the_policy_says_which_version_it_was_taken_on(governed: Played) -> None:
    version = shown(governed)["version"]
    sign = "editions/2021-spring/signatures"
    assert governed.get("u-head", HERE).headers["ETag"] == f'"{version}"'
    without = governed.post("u-head", f"{HERE}/{sign}", {})
    assert (without.status_code, without.json["current"]) == (428, version)
    stale = decide(governed, "u-head", sign, {}, **{"If-Match": f'"{version - 1}"'})
    assert (stale.status_code, stale.json["current"]) == (412, version)
    assert [entry["data"]["rules"] for entry in entries(governed, REFUSED)[-2:]] == [["R15"], ["R15"]]
    taken = decide(governed, "u-head", sign, {}, **{"If-Match": f'"{version}"'})
    assert (taken.status_code, taken.headers["ETag"], taken.headers["Location"]) == (201, f'"{version + 1}"', HERE)


def test_the_same_key_again_gives_the_first_answer_and_another_body_is_refused(governed: Played) -> None:
    change = {"name": "grant_days", "new": 30}
    first, again = (decide(governed, "u-head", "parameter-changes", change, key="once") for _ in range(2))
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert len(policy_entries(governed)) == 1
    other = decide(governed, "u-head", "parameter-changes", {**change, "new": 31}, key="once")
    assert (other.status_code, other.json["errors"][0]["rule"]) == (422, "R23")


def test_a_role_that_may_not_decide_is_refused_and_that_is_recorded(refusing: Played) -> None:
    for by, path, facts in (
        ("u-chair", "editions", draft("2026-spring")),
        ("u-head", "editions/2021-spring/adoptions", RENEWAL),
        ("u-office", "editions/2021-spring/signatures", {}),
        ("u-chair", "parameter-changes", {"name": "grant_days", "new": 30}),
        ("u-head", "reviews", {"outcome": "no_change"}),
    ):
        answer = decide(refusing, by, path, facts)
        assert (answer.status_code, answer.json["refusals"][0]["rule"]) == (403, "R12"), answer.text
        assert entries(refusing, REFUSED)[-1]["data"]["rules"] == ["R12"]
    assert policy_entries(refusing) == []


def test_nothing_is_decided_in_the_future(refusing: Played) -> None:
    late = {"kind": "national_change", "occurred_at": "2025-09-19T09:00:00+01:00"}
    refused = decide(refusing, "u-head", "reviews", late)
    assert [(error["pointer"], error["rule"]) for error in refused.json["errors"]] == [("/occurred_at", "R20")]


def test_a_report_says_in_which_state_the_policy_was_then_also_when_it_is_sent_again(governed: Played) -> None:
    first = governed.post("u-deputy", "/v1/incidents", REPORT, key="report")
    governed.at("2025-09-18T09:00:00+01:00")
    adopted(governed)
    again = governed.post("u-deputy", "/v1/incidents", REPORT, key="report")
    assert again.json == first.json
    new = governed.post("u-deputy", "/v1/incidents", REPORT)
    assert (new.json["policy"]["edition"], new.json["policy"]["is_overdue"]) == ("2026-spring", False)
    case = f"/v1/incidents/{first.json['id']}"
    assert governed.get("u-head", case).json["policy"]["edition"] == "2026-spring"
    assert governed.get("u-head", f"{case}?at=v2").json["policy"] == first.json["policy"]
