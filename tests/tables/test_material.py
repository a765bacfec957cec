# SPDX-License-Identifier: GPL-2.0-only
"""The first pass in batches keeps what one frame by frame keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture.streaming import StreamedCapture
from perc_scapy.tables.material import first_pass
from tests.pcap import many

CAPTURES = many.captures() | many.golden()


@pytest.mark.parametrize("name", CAPTURES)
def test_equal_to_frame_by_frame(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.small_reads(monkeypatch, 4000)
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES[name])
    found = first_pass(path)
    streamed = StreamedCapture(path)
    kept = found.material.kept, streamed._material.kept
    assert [(p.number, p.data) for p in kept[0]] == [(p.number, p.data) for p in kept[1]]
    assert found.material.fields == streamed._material.fields
    assert (found.packets, found.damage) == (streamed.packets, streamed.damage)
    assert found.secrets or "SECRETS" not in str(streamed.keys)
