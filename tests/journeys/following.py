"""A program: letters' follower, kept warm. For each line on stdin it does what `letters follow --once` does.

It reads the feed to its head, does the chores once, and answers with a line: what it did, or what stopped it. Kept in
one process because a story follows the feed after every step, and starting Python each time takes longer than playing.
"""

import sys

import msgspec

from letters.adapters.turn import PostgresTurn
from letters.cli.opened import opened_service
from letters.domain.errors import LettersError
from servicekit import logs


def main() -> None:
    """Follow once for each line, until there is none."""
    logs.configure("letters", "warning")
    with opened_service() as (service, at):
        turn = PostgresTurn(at.app)
        if not turn.take():
            _say({"error": "expected that nobody follows, found another follower"})
            return
        try:
            follower = service.follower()
            _say({"ready": True})
            for _ in sys.stdin:
                try:
                    _say(msgspec.to_builtins(follower.once()))
                except LettersError as error:
                    _say({"error": f"{type(error).__name__}: {error}"})
        finally:
            turn.give_back()


def _say(document: object) -> None:
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
