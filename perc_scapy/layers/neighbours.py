# SPDX-License-Identifier: GPL-2.0-only
"""What else may share a port with DTLS-SRTP (RFC 7983): TURN channels, ZRTP, and STUN that does not parse."""

from __future__ import annotations

from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U16, U32, Bits, Fixed, Rest, Sized
from perc_scapy.layers.rules import NotDecoded

STUN_COOKIE = 0x2112A442


class TURNChannelData(PercPacket):
    """ChannelData (RFC 8656 section 12.4)."""

    name = "TURN ChannelData"
    fields_desc = (
        U16("channel_number", 0x4000),
        U16("length", None),
        Sized("data", size="length"),
        Rest("filling"),
    )


class ZRTP(PercPacket):
    """ZRTP (RFC 6189); not decoded."""

    name = "ZRTP"
    fields_desc = (Rest("message"),)


class MalformedSTUN(PercPacket):
    """Octets in STUN's range that Scapy's STUN layer cannot read whole, as far as its header goes
    (RFC 8489 section 5)."""

    name = "STUN (malformed)"
    rules = (NotDecoded("no well-formed STUN message"),)
    fields_desc = (
        Bits("zero", 2),
        Bits("message_type", 14),
        U16("length"),
        U32("magic_cookie", STUN_COOKIE),
        Fixed("transaction_id", 12),
        Rest("attributes"),
    )
