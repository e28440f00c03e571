"""Ids that anyone can compute again, and the one table of letters."""

from uuid import UUID

import pytest

from letters.domain.catalogue import CATALOGUE, digest, rows_for
from letters.domain.naming import letter_id, our_ref

ADULT = {"kind": "adult_post", "categories": ("C4",)}
COMPLAINT = {"kind": "adult_post", "categories": ("C4", "C2")}
THREAT = {"kind": "adult_post", "categories": ("C6",)}
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
        ("parent-contacted", {"outcome": "meeting_arranged", "purpose": "first_step"}, ADULT, ["L01"]),
        ("parent-contacted", {"outcome": "discussion_held", "purpose": "first_step"}, ADULT, []),
        ("parent-contacted", {"outcome": "discussion_held", "purpose": "child_use"}, CHILD, ["L14"]),
        ("parent-contacted", {"outcome": "meeting_arranged", "purpose": "child_use"}, CHILD, ["L01", "L14"]),
        ("access-blocked", {"block_no": 1}, ADULT, ["L05"]),
        ("access-block-reviewed", {"block_no": 1, "decision": "keep"}, ADULT, ["L06"]),
        ("poster-identity-corrected", {"was_contacted": True}, ADULT, ["L11"]),
        ("poster-identity-corrected", {"was_contacted": False}, ADULT, []),
        ("complaints-route-offered", {"how": "letter"}, COMPLAINT, ["L13"]),
        ("complaints-route-offered", {"how": "letter"}, ADULT, []),
        ("warning-issued", {"warning_no": 1}, THREAT, ["L04"]),
        ("host-reported", {"basis": "policy_report"}, ADULT, ["L07"]),
        ("host-reported", {"basis": "underage_account"}, CHILD, ["L07"]),
        ("host-reported", {"basis": "defamation_act_2013_s5"}, ADULT, ["L08"]),
        ("police-referred", {"route": "999"}, ADULT, ["L09"]),
        ("legal-advice-sought", {"advice_no": 1}, ADULT, ["L10"]),
        ("affected-party-notified", {"kind": "person"}, CHILD, ["L15"]),
        ("affected-party-notified", {"kind": "prejudice_return"}, ADULT, ["L19"]),
    ],
)
def test_which_event_causes_which_letter(
    trigger: str, data: dict[str, object], case: dict[str, object], templates: list[str]
) -> None:
    rows = [row for row in rows_for(trigger) if row.may_match(data) and row.applies(case, {})]
    assert [row.template for row in rows] == templates


@pytest.mark.parametrize(
    ("case", "is_on", "templates"), [(THREAT, True, ["L04", "L22"]), (THREAT, False, ["L04"]), (ADULT, True, ["L04"])]
)
def test_the_premises_are_restricted_after_a_threat_where_the_school_has_the_module_on(
    case: dict[str, object], *, is_on: bool, templates: list[str]
) -> None:
    modules = {"premises": is_on}
    rows = [row for row in rows_for("warning-issued") if row.may_match({}, modules) and row.applies(case, modules)]
    assert [row.template for row in rows] == templates


def test_a_module_that_is_off_rules_a_letter_out_before_casework_is_asked() -> None:
    assert not CATALOGUE["L22"].may_match({}, {"premises": False})
    assert CATALOGUE["L22"].may_match({}, {"premises": True})
    assert CATALOGUE["L04"].may_match({}, {})


@pytest.mark.parametrize(
    ("template", "channels"),
    [
        ("L01", {"print", "classdojo", "by_hand"}),
        ("L05", {"print", "classdojo", "by_hand"}),
        ("L04", {"print", "by_hand"}),
        ("L22", {"print", "by_hand"}),
        ("L07", {"web_form", "portal"}),
        ("L09", {"web_form", "telephone", "portal", "by_hand"}),
        ("L03", {"print", "email", "by_hand"}),
        ("L13", {"print", "email", "by_hand"}),
        ("L08", {"email", "web_form", "portal"}),
        ("L10", {"email", "portal", "by_hand"}),
        ("L15", {"email", "print", "by_hand"}),
        ("L19", {"email", "portal", "web_form", "by_hand"}),
    ],
)
def test_by_which_channels_a_letter_may_leave(template: str, channels: set[str]) -> None:
    every = ("print", "email", "classdojo", "web_form", "portal", "telephone", "by_hand")
    assert {channel for channel in every if CATALOGUE[template].allows(channel)} == channels


def test_every_letter_has_a_channel_besides_e_mail_for_whoever_has_no_address() -> None:
    assert {known for known, row in CATALOGUE.items() if row.channel == "email"} == {"L08", "L10", "L15", "L19"}
    assert all(set(row.channels) - {"email"} for row in CATALOGUE.values() if row.channel == "email")


def test_the_letters_that_accuse_or_restrict_are_for_whoever_is_known_to_be_the_poster() -> None:
    assert {known for known, row in CATALOGUE.items() if row.is_identity_gated} == {"L02", "L04", "L05", "L22"}


@pytest.mark.parametrize(
    ("template", "roles"),
    [
        ("L07", ("headteacher", "dsl", "office")),
        ("L08", ("headteacher",)),
        ("L09", ("headteacher", "dsl")),
        ("L10", ("headteacher",)),
        ("L15", ("headteacher", "dsl")),
        ("L19", ("headteacher",)),
    ],
)
def test_who_approves_what_goes_outside(template: str, roles: tuple[str, ...]) -> None:
    assert (
        CATALOGUE[template].approver_roles("adult_post") == CATALOGUE[template].approver_roles("child_account") == roles
    )


def test_only_a_notice_is_signed_by_somebody_else() -> None:
    assert [known for known, row in CATALOGUE.items() if row.signer == "complainant"] == ["L08"]


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
