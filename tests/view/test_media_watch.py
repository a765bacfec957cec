# SPDX-License-Identifier: GPL-2.0-only
"""Streams in which something goes wrong, one thing at a time."""

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.layer_reader import RocJump
from perc_scapy.capture.media import MediaPacket
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.view import media_watch
from perc_scapy.view.media_watch import MediaWatch
from tests.capture.handmade import HandmadeConference, k

HERE, THERE = Address("10.0.0.1", 1), Address("10.0.0.2", 2)


def packet(sequence: int, time: float = 0.0, ssrc: int = 7, **opened) -> MediaPacket:
    data = b"\x80\0" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big")
    found = OpenedMedia(**opened)
    return MediaPacket(Datagram(1, time, HERE, THERE, data), "rtp", None, False, found)


def said(*packets: MediaPacket) -> list[list[tuple[str, str]]]:
    watch = MediaWatch(Analysis([], KeyLog()))
    return [[tuple(e) for e in watch.see(p)] for p in packets]


def test_order() -> None:
    assert said(packet(65535), packet(65536)) == [[], []]
    assert said(packet(1), packet(5), packet(3), packet(6)) == [
        [],
        [("warning", "RTP: sequence gap, 3 packets missing")],
        [("note", "RTP: out of order, 2 behind the newest")],
        [],
    ]


def test_again() -> None:
    again = {"repeat": True, "problem": "seen before"}
    assert said(packet(1), packet(1, 0.1, **again))[1][0][0] == "note"
    replay = said(packet(1), packet(1, 9.5, **again))[1]
    assert replay == [("warning", "RTP: a packet of 9.5 s ago again: a replay")]


def test_sources_are_apart_and_their_number_is_bounded(monkeypatch) -> None:
    assert said(packet(1, ssrc=1), packet(9, ssrc=2), packet(2, ssrc=1)) == [[], [], []]
    monkeypatch.setattr(media_watch, "MAX_STREAMS", 2)
    watch = MediaWatch(Analysis([], KeyLog()))
    for ssrc in range(9):
        watch.see(packet(1, ssrc=ssrc))
    assert len(watch._streams) == 2


def test_tags_that_fail_lifetimes_and_ekt_on_rtcp() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1)), talk.join("B", k(1))
    talk.say("A", b"good")
    src, dst, wire = talk.trace[-2].src, talk.trace[-2].dst, talk.trace[-2].data
    talk.seen(src, dst, wire[:3] + b"\x77" + wire[4:])
    talk.report("A")
    report = talk.trace[-1]
    talk.seen(report.src, report.dst, report.data + b"\0")
    talk.say("A", b"too late")
    for datagram in talk.trace[-2:]:
        datagram.time += k(1).ttl + 5
    analysis = Analysis(talk.trace, talk.keylog())
    watch = MediaWatch(analysis)
    found = [(m.number, [e.severity for e in watch.see(m)]) for m in analysis.media]
    texts = [str(e) for m in analysis.media for e in watch.see(m)]
    assert found[0][1] == found[1][1] == []
    assert "error" in found[2][1]
    assert found[4][1] == ["warning", "error"]
    assert any("past its lifetime by" in text for text in texts)
    assert any("EKT field" in text for text in texts)


def test_a_rollover_counter_that_jumps() -> None:
    jump = RocJump("hop-by-hop", 2, 0)
    text = "SRTP: the ROC of the hop-by-hop layer is 2 where 0 is expected"
    assert said(packet(1), packet(2, jump=jump)) == [[], [("warning", text)]]
