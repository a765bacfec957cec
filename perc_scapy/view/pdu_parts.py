# SPDX-License-Identifier: GPL-2.0-only
"""Exported PDUs as layers: read as what their dissector's name says, not as what their first octets look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.tunnel_streams import DRAFT00, RFC9185
from perc_scapy.errors import DecodeError
from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.dtls import DTLS
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.pcap.exported import TUNNEL
from perc_scapy.pcap.transport import Datagram
from perc_scapy.tunnel.draft00 import VERSION
from perc_scapy.view.insides import tunnel_part
from perc_scapy.view.media_parts import MediaParts
from perc_scapy.view.parts import Part
from perc_scapy.wire import rtp_header_length


def pdu_parts(
    pdu: Datagram, media: MediaPacket | None, media_parts: MediaParts, inside: list[Part]
) -> list[Part]:
    """The parts of one PDU. `inside`: what the analysis opened in it; `media`: the same of a media packet."""
    if media is not None and media.opened.hop_opened:  # "rtp" is also what Wireshark calls SRTP
        return media_parts.of(media)
    if pdu.protocol == TUNNEL:
        known = inside and inside[0].protocol == TUNNEL
        return inside if known else [_tunnel(pdu.data)]
    if pdu.protocol == "dtls":
        if _is_open(pdu, inside):
            return [Part("dtls", DTLS, pdu.data, decrypted=True)]
        return [Part("dtls", DTLS, pdu.data), *inside]
    return _READERS[pdu.protocol](pdu.data)


def _tunnel(data: bytes) -> Part:
    """A message that the analysis has in no tunnel, because not one of its tunnel is well-formed."""
    return tunnel_part(DRAFT00 if data[:2] == VERSION else RFC9185, data)


def _is_open(pdu: Datagram, inside: list[Part]) -> bool:
    """What was found inside is there as it is: the record was opened before it was written."""
    return bool(inside) and all(part.data in pdu.data for part in inside)


def _double(data: bytes) -> list[Part]:
    """RTP whose payload is what the outer layer protected."""
    parts = [Part("rtp", RTP, data)]
    try:
        at = rtp_header_length(data)
    except DecodeError:
        return parts
    return [*parts, Part("srtp", DoublePlaintext, data[at:], decrypted=True)]


_READERS: Mapping[str, Callable[[bytes], list[Part]]] = MappingProxyType(
    {
        "rtp": lambda data: [Part("rtp", RTP, data)],
        "rtcp": lambda data: [Part("rtcp", RTCP, data)],
        "perc_double": _double,
    }
)
