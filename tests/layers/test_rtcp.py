# SPDX-License-Identifier: GPL-2.0-only
"""RTCP compounds: against a report that libsrtp carried, the endpoint's own builder, and tshark."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.packet import fuzz

from perc_scapy.layers import *  # noqa: F403  names that eval(command()) needs
from perc_scapy.layers import (
    RTCP,
    RTCPApplication,
    RTCPBye,
    RTCPByeReason,
    RTCPExtendedReport,
    RTCPFeedback,
    RTCPOther,
    RTCPPacket,
    RTCPReceiverReport,
    RTCPReportBlock,
    RTCPSDESChunk,
    RTCPSDESItem,
    RTCPSenderReport,
    RTCPSourceDescription,
)
from perc_scapy.layers.compile import decode, encode, record
from perc_scapy.roles.endpoint.rtcp import build_description, build_goodbye
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import numbers, octets, tshark
from tests.layers.strategies import damaged

BLOCK = RTCPReportBlock(ssrc=7, fraction_lost=25, cumulative_lost=3, jitter=99, last_sr=5)
PACKETS = {
    "SR": RTCPSenderReport(
        ssrc=0xCAFEBABE, ntp_seconds=1, ntp_fraction=2, packet_count=9, report_blocks=[BLOCK, BLOCK]
    ),
    "RR": RTCPReceiverReport(ssrc=1, report_blocks=[BLOCK], profile_extension=b"word"),
    "SDES": RTCPSourceDescription(
        chunks=[
            RTCPSDESChunk(
                ssrc=1, items=[RTCPSDESItem(text=b"a@b"), RTCPSDESItem(type=6, text=b"t")]
            ),
            RTCPSDESChunk(ssrc=2),
        ]
    ),
    "BYE": RTCPBye(sources=[1, 2], reason=RTCPByeReason(text=b"camera malfunction")),
    "APP": RTCPApplication(subtype=3, ssrc=1, app_name=b"PERC", data=b"data"),
    "RTPFB": RTCPFeedback(sender_ssrc=1, media_ssrc=2, fci=b"\0\1\0\0"),
    "PSFB": RTCPFeedback(packet_type=206, sender_ssrc=1, media_ssrc=2),
    "XR": RTCPExtendedReport(ssrc=1, blocks=bytes(8)),
    "padded": RTCPReceiverReport(ssrc=1, padding_octets=b"\0\0\0\4"),
    "other": RTCPOther(packet_type=210, count=1, data=b"abcd"),
}
COMPOUND = RTCP(packets=list(PACKETS.values()))


@pytest.mark.parametrize("name", PACKETS)
def test_each_type_alone(name):
    octets = bytes(PACKETS[name])
    assert len(octets) == 4 * (int.from_bytes(octets[2:4], "big") + 1)
    assert agree(type(PACKETS[name]), octets)
    assert agree(RTCP, octets)
    assert type(RTCPPacket(octets)) is type(PACKETS[name])
    assert encode(record(RTCP, packets=[decode(type(PACKETS[name]), octets)])) == octets


def test_compound_keeps_its_parts_apart():
    data = bytes(COMPOUND)
    assert agree(RTCP, data)
    shown = RTCP(data)
    assert [type(p) for p in shown.packets] == [type(p) for p in PACKETS.values()]
    assert shown[RTCPByeReason].text == b"camera malfunction"
    assert [c.ssrc for c in shown[RTCPSourceDescription].chunks] == [1, 2]
    assert bytes(eval(shown.command())) == data
    assert shown.summary().startswith("RTCP SR | RR | SDES | BYE")


def test_the_report_of_the_vectors():
    report = RTCP(octets("SRTCP-128-rr_idx1", "rtcp"))
    assert agree(RTCP, bytes(report))
    block = report[RTCPReportBlock]
    assert (block.ssrc, block.highest_sequence_number, block.jitter) == (0x01020304, 0x1234, 5)


def test_what_our_endpoint_sends():
    data = build_description(0xCAFEBABE, "somebody@example") + build_goodbye(0xCAFEBABE)
    assert agree(RTCP, data)
    assert RTCP(data)[RTCPSDESItem].text == b"somebody@example"
    assert RTCP(data)[RTCPBye].sources == [0xCAFEBABE]


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "80c9",
        "82c9000100000001",  # two report blocks announced, none there
        "80c9000200000001",  # one word short
        "80c90000",  # no room for the SSRC
        "40c9000100000001",  # version 1
        "81ca000200000001010361620",  # item beyond the chunk
        "81ca00020000000101016101",  # chunk not ended
        "82cb000100000001",  # one of two sources
        "a0c9000200000001000000ff",  # padding beyond the packet
        "81ca0003000000010000000000000000",  # words behind the last chunk
    ],
)
def test_malformed_compounds(octets):
    octets = bytes.fromhex(octets[: len(octets) // 2 * 2])
    assert not agree(RTCP, octets)


def test_every_truncation_but_those_between_packets():
    data = bytes(COMPOUND)
    borders, at = set(), 0
    for packet in PACKETS.values():
        at += len(bytes(packet))
        borders.add(at)
    for length in range(len(data)):
        assert agree(RTCP, data[:length]) == (length in borders)


@given(data=st.data())
def test_damaged_compounds(data):
    agree(RTCP, data.draw(damaged(bytes(COMPOUND))))


def test_fuzz_is_total():
    random.seed(3)
    for _ in range(40):
        drawn = bytes(fuzz(RTCP()))
        assert bytes(RTCP(drawn)) == drawn


@pytest.mark.tool("tshark")
def test_tshark_reads_the_same(tmp_path):
    fields = ("rtcp.pt", "rtcp.length", "rtcp.sdes.text", "rtcp.ssrc.fraction")
    fields += ("rtcp.timestamp.ntp.msw",)
    # tshark takes all that follows a profile extension as part of it, and stops at padding.
    packets = [p for n, p in PACKETS.items() if n not in ("RR", "padded", "other")]
    compound = bytes(RTCP(packets=packets))
    (row,) = tshark([compound], "rtcp", fields, tmp_path)
    shown = RTCP(compound)
    assert numbers(row["rtcp.pt"]) == [p.packet_type for p in shown.packets]
    assert numbers(row["rtcp.length"]) == [p.length for p in shown.packets]
    assert numbers(row["rtcp.ssrc.fraction"]) == [25, 25]
    # It also shows the reason of a BYE under this name.
    assert row["rtcp.sdes.text"] == ["a@b", "t", "camera malfunction"]
    assert numbers(row["rtcp.timestamp.ntp.msw"]) == [1]
