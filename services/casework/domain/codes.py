"""The words that events and decisions may use where a field is a code (domain.md 4; scenarios' model).

Each is a ``Literal``, so that the type checker, the HTTP schema, the event schema and the refusal of an unknown code
all read the same list.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec

Role = Literal[
    "staff", "caseworker", "headteacher", "dsl", "office", "chair", "governor", "legal",
    "dpo", "auditor", "mis", "letters", "admin", "monitor", "system",
]  # fmt: skip

Kind = Literal["adult_post", "child_account"]
Part = Literal[
    "poster", "responsible_adult", "target", "informant", "affected", "complainant", "claimant", "other",
]  # fmt: skip
PartyKind = Literal["adult", "staff", "pupil", "group", "unknown"]
Association = Literal["parent", "carer", "relative", "associated", "unknown"]
Confidence = Literal["unverified", "probable", "confirmed"]
BasisCode = Literal[
    "name_match", "profile_match", "account_known", "known_to_staff", "admitted", "authenticated_account", "other",
]  # fmt: skip
Capacity = Literal["poster", "responsible_adult"]

NoteKind = Literal["note", "procedure_not_followed"]
AssignedWhy = Literal["conflict_of_interest", "absence", "workload", "other"]

EvidenceMethod = Literal["url_and_description", "forwarded_image", "screenshot", "dojo_export", "wacz", "signed_wacz"]
Restricted = Literal["child_image", "slur", "protected_address"]
EvidenceResult = Literal["intact", "altered", "missing"]
Copy = Literal["original", "working_copy"]
PostResult = Literal["visible", "edited", "removed", "unavailable"]
RemovedBy = Literal["poster", "host", "page_admin", "expired", "unknown"]

Category = Literal["C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7"]
Characteristic = Literal[
    "age", "disability", "gender_reassignment", "marriage", "pregnancy", "race", "religion_or_belief", "sex",
    "sexual_orientation",
]  # fmt: skip
LawTag = Literal[
    "osa_2023_s179", "osa_2023_s181", "mca_1988_s1", "ca_2003_s127_1", "pha_1997", "public_order_act_1986",
    "defamation_act_2013", "breach_of_order",
]  # fmt: skip
LAW_IN_FORCE_FROM: Mapping[LawTag, date] = {"osa_2023_s179": date(2024, 1, 31), "osa_2023_s181": date(2024, 1, 31)}
"""The first day of those laws that are younger than a post may be; for the school's adviser to confirm."""
Finding = Literal[
    "no_safeguarding_concern", "recorded_elsewhere", "medical_process_failure", "child_on_child_online",
    "child_at_home_considered", "harm_threshold_may_be_met", "contact_agreed", "adult_and_child_at_risk", "other",
]  # fmt: skip
SafeguardingBody = Literal["lado", "mash", "police"]
BreachOutcome = Literal["inappropriate", "not_inappropriate", "insufficient_evidence"]

ContactMethod = Literal["telephone", "meeting", "letter", "email", "in_person", "messaging"]
Purpose = Literal["first_step", "underlying_concern", "child_use", "other"]
ContactOutcome = Literal["discussion_held", "meeting_arranged", "no_answer", "declined"]
DispensationCode = Literal[
    "threat", "repeat", "poster_unreachable", "hostile", "police_advice", "child_safety", "other",
]  # fmt: skip
RemovalBasis = Literal["first_step", "warning"]
RemovalResponse = Literal["agreed", "refused"]
Limb = Literal["new_post", "still_visible", "edited"]
Judged = Literal["inappropriate", "not_inappropriate"]
Answer = Literal["take", "not_take", "not_yet", "not_applicable"]
ThresholdMissing = Literal["refusal", "continuation"]
ThresholdCode = Literal[
    "grave_single_act", "repeat", "host_only", "protected_information", "restriction_to_protect_staff",
    "child_safety", "other",
]  # fmt: skip

PoliceRoute = Literal["999", "101", "101 online", "in_person"]
Ground = Literal["threat_of_violence", "racial_element", "grossly_obscene", "crime_suspected"]
PoliceOutcome = Literal["no_action", "words_of_advice", "community_resolution", "caution", "charged", "other"]
Scope = Literal["comment", "post", "messaging", "all"]
BlockDecision = Literal["keep", "vary", "lift"]
HostBasis = Literal["policy_report", "underage_account", "defamation_act_2013_s5"]
HostResult = Literal["removed", "refused", "partly"]
ComplaintsHow = Literal["in_person", "next_letter", "letter"]
CorrespondenceState = Literal["sent", "delivered", "returned"]
SentBy = Literal["print", "email", "classdojo", "manual"]
LegalActionKind = Literal["defamation", "harassment", "injunction", "other"]
LegalStep = Literal[
    "letter_before_claim", "response_received", "claim_issued", "hearing", "order_made", "settled", "discontinued",
    "other",
]  # fmt: skip
ComplaintOutcome = Literal["upheld", "partly_upheld", "not_upheld", "withdrawn"]
Recommended = Literal["withdraw_warning", "review_block", "correct_entry", "apologise", "change_practice", "other"]
"""What a complaint's outcome asks for; what is a decision in the case goes by that decision's name."""
Notified = Literal["person", "prejudice_return"]
ClosingOutcome = Literal[
    "resolved_informally", "resolved_after_restriction", "removed_after_warning", "removed_by_host",
    "removed_after_legal_step", "police_disposal", "warned", "warning_withdrawn", "no_breach",
    "child_account_guidance", "moved_to_safeguarding_file", "unresolved", "other",
]  # fmt: skip
WithdrawnBecause = Literal["duplicate", "error"]
Relation = Literal["repeat", "same_thread", "duplicate_of"]
"""How a case stands to another one."""
HoldCause = Literal["proceedings", "disclosure_request", "other"]
RetentionRule = Literal["closed", "no_breach", "withdrawn"]
RetentionDecision = Literal["keep", "destroy"]

Clause = Literal[
    "P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08", "P10", "P11", "P12", "P13", "P14", "P15", "P16", "P17",
    "P20", "P21", "P22", "P23", "P25", "P26", "P27", "P28", "P30", "P31", "P32", "P33", "P34", "P35", "P36", "P37",
    "P38", "P39", "P40", "P41", "P50", "P51", "P52", "P53", "P54", "P55", "P56", "P57", "P58", "P59", "P60", "P61",
    "P62", "P63",
]  # fmt: skip
"""The policy's clauses. Every edition words them; none gives one another meaning."""
Signatory = Literal["chair", "headteacher"]
ReviewKind = Literal["national_change", "own_monitoring"]
ReviewOutcome = Literal["no_change", "new_edition"]

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
EVENT_ID = r"^[0-9a-f-]{36}/[1-9][0-9]{0,9}$"
EventId = Annotated[str, msgspec.Meta(pattern=EVENT_ID)]
"""``<stream>/<version>``."""
PostNo = Annotated[int, msgspec.Meta(ge=1)]
Number = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]
"""Free text: what people said or wrote. Never normalised; at most 20,000 characters a field."""
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
