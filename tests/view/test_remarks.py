# SPDX-License-Identifier: GPL-2.0-only
"""What only more than one packet can tell."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.reader import open_capture
from perc_scapy.view.expert import Expert
from perc_scapy.view.packets import PacketView, PacketViewer, view_all
from perc_scapy.view.parts import Part
from perc_scapy.view.remarks import Remarks
from tests.capture.golden_captures import FOLDER, golden
from tests.capture.handmade import HandmadeConference, three_flows
from tests.view.test_packets import frames_of, views_of


def remarks(talk: HandmadeConference, number: int) -> list[Expert]:
    return next(v for v in views_of(talk) if v.number == number).expert


def test_a_clean_conference_has_no_warnings() -> None:
    views = views_of(three_flows())
    assert {e.severity for v in views for e in v.expert} <= {"note", "warning"}
    assert {str(e) for v in views for e in v.expert if e.severity == "warning"} <= {
        "PERC: no end-to-end key held for this SSRC",
    }


def test_a_datagram_sent_again_is_a_retransmission() -> None:
    talk = three_flows()
    flight = talk.trace[13]  # the server's, to A
    talk.seen(flight.src, flight.dst, flight.data)
    (remark,) = remarks(talk, talk.trace[-1].number)
    assert (remark.severity, "again" in remark.text) == ("note", True)


def test_media_watched_in_order_or_prepared_say_the_same() -> None:
    talk = three_flows()
    last = talk.trace[-4]
    talk.seen(last.src, last.dst, last.data)
    frames = frames_of(talk)
    analysis = Analysis(talk.trace, talk.keylog())
    by_number = {m.number: m for m in analysis.media}
    streaming, indexed = PacketViewer(analysis), PacketViewer(analysis)
    in_order = [
        streaming.view(f, d, by_number.get(f.number)).expert
        for f, d in zip(frames, talk.trace, strict=True)
    ]
    backwards = [indexed.view(f).expert for f in reversed(frames)]
    assert in_order == backwards[::-1]
    assert any("duplicate" in str(e) for row in in_order for e in row)


def test_keys_in_clear() -> None:
    message = bytes.fromhex("0100") + bytes(32) + b"\x02\0\x09" + (b"\0\x10" + b"k" * 16) * 2
    message += (b"\0\x0c" + b"s" * 12) * 2 + b"\0\0"
    view = PacketView(
        1, 0.0, "", "", ["perc_tunnel"], [Part("perc_tunnel", DTLSTunnelMessage, message)]
    )
    none = Remarks(Analysis([], KeyLog()))
    assert list(none.of(view)) == [Expert("error", "key octets in clear")]
    view.parts[0].decrypted = True
    assert list(none.of(view)) == []


def test_fragments_are_named() -> None:
    packet = bytearray(ip_udp(("10.0.0.1", 1), ("10.0.0.2", 2), b"abc"))
    packet[6] = 0x20
    frame = Frame(1, 0, 101, bytes(packet), len(packet))
    view = PacketViewer(Analysis([], KeyLog())).view(frame)
    assert view.summary == "UDP in an IP fragment, 11 octets from 0"


@pytest.mark.parametrize("name", ["violation-full-double-key", "violation-tunnel-messages"])
def test_a_refused_tunnel_message_has_one_fault(name: str) -> None:
    analysis = golden(name)
    refused = {s.packet for t in analysis.tunnels for s in t.messages if s.message is None}
    (trace,) = (FOLDER / name).glob("trace.*")
    with open_capture(trace) as frames:
        views = [view for view in view_all(analysis, frames) if view.number in refused]
    assert len(views) == len(refused) > 0
    for view in views:
        said = [e for e in view.expert if "DTLSTunnelMessage" in e.text or "draft-00" in e.text]
        assert [e.severity for e in said] == ["error"]
