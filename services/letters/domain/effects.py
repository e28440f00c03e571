"""What later events of a case do to its letters that have not left yet.

One table from the event's name to its effect; an effect returns events for one letter, mostly none. All of them are
appended in the transaction that records the feed's position, so none is missed and none happens twice.

Some events may change who may see the case's letters, or who has a conflict of interest (R11). What they say is for
casework to answer, which may be away; so they place a hold, ``audience``, and :func:`answered` lifts it. The hold is
what is remembered: nothing leaves, nothing is approved, and nothing is forgotten until casework has answered. Just so
for events that change what a letter says (``outdated``): one that nobody approved yet is drafted again by itself, any
other one waits for a person.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from letters.domain import event as ev
from letters.domain.catalogue import CATALOGUE
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import MAY_LEAVE, OUTDATED, Letter, Status, apply, fold

Effect = Callable[[Letter, FeedEntry, datetime], list[ev.LetterEvent]]


def effects_of(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Return what this entry of the feed does to this letter of the same case."""
    effect = EFFECTS.get(entry.name or "")
    return effect(letter, entry, moment) if effect and letter.draft.cause != entry.id else []


def answered(
    letter: Letter, audience: ev.Audience, conflicted: tuple[str, ...], moment: datetime
) -> list[ev.LetterEvent]:
    """Take in what casework says, asked again: the letter stands as it is, for those who may see it from now on."""
    events: list[ev.LetterEvent] = []
    if (audience, conflicted) != (letter.audience, letter.conflicted):
        events.append(ev.AudienceChanged(**_place(letter, moment), audience=audience, conflicted=conflicted))
        letter = apply(letter, events[0])
    events.append(ev.Released(**_place(letter, moment), hold=AUDIENCE, cause=letter.draft.cause))
    return events


def is_renewed(letter: Letter) -> bool:
    """Tell whether we draft a letter again by ourselves once it is outdated: as long as nobody decided about it."""
    return letter.status in RENEWED


def up_to_date(letter: Letter, moment: datetime) -> ev.LetterEvent:
    """Return that a letter, looked at again, says what casework says."""
    return ev.Released(**_place(letter, moment), hold=OUTDATED, cause=letter.draft.cause)


def is_void(letter: Letter, conflicted: tuple[str, ...]) -> bool:
    """Tell whether somebody signs or approved who has a conflict of interest (R11): then it must be drafted again."""
    return not {letter.draft.signatory, *(approval.by for approval in letter.approvals)}.isdisjoint(conflicted)


