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
    approvers: tuple[str, ...]
    """Roles that may approve, the usual signatory first; the chair stands in for a headteacher with a conflict."""
    child_account_approvers: tuple[str, ...] = ()
    signer: Literal["approver", "complainant"] = "approver"
    approvals_min: int = 1
    is_identity_gated: bool = False
    """The recipient must be the identified poster, or the adult who answers for the child (no override)."""
    superseded_by: tuple[str, ...] = ()
    """Later events of the case that make this letter pointless while it is unsent; each has a row in ``effects``."""
    purpose: str

    def approver_roles(self, case_kind: str | None) -> tuple[str, ...]:
        """Return the roles that may approve this letter in a case of this kind."""
        return self.approvers + (self.child_account_approvers if case_kind == "child_account" else ())

    def may_match(self, data: Mapping[str, Any]) -> bool:
        """Tell whether the event's public data allow this letter; the case may still rule it out."""
        return _holds(self.when, {"event": data})

    def applies(self, case: Mapping[str, Any], modules: Mapping[str, bool]) -> bool:
        """Tell whether the case, and the modules that are on, allow this letter."""
        return _holds(self.when, {"case": case, "module": modules})


CATALOGUE: Mapping[str, Row] = {
    row.template: row
    for row in (
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
