"""How facts are put into words for those outside: hosts, the police, an adviser, the authority.

Codes become words here and nowhere else. What the police or an adviser are to decide is a list of boxes to tick, each
worded as a question that the school does not answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from letters.domain import wording

BODIES: Mapping[str, str] = {
    "police": "The police",
    "adviser": "The school's legal adviser",
    "authority": "The local authority",
}
"""What an outside body is called while nobody has said its name."""

RULES: Mapping[str, str] = {
    "C0": "what may be posted about other people",
    "C1": "bullying and harassment, and accusations against named people",
    "C2": "respect for other people",
    "C3": "false statements that harm a person",
    "C4": "bullying, harassment and abuse of people",
    "C5": "hateful conduct",
    "C6": "violence and threats",
    "C7": "the safety and the privacy of children",
}
"""Which of a site's own rules a category of the policy comes under; each site words and numbers its rules itself."""
AGE_RULE = "the least age of those who have an account"

ROUTES: Mapping[str, str] = {
    "999": "by telephone, 999",
    "101": "by telephone, 101",
    "101 online": "by the 101 online form",
    "in_person": "in person",
}
GROUNDS: Mapping[str, str] = {
    "threat_of_violence": "The words can be read as a threat of violence.",
    "racial_element": "There may be a racial element.",
    "grossly_obscene": "The content may be grossly obscene.",
    "crime_suspected": "For another reason",
}
LAWS: Mapping[str, str] = {
    "osa_2023_s181": "Online Safety Act 2023, section 181: threatening communications",
    "osa_2023_s179": "Online Safety Act 2023, section 179: false communications",
    "mca_1988_s1": "Malicious Communications Act 1988, section 1",
    "ca_2003_s127_1": "Communications Act 2003, section 127(1)",
    "pha_1997": "Protection from Harassment Act 1997",
    "public_order_act_1986": "Public Order Act 1986",
    "breach_of_order": "An order of a court that may have been broken",
}
"""Laws that the police may look at, in the order in which they stand on the page. What is for civil courts alone (the
Defamation Act 2013) is none of them."""

CONFIDENCE: Mapping[str, str] = {
    "unverified": "not verified",
    "probable": "probable",
    "confirmed": "confirmed",
}
BASES: Mapping[str, str] = {
    "name_match": "the name is the same",
    "profile_match": "the profile matches",
    "account_known": "the account was known to the school",
    "known_to_staff": "staff know the person",
    "admitted": "the person said so",
    "authenticated_account": "the account is authenticated",
}
_WHO: Mapping[str, str] = {
    "parent": "a parent of a child at our school",
    "carer": "a carer of a child at our school",
    "relative": "a relative of a child at our school",
    "associated": "somebody connected with our school",
}

METHODS: Mapping[str, str] = {
    "url_and_description": "address and description",
    "forwarded_image": "picture, forwarded to us",
    "screenshot": "screenshot",
    "dojo_export": "export of ClassDojo messages",
    "wacz": "web archive",
    "signed_wacz": "signed web archive",
}
_CONTACTS: Mapping[str, str] = {
    "telephone": "by telephone",
    "meeting": "at a meeting",
    "in_person": "in person",
    "letter": "by letter",
    "email": "by e-mail",
    "messaging": "by message",
}
_CONTACTED: Mapping[str, str] = {
    "discussion_held": "We talked with the person {}.",
    "meeting_arranged": "We arranged to meet the person, {}.",
    "no_answer": "We tried to reach the person {}, without success.",
    "declined": "We offered the person a talk {}; it was declined.",
}
_STEPS: Mapping[str, str] = {
    "reported": "A post was reported to the school.",
    "post-recorded": "A post was recorded.",
    "removal-agreed": "The person agreed to remove it.",
    "removal-refused": "The person refused to remove it.",
    "removal-deadline-lapsed": "The time to remove it passed without an answer.",
    "content-hidden": "The school hid content on a channel of its own.",
    "access-restored": "The school restored access.",
    "warning-issued": "The school warned the person in writing.",
    "warning-withdrawn": "The school withdrew a warning.",
    "police-reference-recorded": "The police gave a reference.",
    "complaint-linked": "A complaint to the school was linked with the matter.",
}
_CODED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "evidence-captured": ("The school captured evidence: {}.", METHODS),
    "poster-identified": ("The school noted whom it takes for the poster: {}.", CONFIDENCE),
    "breach-decided": (
        "The school judged the post: {}.",
        {
            "inappropriate": "inappropriate under its policy",
            "not_inappropriate": "not inappropriate",
            "insufficient_evidence": "not enough is known",
        },
    ),
    "removal-requested": (
        "The school asked the person to remove it{}.",
        {"first_step": "", "warning": ", with the warning"},
    ),
    "continued-use-recorded": (
        "The school saw that it went on: {}.",
        {"new_post": "a further post", "still_visible": "still online", "edited": "changed, still online"},
    ),
    "post-checked": (
        "The school looked at the post again: {}.",
        {"visible": "online", "edited": "changed", "removed": "removed", "unavailable": "not available"},
    ),
    "access-blocked": (
        "The school restricted access to a channel of its own: {}.",
        {"comment": "comments", "post": "posts", "messaging": "messages", "all": "all use"},
    ),
    "host-reported": (
        "The site was asked to remove it: {}.",
        {
            "policy_report": "under its own rules",
            "underage_account": "the account's holder seems too young",
            "defamation_act_2013_s5": "by a notice of the person concerned",
        },
    ),
    "host-responded": (
        "The site answered: {}.",
        {"removed": "removed", "refused": "refused", "partly": "removed in part"},
    ),
    "police-referred": ("The school told the police {}.", ROUTES),
    "police-outcome-recorded": (
        "The police told the school what they did: {}.",
        {
            "no_action": "no action",
            "words_of_advice": "words of advice",
            "community_resolution": "community resolution",
            "caution": "caution",
            "charged": "charged",
            "other": "something else",
        },
    ),
}

