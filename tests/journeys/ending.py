"""The end of a story: what is true then, what was never found, and what holds whatever a story says."""

from collections.abc import Iterator, Sequence

import msgspec

from tests.journeys.final import final_faults
from tests.journeys.must_not import must_not_faults
from tests.journeys.played import Played
from tests.journeys.remarks import Said, remark_faults


class EndFailed(AssertionError):
    """A story did not end as it says; the message lists everything that differs."""


def check_end(played: Played, said: Sequence[Said] = ()) -> None:
    """Check the end of a story, and with it what its steps said in words that no decision has a field for.

    Raises:
        EndFailed: listing everything that differs, and everything that is said and nothing looks at.
    """
    played.record.read()
    if faults := [*final_faults(played), *must_not_faults(played), *remark_faults(played, said), *_always(played)]:
        raise EndFailed(f"{played.story.id} at its end:\n  " + "\n  ".join(faults))


def _always(played: Played) -> Iterator[str]:
    """Find what no story may leave behind: letters unfiled, names on the feed, a record that is not whole."""
    yield from (f"letter {row['template']}: expected filed, found unfiled" for row in played.letters if row["unfiled"])
    for entry in played.record.entries:
        said = msgspec.json.encode(entry.data).decode()
        for id, person in played.cast.people.items():
            if person.get("role") != "system" and person["name"] in said:
                yield f"feed: expected no names, found that of {id} in {entry.type} {entry.stream}/{entry.version}"
    verified = played.pair.run("casework", "verify")
    if verified.returncode:
        yield f"casework verify: expected exit 0, found {verified.returncode}: {verified.stderr.strip()}"
    replayed = played.pair.run("casework", "replay")
    if replayed.returncode:
        yield f"casework replay: expected exit 0, found {replayed.returncode}: {replayed.stderr.strip()}"
