# SPDX-License-Identifier: GPL-2.0-only
"""RTP in clear, against Scapy's own RTP layer."""

from __future__ import annotations

import pytest
from scapy.layers.rtp import RTP
from scapy.packet import Raw

from perc_scapy.errors import DecodeError
from perc_scapy.roles.endpoint.rtp import RtpPacket, build_rtp, parse_rtp_untrusted, ssrc_of

PACKET = RtpPacket(8, True, 0xFFFE, 0xDECAFBAD, 0xCAFEBABE, b"payload")


def test_build_and_parse_are_inverse() -> None:
    assert parse_rtp_untrusted(build_rtp(PACKET)) == PACKET
    assert ssrc_of(build_rtp(PACKET)) == PACKET.ssrc


def test_scapy_reads_what_is_built() -> None:
    seen = RTP(build_rtp(PACKET))
    assert (seen.version, seen.padding, seen.extension, seen.numsync) == (2, 0, 0, 0)
    assert (seen.payload_type, seen.marker, seen.sequence) == (8, 1, 0xFFFE)
    assert (seen.timestamp, seen.sourcesync) == (0xDECAFBAD, 0xCAFEBABE)
    assert bytes(seen.payload) == b"payload"


def test_csrcs_extension_and_padding_are_cut_off() -> None:
    built = RTP(numsync=2, sync=[1, 2], extension=1, padding=1, payload_type=0, marker=0)
    head = bytes(built)[:20]
    body = b"\xbe\xde\x00\x01\x10\x2a\x00\x00" + b"voice" + b"\x00\x00\x03"
    assert parse_rtp_untrusted(head + body).payload == b"voice"


@pytest.mark.parametrize("padding", [0, 8, 255])
def test_padding_that_does_not_fit_is_refused(padding: int) -> None:
    data = bytes(RTP(padding=1) / Raw(b"123456" + bytes((padding,))))
    with pytest.raises(DecodeError):
        parse_rtp_untrusted(data)


def test_every_truncation_of_the_header_is_refused() -> None:
    for length in range(12):
        with pytest.raises(DecodeError):
            parse_rtp_untrusted(build_rtp(PACKET)[:length])
