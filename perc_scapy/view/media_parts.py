# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP packets as layers: on the wire, after the hop-by-hop layer, after the end-to-end layer."""

from __future__ import annotations

from collections.abc import Iterator

from scapy.packet import Packet

from perc_scapy.capture.media import MediaPacket
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.layers.double import DoublePlaintext, DoubleSRTP
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.srtp import SRTP, srtcp_layer, srtp_layer
from perc_scapy.view.parts import Part


def media_parts(media: MediaPacket) -> Iterator[Part]:
    """The protected packet, then what could be opened."""
    profile = None if media.association is None else media.association.srtp_profile
    row = SRTP_PROFILES.get(profile or 0)
    double = row is not None and row.is_double
    if media.kind == "rtcp":
        yield Part("srtcp", srtcp_layer(profile or 0)(media.datagram.data))
    else:
        yield Part("srtp", _srtp(media, profile, double=double))
    if double and media.kind == "rtp" and media.opened.outer is not None:
        yield Part("srtp", DoublePlaintext(media.opened.outer.payload), decrypted=True)
    if media.opened.plain is not None:
        layer = RTP if media.kind == "rtp" else RTCP
        yield Part(media.kind, layer(media.opened.plain), decrypted=True)


def _srtp(media: MediaPacket, profile: int | None, *, double: bool) -> Packet:
    """EKT presence follows the association and is never guessed from the last octet."""
    data = media.datagram.data
    if media.association is None or profile is None:
        return SRTP(data)
    has_ekt = media.association.ekt_cipher is not None
    return (DoubleSRTP if double and has_ekt else srtp_layer(profile))(data)
