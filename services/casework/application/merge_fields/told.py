"""What an answer tells: posts, the facts around the event, the policy, the letters that went before."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from casework.application.merge_fields.further import further
from casework.application.merge_fields.persons import names
from casework.application.merge_fields.shape import (
    BlockShown,
    ChannelShown,
    ContactShown,
    EarlierLetter,
    OwnBlockShown,
    PolicyShown,
    PostShown,
    RequestShown,
)  # fmt: skip
from casework.application.merge_fields.view import View
from casework.domain.calendar import london_date
from casework.domain.event import Recorded, known
from casework.domain.incident import Post
from casework.domain.steps.access import BLOCK, BLOCKED, AccessBlocked, RepresentationsReceived
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.evidence import EvidenceCaptured
from casework.domain.steps.first_step import ParentContacted, RemovalRequested
from casework.domain.steps.judgement import BreachDecided
from casework.domain.steps.report import PostRecorded, Reported

QUOTE_MAX: Final = 240
NAMES_A_PUPIL: Final = "names_a_pupil"
WITHHELD: Final[Mapping[str, str]] = {
    "child_image": "It shows a picture of a child, so its words are not repeated here.",
    "slur": "It uses a slur, which is not repeated here.",
    "protected_address": "It gives details of a person's private life, which are not repeated here.",
    NAMES_A_PUPIL: "It names a child, so its words are not repeated here.",
}
"""Why the words of a post are not quoted, in a sentence. Nothing in it may confirm that an address is the right one."""


def posts(view: View) -> tuple[PostShown, ...]:
    """Return the posts that the event names."""
    numbers = view.cause.posts(view.at.event, view.case)
    pupils = [name.name for name in names(view) if name.kind == "pupil"]
    return tuple(_post(view, view.case.posts[no], pupils) for no in numbers if no in view.case.posts)


def facts(view: View) -> dict[str, Any]:
    """Return the event's own facts, and what had happened before it."""
    event = view.at.event
    request = _request_made(view)
    judged = [at.event for at in view.earlier if isinstance(at.event, BreachDecided)]
    return {
        **dict.fromkeys(("concerns", "expectations")),
        **{name: known(getattr(event, name)) for name in view.cause.tells},
        "request_no": request.request_no if request else None,
        "due_at": request.due_at if request else None,
        "meaning": known(request.meaning) if request else None,
        "contacts": tuple(_contacts(view)),
        "earlier_requests": tuple(_earlier_requests(view)),
        "is_complaints_route_offered": view.before.is_complaints_route_offered,
        "underlying_concern": _newest(known(decided.underlying_concern) for decided in judged),
        "concern_response": _newest(_responses(view)),
        "impact": _newest(known(decided.impact) for decided in judged),
        "block": _block(view),
        "blocks": tuple(_own_blocks(view)),
        "posts_in_question": tuple(post.post_no for post in _in_question(view)),
        "platforms": tuple(_platforms(view)),
        **further(view),
    }


def policy(view: View) -> PolicyShown:
    """Return the edition that the event cites, and the first clause that it applies."""
    edition = view.edition
    clause = next(iter(view.at.carried.clauses or ()), None)
    return PolicyShown(
        title=edition.title,
        edition=edition.edition,
        adopted_on=edition.adopted.written if edition.adopted else "",
        review_due_on=edition.review_due.written,
        is_signed=edition.is_signed,
        is_overdue=edition.is_overdue(london_date(view.now)),
        clause=clause,
        clause_text=edition.clauses.get(clause) if clause else None,
        minimum_age=edition.parameters.policy_minimum_age,
    )


def earlier_letters(view: View) -> Iterator[EarlierLetter]:
    """Yield what is filed of each letter of the case."""
    for at in view.events:
        if isinstance(filed := at.event, CorrespondenceRecorded):
            yield EarlierLetter(
                letter_id=filed.letter_id,
                template=filed.template,
                pdf_sha256=filed.pdf_sha256,
                party=filed.party,
                channel=filed.channel,
                state=filed.state,
                occurred_at=at.carried.occurred_at,
            )


def _post(view: View, post: Post, pupils: Iterable[str]) -> PostShown:
    channel = view.policy.channels.get(post.channel)
    recorded = view.events[post.event_version - 1]
    words = _stated(known(recorded.event.words)) if isinstance(recorded.event, PostRecorded) else None
    summary = None if words else _summary(view, recorded)
    withheld = _withheld(view, post, words or summary, pupils)
    return PostShown(
        n=post.post_no,
        platform=channel.platform if channel else None,
        url=post.url,
        account=None,
        posted_at=post.posted_at,
        seen_at=_seen_at(view, recorded),
        exhibit=f"E{post.evidence_nos[0]}" if post.evidence_nos else None,
        summary=withheld or summary,
        quote=_quote(words) if words and withheld is None else None,
        ground=_ground(view),
    )


def _withheld(view: View, post: Post, said: str | None, pupils: Iterable[str]) -> str | None:
    """Return why a post's words, or what was written down of it, are not given; None if they may be."""
    captured = [at.event for at in view.events if isinstance(at.event, EvidenceCaptured)]
    reasons: set[str] = {reason for event in captured if post.post_no in event.posts for reason in event.restricted}
    if said and any(_holds(said, pupil) for pupil in pupils):
        reasons.add(NAMES_A_PUPIL)
    return next((says for reason, says in WITHHELD.items() if reason in reasons), None)


