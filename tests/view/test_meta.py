# SPDX-License-Identifier: GPL-2.0-only
"""Values that no layer has."""

from perc_scapy.pcap.packets import Address, Datagram, Segment
from perc_scapy.view.expert import Expert
from perc_scapy.view.meta import READERS
from perc_scapy.view.packets import PacketView
from perc_scapy.view.whereabouts import Place

HERE, THERE = Address("10.0.0.1", 5), Address("10.0.0.2", 6)


def values(view: PacketView) -> dict[str, list]:
    return {name: found for name, read in READERS.items() if (found := read(view))}


def test_a_datagram() -> None:
    view = PacketView(3, 1.5, "10.0.0.1:5", "10.0.0.2:6", ["ip", "udp"])
    view.payload, view.place = Datagram(3, 1.5, HERE, THERE, b""), Place("A", "A>MDD")
    view.expert.append(Expert("note", "odd"))
    assert values(view) == {
        "frame.number": [3], "frame.time": [1.5], "frame.protocols": ["ip:udp"],
        "ip.src": ["10.0.0.1"], "ip.dst": ["10.0.0.2"], "ip.addr": ["10.0.0.1", "10.0.0.2"],
        "udp.srcport": [5], "udp.dstport": [6], "udp.port": [5, 6],
        "perc.association": ["A"], "perc.hop": ["A>MDD"], "perc.summary": [""],
        "expert": [True], "expert.severity": ["note"], "expert.text": ["odd"], "expert.note": [True],
    }  # fmt: skip


def test_a_segment_and_nothing() -> None:
    view = PacketView(1, 0.0, "", "", [])
    view.payload = Segment(1, 0.0, HERE, THERE, 77, 0, 2, b"")
    found = values(view)
    assert (found["tcp.seq"], found["tcp.flags"], found["tcp.port"]) == ([77], [2], [5, 6])
    assert "udp.port" not in found
    view.payload = None
    assert "ip.addr" not in values(view)
