# SPDX-License-Identifier: GPL-2.0-only
"""TCP as the recipes make it, against Scapy's reading of it and our reassembly."""

from __future__ import annotations

from scapy.layers.inet import IP, TCP

from captures.builders.tcp import Connection
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.streams import reassemble

CLIENT, SERVER = ("192.0.2.2", 50000), ("192.0.2.1", 4433)


def connection() -> Connection:
    made = Connection(CLIENT, SERVER, 10**18)
    made.write(0, bytes(range(256)) * 12, 10**18 + 1)
    made.swap_last()
    made.write(1, b"answer", 10**18 + 2)
    made.repeat_last()
    made.close(10**18 + 3)
    return made


def test_checksums_are_right() -> None:
    for _, frame in connection().frames:
        packet = IP(frame)
        given = packet.chksum, packet[TCP].chksum
        del packet.chksum, packet[TCP].chksum
        again = IP(bytes(packet))
        assert given == (again.chksum, again[TCP].chksum)


def test_the_streams_come_out_whole() -> None:
    frames = [Frame(n, t, 101, f, len(f)) for n, (t, f) in enumerate(connection().frames, 1)]
    said: dict[int, bytes] = {}
    for chunk in reassemble(payloads(iter(frames))):
        said[chunk.src.port] = said.get(chunk.src.port, b"") + chunk.data
        assert not chunk.lost
    assert said == {50000: bytes(range(256)) * 12, 4433: b"answer"}
