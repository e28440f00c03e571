"""Who is named to decide in another's place: only a substitute, and only where one is needed (P12, domain.md 8)."""

from typing import Any

import pytest

from tests.domain.playing import RELATED, ROLES, Played, judged, reported, warned
from tests.domain.test_conflict import about_the_head, posted_by

CONFLICT: dict[str, Any] = {"why": "conflict_of_interest"}
NOT_NEEDED = [("/decision_maker", "R11")]
POSTED: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00"}


def named(played: Played, account: str, by: str = "u-deputy", **why: Any) -> list[str]:
    """Name somebody to decide in another's place, and return what was written."""
    return played.when(by, "assign", decision_maker=account, **{**CONFLICT, **why})


def not_needed(played: Played, account: str, by: str = "u-deputy", **why: Any) -> str:
    """Return what was expected instead of somebody who was named, and is not needed."""
    given = {**CONFLICT, **why}
    assert played.faults(by, "assign", decision_maker=account, **given) == NOT_NEEDED
    with pytest.raises(Exception, match="decision_maker") as caught:
        named(played, account, by, **why)
    return str(caught.value)


def about(person: str, played: Played) -> Played:
    """Return the case with a further post, about this person."""
    played.when("u-deputy", "add_post", **POSTED, targets=[{"person": person}])
    return played


@pytest.mark.parametrize("account", ["u-chair", "u-governor"])
@pytest.mark.parametrize("why", ["conflict_of_interest", "absence", "workload", "other"])
def test_nobody_is_named_where_no_conflict_of_interest_is_known(account: str, why: str) -> None:
    assert "gives the case away, with a reason" in not_needed(reported(), account, why=why, reason="so it is")
    assert reported().when("u-deputy", "assign", handler="u-deputy", why=why) == ["assigned"]


def test_the_chair_is_named_where_the_post_is_about_the_headteacher() -> None:
    assert named(about_the_head(), "u-chair") == ["assigned"]


def test_the_chair_is_named_where_the_headteacher_wrote_the_post() -> None:
    assert named(posted_by("u-head"), "u-chair") == ["assigned"]


def test_the_chair_is_named_where_the_headteacher_is_related_to_the_poster(monkeypatch: pytest.MonkeyPatch) -> None:
    not_needed(judged(), "u-chair")
    monkeypatch.setitem(RELATED, "u-head", frozenset({"p-parent"}))
    assert named(judged(), "u-chair") == ["assigned"]


def test_the_chair_is_named_where_a_warning_of_the_headteacher_is_complained_of() -> None:
    played = warned()
    not_needed(played, "u-chair")
    played.when("u-office", "link_complaint", stage=1, warning_no=1)
    assert named(played, "u-chair") == ["assigned"]


def test_a_governor_is_named_only_where_the_chair_has_a_conflict_of_interest_too() -> None:
    played = about_the_head()
    assert "expected the chair, who has no conflict of interest" in not_needed(played, "u-governor")
    assert named(about("u-chair", played), "u-governor") == ["assigned"]


def test_whoever_has_a_conflict_of_interest_decides_in_nobodys_place() -> None:
    assert "without a conflict of interest" in not_needed(about("u-chair", about_the_head()), "u-chair")


@pytest.mark.parametrize("account", ["u-office", "u-teacher", "u-letters", "u-deputy"])
def test_whoever_stands_in_for_nobody_is_not_named(account: str) -> None:
    assert "expected a substitute: chair, governor, deputy dsl" in not_needed(about_the_head(), account)


def test_a_conflict_that_no_record_shows_is_said_with_a_reason_by_whoever_has_it() -> None:
    played = reported()
    not_needed(played, "u-chair", by="u-head")
    not_needed(played, "u-chair", by="u-head", reason=" ")
    not_needed(played, "u-chair", by="u-head", why="absence", reason="away")
    not_needed(played, "u-chair", by="u-dsl", reason="her cousin")
    not_needed(played, "u-governor", by="u-head", reason="my cousin")
    assert named(played, "u-chair", by="u-head", reason="my cousin") == ["assigned"]
    assert named(played, "u-governor", by="u-chair", reason="my neighbour") == ["assigned"]


def test_the_deputy_is_named_where_the_post_is_about_the_safeguarding_lead() -> None:
    not_needed(reported(), "u-deputy-dsl")
    assert named(about("u-dsl", reported()), "u-deputy-dsl") == ["assigned"]


def test_the_case_is_given_back_once_the_conflict_of_interest_is_over() -> None:
    played = posted_by("u-head")
    named(played, "u-chair")
    not_needed(played, "u-head")
    played.when("u-dsl", "correct_identity", to={"kind": "unknown", "name": "somebody else"}, reason="another account")
    assert named(played, "u-head", why="other") == ["assigned"]
    not_needed(played, "u-chair")


def test_where_nobody_holds_the_role_the_substitute_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROLES, "u-head")
    assert named(reported(), "u-chair", why="absence") == ["assigned"]
    not_needed(reported(), "u-governor", why="absence")


@pytest.mark.parametrize("account", ["u-chair", "u-governor"])
def test_whoever_may_not_assign_learns_nothing_of_conflicts(account: str) -> None:
    for played in (reported(), about_the_head()):
        for by in ("u-teacher", "u-office"):
            assert played.refused(by, "assign", decision_maker=account, **CONFLICT) == ("R12",)
