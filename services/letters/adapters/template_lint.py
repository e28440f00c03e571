"""What a template, and a school's logo, may not contain: anything that reaches outside the bundle.

A letter must render again years later from its bundle and its data alone. So a template may not read the network
(``@preview``), the machine (a path outside the bundle, ``@local``), the clock (``datetime.today``), or run what a
string says (``eval``, ``plugin``); and a logo is shapes only. The engine refuses some of this, and obeys the rest.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from xml.etree import ElementTree as ET

_REFUSED = {
    r"\beval\s*\(": "eval: a string would become markup",
    r"\bplugin\s*\(": "plugin: code that is not in the template",
    r"@preview": "@preview: goes to the network",
    r"@local": "@local: reads the machine",
    r"datetime\s*\.\s*today": "datetime.today: the same letter would differ tomorrow",
}
_READS = re.compile(r"\b(image|read|json|csv|toml|yaml|xml|cbor|bibliography)\(\s*(\"[^\"]*\"|[^)\s]*)")
_IMPORTS = re.compile(r"#\s*(import|include)\s+(\S+)")
_FROM_DATA = "bytes(sys.inputs.data"
_SHAPES = frozenset(
    {"svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "title", "desc", "defs"}
)
_SVG = "{http://www.w3.org/2000/svg}"


def template_faults(sources: Mapping[str, str], *, known: Collection[str]) -> list[str]:
    """Return what is wrong with some template sources; ``known`` are the names of the bundle's other files."""
    names = {"logo.svg", *known}
    return [fault for name, source in sources.items() for fault in _source_faults(name, source, names)]


def logo_faults(svg: bytes) -> list[str]:
    """Return what is wrong with a logo: not SVG, or more than shapes of its own."""
    if b"<!" in svg:
        return ["logo: a declaration or comment (`<!`); expected elements only"]
    try:
        root = ET.fromstring(svg)  # noqa: S314 - without declarations there are no entities to expand
    except ET.ParseError as error:
        return [f"logo: expected SVG, found broken XML ({error})"]
    return list(_element_faults(root))


def _source_faults(name: str, source: str, names: Collection[str]) -> Iterator[str]:
    for pattern, why in _REFUSED.items():
        if re.search(pattern, source):
            yield f"{name}: {why}"
    for what, argument in [*_READS.findall(source), *_IMPORTS.findall(source)]:
        path = argument.rstrip(":;").strip('"').removeprefix("/")
        if path not in names and not (what == "json" and argument.startswith(_FROM_DATA)):
            yield f"{name}: {what} of {argument}: expected a file of the bundle, named by a literal"


def _element_faults(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        name = element.tag.removeprefix(_SVG)
        if name not in _SHAPES:
            yield f"logo: <{name}>: expected shapes only"
        for attribute, value in element.attrib.items():
            if "href" in attribute or attribute.startswith("on") or attribute == "style" or "url(" in value:
                yield f"logo: {attribute} of <{name}>: expected nothing that refers elsewhere"
