# SPDX-License-Identifier: GPL-2.0-only
"""The quick line is the layer's own line."""

from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.dtls import DTLS
from perc_scapy.layers.rtp import RTP, RTPHeader
from perc_scapy.layers.srtp import SRTCP, SRTP, SRTPAEAD
from perc_scapy.view.parts import Part
from perc_scapy.view.summaries import brief
from tests.view.test_fast_fields import parts


def test_equal_to_the_layers_own() -> None:
    seen = set()
    for part in parts():
        line = brief(part.layer, part.tree())
        if issubclass(part.layer, (RTPHeader, SRTCP)) and part.layer is not RTP:
            assert line == part.packet.brief()
            seen.add(part.layer.__name__)
    assert seen == {"DoubleSRTP", "SRTCP"}


def test_marker_and_unknown_payload_type() -> None:
    for layer in (SRTP, SRTPAEAD):
        part = Part("srtp", layer, b"\x80\xe0" + bytes(40))
        assert brief(layer, part.tree()) == part.packet.brief()
        assert part.packet.brief().endswith("pt 96 M")


def test_rtp_and_changes() -> None:
    assert (
        brief(RTP, Part("rtp", RTP, b"\x80\0\0\5" + bytes(8) + b"abc").tree())
        == "RTP seq 5, 3 octets of payload"
    )
    same = Part("srtp", DoublePlaintext, bytes(20) + b"\0")
    assert brief(DoublePlaintext, same.tree()) == ""
    changed = Part("srtp", DoublePlaintext, bytes(20) + b"\x0f\x12\x34\x03")
    assert brief(DoublePlaintext, changed.tree()) is None
    assert brief(DTLS, {}) is None
