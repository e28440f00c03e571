"""The templates that travel with this package: found, checked, and put together into bundles.

::

    templates.lock                     one line a folder: "L04_written_warning/1 <sha256>"
    _lib/1/letter.typ                  the page; a later version of the library adds to the earlier ones
    L04_written_warning/1/template.toml main.typ cover.txt paste.txt schema.json samples/{ok,long,hostile}.json

A released version never changes: letters that were sent render from it again. The lock holds the hash of each folder
but its samples, made as a bundle's is; a folder that does not fit its line, or has none, refuses the start. So does a
template that could reach outside its bundle, see :mod:`letters.adapters.template_lint`. All faults come at once.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from letters.adapters.template_lint import template_faults
from letters.application.press import Description, Slot
from letters.domain.rendering import Bundle, bundle_sha256
from letters.domain.template_data import TEMPLATES
from servicekit.readiness import NotReady

FOLDER = Path(__file__).resolve().parents[1] / "templates"
LOCK = "templates.lock"
EXAMPLE_SCHOOL = FOLDER / "_school"
"""A whole school folder with an invented school, for samples, demo and tests."""
_FILES = ("main.typ", "template.toml", "cover.txt", "paste.txt", "schema.json")
PASTE_CHARACTERS_MAX = 300


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one template; ``files`` is its bundle without the school's logo."""

    id: str
    name: str
    version: int
    title: str
    slots: Mapping[str, Slot]
    files: Mapping[str, bytes]
    schema: Mapping[str, Any]
    cover: str
    paste: str
    samples: Mapping[str, Mapping[str, Any]]
    folder_sha256: str


class TemplateStore:
    """All templates of a folder, loaded and checked once, for a school with this logo."""

    def __init__(self, logo: bytes, folder: Path = FOLDER) -> None:
        """Load the folder.

        Raises:
            NotReady: some template is not as it was released, or could reach outside its bundle; every fault is named.
        """
        faults = lint(folder)
        if faults:
            raise NotReady("templates as released, with nothing from outside", "; ".join(faults))
        loaded = [_load(folder, place) for place in places(folder) if not place.startswith("_")]
        self._templates = {(template.id, template.version): template for template in loaded}
        self._logo = logo

    def ids(self) -> list[str]:
        """Return the ids of all templates, sorted."""
        return sorted({known for known, _ in self._templates})

    def version(self, template: str) -> int:
        """Return the newest released version of a template (KeyError for an unknown id)."""
        versions = [version for known, version in self._templates if known == template]
        if not versions:
            raise KeyError(template)
        return max(versions)

    def template(self, template: str, version: int | None = None) -> Template:
        """Return one version of a template, the newest unless told (KeyError if there is none)."""
        return self._templates[template, version or self.version(template)]

    def released(self, template: str, version: int) -> Bundle:
        """Return the files that a letter is rendered from: the template's, its library's, the school's logo."""
        return {**self.template(template, version).files, "logo.svg": self._logo}

    def described(self, template: str, version: int) -> Description | None:
        """Return what a version of a template says of itself; None where there is none."""
        found = self._templates.get((template, version))
        if found is None:
            return None
        return Description(**{name: getattr(found, name) for name in Description.__struct_fields__})

    def message(self, template: str, version: int, channel: str) -> str | None:
        """Return the words that go with a letter by a channel, with ``$names`` to fill; None where none do."""
        found = self.template(template, version)
        return {"classdojo": found.paste, "email": found.cover}.get(channel)


def places(folder: Path = FOLDER) -> list[str]:
    """Return every template and library folder with its version, ``L04_written_warning/1``, sorted."""
    names = [path.parent.relative_to(folder).as_posix() for path in folder.glob("*/*/*.typ")]
    return sorted(set(names))


def folder_sha256(folder: Path) -> str:
    """Return the hash of one released folder; samples may be added later and are left out."""
    return bundle_sha256(
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.iterdir() if path.is_file()}
    )


def lock_text(folder: Path = FOLDER) -> str:
    """Return what ``templates.lock`` must say."""
    return "".join(f"{place} {folder_sha256(folder / place)}\n" for place in places(folder))


def lint(folder: Path = FOLDER) -> list[str]:
    """Return everything that is wrong with the templates; no loading, no rendering."""
    lock = folder / LOCK
    locked = dict(line.split() for line in lock.read_text().splitlines()) if lock.is_file() else {}
    found = dict(line.split() for line in lock_text(folder).splitlines())
    faults = [
        f"{place}: expected sha256 {locked.get(place, 'none')} ({LOCK}), found {found.get(place, 'no folder')}"
        for place in sorted(locked.keys() | found.keys())
        if locked.get(place) != found.get(place)
    ]
    faults += [f"{path.relative_to(folder)}: a symlink" for path in sorted(folder.rglob("*")) if path.is_symlink()]
    for place in found:
        faults += [f"{place}: {fault}" for fault in _folder_faults(folder, place)]
    return faults


def _folder_faults(folder: Path, place: str) -> list[str]:
    """Return what is wrong with one folder: a file is missing, or says what it must not."""
    here = folder / place
    sources = {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(here.glob("*.typ"))}
    if place.startswith("_"):
        return template_faults(sources, known=_library(folder, int(here.name)))
    missing = [f"no {name}" for name in _FILES if not (here / name).is_file()]
    if missing:
        return missing
    about = tomllib.loads((here / "template.toml").read_text())
    faults = []
    if f"{about['id']}_{about['name']}/{about['version']}" != place:
        faults.append("template.toml names another template or version")
    slots = {name: slot["characters_max"] for name, slot in about.get("slots", {}).items()}
    if slots != TEMPLATES[about["id"]].slots:
        faults.append(f"expected the slots {dict(TEMPLATES[about['id']].slots)}, found {slots}")
    if len((here / "paste.txt").read_text()) > PASTE_CHARACTERS_MAX:
        faults.append(f"paste.txt: expected at most {PASTE_CHARACTERS_MAX} characters")
    known = {"logo.svg", *_library(folder, about["lib"])}
    return faults + template_faults(sources, known=known)


def _load(folder: Path, place: str) -> Template:
    here = folder / place
    about = tomllib.loads((here / "template.toml").read_text())
    return Template(
        id=about["id"],
        name=about["name"],
        version=about["version"],
        title=about["title"],
        slots=msgspec.convert(about.get("slots", {}), dict[str, Slot]),
        files={"main.typ": (here / "main.typ").read_bytes(), **_library(folder, about["lib"])},
        schema=msgspec.json.decode((here / "schema.json").read_bytes()),
        cover=(here / "cover.txt").read_text(),
        paste=(here / "paste.txt").read_text().strip(),
        samples={path.stem: msgspec.json.decode(path.read_bytes()) for path in sorted(here.glob("samples/*.json"))},
        folder_sha256=folder_sha256(here),
    )


def _library(folder: Path, version: int) -> dict[str, bytes]:
    """Return the library's files, those of its earlier versions too, under the names by which templates import them."""
    paths = [path for known in range(1, version + 1) for path in sorted((folder / "_lib" / str(known)).glob("*.typ"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
