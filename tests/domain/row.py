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
