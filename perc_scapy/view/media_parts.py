# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP packets as layers: on the wire, after the hop-by-hop layer, after the end-to-end layer."""

from __future__ import annotations

from typing import Any, NamedTuple

from perc_scapy.capture.associations import Association
from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.layers.double import DoublePlaintext, DoubleSRTP
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.srtp import SRTCP, SRTP, srtcp_layer, srtp_layer
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
        self._forms: dict[int, tuple[Association, Forms]] = {}

    def of(self, media: MediaPacket, offset: int | None = None) -> list[Part]:
        """The protected packet, then what could be opened."""
        forms, opened = self._form(media.association), media.opened
        rtp = media.kind == "rtp"
        layer = forms.srtp if rtp else forms.srtcp
        protocol = "srtp" if rtp else "srtcp"
        parts = [Part(protocol, layer, media.datagram.data, offset=offset)]
        if forms.double and rtp and opened.outer is not None:
            parts.append(Part("srtp", DoublePlaintext, opened.outer.payload, decrypted=True))
        if opened.plain is not None:
            plain = RTP if rtp else RTCP
            parts.append(Part(media.kind, plain, opened.plain, decrypted=True))
        return parts

    def _form(self, association: Association | None) -> Forms:
        if association is None:
            return UNKNOWN
        known = self._forms.get(id(association))
        if known is None:
            known = self._forms[id(association)] = association, forms_of(association)
        return known[1]


def forms_of(association: Association) -> Forms:
    """EKT presence follows the association and is never guessed from the last octet."""
    profile = association.srtp_profile
    if profile is None:
        return Forms(SRTP, srtcp_layer(0), False)
    row = SRTP_PROFILES.get(profile)
    double = row is not None and row.is_double
    ekt = double and association.ekt_cipher is not None
    return Forms(DoubleSRTP if ekt else srtp_layer(profile), srtcp_layer(profile), double)
