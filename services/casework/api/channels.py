"""The register of channels: where people post, and whether the school controls the place (P10).

A PUT says what a channel is, so it needs no Idempotency-Key: the same again records nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import flask
import msgspec
from flask.views import MethodView
from marshmallow import Schema, ValidationError, validates_schema
from marshmallow.fields import List, Nested, String

from casework.api.decisions import faults_recorded, parsed_json
from casework.api.facts_schema import field_of
from casework.application.policy import set_channel
from casework.domain.policy import Channel
from servicekit import conditional, identity, problems
from servicekit.bodies import Blueprint
from servicekit.fields import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Response

    from casework.application.casework import Casework

READERS: Final = (
    "staff",
    "caseworker",
    "headteacher",
    "dsl",
    "office",
    "chair",
    "governor",
    "legal",
    "dpo",
    "auditor",
    "letters",
)
"""Whoever may read the policy (domain.md 8)."""
SETTERS: Final = ("headteacher", "office")
ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
PERSONAL: Final = ("personal_profile", "story")
NAME_LENGTH_MAX: Final = 120
HINTS: Final = get_type_hints(Channel, include_extras=True)


class ChannelFacts(Schema):
    """What the register says of a channel."""

    platform = field_of(HINTS["platform"])
    kind = field_of(HINTS["kind"])
    is_school_controlled = field_of(HINTS["is_school_controlled"])
    name = Text(
        least=1,
        most=NAME_LENGTH_MAX,
        allow_none=True,
        metadata={"description": "What the school calls it; none for somebody's own profile"},
    )

    @validates_schema(skip_on_field_errors=False)
    def _fitting_name(self, given: Mapping[str, Any], **_: Any) -> None:
        """Refuse a name that says nothing, and one that would be a person's: the register is public, and for ever."""
        name = given.get("name")
        if isinstance(name, str) and not name.strip():
            raise ValidationError("A name in words.", "name")
        if isinstance(name, str) and given.get("kind") in PERSONAL:
            raise ValidationError("No name, where the channel is a person's own.", "name")


class ChannelRow(ChannelFacts):
    """A channel of the register."""

    id = String(required=True)


class ChannelList(Schema):
    """The register."""

    channels = List(Nested(ChannelRow), required=True)


def blueprint(casework: Callable[[], Casework]) -> Blueprint:
    """Return the channels' routes; `casework` gives the use cases of the caller's school."""
    made = Blueprint("channels", __name__, description="Where people post, and who controls the place")

    @made.route("/v1/channels")
    class Channels(MethodView):
        """The register."""

        @identity.allow(*READERS)
        @made.response(200, ChannelList)  # type: ignore[untyped-decorator]  # the library ships no types
        def get(self) -> Response:
            """List the channels, by id."""
            policy = casework().record.policy()
            tag = conditional.etag(policy.version)
            if conditional.not_modified(flask.request, tag):
                response = flask.Response(status=304)
            else:
                rows = [_channel_json(policy.channels[name]) for name in sorted(policy.channels)]
                response = flask.make_response({"channels": rows})
            response.headers["ETag"] = tag
            return response

    @made.route("/v1/channels/<string:channel>")
    class One(MethodView):
        """One channel."""

        @identity.allow(*SETTERS)
        @made.doc(  # type: ignore[untyped-decorator]  # as above
            operationId="set_channel",
            parameters=[
                {
                    "in": "path",
                    "name": "channel",
                    "required": True,
                    "schema": {"type": "string", "pattern": f"^{ID.pattern}$"},
                }
            ],
            requestBody={"required": True, "content": {"application/json": {"schema": ChannelFacts}}},
            responses={"201": {"description": "Entered", "content": {"application/json": {"schema": ChannelRow}}}},
        )
        @made.response(200, ChannelRow)  # type: ignore[untyped-decorator]  # as above
        def put(self, channel: str) -> Response:
            """Enter a channel in the register, or change it: 201 if it is new, 200 if it was known.

            Policy P10. Said again as it is, it records nothing.
            """
            use, caller = casework(), identity.caller()
            with faults_recorded(casework, set_channel.__name__):
                given = _given(channel)
            setting = set_channel(use.record, given, by=caller.subject, role=caller.role, now=use.now())
            return flask.make_response(_channel_json(given), 201 if setting == "new" else 200)

    return made


def _given(channel: str) -> Channel:
    """Return the channel that the request describes; every fault of address and body at once."""
    expected = "a to z, 0 to 9 and hyphens, at most 60, not beginning with a hyphen"
    found = f"a string of {len(channel)} characters"
    misnamed = [] if ID.fullmatch(channel) else [problems.fault("/channel", expected, found, where="path")]
    try:
        facts = parsed_json(ChannelFacts)
    except problems.Problem as problem:
        if misnamed and problem.slug == "invalid":
            raise problems.invalid([*misnamed, *problem.members["errors"]]) from None
        raise
    if misnamed:
        raise problems.invalid(misnamed)
    return msgspec.convert({"id": channel, **facts}, Channel)


def _channel_json(channel: Channel) -> dict[str, Any]:
    return {**msgspec.to_builtins(channel), "name": channel.name}
