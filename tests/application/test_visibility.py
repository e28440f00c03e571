"""Who reads what of a case, by role: the one table, asked without a caller."""

import pytest

from casework.application.visibility import roles_reading
from casework.domain.event import Sensitivity
from tests.domain.playing import reported


@pytest.mark.parametrize(
    ("kind", "sensitivity", "roles"),
    [
        ("adult_post", "open", {"headteacher", "dsl", "dpo", "auditor", "caseworker", "office", "legal"}),
        ("adult_post", "dsl", {"headteacher", "dsl", "dpo", "auditor", "legal"}),
        ("adult_post", "client", {"headteacher", "dpo", "auditor", "legal"}),
        ("adult_post", "privileged", {"headteacher", "legal"}),
        ("child_account", "dsl", {"headteacher", "dsl", "dpo", "auditor", "legal"}),
    ],
)
def test_a_more_sensitive_event_is_for_fewer_roles(kind: str, sensitivity: Sensitivity, roles: set[str]) -> None:
    assert set(roles_reading(reported(kind=kind).case, sensitivity)) == roles
