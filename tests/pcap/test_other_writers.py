# SPDX-License-Identifier: GPL-2.0-only
"""What Wireshark's tools write reads the same in ours, in each format and for each link type; and the other way."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback

from perc_scapy.pcap.packets import Datagram, payloads
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import open_capture
from tests.capture.samples import KEY_LOG

pytestmark = pytest.mark.tool("editcap", "tshark", "mergecap", "capinfos")

V4, V6 = IP(src="1.2.3.4", dst="5.6.7.8"), IPv6(src="::1", dst="::2")
MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}
FRONTS = {
    (0, "null"): lambda ip: Loopback(type=2 if ip is V4 else 24),
    (1, "ethernet"): lambda ip: Ether(**MAC, type=0x0800 if ip is V4 else 0x86DD),
    (1, "vlan"): lambda ip: Ether(**MAC) / Dot1Q(vlan=5, type=0x0800 if ip is V4 else 0x86DD),
    (1, "qinq"): lambda ip: (
        Ether(**MAC, type=0x88A8)
        / Dot1AD(vlan=5, type=0x8100)
        / Dot1Q(vlan=6, type=0x0800 if ip is V4 else 0x86DD)
    ),
    (101, "raw"): lambda ip: b"",
    (108, "loop"): lambda ip: (2 if ip is V4 else 24).to_bytes(4, "big"),
    (113, "sll"): lambda ip: CookedLinux(proto=0x0800 if ip is V4 else 0x86DD),
    (276, "sll2"): lambda ip: CookedLinuxV2(proto=0x0800 if ip is V4 else 0x86DD),
}
TIME_NS = 1_700_000_000_123_456_789


def framed(front, ip, transport) -> bytes:
    return bytes(front(ip)) + bytes(ip / transport / b"payload")


def write(path: Path, link_type: int, frames: list[bytes]) -> None:
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, link_type=link_type, interface="eth9")
        writer.secrets(KEY_LOG)
        for n, frame in enumerate(frames):
            writer.packet(TIME_NS + n, frame, comment=f"number {n}", original_length=len(frame) + n)


def run(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True)
    return done.stdout


def seen_by_tshark(path: Path) -> list[list[str]]:
    names = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "ip.src", "ipv6.src",
             "udp.srcport", "tcp.srcport", "udp.payload", "tcp.payload")  # fmt: skip
    out = run("tshark", "-r", path, "-T", "fields", *(p for n in names for p in ("-e", n)))
    return [line.split("\t") for line in out.splitlines()]


def seen_by_us(path: Path) -> list[list[str]]:
    rows = []
    with open_capture(path) as reader:
        frames = list(reader)
        assert reader.damage is None
    for frame, found in zip(frames, payloads(frames), strict=True):
        udp = isinstance(found, Datagram)
        six = ":" in found.src.host
        rows.append([
            str(found.number), f"{frame.time_ns // 10**9}.{frame.time_ns % 10**9:09d}",
            str(frame.length), str(len(frame.data)),
            "" if six else found.src.host, found.src.host if six else "",
            str(found.src.port) if udp else "", "" if udp else str(found.src.port),
            found.data.hex() if udp else "", "" if udp else found.data.hex(),
        ])  # fmt: skip
    return rows


@pytest.mark.parametrize("link", FRONTS, ids=lambda link: link[1])
@pytest.mark.parametrize("form", ["pcapng", "pcap", "nsecpcap"])
def test_every_link_type_and_format(link, form: str, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.pcapng", tmp_path / "theirs"
    frames = [
        framed(FRONTS[link], ip, t)
        for ip in (V4, V6)
        for t in (UDP(sport=7, dport=8), TCP(sport=9))
    ]
    write(ours, link[0], frames)
    run("editcap", "-F", form, ours, theirs)
    expected = seen_by_us(ours)
    assert seen_by_tshark(ours) == expected
    if form == "pcap":
        expected = [[row[0], row[1][:-3] + "000", *row[2:]] for row in expected]
    assert seen_by_us(theirs) == expected
    with open_capture(theirs) as reader:
        assert {frame.link_type for frame in reader} == {link[0]}
        assert reader.secrets == ([KEY_LOG] if form == "pcapng" else [])


def test_interfaces_of_a_merged_capture(tmp_path: Path) -> None:
    """Several link types and names in one file, in order of time."""
    paths = []
    for n, (link, front) in enumerate(FRONTS.items()):
        paths.append(tmp_path / f"{n}.pcapng")
        with paths[-1].open("wb") as stream:
            writer = PcapngWriter(stream, link_type=link[0], interface=link[1])
            writer.packet(TIME_NS - n * 1000, framed(front, V4, UDP(sport=n, dport=8)))
    merged = tmp_path / "merged.pcapng"
    run("mergecap", "-w", merged, *paths)
    with open_capture(merged) as reader:
        frames = list(reader)
        seen = [(reader.interfaces[f.interface].name, f.link_type) for f in frames]
    assert seen == [(name, kind) for kind, name in reversed(FRONTS)]
    assert [found.src.port for found in payloads(frames)] == [7, 6, 5, 4, 3, 2, 1, 0]


def test_interfaces_that_we_write(tmp_path: Path) -> None:
    path = tmp_path / "many.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, link_type=101, interface="one", comment="about the file")
        two = writer.interface(1, "two", snaplen=96)
        writer.packet(1, bytes(V4 / UDP()), interface=two, comment="grüße")
        writer.packet(2, bytes(V4 / UDP()))
    out = run(
        "tshark", "-r", path, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment"
    )
    assert out == "two\tgrüße\none\t\n"
    assert "about the file" in run("capinfos", path)
    with open_capture(path) as reader:
        assert [(f.interface, f.link_type) for f in reader] == [(1, 1), (0, 101)]
        assert [(i.name, i.snaplen) for i in reader.interfaces] == [("one", 262144), ("two", 96)]


@pytest.mark.tool("dumpcap")
def test_a_pipe_that_dumpcap_recorded(tmp_path: Path) -> None:
    """dumpcap copies a pipe of ours into its own blocks: statistics, other options."""
    ours, theirs = tmp_path / "ours.pcapng", tmp_path / "theirs.pcapng"
    write(ours, 1, [framed(FRONTS[(1, "vlan")], V4, UDP(sport=7, dport=8))] * 3)
    with ours.open("rb") as stream:
        command = ["dumpcap", "-q", "-i", "-", "-w", str(theirs)]
        subprocess.run(command, stdin=stream, check=True, capture_output=True)
    assert [row[1:] for row in seen_by_us(theirs)] == [row[1:] for row in seen_by_us(ours)]
