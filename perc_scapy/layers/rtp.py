# SPDX-License-Identifier: GPL-2.0-only
"""RTP in clear (RFC 3550 5.1), and the header that all protected forms share."""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import RtpPayloadType
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import (
    U16,
    U32,
    Bits,
    Counted,
    Equals,
    Nested,
    Present,
    Rest,
    Trailer,
)
from perc_scapy.layers.rtp_extension import RTPExtension
from perc_scapy.wire import peel_padding

VERSION = Bits("version", 2, 2, only=(2,))
BEHIND_PADDING_BIT = (
    Bits("extension", 1, None, announces="extension_header"),
    Bits("csrc_count", 4, None),
    Bits("marker", 1),
    Bits("payload_type", 7, enum=RtpPayloadType),
    U16("sequence_number"),
    U32("timestamp"),
    U32("ssrc"),
    Counted("csrc", U32(), count="csrc_count"),
    Present(Nested("extension_header", RTPExtension), when=Equals("extension", 1)),
)
PROTECTED_HEADER = (VERSION, Bits("padding", 1), *BEHIND_PADDING_BIT)
"""Header of a protected packet: padding, if any, is inside the ciphertext."""


class RTPHeader(PercPacket):
    """What RTP and its protected forms share; `RTPHeader in packet` finds each of them."""

    name = "RTP header"
    match_subclass = True
    fields_desc = PROTECTED_HEADER

    def brief(self) -> str:
        marker = " M" if self.getfieldval("marker") == 1 else ""
        return (
            f"{self._name} ssrc {shown_ssrc(self.ssrc)} seq {self.sequence_number} "
            f"ts {self.timestamp} pt {self._shown('payload_type')}{marker}"
        )

    def hashret(self) -> bytes:
        """Packets of one source belong together."""
        return bytes(self.fieldtype["ssrc"].addfield(self, b"", self.ssrc))

    def answers(self, other: Any) -> int:
        """RTP has no requests; a packet counts as answer to one of the same form and source, as an echo is."""
        return int(type(self) is type(other) and self.ssrc == other.ssrc)


class RTP(RTPHeader):
    """An RTP packet in clear. The padding flag, when left None, follows `padding_octets`, whose last octet
    counts them all."""

    name = "RTP"
    fields_desc = (
        VERSION,
        Bits("padding", 1, None, announces="padding_octets"),
        *BEHIND_PADDING_BIT,
        Rest("rtp_payload"),
        Present(
            Trailer("padding_octets", default=b"\1", peel=peel_padding), when=Equals("padding", 1)
        ),
    )


def shown_ssrc(value: Any) -> str:
    """An SSRC as eight hex digits, or `?` when it is missing."""
    return f"{value:08x}" if isinstance(value, int) else "?"
