# SPDX-License-Identifier: GPL-2.0-only
"""`perc explain`: what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perc_scapy import cli
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.pcapng import PcapngWriter
from tests.explain.forge import CAPTURES, Sender, association, recorded

TRACE = CAPTURES / "session-setup-2" / "trace.pcapng"
SECRETS = CAPTURES / "session-setup-2" / "secrets.keylog"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """The recorded conference, and one packet whose outer layer has the SRTCP salt in its IV."""
    sender = Sender()
    sender.outer.labels = (0, 5)
    packets, text = recorded("session-setup-2")
    a, path = association(), tmp_path / "faulty.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        writer.secrets(text)
        for p in packets:
            writer.packet(round(p.time * 1e9), ip_udp(p.src, p.dst, p.data))
        writer.packet(round(packets[-1].time * 1e9), ip_udp(a.endpoint, a.mdd, sender.packet()))
    return path


def test_nothing_to_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(TRACE), "-k", str(SECRETS)]) == 0
    assert "nothing to explain" in capsys.readouterr().out


def test_a_cause_with_its_clause(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(faulty)]) == 1
    out = capsys.readouterr().out
    assert "authenticates when the SRTCP salt (label 5) is in the IV" in out
    assert "RFC 3711 section 4.3.2" in out
    assert "double-ott-rebase" in out


def test_json(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(faulty), "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["schema"] == 1
    assert lines[-1]["kind"] == "found"
    assert len(lines[-1]["packets"]) == 1


def test_keys_are_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    assert cli.main(["explain", str(TRACE)]) == 4
    assert "no key log was given" in capsys.readouterr().out


def test_one_packet(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", str(TRACE), "-k", str(SECRETS), "--packet", "1"]) == 0
    assert cli.main(["explain", str(TRACE), "-k", str(SECRETS), "--packet", "99999"]) == 2
    assert "no packet 99999" in capsys.readouterr().err
