# SPDX-License-Identifier: GPL-2.0-only
"""Which codec an RTP payload type stands for: the static numbers, what a user says, or what the payloads look like."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from perc_scapy.errors import ConfigError, DecodeError
from perc_scapy.media import h264, opus, vp8
from perc_scapy.media.sequencer import RtpPayload

CLOCKS = {"PCMU": 8000, "PCMA": 8000, "opus": 48000, "H264": 90000, "VP8": 90000}
"""Codecs that become files -> ticks a second of their RTP clock."""
STATIC = {0: "PCMU", 3: "GSM", 4: "G723", 8: "PCMA", 9: "G722", 13: "CN", 18: "G729", 26: "JPEG", 31: "H261",
          34: "H263"}  # fmt: skip
"""Payload type -> codec (RFC 3551 tables 4 and 5)."""
ENOUGH = 12
"""Packets that a guess should see; fewer are judged at the end of a stream."""


def parse_payload(text: str) -> tuple[int, str]:
    """`PT=CODEC` or `PT=CODEC/RATE`, as in SDP. Raises `ConfigError`."""
    number, equals, name = text.partition("=")
    codec, slash, rate = name.partition("/")
    if not equals or not number.isdecimal() or int(number) > 127:
        raise ConfigError(f"{text!r} is not PT=CODEC with a payload type from 0 to 127")
    known = next((k for k in CLOCKS if k.lower() == codec.lower()), None)
    if known is None:
        raise ConfigError(f"{codec!r}: the codecs are {', '.join(CLOCKS)}")
    if slash and rate.partition("/")[0] != str(CLOCKS[known]):
        raise ConfigError(f"{known} over RTP counts {CLOCKS[known]} a second, not {rate!r}")
    return int(number), known


def guess(packets: Sequence[RtpPayload]) -> str | None:
    """A codec that these payloads of one type must be, or None. Payloads are untrusted; never raises."""
    for name, looks in (("VP8", _looks_vp8), ("opus", _looks_opus), ("H264", _looks_h264)):
        if looks(packets):
            return name
    return None


def _looks_vp8(packets: Sequence[RtpPayload]) -> bool:
    """One of them begins a key frame: three fixed octets behind a descriptor that says so."""
    for packet in packets:
        try:
            piece = vp8.read_payload(packet.data)
        except DecodeError:
            continue
        if piece.first and vp8.key_frame_size(piece.data) is not None:
            return True
    return False


def _looks_h264(packets: Sequence[RtpPayload]) -> bool:
    """All are of a known form, and one has sequence parameters, without which nothing can be decoded."""
    if not all(h264.nal_types(packet.data) for packet in packets):
        return False
    return any(h264.has_parameters(packet.data) for packet in packets)


def _looks_opus(packets: Sequence[RtpPayload]) -> bool:
    """All are well-formed, and timestamps go on by what the packets say that they play."""
    try:
        lengths = [opus.packet_samples(packet.data) for packet in packets]
    except DecodeError:
        return False
    steps = [
        after.timestamp - before.timestamp == length
        for (before, after), length in zip(pairwise(packets), lengths, strict=False)
        if not after.lost
    ]
    return len(steps) >= 3 and sum(steps) >= 0.8 * len(steps)
