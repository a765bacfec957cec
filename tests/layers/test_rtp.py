# SPDX-License-Identifier: GPL-2.0-only
"""RTP in clear: against the vectors, Scapy's own RTP, `wire.split_rtp` and tshark."""

from __future__ import annotations

import pytest
import scapy.layers.rtp
from hypothesis import given
from hypothesis import strategies as st
from scapy.packet import Raw, fuzz, ls

from perc_scapy.errors import DecodeError
from perc_scapy.layers import *  # noqa: F403  names that eval(command()) needs
from perc_scapy.layers import RTP, RTPExtension, RTPHeader, RTPOneByteElement, RTPOneByteElements
from perc_scapy.layers.compile import decode, encode, reader, record
from perc_scapy.wire import split_rtp
from tests.layers.compile.test_equivalence import agree
from tests.layers.media import VECTORS, numbers, octets, tshark

EXTENDED = RTP(
    marker=1,
    payload_type=111,
    sequence_number=65535,
    timestamp=0xDECAFBAD,
    ssrc=0xCAFEBABE,
    csrc=[1, 0xFFFFFFFF],
    extension_header=RTPExtension(
        body=RTPOneByteElements(elements=[RTPOneByteElement(id=1, data=b"\x11\x22")])
    ),
    rtp_payload=b"payload",
    padding_octets=b"\0\0\3",
)
PLAIN = [bytes.fromhex(v["rtp"]) for v in VECTORS.values() if "rtp" in v]


@pytest.mark.parametrize("packet", PLAIN)
def test_vectors_are_read_as_their_header_says(packet):
    assert agree(RTP, packet)
    shown, parts = RTP(packet), split_rtp(packet)
    padding = shown.padding_octets if shown.padding else b""
    assert shown.rtp_payload + padding == parts.body
    foreign = scapy.layers.rtp.RTP(packet)
    assert (shown.sequence_number, shown.timestamp, shown.ssrc) == (
        foreign.sequence,
        foreign.timestamp,
        foreign.sourcesync,
    )
    assert (shown.payload_type, shown.marker, shown.csrc) == (
        foreign.payload_type,
        foreign.marker,
        foreign.sync,
    )


def test_flags_and_counts_follow_what_is_set():
    packet = bytes(EXTENDED)
    assert packet[0] == 0b10110010
    assert agree(RTP, packet)
    assert bytes(RTP()) == bytes.fromhex("800000000000000000000000")
    assert record(RTP, padding_octets=b"\1").padding == 1


@given(st.binary(max_size=80))
def test_accepted_headers_end_where_wire_says(packet):
    try:
        strict = decode(RTP, packet)
    except DecodeError:
        return
    parts = split_rtp(packet)
    assert strict.rtp_payload + (strict.padding_octets or b"") == parts.body


@pytest.mark.parametrize("padding", ["00", "ff", "0b"])
def test_padding_that_does_not_fit(padding):
    packet = bytes.fromhex("a00000010000000200000003") + b"payload000"[:9] + bytes.fromhex(padding)
    assert not agree(RTP, packet)
    assert "padding" in str(RTP(packet).faults()[0])


def test_padding_without_a_payload():
    assert not agree(RTP, bytes.fromhex("a00000010000000200000003"))
    assert agree(RTP, bytes.fromhex("a0000001000000020000000301"))


def test_every_truncation():
    packet = bytes(EXTENDED)
    header = len(split_rtp(packet).header)
    for length in range(len(packet)):
        accepted = agree(RTP, packet[:length])
        # Behind the header a cut only changes what counts as padding.
        assert not accepted or length > header


def test_reader_of_fixed_fields():
    read = reader(RTP, "sequence_number", "timestamp", "ssrc", "payload_type", "marker")
    assert read(bytes(EXTENDED)) == (65535, 0xDECAFBAD, 0xCAFEBABE, 111, 1)


def test_answers_by_source():
    other = RTP(ssrc=EXTENDED.ssrc)
    assert other.answers(EXTENDED)
    assert other.hashret() == EXTENDED.hashret() == bytes.fromhex("cafebabe")
    assert not RTP(ssrc=1).answers(EXTENDED)
    assert not RTP().answers(Raw(b"x"))
    assert RTP(b"\x80").hashret() == b""


def test_feels_like_scapy(capsys):
    packet = RTP(bytes(EXTENDED))
    assert bytes(eval(packet.command())) == bytes(EXTENDED)
    assert packet[RTPOneByteElement].data == b"\x11\x22"
    assert RTPHeader in packet
    assert packet.summary() == "RTP ssrc cafebabe seq 65535 ts 3737844653 pt 111 M"
    ls(RTP)
    packet.show2()
    assert "extension_header" in capsys.readouterr().out
    for _ in range(30):
        drawn = bytes(fuzz(RTP()))
        assert bytes(RTP(drawn)) == drawn
    assert encode(packet) == bytes(EXTENDED)


@pytest.mark.tool("tshark")
def test_tshark_reads_the_same(tmp_path):
    packets = [bytes(EXTENDED), *PLAIN]
    fields = ("rtp.seq", "rtp.timestamp", "rtp.ssrc", "rtp.p_type", "rtp.marker", "rtp.csrc.item")
    fields += ("rtp.padding.count", "rtp.ext.rfc5285.id", "rtp.ext.profile")
    for packet, row in zip(packets, tshark(packets, "rtp", fields, tmp_path), strict=True):
        shown = RTP(packet)
        assert numbers(row["rtp.seq"]) == [shown.sequence_number]
        assert numbers(row["rtp.timestamp"]) == [shown.timestamp]
        assert numbers(row["rtp.ssrc"]) == [shown.ssrc]
        assert numbers(row["rtp.p_type"]) == [shown.payload_type]
        assert [value in ("1", "True") for value in row["rtp.marker"]] == [bool(shown.marker)]
        assert numbers(row["rtp.csrc.item"]) == shown.csrc
        padding = shown.padding_octets if shown.padding else b""
        assert sum(numbers(row["rtp.padding.count"])) == len(padding)
        if shown.extension:
            assert numbers(row["rtp.ext.profile"]) == [shown.extension_header.profile]
            elements = [e.id for e in shown.extension_header.body.elements if "id" in e.fields]
            assert numbers(row["rtp.ext.rfc5285.id"]) == elements


def test_octets_of_the_extension_vector():
    packet = RTP(octets("SRTP-128-ext", "rtp"))
    assert packet.extension_header.body.elements[0].data == bytes.fromhex("aa")
