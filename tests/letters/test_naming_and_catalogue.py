"""Ids that anyone can compute again, and the one table of letters."""

from uuid import UUID

import pytest

from letters.domain.catalogue import CATALOGUE, digest, rows_for
from letters.domain.naming import letter_id, our_ref

ADULT = {"kind": "adult_post", "categories": ("C4",)}
CHILD = {"kind": "child_account", "categories": ("C7",)}


def test_the_worked_example_of_the_letter_id() -> None:
    cause = "7c9e6679-7425-40de-944b-e07fc1f90ae7/12"
    assert letter_id(cause, "L04", "p-mallinson") == UUID("140846ae-deed-58dd-9bf4-17320d9e93d9")


def test_the_reference_names_case_template_and_letter() -> None:
    assert our_ref("RL-2026-0031", "L04", UUID("140846ae-deed-58dd-9bf4-17320d9e93d9")) == "RL-2026-0031/L04-140846"


@pytest.mark.parametrize(
    ("trigger", "data", "case", "templates"),
    [
        ("removal-requested", {"basis": "first_step"}, ADULT, ["L02"]),
        ("removal-requested", {"basis": "warning"}, ADULT, []),
        ("warning-issued", {"warning_no": 1}, ADULT, ["L04"]),
        ("post-checked", {"result": "removed", "removed_by": "poster"}, ADULT, ["L03"]),
        ("post-checked", {"result": "removed", "removed_by": "poster"}, CHILD, []),
        ("post-checked", {"result": "removed", "removed_by": "host"}, ADULT, []),
        ("post-checked", {"result": "visible"}, ADULT, []),
        ("note-added", {}, ADULT, []),
    ],
)
def test_which_event_causes_which_letter(
    trigger: str, data: dict[str, object], case: dict[str, object], templates: list[str]
) -> None:
    rows = [row for row in rows_for(trigger) if row.may_match(data) and row.applies(case, {})]
    assert [row.template for row in rows] == templates


def test_every_row_says_who_approves_and_why_it_exists() -> None:
    for template, row in CATALOGUE.items():
        assert (row.template, bool(row.approvers), row.approvals_min >= 1) == (template, True, True)
        assert row.purpose


def test_a_child_accounts_removal_request_may_be_approved_by_the_dsl() -> None:
    row = CATALOGUE["L02"]
    assert "dsl" in row.approver_roles("child_account")
    assert "dsl" not in row.approver_roles("adult_post")


def test_the_tables_hash_changes_with_any_row() -> None:
    fewer = {name: row for name, row in CATALOGUE.items() if name != "L03"}
    assert digest() == digest({name: CATALOGUE[name] for name in sorted(CATALOGUE, reverse=True)})
    assert digest() != digest(fewer)
