# SPDX-License-Identifier: GPL-2.0-only
"""The kept captures of every link layer and kind of call, in clear, judged by tshark."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from perc_scapy.cli import main
from perc_scapy.pcap.reader import open_capture
from tests.project.tree import ROOT

CAPTURES = ROOT / "captures"
NAMES = {
    # capture: exit code
    "ethernet-vlan": 0, "linux-cooked": 0, "linux-cooked-2": 0, "loopback": 0, "ipv6": 0, "ip-fragments": 0,
    "pcap-big-endian": 0, "cut-file": 1, "webrtc-gcm": 0, "webrtc-cm80": 0, "stated-keys": 0, "stated-sdes": 0,
    "rfc9185-tls12": 0, "rfc9185-tls13": 0, "ohb-all": 0, "roc-wrap": 0,
}  # fmt: skip


def decrypt(name: str, out: Path, *options: str) -> tuple[int, Path]:
    folder = CAPTURES / name
    (trace,) = folder.glob("trace.*")
    secrets = [folder / "secrets.keylog", folder / "keys.toml"]
    keys = [part for path in secrets if path.exists() for part in ("-k", str(path))]
    return main(["decrypt", str(trace), *keys, "-o", str(out), "--json", *options]), trace


def tshark(path: Path, *options: str) -> list[list[str]]:
    checks = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command = ["tshark", "-r", str(path), "--enable-heuristic", "rtp_udp", *checks, *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.tool("tshark")
@pytest.mark.parametrize("name", NAMES)
def test_in_clear_for_tshark(name: str, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out.pcapng"
    code, trace = decrypt(name, out)
    told = json.loads(capsys.readouterr().out)
    assert code == NAMES[name]
    with open_capture(out) as reader, open_capture(trace) as before:
        links = {frame.link_type for frame in reader}
        assert links <= {frame.link_type for frame in before}
    fields = [
        "frame.number",
        "rtp.version",
        "udp.checksum.status",
        "ip.checksum.status",
        "_ws.malformed",
    ]
    rows = tshark(out, "-T", "fields", *(part for field in fields for part in ("-e", field)))
    assert len(rows) == told["rtp"] + told["rtcp"]
    assert sum(row[1] == "2" for row in rows) == told["rtp"]
    assert {row[2] for row in rows} == {"1"}
    assert {row[3] for row in rows} <= {"1", ""}
    assert {row[4] for row in rows} == {""}


@pytest.mark.tool("tshark")
@pytest.mark.parametrize("name", ["ohb-all", "webrtc-gcm", "rfc9185-tls13", "ip-fragments"])
def test_streams_without_a_hole(name: str, tmp_path: Path, capsys) -> None:
    """The MDD's changes of SEQ and PT are gone: each stream is whole at every hop."""
    out = tmp_path / "out.pcapng"
    decrypt(name, out)
    told = json.loads(capsys.readouterr().out)
    lines = [row[0] for row in tshark(out, "-q", "-z", "rtp,streams")][2:-1]
    rows = [line.split() for line in lines]
    packets = Counter[str]()
    for row in rows:
        lost = next(cell for cell in row if cell.startswith("("))
        packets[row[6]] += int(row[row.index(lost) - 2])
        assert (row[row.index(lost) - 1], lost) == ("0", "(0.0%)")
    assert packets.total() == told["rtp"]
