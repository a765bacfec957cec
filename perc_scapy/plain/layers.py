# SPDX-License-Identifier: GPL-2.0-only
"""What of a protected packet is written: with both layers taken off, or with the hop-by-hop layer alone."""

from __future__ import annotations

from typing import Literal

from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import DecodeError
from perc_scapy.wire import peel_ohb

Layer = Literal["both", "outer"]
ABOUT: dict[Layer, str] = {
    "both": "SRTP taken off: RTP packets as their senders made them",
    "outer": "what the MDD sees: hop-by-hop layer taken off; where there are two layers, payloads are ciphertext",
}
NO_INNER = "only the hop-by-hop layer opens"
REPEAT = "their packet index came before (repeats)"


def plaintext(packet: MediaPacket, layer: Layer) -> bytes | None:
    """The RTP or RTCP packet to write; None when the keys at hand do not open that much.

    `both`: original PT, SEQ and M, no header extension (RFC 8723 section 5.3). `outer`: the header as this hop had it,
    then inner ciphertext and inner tag. The OHB and the EKT field are left out: neither is of the end-to-end packet,
    one tells what an MDD changed in the header, the other is hop-by-hop key transport behind it (RFC 8870 section 4.3).
    """
    opened = packet.opened
    if layer == "both" or packet.kind == "rtcp" or not is_double(packet):
        return opened.plain
    if opened.outer is None:
        return None
    try:
        body, _ = peel_ohb(opened.outer.payload)
    except DecodeError:  # repair data has no OHB (RFC 8723 section 5.1 step 2)
        body = opened.outer.payload
    return opened.outer.header + body


def is_double(packet: MediaPacket) -> bool:
    """Whether its hop carries end-to-end protection inside."""
    row = SRTP_PROFILES.get(packet.profile or 0)
    return row is not None and row.is_double


def why_closed(packet: MediaPacket, layer: Layer) -> str:
    """One reason for people, the same words for all packets of that kind."""
    opened = packet.opened
    if opened.repeat:
        return REPEAT
    if layer == "both" and opened.outer is not None:
        return NO_INNER
    return opened.problem or "no keys"