def _holds(words: str, name: str) -> bool:
    """Return whether a text holds this name, whole, whatever its case and spacing."""
    pattern = r"\s+".join(re.escape(part) for part in name.split())
    return re.search(rf"(?<!\w){pattern}(?!\w)", words, re.IGNORECASE) is not None


def _quote(words: str) -> str:
    return words if len(words) <= QUOTE_MAX else words[: QUOTE_MAX - 1].rstrip() + "…"


def _seen_at(view: View, recorded: Recorded) -> datetime:
    """Return when the school came to know of a post."""
    report = _report_of(view, recorded)
    return (report.discovered_at if report else None) or recorded.carried.occurred_at


def _summary(view: View, recorded: Recorded) -> str | None:
    """Return what whoever reported a post without words (a picture) wrote down of it."""
    report = _report_of(view, recorded)
    return _stated(known(report.summary)) if report else None


def _report_of(view: View, recorded: Recorded) -> Reported | None:
    """Return the report that a post came with; None for one that was added later."""
    report = view.events[0]
    is_of_it = recorded.carried.command == report.carried.command
    return report.event if is_of_it and isinstance(report.event, Reported) else None


def _ground(view: View) -> str | None:
    row = view.edition.categories.get(view.case.primary or "")
    return f"{view.case.primary} {row.name}" if row else None


def _request_made(view: View) -> RemovalRequested | None:
    """Return the request for removal that the event is, or that its decision made with it (as a warning does)."""
    command = view.at.carried.command
    made = (at.event for at in view.events if at.carried.command == command)
    return next((event for event in made if isinstance(event, RemovalRequested)), None)


def _contacts(view: View) -> Iterator[ContactShown]:
    for contact in view.before.contacts:
        if contact.party in view.addressed:
            yield ContactShown(
                party=contact.party,
                occurred_at=contact.occurred_at,
                method=contact.method,
                outcome=contact.outcome,
            )


def _earlier_requests(view: View) -> Iterator[RequestShown]:
    for request in view.before.requests:
        if request.party in view.addressed:
            is_late = request.due_at <= view.at.carried.occurred_at and view.before.is_awaited(request)
            yield RequestShown(
                request_no=request.request_no,
                party=request.party,
                requested_on=london_date(request.asked_at),
                due_at=request.due_at,
                answer=request.answer or ("lapsed" if is_late else None),
            )


def _responses(view: View) -> Iterator[str | None]:
    """Yield what the person written to was answered to their concern, the oldest first."""
    for at in view.earlier:
        event = at.event
        if isinstance(event, BreachDecided) or (isinstance(event, ParentContacted) and event.party in view.addressed):
            yield known(event.concern_response)


def _block(view: View) -> BlockShown | None:
    """Return the block that the event is about, as it was put in force, and whether the parent answered it."""
    number = getattr(view.at.event, "block_no", None)
    blocks = ((at, at.event) for at in view.events if isinstance(at.event, AccessBlocked))
    found = next(((at, block) for at, block in blocks if block.block_no == number), None)
    if found is None:
        return None
    at, block = found
    answers = (each.event for each in view.earlier if isinstance(each.event, RepresentationsReceived))
    return BlockShown(
        block_no=block.block_no,
        channel=_channel(view, block.channel),
        scope=block.scope,
        since=at.carried.occurred_at,
        review_on=block.review_on,
        alternative_route=_stated(known(block.alternative_route)),
        has_representations=any(answer.block_no == block.block_no for answer in answers),
    )


def _own_blocks(view: View) -> Iterator[OwnBlockShown]:
    """Yield the blocks on the person written to, as they stand now."""
    for at in view.earlier:
        if isinstance(block := at.event, AccessBlocked) and block.party in view.addressed:
            stands = view.case.numbers_of(BLOCK)[block.block_no].status == BLOCKED
            yield OwnBlockShown(channel=_channel(view, block.channel), is_in_force=stands)


def _channel(view: View, id_: str) -> ChannelShown | None:
    channel = view.policy.channels.get(id_)
    return ChannelShown(platform=channel.platform, kind=channel.kind, name=channel.name) if channel else None


def _in_question(view: View) -> tuple[Post, ...]:
    """Return the posts that were judged inappropriate by then; while none was, all that the case is about."""
    return view.before.inappropriate_posts or tuple(view.before.posts.values())


def _platforms(view: View) -> Iterator[str]:
    """Yield where the posts in question were made, each place once."""
    channels = dict.fromkeys(post.channel for post in _in_question(view))
    yield from dict.fromkeys(shown.platform for id_ in channels if (shown := _channel(view, id_)))


def _newest(said: Iterable[str | None]) -> str | None:
    """Return the last of these texts that says something."""
    return next((text for text in reversed(list(said)) if _stated(text)), None)


def _stated(text: str | None) -> str | None:
    """Return a text that says something; None for a blank one."""
    return text if text and text.strip() else None
