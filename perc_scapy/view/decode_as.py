# SPDX-License-Identifier: GPL-2.0-only
"""`udp.port==5004,rtp`: which layer to read on a port, in the place of what the first octets say (RFC 7983)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.errors import ConfigError
from perc_scapy.layers import DTLSTunnelMessage, TunnelMessage
from perc_scapy.layers.bind import stun_layer
from perc_scapy.layers.double import DoubleSRTP
from perc_scapy.layers.dtls import DTLS
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.srtp import SRTCP, SRTP, srtp_layer
from perc_scapy.pcap.packets import Datagram, Segment
from perc_scapy.view.parts import Part

_RULE = re.compile(r"\s*(udp|tcp)\.(port|srcport|dstport)\s*==\s*(\d+)\s*,\s*([\w.-]+)\s*")
LAYERS: dict[str, tuple[str, Any]] = {
    "rtp": ("rtp", RTP),
    "rtcp": ("rtcp", RTCP),
    "srtp": ("srtp", SRTP),
    "srtcp": ("srtcp", SRTCP),
    "dtls": ("dtls", DTLS),
    "tunnel-draft00": ("perc_tunnel", DTLSTunnelMessage),
    "tunnel-rfc9185": ("perc_tunnel", TunnelMessage),
} | {
    row.name: ("srtp", DoubleSRTP if row.is_double else srtp_layer(code))
    for code, row in SRTP_PROFILES.items()
}
"""Name -> protocol and layer; `stun` is chosen by its octets."""
NAMES = [*LAYERS, "stun"]


class Rule(NamedTuple):
    """Packets of one port, and what they are read as."""

    transport: str
    side: str
    port: int
    name: str

    def fits(self, payload: Datagram | Segment) -> bool:
        """Whether it is about this packet."""
        if isinstance(payload, Datagram) != (self.transport == "udp"):
            return False
        ports = {"srcport": (payload.src.port,), "dstport": (payload.dst.port,)}
        return self.port in ports.get(self.side, (payload.src.port, payload.dst.port))

    def part(self, data: bytes) -> Part:
        """The octets as the layer of the rule."""
        if self.name == "stun":
            return Part("stun", stun_layer(data), data)
        return Part(*LAYERS[self.name], data)


DecodeAs = Callable[[Datagram | Segment], Part | None]
"""The part that a rule makes of a payload; None when no rule is about it."""


def decode_as(rules: Iterable[Rule]) -> DecodeAs:
    """All rules; the last one that fits wins."""
    ordered = list(rules)[::-1]

    def chosen(payload: Datagram | Segment) -> Part | None:
        rule = next((rule for rule in ordered if rule.fits(payload)), None)
        return rule.part(payload.data) if rule is not None and payload.data else None

    return chosen


def read_rule(text: str) -> Rule:
    """`udp.port==5004,rtp`. Raises `ConfigError`."""
    match = _RULE.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is not like udp.port==5004,rtp")
    transport, side, port, name = match.groups()
    known = next((n for n in NAMES if n.lower() == name.lower()), None)
    if known is None:
        near = difflib.get_close_matches(name, NAMES, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(NAMES)}"
        raise ConfigError(f"nothing is called {name!r}; {hint}")
    if int(port) > 0xFFFF:
        raise ConfigError(f"{port} is no port")
    return Rule(transport, side, int(port), known)
