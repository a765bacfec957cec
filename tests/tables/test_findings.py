# SPDX-License-Identifier: GPL-2.0-only
"""Requirements and expert information as rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture.keyring import Keyring
from perc_scapy.tables import findings
from perc_scapy.tables.findings import finding_rows
from tests.capture.handmade import three_flows
from tests.pcap.many import ROOT


def test_all_pass_in_a_good_conference(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(three_flows().pcapng())
    rows = list(finding_rows("a", path, Keyring()))
    judged = [r for r in rows if r["source"] == "conformance"]
    assert len(judged) >= 80
    assert {r["level"] for r in judged} >= {"MUST", "SHOULD", "implied"}
    assert all(r["clause"] and r["text"] for r in judged)
    assert {r["capture"] for r in rows} == {"a"}


def test_a_violation_has_its_packet() -> None:
    path = ROOT / "captures" / "violation-ohb-reserved" / "trace.pcapng"
    keys = Keyring.of(p for p in path.parent.iterdir() if p.name.startswith("secrets"))
    rows = list(finding_rows("a", path, keys))
    assert any(r.get("result") == "fail" and r["packet"] for r in rows)
    assert any(r["source"] == "expert" and r["severity"] and r["packet"] for r in rows)


def test_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MAX_EXPERT", 3)
    path = tmp_path / "a"
    path.write_bytes(three_flows().pcapng(secrets=False))
    rows = list(finding_rows("a", path, Keyring()))
    assert sum(r["source"] == "expert" for r in rows) <= 3
