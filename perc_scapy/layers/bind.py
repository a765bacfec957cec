# SPDX-License-Identifier: GPL-2.0-only
"""Explicit registration: which UDP ports Scapy reads as PERC. Importing this module claims none.

A port of PERC carries STUN, DTLS, media and reports together; a `PercDatagram` is whichever of them the first
octets say (RFC 7983 section 7, RFC 5761 section 4), through `perc_scapy.wire.classify`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from scapy.packet import Packet, Raw, bind_bottom_up, split_bottom_up

from perc_scapy.layers.double import DoubleSRTP
from perc_scapy.layers.dtls import DTLS
from perc_scapy.layers.neighbours import STUN_COOKIE, ZRTP, MalformedSTUN, TURNChannelData
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.srtp import SRTCP, SRTP
from perc_scapy.wire import classify

Kinds = Mapping[str, type[Packet]]
"""Layer by the kind of datagram that `classify` names."""
STUN_PORT = 3478
STUN_HEADER = 20


class Demultiplexer(Packet):
    """Base of the classes that stand for what a datagram turns out to be. `kinds`: layer by kind."""

    kinds: ClassVar[Kinds] = {}
    fields_desc = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.dispatch_hook = classmethod(_dispatch)


def _dispatch(cls: Any, _pkt: Any = None, *args: Any, **fields: Any) -> Any:
    """What Scapy calls to choose the class of a new packet."""
    return Raw if _pkt is None else layer_of(bytes(_pkt), cls.kinds)


def layer_of(datagram: bytes, kinds: Kinds) -> type[Packet]:
    """The layer of a datagram: from `kinds`, or STUN; `Raw` for what RFC 7983 drops. Never raises."""
    kind = classify(datagram)
    return stun_layer(datagram) if kind == "stun" else kinds.get(kind, Raw)


SHARED: Kinds = {"dtls": DTLS, "turn": TURNChannelData, "zrtp": ZRTP}


class PercDatagram(Demultiplexer):
    """A datagram between endpoint and MDD: double SRTP with EKT, SRTCP of an AEAD profile."""

    kinds: ClassVar[Kinds] = {**SHARED, "rtp": DoubleSRTP, "rtcp": SRTCP}


class SrtpDatagram(Demultiplexer):
    """A datagram of plain DTLS-SRTP, without EKT."""

    kinds: ClassVar[Kinds] = {**SHARED, "rtp": SRTP, "rtcp": SRTCP}


class RtpDatagram(Demultiplexer):
    """A datagram whose media is in clear."""

    kinds: ClassVar[Kinds] = {**SHARED, "rtp": RTP, "rtcp": RTCP}


class TunnelDatagram(Demultiplexer):
    """A datagram between MDD and KMF: DTLS and nothing else."""

    kinds: ClassVar[Kinds] = {"dtls": DTLS}


def stun_layer(datagram: bytes) -> type[Packet]:
    """Scapy's STUN when it can read the whole message, else `MalformedSTUN`."""
    stun = load_stun()
    if not _attributes_fit(datagram):
        return MalformedSTUN
    try:
        packet = stun(datagram)
    except Exception:  # Scapy's layer raises several kinds on what it cannot read
        return MalformedSTUN
    unread = packet.payload or any(isinstance(a, Raw) for a in packet.attributes)
    return MalformedSTUN if unread else stun


def _attributes_fit(datagram: bytes) -> bool:
    """Header complete, length true, attributes whole and filled up to words (RFC 8489 sections 5 and 14)."""
    end = len(datagram)
    if end < STUN_HEADER or int.from_bytes(datagram[2:4], "big") != end - STUN_HEADER:
        return False
    at = STUN_HEADER
    while at < end:
        at += 4 + (int.from_bytes(datagram[at + 2 : at + 4], "big") + 3) // 4 * 4
    return at == end and int.from_bytes(datagram[4:8], "big") == STUN_COOKIE


def load_stun() -> type[Packet]:
    """Scapy's STUN layer. Its module binds port 3478 when it is imported: undone, if we are the first."""
    first = "scapy.contrib.stun" not in sys.modules
    from scapy.contrib.stun import STUN
    from scapy.layers.inet import TCP, UDP

    if first:
        for lower in (UDP, TCP):
            for port in ({"sport": STUN_PORT}, {"dport": STUN_PORT}):
                split_bottom_up(lower, STUN, **port)
    return STUN


_bound: list[tuple[type[Packet], dict[str, int]]] = []


def bind_perc(
    ports: Iterable[int] | None = None,
    tunnel_ports: Iterable[int] | None = None,
    *,
    double: bool = True,
    protected: bool = True,
) -> None:
    """Read these UDP ports as PERC media ports and tunnel ports, in both directions.

    Without `ports` every UDP port that nothing else claims is a media port; an empty list claims none.
    `double=False`: SRTP without EKT; `protected=False`: RTP and RTCP in clear. Calling again adds.
    """
    media = PercDatagram if double else SrtpDatagram
    media = media if protected else RtpDatagram
    for port in tunnel_ports or ():
        _bind(TunnelDatagram, port)
    if ports is None:
        _bind(media, None)
    for port in ports or ():
        _bind(media, port)


def unbind_perc() -> None:
    """Give up every port that `bind_perc` claimed."""
    from scapy.layers.inet import UDP

    while _bound:
        layer, condition = _bound.pop()
        split_bottom_up(UDP, layer, **condition)


def _bind(layer: type[Packet], port: int | None) -> None:
    from scapy.layers.inet import UDP

    for condition in ({"sport": port}, {"dport": port}) if port is not None else ({},):
        bind_bottom_up(UDP, layer, **condition)
        _bound.append((layer, condition))
