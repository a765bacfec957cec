# SPDX-License-Identifier: GPL-2.0-only
"""Opus packets: how long they play, and the packet that stands for a lost one (RFC 6716 section 3)."""

from __future__ import annotations

from perc_scapy.errors import DecodeError

RATE = 48000
"""Samples a second that Opus counts in, and of its RTP clock (RFC 7587 section 4.1)."""
LONGEST = 5760
"""Samples of 120 ms, the longest packet."""
MAX_PACKET = 61_440
"""Octets of the longest packet: 48 frames of 1275 and their lengths (section 3.2)."""
_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)


def frame_samples(toc: int) -> int:
    """Samples of one frame, from the packet's first octet (table 2)."""
    config = toc >> 3
    if config < 12:
        return _SILK[config & 3]
    return _HYBRID[config & 1] if config < 16 else _CELT[config & 3]


def packet_samples(packet: bytes) -> int:
    """Samples that a packet plays. Raises `DecodeError` when its form is not one of section 3.2 or too long."""
    if not 0 < len(packet) <= MAX_PACKET:
        raise DecodeError(f"Opus: packet of {len(packet)} octets", 0)
    count = _frames(packet)
    samples = count * frame_samples(packet[0])
    if not 0 < samples <= LONGEST:
        raise DecodeError(f"Opus: {count} frames in a packet", 1)
    return samples


def _frames(packet: bytes) -> int:
    code = packet[0] & 3
    if code == 0:
        return 1
    if code == 1:
        if len(packet) % 2 == 0:
            raise DecodeError("Opus: two frames of equal length need an odd packet", len(packet))
        return 2
    if len(packet) < 2:
        raise DecodeError("Opus: frame count or length cut short", 1)
    return 2 if code == 2 else packet[1] & 0x3F


def is_stereo(packet: bytes) -> bool:
    return bool(packet and packet[0] & 4)


def lost_packet(toc: int) -> bytes:
    """One frame of no octets in the mode of `toc`: a decoder conceals it as a lost one (RFC 7845 section 4.1)."""
    return bytes((toc & 0xFC,))
