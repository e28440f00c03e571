"""Statistics per term, and repeat posters: what P63 monitors. Each reading is recorded first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask.views import MethodView
from marshmallow import Schema
from marshmallow.fields import Boolean, Dict, Float, Integer, List, Nested, String

from casework.api.documented import PolicyStateSchema
from casework.api.listing import listing
from casework.api.represent import policy_state_json
from casework.application.repeat_posters import PosterDesk
from casework.application.statistics import StatisticsDesk
from servicekit import identity
from servicekit.bodies import Blueprint
from servicekit.fields import Text

if TYPE_CHECKING:
    from casework.api.use_cases import UseCasesOf

COUNTERS: Final = ("caseworker", "headteacher", "dsl", "office", "chair", "governor", "dpo", "auditor")
"""Who is shown figures (domain.md 8)."""
KEEPERS: Final = ("caseworker", "headteacher", "dsl", "office")
"""Who is shown what somebody did in other cases: whoever handles one."""
NAME_MAX: Final = 100


def figure(says: str) -> Integer:
    """Return a count in an answer; null where it is hidden."""
    return Integer(required=True, allow_none=True, metadata={"description": says})


def parts(says: str) -> Dict:
    """Return counts by name in an answer; what is hidden is not named."""
    return Dict(keys=String(), values=Integer(), required=True, metadata={"description": says})


class TermQuery(Schema):
    """Which term."""

    term = Text(
        least=1, most=NAME_MAX, metadata={"description": "Its name in the school's calendar; left out: today's term"}
    )


class SpreadSchema(Schema):
    """How long something took."""

    cases = figure("In how many cases it came about")
    median = Float(required=True, allow_none=True, metadata={"description": "In half of them it took no longer"})


class StatisticsSchema(Schema):
    """The figures of one term, of the cases reported in it."""

    term = String(required=True)
    first = String(data_key="from", required=True, metadata={"format": "date"})
    last = String(data_key="to", required=True, metadata={"format": "date"})
    hidden_below = figure("Figures under this are hidden from this caller; null: none are")
    includes_child_accounts = Boolean(
        required=True, metadata={"description": "Whether children's accounts are counted, of which not all may know"}
    )
    reported = figure("Cases reported, without those withdrawn")
    duplicates = figure("Cases withdrawn as reported twice")
    withdrawn_in_error = figure("Cases withdrawn as reported in error")
    inappropriate = figure("Cases with a post judged inappropriate")
    no_breach = figure("Cases judged, and no post found inappropriate")
    undecided = figure("Cases not judged yet")
    escalated = figure("Cases that went beyond the first step (P54)")
    first_step_resolved = figure("Closed after talking to the poster, with none of the six actions")
    first_step_rate = Float(
        required=True, allow_none=True, metadata={"description": "Their share of the inappropriate cases closed"}
    )
    identity_corrected = figure("Cases in which somebody was wrongly taken for the poster")
    threats = figure("Cases with a threat (C6)")
    police_referrals = figure("Referrals to the police")
    days_to_contact = Nested(SpreadSchema, required=True, metadata={"description": "From report to the first talk"})
    days_to_removal = Nested(SpreadSchema, required=True, metadata={"description": "From report to the posts gone"})
    minutes_to_police = Nested(SpreadSchema, required=True, metadata={"description": "From report to referral"})
    by_category = parts("Cases by primary category")
    by_channel = parts("Cases by channel; a case on two is counted on both")
    by_association = parts("Cases by how the poster belongs to the school; children and adults for them are left out")
    return_counts = parts("Cases by protected characteristic, as the return on prejudice asks")
    overrides = Dict(
        keys=String(),
        values=Dict(keys=String(), values=Integer()),
        required=True,
        metadata={"description": "Rules set aside, by code of the reason"},
    )
    outside_terms = figure("Cases of any time reported on a day of no term: in no term's figures")
    policy = Nested(PolicyStateSchema, required=True, metadata={"description": "The policy monitored, as it is now"})


class PosterQuery(Schema):
    """Of whom."""

    person = Text(least=1, most=NAME_MAX, metadata={"description": "Id in the people directory: also with one case"})


class PosterCaseSchema(Schema):
    """One case of theirs."""

    id = String(required=True, metadata={"format": "uuid"})
    reference = String(required=True)
    reported_at = String(required=True, metadata={"format": "date-time"})
    primary = String(required=True, allow_none=True)


class PosterSchema(Schema):
    """Somebody who posted again."""

    person = String(required=True)
    name = String(required=True, allow_none=True)
    incidents = List(Nested(PosterCaseSchema), required=True)


class PostersSchema(Schema):
    """Who posted again, those with most cases first."""

    since = String(required=True, metadata={"format": "date"})
    repeat_posters = List(Nested(PosterSchema), required=True)


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the routes; `use` gives the use cases of the caller's school."""
    made = Blueprint("statistics", __name__, description="What is monitored: figures per term, and who posted again")

    @made.route("/v1/statistics")
    class Figures(MethodView):
        """The figures of a term."""

        @identity.allow(*COUNTERS)
        @listing(made, TermQuery, StatisticsSchema)
        def get(self, term: str | None = None) -> dict[str, Any]:
            """Count the cases reported in a term. Governors are shown no figure under five, nobody a case about them.

            A term that the school's calendar does not name, and a day outside all terms, are answered 409.
            """
            school = use()
            found = StatisticsDesk(school.casework, school.cases).of_term(identity.caller(), term)
            answer: dict[str, Any] = msgspec.to_builtins(found)
            policy = policy_state_json(school.casework.record.policy(), school.casework.now())
            return {**answer, "policy": policy}

    @made.route("/v1/repeat-posters")
    class RepeatPosters(MethodView):
        """Who posted again."""

        @identity.allow(*KEEPERS)
        @listing(made, PosterQuery, PostersSchema)
        def get(self, person: str | None = None) -> dict[str, Any]:
            """List who wrote something inappropriate in more than one case of the months that the edition names.

            Nobody is in it who was wrongly taken for the poster, who is a child or answers for one, or whose post was
            no breach.
            """
            school = use()
            found = PosterDesk(school.casework, school.cases).repeated(identity.caller(), person)
            return {"since": found.since.isoformat(), "repeat_posters": msgspec.to_builtins(found.posters)}

    return made
