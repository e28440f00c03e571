"""Which event of a case causes which letter, to whom, by which channel, and who approves and signs it.

One table, and nothing else decides: adding a letter is adding a row here and a template folder. The table's hash stands
on every draft, so that a letter shows under which rules it came to be.

A condition is a list of tests that must all hold. ``event.<field>`` reads the event's public data, which the feed
carries; ``case.<field>`` reads casework's answer about the event; ``module.<name>`` reads ``school.toml``. A row whose
``event`` tests fail costs no question to casework.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal

import msgspec

RecipientClass = Literal["P", "A", "O"]
"""P: the poster, a child account's responsible adult, or who was wrongly taken for the poster. A: an affected person.
O: an outside body."""
Channel = Literal["print", "email", "classdojo", "web_form", "portal", "telephone", "by_hand"]

BY_HAND: Channel = "by_hand"
EMAIL: Channel = "email"
MANUAL: frozenset[Channel] = frozenset({"web_form", "portal", "telephone", "by_hand"})
"""Channels on which a person passes the letter on, at any time, and says by what reference or file that is known."""
HEAD, CHAIR, HANDLER, DSL, OFFICE = "headteacher", "chair", "caseworker", "dsl", "office"


class Test(msgspec.Struct, frozen=True):
    """One test of a condition, e.g. ``Test("event.basis", "is_not", "warning")``."""

    path: str
    op: Literal["is", "is_not", "has"]
    value: str | bool

    def holds(self, found: object) -> bool:
        """Tell whether the value found at ``path`` (None if there is none) passes."""
        if self.op == "has":
            return isinstance(found, list | tuple) and self.value in found
        return (found == self.value) is (self.op == "is")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One letter of the catalogue."""

    template: str
    name: str
    trigger: str
    """``incident.<trigger>.v1``."""
    when: tuple[Test, ...] = ()
    to: RecipientClass
    channel: Channel
    """By which it leaves unless staff choose otherwise; where that is e-mail, and none is known, by the next."""
    channels: tuple[Channel, ...] = ()
    """What staff may choose instead, in this order; any letter to a person may also be handed over."""
    approvers: tuple[str, ...]
    """Roles that may approve, the usual signatory first; the chair stands in for a headteacher with a conflict."""
    child_account_approvers: tuple[str, ...] = ()
    signer: Literal["approver", "complainant"] = "approver"
    approvals_min: int = 1
    is_identity_gated: bool = False
    """The recipient must be the identified poster, or the adult who answers for the child (no override)."""
    needs_evidence: bool = False
    """It waits until every post has an exhibit, unless headteacher or DSL lets it go without (hold ``evidence``)."""
    refetched_by: tuple[str, ...] = ()
    """Later events of the case that change what this letter says: it is drafted again, or held until somebody does."""
    superseded_by: tuple[str, ...] = ()
    """Later events of the case that make this letter pointless while it is unsent; each has a row in ``effects``."""
    purpose: str

    def approver_roles(self, case_kind: str | None) -> tuple[str, ...]:
        """Return the roles that may approve this letter in a case of this kind."""
        return self.approvers + (self.child_account_approvers if case_kind == "child_account" else ())

    def allows(self, channel: str) -> bool:
        """Tell whether this letter may leave by this channel."""
        is_by_hand = channel == BY_HAND and self.to != "O"
        return is_by_hand or channel in (self.channel, *self.channels)

    def may_match(self, data: Mapping[str, Any], modules: Mapping[str, bool] | None = None) -> bool:
        """Tell whether the event's public data, and the modules that are on, allow this letter; the case may not."""
        return _holds(self.when, {"event": data} | ({} if modules is None else {"module": modules}))

    def applies(self, case: Mapping[str, Any], modules: Mapping[str, bool]) -> bool:
        """Tell whether the case, and the modules that are on, allow this letter."""
        return _holds(self.when, {"case": case, "module": modules})


