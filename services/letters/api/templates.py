"""The templates: which letters there are, what each takes, and what it would look like."""

from typing import Any
from uuid import uuid4

import flask
from flask import Response
from flask.views import MethodView

from letters.api import schemas
from letters.api.documented import answers, says, takes_body
from letters.api.preview_schemas import PreviewAsked, TemplateShown
from letters.api.represent import row_json
from letters.api.template_schemas import SCHEMAS
from letters.api.use_cases import LOOKERS, UseCasesOf
from letters.application import templates
from letters.domain.catalogue import DSL, HANDLER, HEAD, digest
from servicekit import identity, problems
from servicekit.bodies import Blueprint

ONE = "/v1/templates/<string:template>/versions/<int:version>"
_PICTURES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("application/pdf", "image/png")}


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return these routes."""
    made = Blueprint("templates", __name__, description="Templates: the catalogue, one version, a preview")
    _add_catalogue(made, use)
    _add_preview(made, use)
    return made


def _add_catalogue(made: Blueprint, use: UseCasesOf) -> None:
    @made.route("/v1/templates")
    class Catalogue(MethodView):
        """The catalogue."""

        @identity.allow(*LOOKERS, "staff", "governor")
        @answers(made, schemas.Templates)
        def get(self) -> dict[str, Any]:
            """List which event causes which letter, to whom, and who approves it."""
            listed = [_listed(each) for each in templates.listed(use().templates)]
            return {"catalogue_sha256": digest(), "templates": listed}

    @made.route(ONE)
    class One(MethodView):
        """One version of one template."""

        @identity.allow(*LOOKERS, "staff", "governor")
        @answers(made, TemplateShown)
        def get(self, template: str, version: int) -> dict[str, Any]:
            """Show a template: its row, what it takes, what staff may add, its hashes, what can stop its letters."""
            found = templates.shown(use().templates, template, version)
            said = row_json(found.description)
            return {**_listed(found.listed), **said, "samples": sorted(said["samples"]), "gates": list(found.gates)}


def _add_preview(made: Blueprint, use: UseCasesOf) -> None:
    @made.route(f"{ONE}/preview")
    class Preview(MethodView):
        """What a letter would look like."""

        @identity.allow(HANDLER, HEAD, DSL)
        @takes_body(made, PreviewAsked)
        @says(made, responses={"200": {"description": "The picture; nothing is stored", "content": _PICTURES}})
        def post(self, template: str, version: int, **asked: Any) -> Response:
            """Lay out a sample or data of your own, marked so that it is never taken for a letter."""
            data = _data(use, template, version, asked)
            of_page = asked["page"] if asked["format"] == "png" else None
            at = use().clock.now()
            made_of = (template, version)
            found = templates.preview(
                use().templates, use().press, at, made_of, data, page=of_page, zones=asked["zones"]
            )
            kind, ending = ("image/png", "png") if found.is_picture else ("application/pdf", "pdf")
            response = flask.Response(found.body, content_type=kind)
            name = f"preview-{template}-{version}-{uuid4().hex[:6]}.{ending}"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
            return response


def _listed(each: templates.Listed) -> dict[str, Any]:
    return {**row_json(each.row), "version": each.version, "bundle_sha256": each.bundle_sha256}


def _data(use: UseCasesOf, template: str, version: int, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be laid out: a sample, or data as the template's schema has them (422 with every fault)."""
    known = templates.shown(use().templates, template, version).description.samples
    if "data" not in asked:
        if asked["sample"] not in known:
            fault = problems.fault("/sample", f"one of {', '.join(sorted(known))}", "another name")
            raise problems.invalid([fault])
        return dict(known[asked["sample"]])
    given: dict[str, Any] = asked["data"]
    errors = SCHEMAS[template]().validate(given)
    if errors:
        raise problems.invalid(problems.faults({"json": {"data": errors}}, {"json": {"data": given}}))
    return given
