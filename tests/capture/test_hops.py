# SPDX-License-Identifier: GPL-2.0-only
"""One direction of one hop, with single and double profiles."""

import pytest

from perc_scapy.capture.dtls_sessions import ReceivedEktKey
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.hops import HopReader
from perc_scapy.crypto import Key, MasterKey, SrtpContext
from tests.capture.handmade import k

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
