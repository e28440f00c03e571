"""Letters to outside bodies and to the affected, made from an answer that was changed; and what is found in them."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from letters.domain.lint import lint
from letters.domain.template_data import TemplateData
from tests.letters.press.merge_fields import FIRST, SECOND_POST
from tests.letters.press.outside_answers import made, outside

Make = Callable[..., TemplateData]
SIZES = ("ok", "ok-large")
QUOTES = [FIRST["posts"][0]["quote"], SECOND_POST["quote"]]
POSTER = ("Kerry", "Mallinson")


def maker(school: Mapping[str, Any]) -> Make:
    """Answer what makes the data of a letter whose answer was changed: ``facts``, or what stands beside them."""

    def make(template: str, *, slots: dict[str, str] | None = None, **changed: Any) -> TemplateData:
        fields = outside(template)
        fields["facts"] |= changed.pop("facts", {})
        return made(template, school, {**fields, **changed}, slots=slots)

    return make


def problems(found: TemplateData) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in found.problems]


def found_in(template: str, data: Mapping[str, Any], **said: Any) -> list[tuple[str, str]]:
    """Return what the lint finds in a letter."""
    findings = lint(
        template,
        texts={"text": json.dumps(data, ensure_ascii=False)},
        data={**data, **said},
        names=outside(template)["names"],
        is_policy_overdue=False,
        working_days_to_answer=None,
        quotes=QUOTES,
    )
    return [(finding.level, finding.id) for finding in findings]


def post(**changed: Any) -> list[dict[str, Any]]:
    return [{**deepcopy(FIRST["posts"][0]), **changed}]
