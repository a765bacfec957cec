# SPDX-License-Identifier: GPL-2.0-only
"""Names of fields for display filters, tables and Wireshark: `tunnel.type`, `dtls.client_hello.random`, `rtp.ssrc`.

A name is the prefix of the layer's class, a dot, and the field's name in `fields_desc`. Layers that are forms of one
thing share a prefix, so that `rtp.ssrc` finds RTP, SRTP and double SRTP, and `tunnel.association_id` every version.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_SHARED = {
    "tunnel": ("DTLSTunnelMessage", "Empty", "SupportedProfiles", "SRTPKeyInformation", "TunnelMessage",
               "TunnelSupportedProfiles", "TunnelUnsupportedVersion", "TunnelMediaKeys", "TunneledDtls",
               "EndpointDisconnect"),
    "dtls": ("DTLS", "DTLSHandshakes", "DTLS10Handshakes"),
    "dtls.record": ("DTLSRecord", "DTLS13Record"),
    "dtls.handshake": ("DTLSHandshake", "DTLS10Handshake"),
    "dtls.extension": ("DTLSExtension", "DTLSClientExtension", "DTLSServerExtension"),
    "dtls.server_name": ("ServerName",),
    "dtls.key_share_entry": ("KeyShareEntry",),
    "rtp": ("RTPHeader", "RTP", "SRTP", "SRTPAEAD", "SRTPHMAC80", "SRTPHMAC32", "DoubleSRTP", "SRTPEKT",
            "SRTPHMAC80EKT", "SRTPHMAC32EKT"),
    "rtp.extension": ("RTPExtension", "RTPOneByteElements", "RTPTwoByteElements"),
    "rtp.element": ("RTPElement", "RTPOneByteElement", "RTPElementPadding", "RTPElementStop", "RTPLongElement",
                    "RTPTwoByteElement", "RTPLongElementPadding"),
    "rtcp": ("RTCP", "RTCPPacket"),
    "srtcp": ("SRTCP", "SRTCPHMAC"),
    "ekt": ("EKTField", "EKTShort", "EKTFull", "EKTExtension", "EKTUndefined"),
    "ekt.plaintext": ("EKTPlaintext",),
    "double": ("DoublePlaintext",),
    "ohb": ("OHB",),
    "tls.record": ("TLSRecord",),
    "turn": ("TURNChannelData",),
    "zrtp": ("ZRTP",),
    "stun": ("STUN", "MalformedSTUN"),
}  # fmt: skip
_PREFIXES = {name: prefix for prefix, names in _SHARED.items() for name in names}
_FAMILIES = (("DTLS", "dtls."), ("Ext", "dtls.ext."), ("RTCP", "rtcp."), ("STUN", "stun."))
_OLD_FORM = re.compile(r"10$")  # the same message before DTLS 1.2
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@cache
def prefix_of(cls: type[Any]) -> str:
    """The prefix of a layer class; a class that is none of ours gets its name in lower case."""
    name = cls.__name__
    if name in _PREFIXES:
        return _PREFIXES[name]
    for start, family in _FAMILIES:
        if name.startswith(start):
            return family + snake(_OLD_FORM.sub("", name[len(start) :]))
    return snake(name)


def filter_name(cls: type[Any], field: str) -> str:
    """The name of a field: `filter_name(DTLSTunnelMessage, "type")` is `tunnel.type`."""
    return f"{prefix_of(cls)}.{field}"


def snake(name: str) -> str:
    """`ServerHelloDone` -> `server_hello_done`, `UseSRTP` -> `use_srtp`."""
    return _WORDS.sub("_", name).lower()
