# SPDX-License-Identifier: GPL-2.0-only
"""One direction of one hop, with single and double profiles."""

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.hops import HopReader
from perc_scapy.capture.stated_keys import StatedKeys
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from tests.capture.handmade import HandmadeConference, k

INNER = MasterKey(Key(bytes(range(50, 66))), Key(bytes(range(70, 82))))
MASTER = MasterKey(Key(bytes(range(16))), Key(bytes(range(12))))
RTP = b"\x80\x00\x00\x01\0\0\0\x01\0\0\0\x05payload"
MESSAGE = HandshakeMessage(1, False, 1, 26, 7, b"", ())


def received(number: int) -> ReceivedEktKey:
    return ReceivedEktKey(1, 100.0, k(number), MESSAGE)


def test_a_single_profile_has_one_layer_and_no_field() -> None:
    reader = HopReader(7, MASTER, None)
    found = reader.rtp(SrtpContext(7, *MASTER).protect(RTP), 0.0)
    assert (found.plain, found.ekt, found.problem) == (RTP, None, "")


def test_a_double_without_ekt_opens_its_hop() -> None:
    wire = SrtpContext(7, *MASTER).protect(RTP)
    found = HopReader(9, MASTER, None).rtp(wire, 0.0)
    assert (found.hop_opened, found.plain, found.problem) == (True, None, "no EKT key")


@pytest.mark.parametrize("wire", [b"", b"\x80", RTP[:12], bytes(64), RTP + bytes(40)])
def test_any_bytes_are_answered(wire: bytes) -> None:
    reader = HopReader(9, MASTER, [received(1)])
    for found in (reader.rtp(wire, 0.0), reader.rtcp(wire)):
        assert not found.hop_opened
        assert found.problem


def test_plain_media_stay_out_of_the_repr() -> None:
    found = HopReader(7, MASTER, None).rtp(SrtpContext(7, *MASTER).protect(RTP), 0.0)
    assert "payload" not in repr(found)


def wire_of(context: SrtpContext, index: int) -> bytes:
    rtp = RTP[:2] + (index & 0xFFFF).to_bytes(2, "big") + RTP[4:]
    return context.protect(rtp, index=index)


def test_the_rollover_counter_of_each_packet() -> None:
    reader, sender = HopReader(7, MASTER, None), SrtpContext(7, *MASTER)
    indices = [(1 << 16) - 2, 1 << 16 | 3, (1 << 16) - 1, 1 << 16 | 4]  # one comes late
    opened = [reader.rtp(wire_of(sender, index), 0.0) for index in indices]
    assert [(found.roc, found.inner_roc, found.jump) for found in opened] == [
        (index >> 16, None, None) for index in indices
    ]
    assert reader.rtp(wire_of(sender, 7 << 16), 0.0).roc is None  # out of reach


def test_a_jump_of_the_only_layer() -> None:
    reader, sender = HopReader(7, MASTER, None), SrtpContext(7, *MASTER)
    opened = [reader.rtp(wire_of(sender, index), 0.0) for index in (1, 1 << 16 | 2, 1 << 16 | 3)]
    assert [found.jump for found in opened] == [None, ("hop-by-hop", 1, 0), None]
    assert str(opened[1].jump) == "the ROC of the hop-by-hop layer is 1 where 0 is expected"


def test_a_jump_of_the_inner_layer() -> None:
    inner, outer = SrtpContext(7, *INNER), SrtpContext(7, *MASTER)
    reader = HopReader(9, MASTER, None, inner=StatedKeys(7, (), INNER))
    opened = []
    for n, index in enumerate((1, 2 << 16 | 2, 2 << 16 | 3)):
        sealed = wire_of(inner, index)
        rtp = sealed[:2] + (n + 1).to_bytes(2, "big") + sealed[4:] + b"\0"
        opened.append(reader.rtp(outer.protect(rtp), 0.0, n + 1))
    assert [found.problem for found in opened] == [""] * 3
    assert [(found.roc, found.inner_roc) for found in opened] == [(0, 0), (0, 2), (0, 2)]
    assert [found.jump for found in opened] == [None, ("end-to-end", 2, 0), None]


def test_counters_of_a_conference() -> None:
    talk = HandmadeConference()
    talk.join("A", k(1))
    talk.join("B", k(1))
    talk.people["A"].seq = 65533
    for n in range(6):
        talk.say("A", b"%d" % n)
    media = [m.opened for m in Analysis(talk.trace, talk.keylog()).media if m.kind == "rtp"]
    assert [found.roc for found in media] == [found.inner_roc for found in media]
    assert sorted(found.roc for found in media) == [0] * 4 + [1] * 8
    assert not any(found.jump for found in media)
