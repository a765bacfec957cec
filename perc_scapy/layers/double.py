# SPDX-License-Identifier: GPL-2.0-only
"""Double SRTP packets with their EKT field, and the OHB (RFC 8723 sections 4 and 5, RFC 8870 section 4)."""

from __future__ import annotations

from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.ekt import EKTField
from perc_scapy.layers.fields import U8, U16, Bits, Equals, Fixed, Present, Rest, Trailer
from perc_scapy.layers.rtp import PROTECTED_HEADER
from perc_scapy.layers.rules import AtMost, FlagNeeds
from perc_scapy.layers.srtp import AEAD_TAG, SRTP
from perc_scapy.wire import peel_ekt, peel_ohb


class OHB(PercPacket):
    """Original Header Block: what an MDD replaced. The last octet says what is in front of it.

    P and Q, when left None, follow `payload_type` and `sequence_number`; with M set, B is the original marker.
    """

    name = "OHB"
    last_first = True
    rules = (FlagNeeds("B", "M"), AtMost("payload_type", 127))
    fields_desc = (
        Present(U8("payload_type"), when=Equals("P", 1)),
        Present(U16("sequence_number"), when=Equals("Q", 1)),
        Bits("reserved", 4, 0, only=(0,)),
        Bits("B", 1),
        Bits("M", 1),
        Bits("P", 1, None, announces="payload_type"),
        Bits("Q", 1, None, announces="sequence_number"),
    )

    def brief(self) -> str:
        changed = [
            f"{word} {value}"
            for word, value in (
                ("pt", self.payload_type if self.known("P") == 1 else None),
                ("seq", self.sequence_number if self.known("Q") == 1 else None),
                ("marker", self.B if self.M == 1 else None),
            )
            if value is not None
        ]
        return f"OHB {', '.join(changed) or 'unchanged'}"


class DoubleSRTP(SRTP):
    """A packet of an EKT session under a double profile, on one hop: `ciphertext` is, under the outer key,
    what `DoublePlaintext` shows. Repair packets look the same."""

    name = "Double SRTP"
    fields_desc = (
        *PROTECTED_HEADER,
        Rest("ciphertext"),
        Fixed("outer_tag", AEAD_TAG),
        Trailer("ekt", default=b"\0", peel=peel_ekt, content=EKTField),
    )

    def brief(self) -> str:
        field = self.getfieldval("ekt")
        kind = field.brief() if isinstance(field, EKTField) else "no EKT field"
        return f"{super().brief()} / {kind}"


class DoublePlaintext(PercPacket):
    """What the outer layer of a double packet protects: the inner layer's output, and the OHB."""

    name = "Double SRTP, outer plaintext"
    fields_desc = (
        Rest("inner_ciphertext"),
        Fixed("inner_tag", AEAD_TAG),
        Trailer("ohb", default=b"\0", peel=peel_ohb, content=OHB),
    )
