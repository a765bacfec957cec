# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP packets as layers: on the wire, after the hop-by-hop layer, after the end-to-end layer."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.layers.double import DoublePlaintext, DoubleSRTP
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.srtp import SRTCP, SRTP, srtcp_layer, srtp_layer
from perc_scapy.layers.srtp_ekt import srtp_ekt_layer
from perc_scapy.view.parts import Part


class Forms(NamedTuple):
    """How the packets of an association look."""

    srtp: Any
    srtcp: Any
    double: bool


UNKNOWN = Forms(SRTP, SRTCP, False)
"""No association is known, so no tag can be told from ciphertext."""


class MediaParts:
    """Cuts media packets into parts. What an association negotiated is looked up once."""

    def __init__(self) -> None:
        self._ekt: dict[int, tuple[Association, bool]] = {}

    def of(self, media: MediaPacket, offset: int | None = None) -> list[Part]:
        """The protected packet, then what could be opened."""
        opened, rtp = media.opened, media.kind == "rtp"
        forms = forms_of(media.profile, self._has_ekt(media))
        layer, protocol = (forms.srtp, "srtp") if rtp else (forms.srtcp, "srtcp")
        parts = [Part(protocol, layer, media.datagram.data, offset=offset)]
        if forms.double and rtp and opened.outer is not None:
            parts.append(Part("srtp", DoublePlaintext, opened.outer.payload, decrypted=True))
        if opened.plain is not None:
            plain = RTP if rtp else RTCP
            parts.append(Part(media.kind, plain, opened.plain, decrypted=True))
        return parts

    def _has_ekt(self, media: MediaPacket) -> bool:
        """It follows the association, or the key that opened the packet, and is never guessed from the last octet."""
        association = media.association
        if association is None:
            return media.opened.ekt is not None
        known = self._ekt.get(id(association))
        if known is None:
            known = self._ekt[id(association)] = association, association.ekt_cipher is not None
        return known[1]


@cache
def forms_of(profile: int | None, ekt: bool) -> Forms:
    """The layers of a hop under an SRTP profile, with or without EKT fields."""
    if profile is None:
        return UNKNOWN
    row = SRTP_PROFILES.get(profile)
    double = row is not None and row.is_double
    srtp = srtp_layer(profile)
    if ekt:
        srtp = DoubleSRTP if double else srtp_ekt_layer(profile)
    return Forms(srtp, srtcp_layer(profile), double)
