# SPDX-License-Identifier: GPL-2.0-only
"""SRTP of a single profile with an EKT field behind it (RFC 8870 section 4.1); for double profiles see `double`."""

from __future__ import annotations

from perc_scapy.layers.ekt import EKTField
from perc_scapy.layers.fields import Fixed, Rest, Trailer
from perc_scapy.layers.rtp import PROTECTED_HEADER
from perc_scapy.layers.srtp import AEAD_TAG, SRTP, SRTPHMAC32, SRTPHMAC80, srtp_layer
from perc_scapy.wire import peel_ekt

EKT = Trailer("ekt", default=b"\0", peel=peel_ekt, content=EKTField)


class SRTPEKT(SRTP):
    """SRTP of an AES-GCM profile, and an EKT field."""

    name = "SRTP (AEAD) with EKT"
    match_subclass = True
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"), Fixed("tag", AEAD_TAG), EKT)

    def brief(self) -> str:
        field = self.getfieldval("ekt")
        kind = field.brief() if isinstance(field, EKTField) else "no EKT field"
        return f"{super().brief()} / {kind}"


class SRTPHMAC80EKT(SRTPEKT):
    """SRTP of a profile with an 80-bit tag, and an EKT field."""

    name = "SRTP (HMAC-SHA1-80) with EKT"
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"), Fixed("tag", 10), EKT)


class SRTPHMAC32EKT(SRTPEKT):
    """SRTP of a profile with a 32-bit tag, and an EKT field."""

    name = "SRTP (HMAC-SHA1-32) with EKT"
    fields_desc = (*PROTECTED_HEADER, Rest("ciphertext"), Fixed("tag", 4), EKT)


_BY_LAYER = {SRTPHMAC80: SRTPHMAC80EKT, SRTPHMAC32: SRTPHMAC32EKT}


def srtp_ekt_layer(profile: int) -> type[SRTPEKT]:
    """The layer with the tag of a single protection profile and an EKT field."""
    return _BY_LAYER.get(srtp_layer(profile), SRTPEKT)
