# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs."""

from __future__ import annotations

import io

import pytest

from perc_scapy.keys.anonymous.frames import FrameNames
from perc_scapy.pcap import exported
from perc_scapy.pcap.exported import ExportedPduWriter, read_pdu
from perc_scapy.pcap.frames import Frame
from tests.capture.webrtc import A, B, rtp, stun
from tests.keys.files import frames


def written(protocol: str, data: bytes) -> Frame:
    stream = io.BytesIO()
    ExportedPduWriter(stream).packet(1, protocol, data, A, B)
    (frame,) = frames(stream.getvalue())
    assert frame.link_type == exported.LINKTYPE
    return frame


def anonymous(frame: Frame) -> bytes:
    names = FrameNames(bytes(32))
    names.learn(frame)
    new = names.anonymous(frame)
    assert len(new) == len(frame.data)
    return new


@pytest.mark.parametrize(("protocol", "data"), [("rtp", rtp(1)), ("stun-udp", stun("alice:bobby"))])
def test_datagrams(protocol: str, data: bytes) -> None:
    pdu = read_pdu(anonymous(written(protocol, data)))
    assert pdu.protocol == protocol
    assert (pdu.src.host, pdu.dst.host) == ("198.18.0.1", "198.18.0.2")
    assert (pdu.src.port, pdu.dst.port) == (A.port, B.port)
    assert b"alice" not in pdu.data
    assert (pdu.data == data) == (protocol == "rtp")


def test_other_protocols_are_emptied() -> None:
    pdu = read_pdu(anonymous(written("perc_tunnel", b"keys of alice")))
    assert pdu.data == bytes(13)


@pytest.mark.parametrize("cut", range(60))
def test_any_octets_keep_their_length(cut: int) -> None:
    frame = written("rtp", rtp(1))
    anonymous(Frame(1, 1, exported.LINKTYPE, frame.data[:cut], cut))
    strange = b"\0\x63\0\x05alice" + frame.data
    assert b"alice" not in anonymous(Frame(1, 1, exported.LINKTYPE, strange, len(strange)))