SECTION_5 = "defamation_act_2013_s5"
IDENTITY = ("poster-identified", "poster-identity-corrected")
"""Events after which somebody else, or nobody, is taken for the poster."""
CATALOGUE: Mapping[str, Row] = {
    row.template: row
    for row in (
        Row(
            template="L01",
            name="discussion_invitation",
            trigger="parent-contacted",
            when=(Test("event.outcome", "is", "meeting_arranged"),),
            to="P",
            channel="print",
            channels=("classdojo",),
            approvers=(HANDLER, HEAD),
            superseded_by=("post-checked",),
            purpose="invites a person to talk, with times to choose from, a place and help to come (policy P52)",
        ),
        Row(
            template="L02",
            name="removal_request",
            trigger="removal-requested",
            when=(Test("event.basis", "is_not", "warning"),),
            to="P",
            channel="print",
            approvers=(HANDLER, HEAD),
            child_account_approvers=(DSL,),
            is_identity_gated=True,
            superseded_by=("post-checked",),
            purpose="asks a person to remove what they posted, and says where a concern can be raised instead",
        ),
        Row(
            template="L03",
            name="resolution_thanks",
            trigger="post-checked",
            when=(
                Test("event.result", "is", "removed"),
                Test("event.removed_by", "is", "poster"),
                Test("case.kind", "is", "adult_post"),
            ),
            to="P",
            channel="print",
            channels=(EMAIL,),
            approvers=(HEAD,),
            purpose="thanks a person for removing a post and says that the matter is settled",
        ),
        Row(
            template="L04",
            name="written_warning",
            trigger="warning-issued",
            to="P",
            channel="print",
            approvers=(HEAD,),
            is_identity_gated=True,
            superseded_by=("warning-withdrawn",),
            purpose="gives the school's concerns in writing, warns, and asks for removal (policy P57)",
        ),
        Row(
            template="L05",
            name="access_restriction",
            trigger="access-blocked",
            to="P",
            channel="print",
            channels=("classdojo",),
            approvers=(HEAD,),
            is_identity_gated=True,
            superseded_by=("access-restored",),
            purpose="says what is restricted on a channel of the school's, until when, and how to answer (policy P59)",
        ),
        Row(
            template="L06",
            name="restriction_review_outcome",
            trigger="access-block-reviewed",
            to="P",
            channel="print",
            approvers=(HEAD,),
            purpose="says what came of looking at a restriction again, and why (policy P59)",
        ),
        Row(
            template="L11",
            name="correction_apology",
            trigger="poster-identity-corrected",
            when=(Test("event.was_contacted", "is", value=True),),
            to="P",
            channel="print",
            approvers=(HEAD,),
            purpose="apologises to whoever was wrongly taken for the poster, and says what is put right (policy P11)",
        ),
        Row(
            template="L13",
            name="complaints_signpost",
            trigger="complaints-route-offered",
            when=(Test("case.categories", "has", "C2"),),
            to="P",
            channel="print",
            channels=(EMAIL,),
            approvers=(HANDLER, HEAD),
            purpose="tells a person with a complaint how it is made and dealt with (policy P30)",
        ),
        Row(
            template="L14",
            name="online_safety_guidance",
            trigger="parent-contacted",
            when=(Test("event.purpose", "is", "child_use"),),
            to="P",
            channel="print",
            approvers=(DSL, HEAD),
            purpose="helps the adult who answers for a child's account to keep the child safe online (policy P40)",
        ),
        Row(
            template="L22",
            name="premises_restriction",
            trigger="warning-issued",
            when=(Test("case.categories", "has", "C6"), Test("module.premises", "is", value=True)),
            to="P",
            channel="print",
            approvers=(HEAD,),
            is_identity_gated=True,
            purpose="lets a person onto the premises by arrangement only, for a time, after a threat",
        ),
        Row(
            template="L07",
            name="host_report",
            trigger="host-reported",
            when=(Test("event.basis", "is_not", SECTION_5),),
            to="O",
            channel="web_form",
            channels=("portal",),
            approvers=(HEAD, DSL, OFFICE),
            purpose="reports posts to the company that runs the site, under its own rules (policy P60)",
        ),
        Row(
            template="L08",
            name="host_defamation_notice",
            trigger="host-reported",
            when=(Test("event.basis", "is", SECTION_5),),
            to="O",
            channel=EMAIL,
            channels=("web_form", "portal"),
            approvers=(HEAD,),
            signer="complainant",
            refetched_by=IDENTITY,
            purpose="a defamed person's own notice to a site (Defamation Act 2013 s.5); never the school's",
        ),
        Row(
            template="L09",
            name="police_referral",
            trigger="police-referred",
            to="O",
            channel="web_form",
            channels=("telephone", "portal", "by_hand"),
            approvers=(HEAD, DSL),
            needs_evidence=True,
            refetched_by=("evidence-captured", "police-reference-recorded", *IDENTITY),
            purpose="tells the police what was posted, by whom as far as is known, and what is kept of it (policy P58)",
        ),
        Row(
            template="L10",
            name="legal_instruction",
            trigger="legal-advice-sought",
            to="O",
            channel=EMAIL,
            channels=("portal", "by_hand"),
            approvers=(HEAD,),
            purpose="puts the school's question to its legal adviser, with what is needed to answer it; privileged",
        ),
        Row(
            template="L15",
            name="affected_party_update",
            trigger="affected-party-notified",
            when=(Test("event.kind", "is", "person"),),
            to="A",
            channel=EMAIL,
            channels=("print",),
            approvers=(HEAD, DSL),
            purpose="tells somebody who is affected what was done, and who is there for them; never who posted",
        ),
        Row(
            template="L19",
            name="prejudice_incident_return",
            trigger="affected-party-notified",
            when=(Test("event.kind", "is", "prejudice_return"),),
            to="O",
            channel=EMAIL,
            channels=("portal", "web_form", "by_hand"),
            approvers=(HEAD,),
            purpose="returns a term's prejudice incidents to the authority: no name, no quote",
        ),
    )
}


def digest(rows: Mapping[str, Row] = CATALOGUE) -> str:
    """Return the table's hash: sha256 over its rows as sorted JSON, in the order of their ids."""
    return sha256(msgspec.json.encode([rows[name] for name in sorted(rows)], order="sorted")).hexdigest()


def rows_for(trigger: str, rows: Mapping[str, Row] = CATALOGUE) -> tuple[Row, ...]:
    """Return the rows that this event of a case (its name without ``incident.`` and version) may cause."""
    return tuple(row for row in rows.values() if row.trigger == trigger)


def _holds(tests: tuple[Test, ...], sources: Mapping[str, Mapping[str, Any]]) -> bool:
    """Try the tests whose source is known."""
    split = ((test, test.path.partition(".")) for test in tests)
    return all(test.holds(sources[source].get(field)) for test, (source, _, field) in split if source in sources)
