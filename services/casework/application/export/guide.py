"""The second half of README.txt: what is in the folder, how to check it, what that shows and what it cannot show."""

from collections.abc import Iterator
from typing import Final

from casework.application.export.book import CaseCopy
from casework.application.export.plain_text import counted, heading, item, paragraph, words
from casework.application.export.telling import Told


def guide(copy: CaseCopy, told: tuple[Told, ...], name: str) -> Iterator[str]:
    """Yield these lines; `name` is what the .zip is called, without its ending."""
    yield from _files(copy, told)
    yield from _how_to_check(copy, name)
    yield from _shown_and_not(copy, told)
    yield from _words()
    yield from _keeping()


def _files(copy: CaseCopy, told: tuple[Told, ...]) -> Iterator[str]:
    yield from heading("What is in this folder")
    for path, text in FILES:
        if path != KEYS or copy.keys is not None:
            yield from item(path, text, column=26)
    seen = set()
    for one in told:
        if one.file is None or one.file.path in seen:
            continue
        seen.add(one.file.path)
        yield from item(
            one.file.path, f"{words(one.name)} (version {one.entry.version}), {one.file.size_bytes:,} bytes", column=26
        )


KEYS: Final = "record/keys/"
FILES: Final = (
    ("history.txt", "the case, entry by entry, in words: to read and to print"),
    ("case.json", "the same for programs, with all that the entries hold"),
    ("record/entries.jsonl", "the entries themselves, byte for byte as the record holds them, one a line"),
    ("record/disclosures.jsonl", "what opens their personal fields, each bound to a digest in its entry"),
    ("record/proofs/", "for each entry, the proof that it is in the record"),
    ("record/checkpoint", "size and root of the record, signed: what all proofs lead to"),
    ("record/log.vkey", "the key that checks the signature"),
    (KEYS, "each change of that key, which the key before has signed: to follow from one that you were told earlier"),
    ("manifest.json", "the SHA-256 of every file"),
    ("verify.py", "checks all of this"),
)


def _how_to_check(copy: CaseCopy, name: str) -> Iterator[str]:
    yield from heading("How to check it")
    yield from paragraph(
        "Any computer with Python 3.9 or newer will do. Nothing is installed, no network is used, nothing is sent."
        " Keep the .zip as it came and unpack it into a folder beside it. Open a terminal in that folder and type"
        " (on Windows py instead of python3):",
        "  ",
    )
    yield from ("", "      python3 -I verify.py .", "")
    yield from paragraph(
        "The last lines say HOLDS; or DOES NOT HOLD, and above them each file or entry that is not as it was. A script"
        " goes by the exit status, 0 or 3. Two more things make the check worth more:",
        "  ",
    )
    yield ""
    yield from item(
        "The receipt",
        "is a file of its own, handed out beside the .zip. It is the entry by which the record itself says that this"
        f" copy was made: up to version {copy.version} of the case, with the hash of the .zip.",
    )
    yield from item(
        "The key",
        "that signs the record came with this copy, so by itself it shows only that the copy is of one piece. Have the"
        " school, its auditor or whoever keeps its checkpoints tell you the key another way, and compare:",
    )
    for key in copy.vkeys:
        yield from item("", key)
    yield ""
    yield from paragraph(f"With both, where NAME is {name}, and KEYFILE a file with that key in it:", "  ")
    yield from ("", "      python3 -I verify.py ../NAME.zip --receipt ../NAME.receipt.json --key KEYFILE", "")
    yield from paragraph(
        "verify.py came with this copy too. Whoever doubts it takes the same file from the publisher of the software,"
        " or reads it, or checks by other means: every format is public (RFC 8785, RFC 9901, RFC 6962, C2SP"
        " tlog-checkpoint, signed-note and tlog-proof, CloudEvents 1.0).",
        "  ",
    )


def _shown_and_not(copy: CaseCopy, told: tuple[Told, ...]) -> Iterator[str]:
    yield from heading("What the check shows, and what it does not")
    yield from paragraph("The record is tamper-evident, not tamper-proof. If the check holds, it is shown", "  ")
    yield from _point(
        f"that these {counted(len(told), 'entry is', 'entries are')} in the record {copy.origin}, and that not one byte"
        f" of them was changed since its first {copy.size} entries were signed;"
    )
    yield from _point(f"that of versions 1 to {copy.version} of the case none is left out, and none put between;")
    yield from _point("that each personal field opened here says what it said when it was recorded;")
    yield from _point("that each file of evidence and each letter is the very file that an entry names;")
    yield from _point(
        f"with the receipt: that nothing was added to this copy or taken from it since it was made, and that the record"
        f" then said version {copy.version} was the last."
    )
    yield from paragraph("It is not shown", "  ")
    yield from _point("that what was recorded is true, or that everything that happened was recorded;")
    yield from _point("that the times are right: they are those of the school's own clocks;")
    yield from _point(
        f"that there was no version after {copy.version}: an auditor, who may read all {copy.size} entries, can tell;"
    )
    yield from _point(
        "that nothing was changed before it was signed: compare with a checkpoint that somebody outside the school has"
        " kept since about that time;"
    )
    yield from _point(
        "anything, if whoever runs the record and all who keep its checkpoints act together; nor that nobody with a"
        " stolen key added an entry that is false."
    )
    yield from paragraph("What is proved is record/. This page, history.txt and case.json only retell it.", "  ")


def _point(text: str) -> list[str]:
    return item("-", text, indent="    ", column=2)


def _words() -> Iterator[str]:
    yield from heading("Words")
    for word, meaning in WORDS:
        yield from item(word, meaning)


WORDS: Final = (
    ("entry", "one thing that happened or was decided, as it was recorded; never changed afterwards"),
    ("version", "the number of an entry in this case, from 1; its position is its number in the whole record"),
    ("account", "who acted: a person or program signed in at the school, which can say who that is"),
    ("P1, P2", "people in this case; history.txt begins with who they are"),
    ("P52, P57", "clauses of the policy; history.txt ends with what those cited say"),
    ("R03, R04", "rules by which the software holds the school to these clauses"),
    ("checkpoint", "size and root of the record (one hash over all its entries), signed"),
    ("digest", "a salted hash that stands in an entry for a personal field; only the words themselves fit it"),
    ("| words", "words from the case, as somebody wrote them; <U+202E> is a character that cannot be printed"),
)


def _keeping() -> Iterator[str]:
    yield from heading("Keeping it")
    yield from paragraph(
        "This copy holds personal data, and that it was made stands in the school's record. If the school erases the"
        " case, this copy is not reached: whoever holds it answers for it, and destroys it when it is no longer"
        " needed.",
        "  ",
    )
