# SPDX-License-Identifier: GPL-2.0-only
"""RTCP in clear: a compound of packets (RFC 3550 section 6). `length` counts words behind the first."""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import RtcpType, SdesType
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import (
    U8,
    U16,
    U24,
    U32,
    Bits,
    Counted,
    Equals,
    Fixed,
    Opaque,
    Present,
    RepeatToEnd,
    Rest,
    Size,
    Terminated,
    Trailer,
)
from perc_scapy.layers.rules import LengthBetween, NotAmong
from perc_scapy.layers.union import Union
from perc_scapy.wire import peel_padding


class RTCPPacket(Union):
    """One packet of a compound; which, its second octet says."""

    name = "RTCP packet"
    tag_at = 1
    whole = Size("length", unit=4, plus=4, pad=True)

    def brief(self) -> str:
        return str(self._shown("packet_type"))


def _start(count: Bits, kind: U8) -> tuple[Any, ...]:
    """First word of every RTCP packet."""
    return (
        Bits("version", 2, 2, only=(2,)),
        Bits("padding", 1, None, announces="padding_octets"),
        count,
        kind,
        U16("length", None),
    )


def _typed(kind: RtcpType) -> U8:
    return U8("packet_type", kind, enum=RtcpType, only=(kind,))


PADDING = Present(
    Trailer("padding_octets", default=b"\0\0\0\4", peel=peel_padding), when=Equals("padding", 1)
)
COUNT = Bits("count", 5, None)


class RTCPReportBlock(PercPacket):
    """What a receiver says of one source (RFC 3550 6.4.1). Times in 1/65536 s; `cumulative_lost` is signed
    in 24 bits."""

    name = "RTCP report block"
    fields_desc = (
        U32("ssrc"),
        U8("fraction_lost"),
        U24("cumulative_lost"),
        U32("highest_sequence_number"),
        U32("jitter"),
        U32("last_sr"),
        U32("delay_since_last_sr"),
    )


class RTCPSenderReport(RTCPPacket):
    """SR (RFC 3550 6.4.1)."""

    name = "RTCP sender report"
    fields_desc = (
        *_start(COUNT, _typed(RtcpType.SR)),
        U32("ssrc"),
        U32("ntp_seconds"),
        U32("ntp_fraction"),
        U32("rtp_timestamp"),
        U32("packet_count"),
        U32("octet_count"),
        Counted("report_blocks", RTCPReportBlock, count="count"),
        Rest("profile_extension"),
        PADDING,
    )


class RTCPReceiverReport(RTCPPacket):
    """RR (RFC 3550 6.4.2)."""

    name = "RTCP receiver report"
    fields_desc = (
        *_start(COUNT, _typed(RtcpType.RR)),
        U32("ssrc"),
        Counted("report_blocks", RTCPReportBlock, count="count"),
        Rest("profile_extension"),
        PADDING,
    )


class RTCPSDESItem(PercPacket):
    """One description of a source, in UTF-8."""

    name = "SDES item"
    fields_desc = (U8("type", SdesType.CNAME, enum=SdesType), Opaque("text", max=255))


class RTCPSDESChunk(PercPacket):
    """Descriptions of one source, filled with zero octets to whole words."""

    name = "SDES chunk"
    fields_desc = (U32("ssrc"), Terminated("items", RTCPSDESItem, unit=4))


class RTCPSourceDescription(RTCPPacket):
    """SDES (RFC 3550 6.5)."""

    name = "RTCP source description"
    rules = (LengthBetween("left_over", 0, 0),)
    fields_desc = (
        *_start(COUNT, _typed(RtcpType.SDES)),
        Counted("chunks", RTCPSDESChunk, count="count"),
        Rest("left_over"),
        PADDING,
    )


class RTCPByeReason(PercPacket):
    """Why a source leaves, and zero octets up to whole words."""

    name = "RTCP BYE reason"
    fields_desc = (Opaque("text", max=255), Rest("zeros"))


class RTCPBye(RTCPPacket):
    """BYE (RFC 3550 6.6)."""

    name = "RTCP BYE"
    fields_desc = (
        *_start(COUNT, _typed(RtcpType.BYE)),
        Counted("sources", U32(), count="count"),
        Rest("reason", content=RTCPByeReason),
        PADDING,
    )


class RTCPApplication(RTCPPacket):
    """APP (RFC 3550 6.7): a name of four ASCII characters."""

    name = "RTCP APP"
    fields_desc = (
        *_start(Bits("subtype", 5), _typed(RtcpType.APP)),
        U32("ssrc"),
        Fixed("app_name", 4, b"test"),
        Rest("data"),
        PADDING,
    )


class RTCPFeedback(RTCPPacket):
    """RTPFB and PSFB; the feedback control information is not decoded (RFC 4585 6.1)."""

    name = "RTCP feedback"
    fields_desc = (
        *_start(
            Bits("fmt", 5, 1),
            U8("packet_type", RtcpType.RTPFB, enum=RtcpType, only=(RtcpType.RTPFB, RtcpType.PSFB)),
        ),
        U32("sender_ssrc"),
        U32("media_ssrc"),
        Rest("fci"),
        PADDING,
    )


class RTCPExtendedReport(RTCPPacket):
    """XR; the blocks are not decoded (RFC 3611)."""

    name = "RTCP extended report"
    fields_desc = (
        *_start(Bits("reserved", 5), _typed(RtcpType.XR)),
        U32("ssrc"),
        Rest("blocks"),
        PADDING,
    )


RTCPPacket.forms = {
    RtcpType.SR: RTCPSenderReport,
    RtcpType.RR: RTCPReceiverReport,
    RtcpType.SDES: RTCPSourceDescription,
    RtcpType.BYE: RTCPBye,
    RtcpType.APP: RTCPApplication,
    RtcpType.RTPFB: RTCPFeedback,
    RtcpType.PSFB: RTCPFeedback,
    RtcpType.XR: RTCPExtendedReport,
}


class RTCPOther(RTCPPacket):
    """Any other type."""

    name = "RTCP"
    rules = (NotAmong("packet_type", tuple(RTCPPacket.forms), "has a form of its own"),)
    fields_desc = (
        *_start(Bits("count", 5), U8("packet_type", 192, enum=RtcpType)),
        Rest("data"),
        PADDING,
    )


RTCPPacket.other = RTCPOther


class RTCP(PercPacket):
    """A datagram: one or more packets."""

    name = "RTCP"
    fields_desc = (RepeatToEnd("packets", RTCPPacket, min=1),)

    def brief(self) -> str:
        return f"RTCP {' | '.join(p.brief() for p in self.packets if hasattr(p, 'rules'))}"
