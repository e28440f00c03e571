"""The shell blocks of a document, each marked with what is done with it, and the output that is shown behind it.

A block is marked by the comment before it: `run` is run by a test, in order, and its output compared with the block of
text behind it, if there is one; `long-running` is tried elsewhere; `show` is not to be run as it stands.
"""

import re
from typing import Final, NamedTuple

KINDS: Final = ("run", "long-running", "show")

_BLOCK = re.compile(
    r"<!-- block: (?P<kind>[a-z-]+) -->\n```sh\n(?P<script>.*?)^```\n"
    r"(?:\n```(?:text|json)\n(?P<shown>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
_SHELL = re.compile(r"^```sh$", re.MULTILINE)

_VARYING: Final = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\b[0-9a-f]{16,64}\b", "<hex>"),
    (r"[A-Za-z0-9+/]{40,}={0,2}", "<base64>"),
    (r"\+[0-9a-f]{8}\+", "+<hint>+"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}(?:Z|[+-][0-9:]{5})", "<instant>"),
    (r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", "<time>"),
    (r"\b(RL|EP)-[0-9]{4}-[0-9]{4}\b", "<reference>"),
    (r"[0-9]+\.[0-9] s", "<seconds>"),
    (r"[0-9]+ KiB", "<size>"),
    (r'"size_bytes": ?[0-9]+', '"size_bytes": <size>'),
)


class Block(NamedTuple):
    """A shell block: what is done with it, its lines, and what stands behind it as its output (None: nothing)."""

    kind: str
    script: str
    shown: str | None


def blocks(text: str) -> list[Block]:
    """Return the marked shell blocks of a document, in order."""
    return [Block(found["kind"], found["script"], found["shown"]) for found in _BLOCK.finditer(text)]


def unmarked(text: str) -> int:
    """Return how many shell blocks are not marked."""
    return len(_SHELL.findall(text)) - len(blocks(text))


def settled(output: str, *, with_numbers: bool = True) -> str:
    """Return an output with what differs from run to run put out of account: ids, hashes, times, sizes; or any number.

    How far a record has grown depends on how often somebody looked, as each look is an entry.
    """
    for pattern, name in _VARYING if with_numbers else (*_VARYING, (r"\b[0-9]+\b", "<n>")):
        output = re.sub(pattern, name, output)
    return "\n".join(" ".join(line.split()) for line in output.strip().splitlines())
