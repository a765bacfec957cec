# SPDX-License-Identifier: GPL-2.0-only
"""RTCP packets, against Scapy's RTCP layer and with every truncation."""

from __future__ import annotations

import random

import pytest
from scapy.contrib.rtcp import RTCP

from perc_scapy.errors import DecodeError
from perc_scapy.roles.endpoint.rtcp import (
    Description,
    Goodbye,
    OtherRtcp,
    Report,
    ReportBlock,
    SenderInfo,
    build_description,
    build_goodbye,
    build_report,
    middle32,
    ntp_time,
    parse_compound_untrusted,
)

BLOCK = ReportBlock(0xAABBCCDD, 51, -3, 0x00012345, 77, 0x11112222, 0x3333)
INFO = SenderInfo(0x0102030405060708, 0x99AABBCC, 1000, 160000)
SR = Report(0x01020304, INFO, (BLOCK, BLOCK._replace(ssrc=5, lost=0x7FFFFF)))
RR = Report(0x01020304, None, (BLOCK,))


def test_reports_and_compounds_come_back() -> None:
    data = build_report(SR) + build_report(RR) + build_description(9, "me@x") + build_goodbye(9)
    assert parse_compound_untrusted(data) == [SR, RR, Description(9, "me@x"), Goodbye((9,))]


def test_scapy_reads_a_sender_report() -> None:
    seen = RTCP(build_report(SR))
    assert (seen.version, seen.count, seen.packet_type, seen.length) == (2, 2, 200, 18)
    assert seen.sourcesync == SR.ssrc
    assert seen.sender_info.ntp_timestamp == INFO.ntp
    assert seen.sender_info.rtp_timestamp == INFO.rtp_timestamp
    assert seen.sender_info.sender_packet_count == 1000
    assert seen.sender_info.sender_octet_count == 160000
    first = seen.report_blocks[0]
    assert (first.sourcesync, first.fraction_lost) == (0xAABBCCDD, 51)
    assert first.cumulative_lost == 0xFFFFFD
    assert first.highest_seqnum_recv == 0x00012345
    assert (first.interarrival_jitter, first.last_SR_timestamp) == (77, 0x11112222)
    assert first.delay_since_last_SR == 0x3333


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "äöü", "x" * 255])
def test_descriptions_fill_whole_words(name: str) -> None:
    name = name.encode()[:255].decode("utf-8", "ignore")
    data = build_description(7, name)
    assert len(data) % 4 == 0
    assert parse_compound_untrusted(data) == [Description(7, name)]


def test_two_chunks_and_a_foreign_item() -> None:
    chunk = b"\x00\x00\x00\x01\x06\x04tool\x01\x02ab\x00\x00"
    second = b"\x00\x00\x00\x02\x00\x00\x00\x00"
    body = chunk + second
    data = b"\x82\xca" + (len(body) // 4).to_bytes(2, "big") + body
    assert parse_compound_untrusted(data) == [Description(1, "ab"), Description(2, None)]


def test_unknown_types_are_passed_over() -> None:
    data = b"\x81\xcd\x00\x02" + bytes(8) + build_goodbye(3)
    assert parse_compound_untrusted(data) == [OtherRtcp(205), Goodbye((3,))]


def test_padding_of_the_last_packet_is_cut() -> None:
    padded = bytearray(build_goodbye(3) + b"\x00\x00\x00\x04")
    padded[0] |= 0x20
    padded[3] += 1
    assert parse_compound_untrusted(bytes(padded)) == [Goodbye((3,))]
    with pytest.raises(DecodeError):
        parse_compound_untrusted(bytes(padded) + build_goodbye(3))


def test_every_truncation_raises_only_decode_error() -> None:
    packets = [build_report(SR), build_report(RR), build_description(9, "name"), build_goodbye(9)]
    for packet in packets:
        for length in range(1, len(packet)):
            with pytest.raises(DecodeError):
                parse_compound_untrusted(packet[:length])
            fitted = bytearray(packet[: length // 4 * 4])
            if len(fitted) >= 4:  # the same cut with a length field that fits
                fitted[2:4] = (len(fitted) // 4 - 1).to_bytes(2, "big")
                with pytest.raises(DecodeError):
                    parse_compound_untrusted(bytes(fitted))


def test_random_octets_raise_only_decode_error() -> None:
    source = random.Random(3550)
    outcomes = set()
    for _ in range(3000):
        data = bytearray(source.randbytes(source.randrange(1, 60)))
        data[0] = 0x80 | data[0] & 0x3F
        if len(data) > 3:
            data[1:4] = bytes((source.choice((200, 201, 202, 203, 204)), 0, len(data) // 4 - 1))
        try:
            parse_compound_untrusted(bytes(data))
            outcomes.add("parsed")
        except DecodeError:
            outcomes.add("refused")
    assert outcomes == {"parsed", "refused"}


def test_ntp_time() -> None:
    assert ntp_time(1.5) == 0x0000000180000000
    assert middle32(ntp_time(1.5)) == 0x00018000
