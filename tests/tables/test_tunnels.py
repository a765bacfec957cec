# SPDX-License-Identifier: GPL-2.0-only
"""Tunnel messages by packet."""

from __future__ import annotations

from perc_scapy.capture.analysis import Analysis
from perc_scapy.pcap.fast import Batch
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.tables.rows import RowReader
from perc_scapy.tables.tunnels import TunnelColumns
from tests.capture.handmade import three_flows


def test_each_packet_has_the_message_it_carried() -> None:
    talk = three_flows()
    analysis = Analysis(talk.trace, talk.keylog())
    columns, reader = TunnelColumns(analysis), RowReader()
    seen: dict[int, tuple[int, str]] = {}
    for place in range(0, len(talk.trace), 7):
        part = talk.trace[place : place + 7]
        frames = [Frame(d.number, 0, 101, ip_udp(d.src, d.dst, d.data), 9) for d in part]
        found = columns.columns(reader.read(Batch.of(frames)))
        pairs = zip(
            part,
            found["tunnel_type"].to_pylist(),
            found["tunnel_association"].to_pylist(),
            strict=True,
        )
        seen |= {d.number: (kind, name) for d, kind, name in pairs if kind is not None}
    (tunnel,) = analysis.tunnels
    expected = {}
    for message in tunnel.messages:
        kind = 2 if message.message.keys else 1 if message.message.profiles else 0
        expected.setdefault(message.packet, (kind, message.message.association_id.hex()))
    assert seen == expected
    assert {kind for kind, _ in seen.values()} == {0, 1, 2}
