# SPDX-License-Identifier: GPL-2.0-only
"""Passive formats as Scapy packets: no keys, no sessions, no sockets; importing claims no ports."""

from perc_scapy.layers import dtls, media
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.bind import (
    PercDatagram,
    RtpDatagram,
    SrtpDatagram,
    TunnelDatagram,
    bind_perc,
    unbind_perc,
)
from perc_scapy.layers.dtls import *  # noqa: F403  every class that it names public
from perc_scapy.layers.expert import Fault
from perc_scapy.layers.fields import Malformed
from perc_scapy.layers.media import *  # noqa: F403
from perc_scapy.layers.tls import TLSRecord
from perc_scapy.layers.tunnel_draft00 import (
    DTLSTunnelMessage,
    Empty,
    SRTPKeyInformation,
    SupportedProfiles,
)
from perc_scapy.layers.tunnel_rfc9185 import (
    EndpointDisconnect,
    TunneledDtls,
    TunnelMediaKeys,
    TunnelMessage,
    TunnelSupportedProfiles,
    TunnelUnsupportedVersion,
)

__all__ = [
    "DTLSTunnelMessage",
    "Empty",
    "EndpointDisconnect",
    "Fault",
    "Malformed",
    "PercDatagram",
    "PercPacket",
    "RtpDatagram",
    "SRTPKeyInformation",
    "SrtpDatagram",
    "SupportedProfiles",
    "TLSRecord",
    "TunnelDatagram",
    "TunnelMediaKeys",
    "TunnelMessage",
    "TunnelSupportedProfiles",
    "TunnelUnsupportedVersion",
    "TunneledDtls",
    "bind_perc",
    "unbind_perc",
    *dtls.__all__,
    *media.__all__,
]