CHARACTERISTICS: Mapping[str, str] = {
    "age": "age",
    "disability": "disability",
    "gender_reassignment": "gender reassignment",
    "marriage": "marriage and civil partnership",
    "pregnancy": "pregnancy and maternity",
    "race": "race",
    "religion_or_belief": "religion or belief",
    "sex": "sex",
    "sexual_orientation": "sexual orientation",
}
_OUTCOMES: Mapping[str, str] = {
    "resolved_informally": "settled by talking",
    "resolved_after_restriction": "settled after a restriction of access",
    "removed_after_warning": "removed after a written warning",
    "removed_by_host": "removed by the site",
    "removed_after_legal_step": "removed after a legal step",
    "police_disposal": "dealt with by the police",
    "warned": "written warning",
    "warning_withdrawn": "warning withdrawn",
    "no_breach": "no breach of the policy",
    "child_account_guidance": "guidance to the family",
    "moved_to_safeguarding_file": "passed on inside the school",
    "unresolved": "closed, not settled",
    "other": "closed",
}
_ACTIONS: Mapping[str, str] = {
    "warning in_force": "written warning",
    "warning withdrawn": "warning withdrawn",
    "police referred": "police told",
    "police referenced": "police told",
    "police outcome": "police told, and replied",
    "access blocked": "access restricted",
    "access restored": "access restricted for a time",
    "host reported": "site told",
    "host removed": "removed by the site",
    "host refused": "site refused to remove it",
}
_STATES: Mapping[str, str] = {"sent": "sent", "delivered": "delivered", "returned": "came back"}
_SENT_BY: Mapping[str, str] = {
    "print": "by post",
    "email": "by e-mail",
    "classdojo": "by ClassDojo",
    "manual": "by form or by hand",
}


def on_date_at(text: str) -> str:
    """Write an instant without its day of the week, for a narrow column: ``18 September 2025, 9.10 am``."""
    when = wording.moment(text)
    return f"{wording.on_date(text)}, {wording.clock(when)}"


def body(label: str | None, host: str | None) -> str:
    """Name an outside body: a host by its site."""
    return BODIES.get(label or "", "") or (wording.platform(host) if host else "")


def reporter_of(suspect: Mapping[str, Any]) -> str:
    """Say who somebody is to the school, to stand after a name; nothing where that is not known."""
    return _WHO.get(suspect.get("association") or "", "")


def basis(suspect: Mapping[str, Any]) -> str | None:
    """Say on what ground somebody is taken for the poster: by code, and in the words of whoever said so."""
    code, own = BASES.get(suspect.get("basis_code") or ""), suspect.get("basis")
    return "; ".join(filter(None, [code, own])) or None


def step(name: str, codes: Sequence[str]) -> str:
    """Say what happened, in a sentence; a code that is not known here is left out of it."""
    if name == "parent-contacted":
        method, outcome = (*codes, "", "")[:2]
        return _CONTACTED.get(outcome, _CONTACTED["no_answer"]).format(_CONTACTS.get(method, "")).replace(" .", ".")
    if name in _CODED:
        sentence, words = _CODED[name]
        return sentence.format(words.get(codes[0] if codes else "", "")).replace(": .", ".").replace(" .", ".")
    return _STEPS[name]


def term(name: str) -> str:
    """Name a term: ``autumn_2025`` is the autumn term 2025; another name stays as the school gave it."""
    season, _, year = name.partition("_")
    return f"{season} term {year}" if season in {"autumn", "spring", "summer"} and year.isdigit() else name


def outcome(code: str | None, actions: Sequence[str]) -> str:
    """Say what became of a case: what was done, and how it ended if it has."""
    ended = _OUTCOMES.get(code, "closed") if code else "still open"
    done = [_ACTIONS[action] for action in actions if action in _ACTIONS]
    return "; ".join(dict.fromkeys([*done, ended]))


def sent(state: str, channel: str, occurred_at: str) -> str:
    """Say what became of a letter, and when: ``sent by post on 23 September 2025``."""
    by = f" {_SENT_BY.get(channel, '')}" if state == "sent" else ""
    return f"{_STATES.get(state, state)}{by} on {wording.on_date(occurred_at)}"
