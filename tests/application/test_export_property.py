"""Whatever case somebody plays, exported at whatever point in whichever variant: it holds, and tells no more."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from casework.application.export.variants import VARIANTS
from casework.ledger.verify import check_package
from tests.application.given_export import SIGNER, cover, packed
from tests.application.test_export_package import told_everywhere
from tests.domain.playing import Played
from tests.domain.wandering import walks

CANARY = "lazy"
"""What the reported post says in every walk."""


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(walks(), st.data())
def test_a_case_exported_at_any_point_holds(tmp_path: Path, played: Played, data: st.DataObject) -> None:
    version = data.draw(st.integers(1, len(played.events)))
    variant = VARIANTS[data.draw(st.sampled_from(sorted(VARIANTS)))]
    hidden = data.draw(st.sets(st.integers(1, len(played.events))))
    events = [
        replace(at, carried=replace(at.carried, sensitivity="privileged")) if at.originator_version in hidden else at
        for at in played.events[:version]
    ]
    octets = packed(events, cover(variant.name))
    (tmp_path / "case.zip").write_bytes(octets)
    report = check_package(tmp_path / "case.zip", keys=SIGNER.keys)
    assert report.holds, report.lines()
    assert (report.entry_count, report.manifest and report.manifest.version) == (version, version)
    post = next((at for at in events if at.event.type_name == "incident.post-recorded.v1"), None)
    is_told = post is not None and variant.views[post.carried.sensitivity] == "whole"
    assert (CANARY in told_everywhere(octets)) == is_told
