# SPDX-License-Identifier: GPL-2.0-only
"""Every golden capture shows what its expectation says, and breaks what it is meant to break, and nothing else."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from captures.builders import RECIPES
from perc_scapy.conform.cases import case_of
from perc_scapy.golden.folder import Opened, check_case, open_case
from perc_scapy.golden.verdict import faults
from tests.golden.samples import CAPTURES


@lru_cache(maxsize=2)
def opened(name: str) -> Opened:
    trace = next((CAPTURES / name).glob("trace.*"))
    return open_case(case_of(trace, CAPTURES))


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_expectation(name: str) -> None:
    """Nothing is masked: these files do not change."""
    outcome = check_case(opened(name), masks=())
    assert outcome.ok, "\n".join(
        [*outcome.lines(), f"perc check captures/{name} --expect --update --mask none"]
    )


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_conformance(name: str) -> None:
    found = faults(opened(name), "should")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(n for n, r in RECIPES.items() if r.violates))
def test_what_is_broken_is_found_with_its_packet(name: str) -> None:
    report = opened(name).report
    assert {r.id for r in report.failures} == set(RECIPES[name].violates)
    assert any(r.packet is not None for r in report.failures)
    assert all(r.clause and r.expected for r in report.failures)


def test_the_expectation_of_a_capture_that_changed_does_not_hold(tmp_path: Path) -> None:
    """The tests above can fail: the wrong capture beside an expectation is noticed."""
    (tmp_path / "trace.pcapng").write_bytes((CAPTURES / "ohb-all/trace.pcapng").read_bytes())
    (tmp_path / "secrets.keylog").write_bytes((CAPTURES / "ohb-all/secrets.keylog").read_bytes())
    (tmp_path / "expect.json").write_bytes((CAPTURES / "ohb-marker/expect.json").read_bytes())
    outcome = check_case(open_case(case_of(tmp_path / "trace.pcapng", tmp_path)))
    paths = {difference.path for difference in outcome.differences}
    assert "streams[MDD > B: rtp of A].rewritten.payload_type" in paths
