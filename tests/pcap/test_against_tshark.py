# SPDX-License-Identifier: GPL-2.0-only
"""Fragments and streams put together: the same octets as in tshark."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6

from perc_scapy.pcap.packets import datagrams, payloads
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.reader import open_capture
from perc_scapy.pcap.streams import reassemble

pytestmark = pytest.mark.tool("tshark")

TEXT = random.Random(4).randbytes(20_000)
ENDS = {4: (IP(src="10.0.0.1", dst="10.0.0.2"), IP(src="10.0.0.2", dst="10.0.0.1")),
        6: (IPv6(src="fd00::1", dst="fd00::2"), IPv6(src="fd00::2", dst="fd00::1"))}  # fmt: skip


def write(path: Path, packets: Iterable[object]) -> Path:
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for n, packet in enumerate(packets):
            writer.packet(1_700_000_000_000_000_000 + n * 1_000_000, bytes(packet))
    return path


def tshark(path: Path, *options: str) -> str:
    command = ["tshark", "-r", str(path), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def conversation(version: int, isn: int, seed: int) -> list[object]:
    """A TCP connection with answers: segments of any size, out of order, retransmitted, overlapping."""
    dice = random.Random(seed)
    there, back = ENDS[version]
    up = {"sport": 1000, "dport": 2000}
    down = {"sport": 2000, "dport": 1000}
    packets: list[object] = [
        there / TCP(**up, flags="S", seq=isn),
        back / TCP(**down, flags="SA", seq=7, ack=isn + 1 & 0xFFFFFFFF),
        there / TCP(**up, flags="A", seq=isn + 1 & 0xFFFFFFFF, ack=8),
    ]
    at, segments = 0, []
    while at < len(TEXT):
        size = dice.randrange(1, 1400)
        begin = max(0, at - dice.choice((0, 0, 0, 20)))  # some overlap
        seq = isn + 1 + begin & 0xFFFFFFFF
        segments.append(there / TCP(**up, flags="PA", seq=seq, ack=8) / TEXT[begin : at + size])
        at += size
    for place in range(0, len(segments) - 3, 4):
        pair = segments[place + 1 : place + 3]
        segments[place + 1 : place + 3] = reversed(pair)
    segments.insert(5, segments[3])
    packets += segments
    end = isn + 1 + len(TEXT) & 0xFFFFFFFF
    packets.append(back / TCP(**down, flags="PA", seq=8, ack=end) / b"answer")
    return packets


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("isn", "seed"), [(0, 1), (0xFFFFFFFF - 5000, 2)])
def test_the_same_stream(version: int, isn: int, seed: int, tmp_path: Path) -> None:
    path = write(tmp_path / "t.pcapng", conversation(version, isn, seed))
    rows = tshark(path, "-q", "-z", "follow,tcp,raw,0").splitlines()
    sent = [row for row in rows[6:-1] if not row.startswith("\t")]
    answered = [row.strip() for row in rows[6:-1] if row.startswith("\t")]
    with open_capture(path) as reader:
        chunks = list(reassemble(payloads(reader)))
    assert not any(chunk.lost for chunk in chunks)
    ours = b"".join(chunk.data for chunk in chunks if chunk.src.port == 1000)
    assert ours == TEXT == bytes.fromhex("".join(sent))
    assert b"".join(c.data for c in chunks if c.src.port == 2000) == bytes.fromhex(
        "".join(answered)
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_datagrams_of_fragments(seed: int, tmp_path: Path) -> None:
    pieces: list[object] = []
    for ident in range(6):
        udp = UDP(sport=5000 + ident, dport=6000) / TEXT[ident * 100 : ident * 100 + 3000]
        four = IP(bytes(IP(src="10.0.0.1", dst="10.0.0.2", id=ident + 1) / udp))
        pieces += fragment(four, 800)
        head = IPv6(src="fd00::1", dst="fd00::2") / IPv6ExtHdrFragment(id=ident)
        pieces += fragment6(head / udp, 900)
    random.Random(seed).shuffle(pieces)
    pieces = pieces[:-2] + pieces[:3]  # some repeated, some missing
    path = write(tmp_path / "f.pcapng", pieces)
    shown = tshark(
        path,
        "-Y",
        "udp",
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "udp.srcport",
        "-e",
        "udp.payload",
    )
    theirs = Counter(tuple(row.split("\t")) for row in shown.splitlines())
    with open_capture(path) as reader:
        ours = Counter((str(d.number), str(d.src.port), d.data.hex()) for d in datagrams(reader))
    assert ours == theirs
    assert sum(ours.values()) >= 9
