# SPDX-License-Identifier: GPL-2.0-only
"""RTP packets of an endpoint in clear: built before protection, read after it (RFC 3550 section 5.1)."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from perc_scapy.errors import DecodeError
from perc_scapy.wire import split_rtp

_FIXED = Struct("!BBHII")
MASK32 = 0xFFFFFFFF


class RtpPacket(NamedTuple):
    """The fields that an application uses; CSRC list and header extension are cut off."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    """Without padding."""


def build_rtp(packet: RtpPacket) -> bytes:
    """Twelve octets of header and the payload; no padding, CSRC or extension."""
    second = packet.marker << 7 | packet.payload_type
    return (
        _FIXED.pack(0x80, second, packet.sequence, packet.timestamp, packet.ssrc) + packet.payload
    )


def parse_rtp_untrusted(data: bytes) -> RtpPacket:
    """Inverse of `build_rtp` that also copes with padding, CSRCs and extension. Raises `DecodeError`."""
    parts = split_rtp(data)
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    payload = _without_padding(parts.body) if first & 0x20 else parts.body
    return RtpPacket(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, payload)


def _without_padding(body: bytes) -> bytes:
    # RFC 3550 5.1: the last octet counts the padding, itself included.
    count = body[-1] if body else 0
    if not 1 <= count <= len(body):
        raise DecodeError("RTP: padding does not fit the payload", None)
    return body[:-count]


def ssrc_of(data: bytes) -> int:
    """SSRC of a protected or plain RTP packet of at least 12 octets."""
    return int.from_bytes(data[8:12], "big")
