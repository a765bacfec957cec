# SPDX-License-Identifier: GPL-2.0-only
"""The demultiplexer of RFC 7983 and explicit registration of ports."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.config import conf
from scapy.contrib.stun import STUN, STUNUsername
from scapy.layers.inet import IP, UDP
from scapy.packet import NoPayload, Raw

from perc_scapy.layers import (
    DTLS,
    RTCP,
    RTP,
    SRTCP,
    SRTP,
    ZRTP,
    DoubleSRTP,
    MalformedSTUN,
    PercDatagram,
    RtpDatagram,
    SrtpDatagram,
    TunnelDatagram,
    TURNChannelData,
    bind_perc,
    unbind_perc,
)
from perc_scapy.wire import classify
from tests.layers.media import octets

DOUBLE = octets("EKT-on-double-128", "wire_full")
REPORT = octets("SRTCP-128-rr_idx1", "srtcp")
BINDING = bytes(
    STUN(stun_message_type=1, transaction_id=5, attributes=[STUNUsername(username="a:b")])
)


@pytest.fixture(autouse=True)
def no_bindings():
    before = list(UDP.payload_guess)
    yield
    unbind_perc()
    assert UDP.payload_guess == before


def carried(datagram: bytes, sport: int = 5004, dport: int = 5006) -> object:
    """What Scapy makes of a datagram."""
    whole = bytes(IP() / UDP(sport=sport, dport=dport) / Raw(datagram))
    return IP(whole)[UDP].payload


EXPECTED = [
    (range(4), MalformedSTUN),
    (range(4, 16), Raw),
    (range(16, 20), ZRTP),
    (range(20, 64), DTLS),
    (range(64, 80), TURNChannelData),
    (range(80, 128), Raw),
    (range(128, 192), DoubleSRTP),
    (range(192, 256), Raw),
]


@pytest.mark.req("DTL-03")
@pytest.mark.parametrize(("values", "layer"), EXPECTED)
def test_every_first_octet(values, layer):
    for first in values:
        assert type(PercDatagram(bytes((first,)) + bytes(20))) is layer


@pytest.mark.req("DTL-03")
def test_second_octet_tells_reports_from_media():
    kinds = {n: type(PercDatagram(bytes((0x80, n)) + bytes(40))) for n in range(256)}
    assert {n for n, kind in kinds.items() if kind is SRTCP} == set(range(192, 224))
    assert set(kinds.values()) == {SRTCP, DoubleSRTP}


def test_kinds_of_media():
    assert type(SrtpDatagram(DOUBLE)) is SRTP
    assert type(SrtpDatagram(REPORT)) is SRTCP
    assert type(RtpDatagram(DOUBLE)) is RTP
    assert type(RtpDatagram(REPORT)) is RTCP
    assert type(TunnelDatagram(DOUBLE)) is Raw
    assert type(TunnelDatagram(b"\x16")) is DTLS
    assert type(PercDatagram()) is Raw


@given(st.binary(max_size=60))
def test_every_datagram_has_a_layer_and_keeps_its_octets(datagram):
    packet = PercDatagram(datagram)
    assert bytes(packet) == datagram
    packet.show(dump=True)
    if classify(datagram) == "dtls":
        assert type(packet) is DTLS


def test_nothing_is_bound_before_it_is_asked_for():
    assert type(carried(DOUBLE)) is Raw


def test_ports_in_both_directions():
    bind_perc([5006], tunnel_ports=[6000])
    assert type(carried(DOUBLE)) is DoubleSRTP
    assert type(carried(DOUBLE, sport=5006, dport=1)) is DoubleSRTP
    assert type(carried(REPORT)) is SRTCP
    assert type(carried(BINDING)) is STUN
    assert type(carried(DOUBLE, dport=7)) is Raw
    assert type(carried(b"\x16\xfe", dport=6000)) is DTLS
    assert type(carried(DOUBLE, dport=6000)) is Raw
    assert type(carried(b"")) is NoPayload
    unbind_perc()
    assert type(carried(DOUBLE)) is Raw


def test_every_port_but_those_of_others():
    bind_perc()
    assert type(carried(DOUBLE)) is DoubleSRTP
    assert type(carried(bytes(48), dport=123)) is not DoubleSRTP


@pytest.mark.parametrize(
    ("options", "layers"),
    [({"double": False}, (SRTP, SRTCP)), ({"protected": False}, (RTP, RTCP))],
)
def test_plain_profiles_and_clear_media(options, layers):
    bind_perc([5006], **options)
    assert (type(carried(DOUBLE)), type(carried(REPORT))) == layers


@pytest.mark.parametrize("debug", [False, True])
def test_stun_is_scapys_and_what_it_cannot_read_is_shown(debug):
    before, conf.debug_dissector = conf.debug_dissector, debug
    try:
        bind_perc([5006])
        assert carried(BINDING).attributes[0].username == b"a:b"
        for length in range(1, len(BINDING)):
            assert type(carried(BINDING[:length])) is MalformedSTUN
            assert bytes(carried(BINDING[:length])) == BINDING[:length]
        assert type(carried(BINDING + b"\0")) is MalformedSTUN
        assert type(carried(BINDING[:4] + b"\0" + BINDING[5:])) is MalformedSTUN
        unknown_family = (
            bytes.fromhex("010100082112a442") + bytes(12) + bytes.fromhex("00200004000900ff")
        )
        assert bytes(carried(unknown_family)) == unknown_family
    finally:
        conf.debug_dissector = before


@given(st.binary(max_size=30))
def test_random_stun(attributes):
    filled = attributes + bytes(-len(attributes) % 4)
    message = b"\0\1" + len(filled).to_bytes(2, "big") + BINDING[4:20] + filled
    assert bytes(PercDatagram(message)) == message


def test_loading_stun_for_us_leaves_its_port_alone():
    code = """
from scapy.layers.inet import UDP
from scapy.packet import Raw
from perc_scapy.layers import PercDatagram
before = list(UDP.payload_guess)
assert type(PercDatagram(bytes.fromhex("000100002112a442") + bytes(12))).__name__ == "STUN"
assert UDP.payload_guess == before, UDP.payload_guess
"""
    subprocess.run([sys.executable, "-c", code], check=True)
