# SPDX-License-Identifier: GPL-2.0-only
"""Captures and key logs become one file."""

from pathlib import Path

import pytest

from perc_scapy.cli.demo.trace import join_trace
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.reader import open_capture
from tests.capture.handmade import three_flows


def test_packets_and_everybodys_secrets(tmp_path: Path) -> None:
    talk = three_flows()
    (tmp_path / "mdd").write_bytes(talk.pcapng(secrets=False))
    (tmp_path / "kmf.log").write_text("\n".join(talk.lines))
    (tmp_path / "a.log").write_text(talk.lines[1] + "\n")
    target = tmp_path / "trace.pcapng"
    count = join_trace(tmp_path / "mdd", [tmp_path / "kmf.log", tmp_path / "a.log"], target)
    assert count == len(talk.trace)
    assert target.stat().st_mode & 0o777 == 0o600
    with open_capture(target) as joined, open_capture(tmp_path / "mdd") as source:
        assert [(f.time_ns, f.data) for f in joined] == [(f.time_ns, f.data) for f in source]
    assert set(joined.secrets[0].decode().splitlines()) == set(talk.lines)


def test_a_capture_that_breaks_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mdd").write_bytes(three_flows().pcapng()[:-5])
    with pytest.raises(ConfigError, match="cut short"):
        join_trace(tmp_path / "mdd", [], tmp_path / "t")
