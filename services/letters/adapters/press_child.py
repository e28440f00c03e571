"""The process in which letters are laid out: one engine, one letter at a time, a limit on memory.

It is a process because the engine cannot be stopped by a thread and answers out-of-memory by aborting: whoever started
it replaces it (:mod:`letters.adapters.press`). Its working folder and root are an empty folder, so that a template that
names a file outside its bundle finds nothing; its environment is empty, so that no zone, locale or font of the machine
takes part. Started as ``python -P -m letters.adapters.press_child MEMORY_BYTES FONT_FOLDER...``.

Traps of the engine, each found the hard way: the bundle goes to ``compile(input=...)``, never to ``Compiler(...)``;
one compiler in two threads raises "Already borrowed"; a naive timestamp raises; PNG is ``bytes`` for one page, a list
for more.
"""

import json
import re
import resource
import sys
from hashlib import sha256
from typing import Any, cast

import msgspec
import typst

from letters.adapters import press_talk as talk
from letters.domain.rendering import IMAGE_PPI, PDF_STANDARDS

IN_READING_ORDER = "selector(heading).or(par).or(list)"
COLUMN = "<column>"
_ASSERTION = "assertion failed: "
_AT = re.compile(r"(\S+\.typ):(\d+):")
_TRIAL = {"main.typ": b'#set document(title: "t")\n#set text(font: "Source Sans Pro", lang: "en")\n#sys.inputs.char'}


def main(arguments: list[str]) -> None:
    """Answer questions until there are no more."""
    memory_bytes, *folders = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_bytes), int(memory_bytes)))
    engine = Engine(folders)
    question = msgspec.msgpack.Decoder(talk.Question)
    while (body := talk.read(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(talk.frame(engine.answer(question.decode(body))))
        sys.stdout.buffer.flush()


class Engine:
    """One compiler and its fonts."""

    def __init__(self, font_folders: list[str]) -> None:
        self._fonts = typst.Fonts(include_system_fonts=False, font_paths=font_folders)
        self._compiler = typst.Compiler(root=".", font_paths=self._fonts, ignore_system_fonts=True)

    def answer(self, question: talk.Question) -> talk.Answer:
        """Answer one question; whatever the engine says against it is an answer too."""
        try:
            match question:
                case talk.Render():
                    return self._render(question)
                case talk.Draw():
                    return talk.Drawn(tuple(self._pages(question, question.ppi)))
                case talk.Try():
                    return talk.Tried(self._is_covered(question.char))
        except typst.TypstError as error:
            return _fault(error)
        except HiddenWordsError as error:
            return talk.Fault("template", str(error))

    def _render(self, question: talk.Render) -> talk.Printed | talk.Fault:
        pdf, warnings = self._compiler.compile_with_warnings(
            input=cast("Any", question.bundle),
            format="pdf",
            sys_inputs=_inputs(question),
            pdf_standards=list(PDF_STANDARDS) if question.overlay == "none" else [],
            timestamp=question.timestamp,
        )
        if warnings:  # a font not found, a layout that does not settle: never a letter to send
            return _fault(warnings[0])
        images = tuple(sha256(page).hexdigest() for page in self._pages(question, IMAGE_PPI))
        return talk.Printed(cast("bytes", pdf), self._text(question), images)

    def _pages(self, question: talk.Render | talk.Draw, ppi: int) -> list[bytes]:
        drawn = self._compiler.compile(
            input=cast("Any", question.bundle), format="png", ppi=ppi, sys_inputs=_inputs(question)
        )
        return [drawn] if isinstance(drawn, bytes) else list(drawn or ())

    def _text(self, question: talk.Render) -> str:
        elements = typst.query(
            input=cast("Any", question.bundle),
            selector=IN_READING_ORDER,
            root=".",
            font_paths=self._fonts,
            ignore_system_fonts=True,
            sys_inputs=_inputs(question),
        )
        return twin(json.loads(elements))

    def _is_covered(self, char: str) -> bool:
        """Set one character alone: for want of a glyph the engine refuses the file."""
        try:
            self._compiler.compile(
                input=cast("Any", _TRIAL), format="pdf", sys_inputs={"char": char}, pdf_standards=list(PDF_STANDARDS)
            )
        except typst.TypstError:
            return False
        return True


class HiddenWordsError(Exception):
    """The template prints something whose words do not show in the document's structure."""


def twin(elements: list[dict[str, Any]]) -> str:
    """Return the letter as plain text: a line for each paragraph and item, blank lines around headings.

    A paragraph labelled ``<column>`` heads a column: printed again on every page, said once.
    """
    lines: list[str] = []
    columns: set[str] = set()
    for element in elements:
        match element["func"]:
            case "heading":
                lines += ["", plain(element["body"]), ""]
            case "list":
                lines += ["- " + plain(item["body"]) for item in element["children"]]
            case _:
                line = plain(element["body"])
                is_column = element.get("label") == COLUMN
                if not (is_column and line in columns):
                    lines.append(line)
                if is_column:
                    columns.add(line)
    return "\n".join(line.strip(" ") for line in lines).strip() + "\n"


def plain(content: dict[str, Any]) -> str:
    """Return the words of a piece of content.

    Raises:
        HiddenWordsError: for content that is only laid out later, such as ``context``: its words would be missing.
    """
    match content["func"]:
        case "text":
            return str(content["text"])
        case "sequence":
            return "".join(map(plain, content["children"]))
        case "styled":
            return plain(content["child"])
        case "strong" | "emph" | "box":
            return plain(content["body"])
        case "space":
            return " "
        case "linebreak":
            return "\n"
        case "tag":
            return ""
        case other:
            message = f"expected text in a paragraph, found `{other}`: its words would be missing from the plain text"
            raise HiddenWordsError(message)


def _inputs(question: talk.Render | talk.Draw) -> dict[str, str]:
    return {"data": question.data, "overlay": question.overlay}


def _fault(error: typst.TypstError | typst.TypstWarning) -> talk.Fault:
    """Keep what helps whoever mends the template; what the engine quotes from the letter stays here."""
    code = "assertion" if error.message.startswith(_ASSERTION) else "template"
    at = _AT.search(error.diagnostic)
    message = error.message.removeprefix(_ASSERTION)
    message = "panicked" if message.startswith("panicked with") else message
    if code == "template":
        message = re.sub(r'"(?:[^"\\]|\\.)*"', '"…"', message)
        message += f" ({at[1]}, line {at[2]})" if at else ""
    return talk.Fault(code, message, int(at[2]) if at else None)


if __name__ == "__main__":
    main(sys.argv[1:])
