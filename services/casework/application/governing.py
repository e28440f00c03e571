"""Deciding about the policy itself: once for each command key, on the version that was seen, refusals recorded.

It is :meth:`Casework.decide` for the one stream that is no case: everybody who may decide here sees it, so nothing is
hidden, and nothing is additive, so every decision says which version of the policy it was taken on.
"""

from uuid import UUID

import msgspec

from casework.application.casework import Casework, Command, Taken
from casework.application.retrying import on_the_newest
from casework.application.store import CommandRepeated, StaleVersion
from casework.application.versions import VersionStale, check_version
from casework.domain.moment import Moment
from casework.domain.policy import Policy
from casework.domain.policy_decision import PolicyDecision, PolicyRequest, admit_policy, decide_policy


class Governing:
    """The decisions about one school's policy."""

    def __init__(self, casework: Casework) -> None:
        self._casework = casework

    def decide(
        self, command: Command, decision: PolicyDecision, facts: msgspec.Struct, *, edition: str | None = None
    ) -> Taken:
        """Take a decision about the policy, once for each command key.

        Raises:
            BadFacts, Refused, NoSuchEdition, EditionSettled: see ``domain.refusal``; recorded as refused.
            VersionNeeded, VersionStale: see their words.
            StoreError: see ``application.store``.
        """
        use = self._casework
        request = PolicyRequest(decision=decision, facts=facts, edition=edition)
        with use.refusals_recorded(command.caller, decision.name, None):
            key = use.record.command_key(command.caller.subject, command.key)
            if (before := use.carried_out(key, command)) is not None:
                return before
            try:
                return on_the_newest(lambda: self._decided(command, key, request))
            except StaleVersion:
                # A caller who named a version was told so before, once the newest was looked at.
                raise VersionStale(use.record.policy().version) from None

    def _decided(self, command: Command, key: UUID, request: PolicyRequest) -> Taken:
        policy = self._casework.record.policy()
        at = self._moment(command, key, policy)
        admit_policy(policy, at, request)
        check_version(policy.version, command.expected, is_additive=False)
        return self._take(policy, at, request, command)

    def _moment(self, command: Command, key: UUID, policy: Policy) -> Moment:
        now = self._casework.now()
        return Moment(
            now=now,
            occurred_at=command.occurred_at or now,
            actor=command.caller.subject,
            role=command.caller.role,
            person=command.caller.person or command.caller.subject,
            command=key,
            edition=policy.edition,
            channels=policy.channels,
            calendar=self._casework.calendar,
        )

    def _take(self, policy: Policy, at: Moment, request: PolicyRequest, command: Command) -> Taken:
        record = self._casework.record
        events = decide_policy(policy, at, request)
        try:
            record.append(events, command=at.command, body_sha256=command.body_sha256)
        except CommandRepeated:
            # The same request, sent twice at once: the other one is durable, and its answer is this one's.
            again = self._casework.carried_out(at.command, command)
            assert again is not None  # noqa: S101 - the store has just said that it is there
            return again
        return Taken(incident=policy.id, version=events[-1].originator_version, events=tuple(events))
