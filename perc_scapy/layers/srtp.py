# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP as they look without keys (RFC 3711 section 3, RFC 7714 sections 8 and 9).

How long the tags are is not in the octets: AEAD profiles have 16 octets, HMAC-SHA1 profiles 10 or 4, and in
SRTCP they stand on different sides of the index. `srtp_layer` and `srtcp_layer` choose by profile.
"""

from __future__ import annotations

from collections.abc import Mapping

from perc_scapy.codes import ProtectionProfile as P
from perc_scapy.codes import RtcpType
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, U32, Bits, Fixed, Rest
from perc_scapy.layers.rtp import PROTECTED_HEADER, VERSION, RTPHeader, shown_ssrc

AEAD_TAG = 16


class SRTP(RTPHeader):
    """Header in clear; `ciphertext` is payload, padding and tag, of a profile not known here."""

    name = "SRTP"
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"))


class SRTPAEAD(SRTP):
    """SRTP of an AES-GCM profile."""

    name = "SRTP (AEAD)"
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"), Fixed("tag", AEAD_TAG))


class SRTPHMAC80(SRTP):
    """SRTP of a profile with an 80-bit tag."""

    name = "SRTP (HMAC-SHA1-80)"
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"), Fixed("tag", 10))


class SRTPHMAC32(SRTP):
    """SRTP of a profile with a 32-bit tag."""

    name = "SRTP (HMAC-SHA1-32)"
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"), Fixed("tag", 4))


SRTCP_START = (
    VERSION,
    Bits("padding", 1),
    Bits("count", 5),
    U8("packet_type", RtcpType.SR, enum=RtcpType),
    U16("length"),
    U32("ssrc"),
)
"""The first eight octets, never encrypted: head of the first packet of the compound."""
INDEX = (Bits("encrypted", 1, 1), Bits("index", 31))


class SRTCP(PercPacket):
    """SRTCP of an AEAD profile: `… | tag | E and index`. With E = 0 `ciphertext` is in clear."""

    name = "SRTCP"
    match_subclass = True
    fields_desc = (*SRTCP_START, Rest("ciphertext"), Fixed("tag", AEAD_TAG), *INDEX)

    def brief(self) -> str:
        return f"SRTCP {self._shown('packet_type')} ssrc {shown_ssrc(self.ssrc)} index {self.index}"


class SRTCPHMAC(SRTCP):
    """SRTCP of an HMAC-SHA1 profile: `… | E and index | tag of 80 bits` (RFC 5764 4.1.2)."""

    name = "SRTCP (HMAC-SHA1)"
    fields_desc = (*SRTCP_START, Rest("ciphertext"), *INDEX, Fixed("tag", 10))


HMAC_LAYERS: Mapping[int, tuple[type[SRTP], type[SRTCP]]] = {
    P.SRTP_AES128_CM_HMAC_SHA1_80: (SRTPHMAC80, SRTCPHMAC),
    P.SRTP_AES128_CM_HMAC_SHA1_32: (SRTPHMAC32, SRTCPHMAC),
    P.SRTP_NULL_HMAC_SHA1_80: (SRTPHMAC80, SRTCPHMAC),
    P.SRTP_NULL_HMAC_SHA1_32: (SRTPHMAC32, SRTCPHMAC),
}


def srtp_layer(profile: int) -> type[SRTP]:
    """The SRTP layer with the tag of a protection profile (of a double profile: its outer tag)."""
    return HMAC_LAYERS.get(profile, (SRTPAEAD, SRTCP))[0]


def srtcp_layer(profile: int) -> type[SRTCP]:
    """The SRTCP layer with the trailer of a protection profile."""
    return HMAC_LAYERS.get(profile, (SRTPAEAD, SRTCP))[1]
