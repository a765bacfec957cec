# SPDX-License-Identifier: GPL-2.0-only
"""Whether a judged capture passes a test."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from perc_scapy.conform.cases import case_of
from perc_scapy.errors import ConfigError
from perc_scapy.golden.folder import Opened, open_case
from perc_scapy.golden.verdict import faults, judged_nothing
from tests.golden.samples import CAPTURES

DAY = date(2027, 1, 1)


def copy(name: str, place: Path, about: str = "") -> Opened:
    folder = place / name
    shutil.copytree(CAPTURES / name, folder)
    (folder / "about.toml").write_text(about)
    return open_case(case_of(folder / "trace.pcapng", place))


def test_a_sound_capture_has_no_faults(tmp_path: Path) -> None:
    assert faults(copy("session-setup-2", tmp_path), "should") == []


def test_a_fault_names_id_level_packet_and_clause(tmp_path: Path) -> None:
    found = faults(copy("violation-ekt-altered", tmp_path), "must")
    text = next(line for line in found if "EKT-21" in line)
    assert "(MUST, packet 45)" in text
    assert "RFC 8870" in text or "8871" in text
    assert "expected:" in text


def test_what_is_meant_to_fail_is_no_fault(tmp_path: Path) -> None:
    one = copy("violation-ekt-altered", tmp_path, 'violates = ["EKT-21", "EKT-04", "EKT-13"]')
    assert faults(one, "must") == ["  EKT-13 should fail in this capture and does not"]


def test_waivers_and_their_expiry(tmp_path: Path) -> None:
    one = copy("violation-epoch-back", tmp_path)
    baseline = tmp_path / "waivers.toml"
    baseline.write_text('[[waiver]]\nid = "EKT-13"\nreason = "known"\nexpires = 2027-06-30\n')
    assert faults(one, "must", baseline, DAY) == []
    assert len(faults(one, "must", baseline, date(2027, 7, 1))) == 1


def test_a_baseline_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        faults(copy("session-setup-1", tmp_path), "must", tmp_path / "none.toml")


def test_without_keys_nothing_was_judged(tmp_path: Path) -> None:
    assert "not given" in judged_nothing(copy("no-keys", tmp_path))
    assert judged_nothing(copy("session-setup-1", tmp_path)) == ""
