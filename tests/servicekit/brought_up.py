"""A program for test_up: a service of shell scripts, brought up by the real `up`. Its words on stdout say what it does.

brought_up.py FOLDER OPTIONS(JSON)
options: children {name: script}, companions, lacking, step_s, awaits, pace, within_s
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

from servicekit import logs
from servicekit.supervisor import Pace
from servicekit.up import AlreadyUp, Child, ChildrenFailed, Step, up


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def main(folder: Path, options: dict[str, object]) -> int:
    def children(which: str) -> list[Child]:
        scripts = options.get(which, {})
        assert isinstance(scripts, dict)
        return [Child(name, ["sh", "-c", script]) for name, script in scripts.items()]

    def step(held: contextlib.ExitStack) -> None:
        say("step begun")
        time.sleep(float(str(options.get("step_s", 0))))
        held.callback(say, "step undone")
        say("step done")

    def awaiting(_: contextlib.ExitStack) -> str | None:
        awaited = options.get("awaits")
        if awaited and not (folder / str(awaited)).exists():
            say("waiting")
            return f"no {awaited}"
        return None

    def lacking() -> str | None:
        missing = options.get("lacking")
        return None if not missing or (folder / str(missing)).exists() else f"no {missing}"

    pace = options.get("pace", {})
    assert isinstance(pace, dict)
    try:
        up(
            "things",
            folder,
            steps=[Step("first", step), Step("second", awaiting)],
            children=lambda: children("children"),
            lacking=lacking,
            ready=lambda: say("ready"),
            companions=children("companions"),
            pace=Pace(**pace),
            ready_within_s=float(str(options.get("within_s", 10))),
        )
    except (AlreadyUp, ChildrenFailed) as error:
        say(f"{type(error).__name__}: {error}")
        return 1
    say("down")
    return 0


if __name__ == "__main__":
    logs.configure("things", "error")
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
