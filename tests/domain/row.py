"""Rows of the tables of domain.md that tests hold the software to: copied by hand, as a second opinion."""

from collections.abc import Mapping
from typing import Final

LETTERS: Final[Mapping[str, str]] = {
    "S": "staff", "C": "caseworker", "H": "headteacher", "D": "dsl", "B": "office", "G": "chair", "L": "legal",
    "O": "dpo", "A": "auditor", "T": "letters", "Y": "system",
}  # fmt: skip
WHO: Final[Mapping[str, str]] = {
    "reported": "SCHDB", "post-recorded": "SCHDB", "note-added": "CHDBG", "linked": "CHD", "entry-corrected": "CHDB",
    "evidence-captured": "SCHDB", "evidence-verified": "HDBLAY", "evidence-custody-transferred": "CHD",
    "post-checked": "CHDB", "poster-identified": "CHDB", "poster-identity-corrected": "HD", "assigned": "CHDG",
    "categorised": "CHDB", "safeguarding-screened": "D", "safeguarding-referral-made": "D", "breach-decided": "CH",
    "parent-contacted": "CHD", "first-step-dispensed": "HD", "removal-requested": "CHD", "removal-agreed": "CHDB",
    "removal-refused": "CHDB", "removal-deadline-lapsed": "Y", "continued-use-recorded": "CHD",
    "escalation-options-considered": "H", "escalation-threshold-overridden": "HD", "warning-issued": "H",
    "warning-withdrawn": "H", "police-referred": "SCHDBG", "police-hold-placed": "SCHDBG",
    "police-hold-released": "HD", "police-reference-recorded": "CHDB", "police-outcome-recorded": "CHDB",
    "content-hidden": "HB", "access-blocked": "H", "representations-received": "CHDB", "access-block-reviewed": "H",
    "access-restored": "H", "host-reported": "CHD", "host-responded": "CHDB", "legal-advice-sought": "HG",
    "legal-advice-received": "LHG", "legal-action-authorised": "HG", "legal-step-recorded": "LHG",
    "correspondence-recorded": "TCHD", "complaints-route-offered": "CHDB", "complaint-linked": "CHBG",
    "complaint-outcome-recorded": "BG", "affected-party-notified": "CHDB", "closed": "CHDG",
    "retention-scheduled": "CHDG", "reopened": "HDG", "withdrawn": "CHD", "legal-hold-placed": "HGO",
    "legal-hold-released": "HGO", "retention-reviewed": "HBO", "erased": "BO",
}  # fmt: skip
"""Who writes which event of a case, by the rows of its decisions (5); a new person comes with any of them."""
ROWS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "report_incident": ("", "SCHDB", "", "+"),
    "add_post": ("posts", "SCHDB", "", "+"),
    "add_note": ("notes", "CHDBG", "", "+"),
    "link_incident": ("links", "CHD", "", "+"),
    "correct_entry": ("corrections", "CHDB", "R11", "v"),
    "capture_evidence": ("evidence", "SCHDB", "", "+"),
    "verify_evidence": ("evidence/{n}/verifications", "HDBLAY", "", "+"),
    "transfer_evidence": ("evidence/{n}/transfers", "CHD", "", "+"),
    "check_post": ("post-checks", "CHDB", "", "+"),
    "attribute_identity": ("identifications", "CHDB", "R21", "v"),
    "correct_identity": ("identity-corrections", "HD", "R11", "v"),
    "assign": ("assignments", "CHDG", "", "v"),
    "categorise": ("categorisations", "CHDB", "", "v"),
    "screen_safeguarding": ("safeguarding-screenings", "D", "", "v"),
    "refer_safeguarding": ("safeguarding-referrals", "D", "", "v"),
    "decide_breach": ("breach-decisions", "CH", "R11", "v"),
    "contact_parent": ("contacts", "CHD", "R02 R05 R10 R21", "v"),
    "dispense_first_step": ("first-step-dispensations", "HD°", "R11", "v"),
    "request_removal": ("removal-requests", "CHD", "R01° R02 R05 R10 R16 R21", "v"),
    "record_removal_response": ("removal-requests/{n}/responses", "CHDB", "", "+"),
    "lapse_removal_deadline": ("", "Y", "", "+"),
    "record_continued_use": ("continued-use", "CHD", "R11", "v"),
    "consider_escalation": ("escalation-considerations", "H", "R11", "v"),
    "override_threshold": ("threshold-overrides", "HD°", "R11", "v"),
    "issue_warning": ("warnings", "W", "R01° R02 R03° R04° R05 R10 R11 R16 R21", "v"),
    "withdraw_warning": ("warnings/{n}/withdrawals", "W", "R11", "v"),
    "refer_to_police": ("police-referrals", "SCHDBG", "R06°", "+"),
    "record_police_reference": ("police-referrals/{n}/references", "CHDB", "", "+"),
    "record_police_outcome": ("police-referrals/{n}/outcomes", "CHDB", "", "+"),
    "place_police_hold": ("police-holds", "HD", "", "v"),
    "release_police_hold": ("police-holds/{n}/releases", "HD", "", "v"),
    "hide_content": ("hidden-content", "HB", "R01° R07", "v"),
    "block_access": ("blocks", "H", "R01° R03° R04° R05 R07 R08 R09 R10 R11 R16 R21", "v"),
    "record_representations": ("blocks/{n}/representations", "CHDB", "", "+"),
    "review_block": ("blocks/{n}/reviews", "H", "R09 R11", "v"),
    "report_to_host": ("host-reports", "CHD", "R01° R03° R04° R16", "v"),
    "record_host_response": ("host-reports/{n}/responses", "CHDB", "", "+"),
    "seek_legal_advice": ("legal-advice-requests", "HG", "R11", "v"),
    "record_legal_advice": ("legal-advice-requests/{n}/answers", "LHG", "", "+"),
    "authorise_legal_action": ("legal-actions", "HG", "R01 R02 R03° R04° R05 R11 R16 R21", "v"),
    "record_legal_step": ("legal-actions/{n}/steps", "LHG", "", "+"),
    "record_correspondence": ("correspondence", "TCHD", "", "+"),
    "offer_complaints_route": ("complaints-route-offers", "CHDB", "R10", "+"),
    "link_complaint": ("complaints", "CHBG", "", "+"),
    "record_complaint_outcome": ("complaints/{n}/outcomes", "BG", "", "+"),
    "notify_affected": ("affected-party-notices", "CHDB", "R10", "v"),
    "close_incident": ("closures", "CHDG", "R02 R11 R14° R24°", "v"),
    "reopen_incident": ("reopenings", "HDG", "", "v"),
    "withdraw_incident": ("withdrawals", "CHD", "", "v"),
    "place_legal_hold": ("legal-holds", "HGO", "", "v"),
    "release_legal_hold": ("legal-holds/{n}/releases", "HGO", "", "v"),
    "review_retention": ("retention-reviews", "HBO", "R19", "v"),
    "erase_case": ("erasures", "BO", "R19", "v"),
    "give_grant": ("grants", "HG", "", "+"),
    "withdraw_grant": ("grants/{n}/withdrawals", "HG", "", "+"),
}
"""Each decision (5): its path, who takes it, the rules that it is tried by (° is soft), whether it needs a version (v).

D° is the safeguarding lead with the code child_safety alone, S with 999 only; W whom the edition names.
"""
FURTHER: Final[Mapping[str, str]] = {
    "attribute_identity": "R05", "correct_identity": "R05 R21", "assign": "R11", "record_correspondence": "R18",
    **dict.fromkeys((
        "reopen_incident", "withdraw_incident", "release_legal_hold", "review_retention", "erase_case",
        "record_complaint_outcome", "give_grant",
    ), "R11"),
}  # fmt: skip
"""What the software asks besides: that whoever was told is not replaced without a correction; that somebody
was named before, and no pupil is instead; that nobody takes back a
case that they had to give away; that a letter to the adviser is filed by those who may know of it; that nobody who is
close to a case ends, revives or destroys it, answers a complaint about it, or opens it to an adviser they choose."""
OVERRIDES: Final[Mapping[str, tuple[str, str]]] = {
    "R01": ("CHD", "already_gone platform_prevents urgent_safety other"),
    "R03": ("H", "threat repeat poster_unreachable hostile police_advice child_safety other"),
    "R04": (
        "H",
        "grave_single_act repeat host_only protected_information restriction_to_protect_staff child_safety other",
    ),
    "R06": ("HDG", "other_ground other"),
    "R14": (
        "HDG",
        "concern_not_answered hold_continues post_still_visible handled_elsewhere delivery_settled other",
    ),
    "R24": ("HDG", "closed_channel other"),
}
"""Who may set which rule aside, and with which codes (6)."""
FOR_SAFETY: Final = {"R03": "D", "R04": "D"}
"""Who else may, with the code child_safety alone."""


def may_set_aside(rule: str, role: str, code: str) -> bool:
    """Return whether this role may set a rule aside with this code."""
    who, codes = OVERRIDES.get(rule, ("", ""))
    further = FOR_SAFETY.get(rule, "") if code == "child_safety" else ""
    return code in codes.split() and role in {LETTERS[letter] for letter in who + further}