def _hold(hold: str) -> Effect:
    def effect(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
        if letter.status not in MAY_LEAVE or hold in letter.holds or not _reaches_the_poster(letter):
            return []
        return [_hold_event(ev.Held, letter, entry, moment, hold)]

    return effect


def _release(hold: str) -> Effect:
    def effect(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
        return [_hold_event(ev.Released, letter, entry, moment, hold)] if hold in letter.holds else []

    return effect


def _ask_again(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Hold until casework has answered. An incomplete letter cannot leave; it is asked about anyway (REFETCHING).

    Also where the hold stands: an answer that is on its way to the letter may be older than this event, so it must find
    that somebody was faster.
    """
    is_open = letter.status in MAY_LEAVE - {"incomplete"}
    return [_hold_event(ev.Held, letter, entry, moment, AUDIENCE)] if is_open else []


def _outdated(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Hold a letter whose row says that this event changes what it says."""
    is_named = entry.name in CATALOGUE[letter.draft.template].refetched_by
    return _corrected(letter, entry, moment) if is_named else []


def _corrected(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Hold every letter of the case, whatever it is: it may say what was wrong. An incomplete one is asked anyway."""
    is_open = letter.status in MAY_LEAVE - {"incomplete"}
    return [_hold_event(ev.Held, letter, entry, moment, OUTDATED)] if is_open else []


def _each(*effects: Effect) -> Effect:
    """Apply one effect after the other, each to the letter as the one before leaves it."""

    def effect(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
        events: list[ev.LetterEvent] = []
        for each in effects:
            events += each(fold(letter, events) or letter, entry, moment)
        return events

    return effect


def _screened(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Hold or release: a screening says whether a safeguarding hold stands from now on."""
    effect = _hold("safeguarding") if entry.data.get("is_hold") is True else _release("safeguarding")
    events = effect(letter, entry, moment)
    after = fold(letter, events) or letter
    return [*events, *_ask_again(after, entry, moment)]


def _removed(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Supersede a request to remove posts once all of them were seen removed."""
    is_met = entry.data.get("result") == "removed" and set(letter.draft.posts) <= set(entry.posts)
    return _supersede(letter, entry, moment, "goal_met") if is_met and letter.draft.posts else []


def _undone(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Supersede the letter about the very thing (warning 1, block 2) that was undone."""
    return _supersede(letter, entry, moment, "undone") if letter.draft.cause_no == entry.number else []


def _identity_corrected(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Supersede every letter to the person who was wrongly taken for the poster."""
    to_former = letter.draft.recipient.label is not None and letter.draft.recipient.label == entry.data.get("from")
    return _end(letter, entry, moment, _superseded(letter, entry, moment, "identity_corrected")) if to_former else []


def _case_over(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Cancel: a withdrawn or erased case sends nothing more."""
    return _end(letter, entry, moment, ev.Cancelled(**_place(letter, moment), cause=entry.id))


def _already_filed(letter: Letter, entry: FeedEntry, moment: datetime) -> list[ev.LetterEvent]:
    """Supersede a letter that the record says has left: this is how a restored backup heals."""
    is_ours = entry.data.get("letter_id") == str(letter.id)
    is_in_doubt = letter.is_unsent(moment) or letter.status == "unknown"
    return [_superseded(letter, entry, moment, "already_filed")] if is_ours and is_in_doubt else []


def _supersede(letter: Letter, entry: FeedEntry, moment: datetime, why: str) -> list[ev.LetterEvent]:
    """Supersede if the letter's row says that this event makes it pointless."""
    is_named = entry.name in CATALOGUE[letter.draft.template].superseded_by
    return _end(letter, entry, moment, _superseded(letter, entry, moment, why)) if is_named else []


def _end(letter: Letter, entry: FeedEntry, moment: datetime, ending: ev.LetterEvent) -> list[ev.LetterEvent]:
    """End a letter that has not left; hold one that somebody is sending, lest it leave again if it did not."""
    if letter.is_unsent(moment):
        return [ending]
    is_in_hand = letter.status in MAY_LEAVE and OVERTAKEN not in letter.holds
    return [_hold_event(ev.Held, letter, entry, moment, OVERTAKEN)] if is_in_hand else []


def _superseded(letter: Letter, entry: FeedEntry, moment: datetime, why: str) -> ev.Superseded:
    return ev.Superseded(**_place(letter, moment), cause=entry.id, why=why)


def _hold_event(
    event: type[ev.Held] | type[ev.Released], letter: Letter, entry: FeedEntry, moment: datetime, hold: str
) -> ev.LetterEvent:
    return event(**_place(letter, moment), hold=hold, cause=entry.id)


def _reaches_the_poster(letter: Letter) -> bool:
    """Tell whether the letter goes to the poster, or to an adult of the same child; never staff or an outside body."""
    recipient = letter.draft.recipient
    return recipient.recipient_class == "P" or (
        recipient.recipient_class == "A" and recipient.party in letter.draft.linked_parties
    )


def _place(letter: Letter, moment: datetime) -> dict[str, Any]:
    return {"originator_id": letter.id, "originator_version": letter.version + 1, "recorded_at": moment}


RENEWED: frozenset[Status] = frozenset({"drafted", "ready"})
AUDIENCE = "audience"
"""The hold under which casework is asked again who may see the letter."""
OVERTAKEN = "overtaken"
"""The hold on a letter that would have been ended, had it not been on its way."""
EFFECTS: Mapping[str, Effect] = {
    "assigned": _ask_again,
    "post-recorded": _ask_again,
    "police-hold-placed": _hold("police"),
    "police-hold-released": _release("police"),
    "safeguarding-screened": _screened,
    "post-checked": _removed,
    "warning-withdrawn": _undone,
    "access-restored": _undone,
    "poster-identity-corrected": _each(_identity_corrected, _outdated),
    "poster-identified": _outdated,
    "evidence-captured": _outdated,
    "police-reference-recorded": _outdated,
    "entry-corrected": _corrected,
    "withdrawn": _case_over,
    "erased": _case_over,
    "correspondence-recorded": _already_filed,
}

KEY_DESTROYING = "erased"
"""The event of a case after which its key is destroyed here too."""
REFETCHING = frozenset(
    {
        "post-recorded",
        "evidence-captured",
        "entry-corrected",
        "party-added",
        "poster-identified",
        "poster-identity-corrected",
        "assigned",
        "safeguarding-screened",
        "parent-contacted",
        "complaints-route-offered",
        "police-reference-recorded",
        "access-restored",
    }
)
"""Events after which casework is asked again about letters of the case that are incomplete."""
