# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs in the view: by the name of their dissector."""

from __future__ import annotations

import io

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.keys.share import shared, write_shared
from perc_scapy.pcap.exported import ExportedPduWriter
from perc_scapy.pcap.packets import Address, payloads
from perc_scapy.view.packets import PacketView, view_all
from tests.capture.handmade import three_flows
from tests.keys.files import frames

A, B = Address("192.0.2.1", 4000), Address("192.0.2.2", 4001)
RTP = bytes.fromhex("8000000100000002deadbeef")


def views_of(data: bytes, keylog=None) -> list[PacketView]:
    packets = frames(data)
    return list(view_all(Analysis(payloads(packets), keylog), packets))


def one(protocol: str, data: bytes) -> PacketView:
    stream = io.BytesIO()
    ExportedPduWriter(stream).packet(0, protocol, data, A, B)
    return views_of(stream.getvalue())[0]


def test_what_was_shared() -> None:
    talk = three_flows()
    stream = io.BytesIO()
    write_shared(stream, shared(Analysis(talk.trace, talk.keylog())))
    views = views_of(stream.getvalue())
    assert not [e for view in views for e in view.expert if e.severity != "note"]
    messages = [view for view in views if view.protocols[:2] == ["exported_pdu", "perc_tunnel"]]
    assert {view.parts[0].note for view in messages} == {"draft00"}
    assert all(view.decrypted and "PERC tunnel" in view.summary for view in messages)
    assert {view.place.hop for view in messages} == {"MDD>KMF", "KMF>MDD"}
    others = [view for view in views if view not in messages]
    assert {view.protocols[1] for view in others} == {"dtls"}
    assert any(view.decrypted and "EKT_KEY" in view.summary for view in others)
    assert any(not view.decrypted and "CLIENT_HELLO" in view.summary for view in others)
    opened = views_of(stream.getvalue(), talk.keylog())
    assert sum(len(v.parts) > 1 and "EKT_KEY" in v.summary for v in opened) > 0
    opened[0].locate()
    first = opened[0].parts[0]
    assert opened[0].frame.data[first.offset :] == first.data


@pytest.mark.parametrize(
    ("protocol", "data", "layers"),
    [
        ("rtp", RTP + bytes(4), ["RTP"]),
        ("rtcp", bytes.fromhex("80c90001deadbeef"), ["RTCP"]),
        ("perc_double", RTP + bytes(16) + b"\0", ["RTP", "DoublePlaintext"]),
        ("perc_double", RTP[:5], ["RTP"]),
        ("perc_srtp", RTP + bytes(26), ["SRTP"]),
        ("perc_tunnel", b"\1\0 and nothing more", ["DTLSTunnelMessage"]),
        ("perc_tunnel", b"", ["TunnelMessage"]),
        ("dtls", b"\x16", ["DTLS"]),
    ],
)
def test_read_by_name(protocol: str, data: bytes, layers: list[str]) -> None:
    assert [part.layer.__name__ for part in one(protocol, data).parts] == layers
