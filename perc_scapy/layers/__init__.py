# SPDX-License-Identifier: GPL-2.0-only
"""Passive formats as Scapy packets: no keys, no sessions, no sockets; importing claims no ports."""

from perc_scapy.layers import dtls
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.bind import (
    PercDatagram,
    RtpDatagram,
    SrtpDatagram,
    TunnelDatagram,
    bind_perc,
    unbind_perc,
)
from perc_scapy.layers.double import OHB, DoublePlaintext, DoubleSRTP
from perc_scapy.layers.dtls import *  # noqa: F403  every class that it names public
from perc_scapy.layers.ekt import EKTExtension, EKTField, EKTFull, EKTPlaintext, EKTShort
from perc_scapy.layers.expert import Fault
from perc_scapy.layers.fields import Malformed
from perc_scapy.layers.neighbours import ZRTP, MalformedSTUN, TURNChannelData
from perc_scapy.layers.rtcp import (
    RTCP,
    RTCPApplication,
    RTCPBye,
    RTCPExtendedReport,
    RTCPFeedback,
    RTCPPacket,
    RTCPReceiverReport,
    RTCPReportBlock,
    RTCPSDESChunk,
    RTCPSDESItem,
    RTCPSenderReport,
    RTCPSourceDescription,
)
from perc_scapy.layers.rtp import RTP, RTPHeader
from perc_scapy.layers.rtp_extension import (
    RTPExtension,
    RTPOneByteElement,
    RTPOneByteElements,
    RTPTwoByteElement,
    RTPTwoByteElements,
)
from perc_scapy.layers.srtp import SRTCP, SRTP, srtcp_layer, srtp_layer
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
    "DoublePlaintext",
    "DoubleSRTP",
    "EKTExtension",
    "EKTField",
    "EKTFull",
    "EKTPlaintext",
    "EKTShort",
    "Empty",
    "EndpointDisconnect",
    "Fault",
    "Malformed",
    "MalformedSTUN",
    "OHB",
    "PercDatagram",
    "PercPacket",
    "RTCP",
    "RTCPApplication",
    "RTCPBye",
    "RTCPExtendedReport",
    "RTCPFeedback",
    "RTCPPacket",
    "RTCPReceiverReport",
    "RTCPReportBlock",
    "RTCPSDESChunk",
    "RTCPSDESItem",
    "RTCPSenderReport",
    "RTCPSourceDescription",
    "RTP",
    "RTPExtension",
    "RTPHeader",
    "RTPOneByteElement",
    "RTPOneByteElements",
    "RTPTwoByteElement",
    "RTPTwoByteElements",
    "RtpDatagram",
    "SRTCP",
    "SRTP",
    "SRTPKeyInformation",
    "SrtpDatagram",
    "SupportedProfiles",
    "TURNChannelData",
    "TunnelDatagram",
    "TunnelMediaKeys",
    "TunnelMessage",
    "TunnelSupportedProfiles",
    "TunnelUnsupportedVersion",
    "TunneledDtls",
    "ZRTP",
    "bind_perc",
    "srtcp_layer",
    "srtp_layer",
    "unbind_perc",
    *dtls.__all__,
]
