# SPDX-License-Identifier: GPL-2.0-only
"""The layer on real datagrams: OpenSSL's handshakes, ours with EKT, damaged copies of both, and tshark's view."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.packet import fuzz, ls

from perc_scapy.layers import *  # noqa: F403  names that eval(command()) needs
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.compile import decode, encode
from perc_scapy.layers.dtls import (
    DTLS,
    DTLSACK,
    DTLSCertificate,
    DTLSClientHello,
    DTLSEKTKey,
    DTLSFinished,
    DTLSHandshake,
    DTLSHandshakes,
    DTLSHelloVerifyRequest,
    DTLSNewSessionTicket,
    DTLSServerECDH,
    DTLSServerHello,
    ExtUseSRTP,
    ExtUseSRTPSelected,
)
from perc_scapy.layers.layout import layout_of
from tests.layers.compile.test_equivalence import agree
from tests.layers.dtls.flights import messages, openssl_datagrams, perc_datagrams, plaintexts
from tests.layers.media import numbers, tshark
from tests.layers.strategies import damaged, records

SHAPES = {
    "ecdsa": {},
    "rsa key transport": {"kind": "rsa", "suites": b"AES128-GCM-SHA256"},
    "cookie, small MTU": {"mtu": 300, "cookie": b"c" * 20},
    "DTLS 1.0": {"version": 0xFEFF, "suites": b"ALL:@SECLEVEL=0"},
}
FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(params=[*SHAPES, "own engine"], scope="module")
def datagrams(request):
    if request.param == "own engine":
        return perc_datagrams()
    return openssl_datagrams(**SHAPES[request.param])


def without_counts(packet):
    """The same packet with every length, count and selector left to be filled in."""
    for name in layout_of(type(packet)).automatic - {"msg_type", "type", "version"}:
        packet.fields.pop(name, None)
    for value in list(packet.fields.values()):
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, PercPacket):
                without_counts(inner)
    return packet


def test_real_datagrams_are_faultless_and_the_compiled_codec_agrees(datagrams):
    for _, octets in datagrams:
        assert agree(DTLS, octets)
        assert DTLS(octets).expert() == ()
        assert encode(decode(DTLS, octets)) == octets


def test_real_datagrams_are_built_again_from_their_values(datagrams):
    for _, octets in datagrams:
        assert bytes(eval(DTLS(octets).command())) == octets
        whole = all(
            m.length == m.fragment_length
            for r in DTLS(octets).records
            for m in getattr(r.content, "messages", ())
        )
        if whole:
            assert bytes(without_counts(DTLS(octets))) == octets


def test_every_truncation_of_real_datagrams(datagrams):
    for _, octets in datagrams[:3]:
        borders, at = set(), 0
        for record in DTLS(octets).records:
            at += len(bytes(record))
            borders.add(at)
        for length in range(0, len(octets), 1 if len(octets) < 400 else 7):
            assert agree(DTLS, octets[:length]) == (length in borders)


@FEW
@given(st.data())
def test_damaged_real_datagrams(data):
    sources = [d for shape in SHAPES.values() for _, d in openssl_datagrams(**shape)]
    octets = data.draw(st.sampled_from([*sources, *(d for _, d in perc_datagrams())]))
    for _ in range(data.draw(st.integers(1, 3))):
        octets = data.draw(damaged(octets))
    agree(DTLS, octets)


@FEW
@given(st.binary(max_size=200))
def test_random_octets(octets):
    agree(DTLS, octets)
    agree(DTLS, b"\x16\xfe\xfd" + bytes(8) + len(octets).to_bytes(2, "big") + octets)


@FEW
@given(st.data())
def test_drawn_datagrams(data):
    try:
        octets = encode(data.draw(records(DTLS)))
    except ValueError:
        return  # a drawn message may break a rule across fields
    assert agree(DTLS, octets)
    agree(DTLS, data.draw(damaged(octets)))


@pytest.mark.req("T00-EP-05")
def test_the_first_datagram_offers_srtp_and_ekt():
    hello = DTLS(perc_datagrams()[0][1])
    assert hello[ExtUseSRTP].profiles == [10]
    assert hello["ExtSupportedEKTCiphers"].ciphers == [2]
    assert hello["ExtExternalSessionId"].session_id == b"abc3de65cddef001be82"


def test_what_openssl_said():
    flights = openssl_datagrams()
    server = DTLS(flights[1][1])
    assert server[ExtUseSRTPSelected].profiles == [9]
    assert server[DTLSServerECDH].named_curve == 29
    assert len(server[DTLSServerECDH].public) == 32
    assert server[DTLSCertificate].certificates[0][:1] == b"\x30"
    assert (
        server[DTLSServerHello].cipher_suite in DTLS(flights[0][1])[DTLSClientHello].cipher_suites
    )


def test_protected_messages_once_they_are_opened():
    kinds = [(who, type(m.body)) for who, p in plaintexts(openssl_datagrams()) for m in p.messages]
    assert kinds == [("client", DTLSFinished), ("server", DTLSFinished)]
    found = plaintexts(perc_datagrams())
    assert [type(p) for _, p in found] == [DTLSHandshakes] * 3 + [DTLSACK]
    key = found[2][1][DTLSEKTKey]
    assert (key.ekt_spi, key.ekt_ttl, len(key.ekt_key_value)) == (0x1234, 86400, 32)
    assert [(n.epoch, n.sequence_number) for n in found[3][1].record_numbers] == [(1, 1)]
    assert all(p.expert() == () for _, p in found)


def test_summaries_say_what_travels():
    first, answer = (DTLS(octets).summary() for _, octets in openssl_datagrams()[:2])
    assert first == "DTLS CLIENT_HELLO"
    assert answer.startswith("DTLS SERVER_HELLO | CERTIFICATE | SERVER_KEY_EXCHANGE")
    small = " ".join(DTLS(o).summary() for _, o in openssl_datagrams(**SHAPES["cookie, small MTU"]))
    assert "HELLO_VERIFY_REQUEST" in small
    assert "CERTIFICATE fragment 0.." in small
    assert "HANDSHAKE epoch 1, protected" in small


def test_a_fragment_is_told_with_its_first_and_last_octet():
    """As every range is: the end belongs to it."""
    head = bytes((11,)) + (311).to_bytes(3, "big") + b"\0\1"
    pieces = [(0, 108), (108, 203), (108, 0)]
    told = [
        DTLSHandshake(
            head + start.to_bytes(3, "big") + count.to_bytes(3, "big") + bytes(count)
        ).brief()
        for start, count in pieces
    ]
    assert told == [
        "CERTIFICATE fragment 0..107 of 311",
        "CERTIFICATE fragment 108..310 of 311",
        "CERTIFICATE fragment at 108, empty, of 311",
    ]


def test_requests_and_answers():
    hello, verify, again, answer = (
        DTLS(o) for _, o in openssl_datagrams(**SHAPES["cookie, small MTU"])[:4]
    )
    assert verify.answers(hello)
    assert again.answers(verify)
    assert answer.answers(again)
    assert not hello.answers(verify)
    assert not hello.answers(hello)
    assert not verify.answers(again)
    assert hello.hashret() == verify.hashret() == answer.hashret()
    assert again[DTLSClientHello].cookie == verify[DTLSHelloVerifyRequest].cookie


def test_feels_like_scapy(capsys):
    for cls in (DTLS, DTLSClientHello, DTLSNewSessionTicket):
        ls(cls)
    DTLS(openssl_datagrams()[0][1]).show2()
    assert "cipher_suites" in capsys.readouterr().out
    random.seed(5)
    for _ in range(60):
        octets = bytes(fuzz(DTLS()))
        assert bytes(DTLS(octets)) == octets


@pytest.mark.tool("tshark")
@pytest.mark.parametrize("shape", SHAPES)
def test_tshark_reads_the_same(shape, tmp_path):
    senders, datagrams = zip(*openssl_datagrams(**SHAPES[shape]), strict=True)
    answers = [who == "server" for who in senders]
    fields = ("dtls.record.content_type", "dtls.record.epoch", "dtls.record.sequence_number")
    fields += ("dtls.record.length", "dtls.handshake.type", "dtls.handshake.fragment_length")
    fields += ("dtls.handshake.message_seq", "dtls.handshake.extension.type")
    fields += ("dtls.handshake.ciphersuite", "dtls.use_srtp.protection_profile")
    rows = tshark(datagrams, "dtls", fields, tmp_path, answers)
    for octets, row in zip(datagrams, rows, strict=True):
        shown = DTLS(octets)
        assert numbers(row["dtls.record.content_type"]) == [r.type for r in shown.records]
        assert numbers(row["dtls.record.epoch"]) == [r.epoch for r in shown.records]
        assert numbers(row["dtls.record.sequence_number"]) == [
            r.sequence_number for r in shown.records
        ]
        assert numbers(row["dtls.record.length"]) == [r.length for r in shown.records]
        found = messages((("", octets),))
        assert numbers(row["dtls.handshake.type"])[: len(found)] == [m.msg_type for m in found]
        assert numbers(row["dtls.handshake.message_seq"])[: len(found)] == [
            m.message_seq for m in found
        ]
        hellos = [m.body for m in found if isinstance(m.body, (DTLSClientHello, DTLSServerHello))]
        extensions = [e for hello in hellos for e in hello.extensions]
        assert numbers(row["dtls.handshake.extension.type"]) == [e.type for e in extensions]
        suites = [s for h in hellos for s in getattr(h, "cipher_suites", None) or [h.cipher_suite]]
        assert numbers(row["dtls.handshake.ciphersuite"]) == suites
        offered = [p for e in extensions for p in getattr(e.body, "profiles", ())]
        assert numbers(row["dtls.use_srtp.protection_profile"]) == offered
