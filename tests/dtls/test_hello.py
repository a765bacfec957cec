# SPDX-License-Identifier: GPL-2.0-only
"""Negotiation: the server's policy decides, and a client accepts only answers to what it asked."""

from __future__ import annotations

import pytest

from perc_scapy.codes import CipherSuite, ExtensionType, HandshakeType
from perc_scapy.dtls import ConnectionClosed, DtlsServer, HandshakeCompleted, codec
from perc_scapy.dtls.codec import ClientHello
from perc_scapy.dtls.record import encode_record, first_record
from tests.dtls.pairs import (
    AESKW_128,
    AESKW_256,
    DOUBLE_128,
    DOUBLE_256,
    GCM_128,
    event,
    events,
    identity,
    pair,
    server_config,
    shuttle,
)

SESSION_ID = b"abc3de65cddef001be82"


def complete(**options):
    client, server = pair(**options)
    shuttle(client, server)
    return event(client, HandshakeCompleted), event(server, HandshakeCompleted)


def refusal(**options):
    """(who closed first, alert, key log lines)."""
    lines: list[str] = []
    client, server = pair(**{**options, "keylog": lines.append})
    shuttle(client, server)
    closed = {
        name: event(e, ConnectionClosed) for name, e in (("client", client), ("server", server))
    }
    (who,) = [name for name, e in closed.items() if e.local]
    (other,) = closed.keys() - {who}
    assert closed[other].alert == closed[who].alert
    return who, closed[who].alert, lines


@pytest.mark.req("DTL-01")
@pytest.mark.parametrize(
    ("ours", "theirs", "chosen"),
    [
        ((DOUBLE_256,), (GCM_128, DOUBLE_256), DOUBLE_256),
        ((DOUBLE_128, DOUBLE_256), (DOUBLE_256, DOUBLE_128), DOUBLE_128),
        ((DOUBLE_256,), (GCM_128,), None),
        ((), (GCM_128,), None),
        ((GCM_128,), (), None),
    ],
)
def test_server_takes_its_own_first_profile(ours, theirs, chosen):
    """RFC 5764 4.1.1."""
    both = complete(client={"srtp_profiles": theirs}, server={"srtp_profiles": ours})
    assert [done.srtp_profile for done in both] == [chosen, chosen]


@pytest.mark.req("EKT-22")
@pytest.mark.parametrize(
    ("ours", "theirs", "chosen"),
    [
        ((AESKW_256,), (AESKW_128, AESKW_256), AESKW_256),
        ((AESKW_128, AESKW_256), (AESKW_256, AESKW_128), AESKW_128),
        ((AESKW_256,), (AESKW_128,), None),
        ((), (AESKW_128,), None),
    ],
)
def test_server_takes_its_own_first_ekt_cipher(ours, theirs, chosen):
    both = complete(client={"ekt_ciphers": theirs}, server={"ekt_ciphers": ours})
    assert [done.ekt_cipher for done in both] == [chosen, chosen]


@pytest.mark.req("T00-EP-05", "EKT-22", "DTL-01")
def test_bytes_on_the_wire():
    client, server = pair(
        client={"srtp_profiles": (DOUBLE_256, DOUBLE_128), "ekt_ciphers": (AESKW_256, AESKW_128)},
        server={"srtp_profiles": (DOUBLE_128,), "ekt_ciphers": (AESKW_128,)},
        external_session_id=SESSION_ID,
    )
    hello, answer, *_ = [d for _, d in shuttle(client, server)]
    for wanted in ("000e00070004000a000900", "00270003020201", "0038001514" + SESSION_ID.hex()):
        assert bytes.fromhex(wanted) in hello
    for wanted in ("000e00050002000900", "0027000101", "0038001514" + SESSION_ID.hex()):
        assert bytes.fromhex(wanted) in answer


def with_mki(kind, body):
    """A ClientHello that offers double 128 with an MKI of three octets."""
    plain, longer = bytes.fromhex("000e00050002000900"), bytes.fromhex("000e000800020009036d6b69")
    if kind != HandshakeType.CLIENT_HELLO:
        return body
    start = 2 + 32
    for width in (1, 1, 2, 1):  # session id, cookie, cipher suites, compression methods
        start += width + int.from_bytes(body[start : start + width], "big")
    extensions = body[start + 2 :].replace(plain, longer)
    assert len(extensions) == len(body) - start - 2 + 3
    return body[:start] + len(extensions).to_bytes(2, "big") + extensions


@pytest.mark.req("DTL-01")
def test_an_offered_mki_is_answered_with_none():
    """RFC 5764 4.1.3 lets a server decline; draft-00 has no way to tell the MDD an MKI (AMB-04)."""
    client, server = pair(srtp_profiles=(DOUBLE_128,), client={"tamper": with_mki})
    hello, answer, *_ = [d for _, d in shuttle(client, server)]
    assert bytes.fromhex("000e000800020009036d6b69") in hello
    assert bytes.fromhex("000e00050002000900") in answer
    assert event(server, HandshakeCompleted).srtp_profile == DOUBLE_128


@pytest.mark.parametrize(
    ("role", "options"),
    [
        ("server", {"require_srtp": True, "srtp_profiles": (DOUBLE_256,)}),
        ("server", {"require_ekt": True, "ekt_ciphers": (AESKW_256,)}),
        ("client", {"require_srtp": True, "srtp_profiles": (DOUBLE_256,)}),
        ("client", {"require_ekt": True, "ekt_ciphers": (AESKW_256,)}),
    ],
)
def test_what_is_required_is_refused_before_any_key(role, options):
    assert refusal(**{role: options}) == (role, 40, [])


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ({"cipher_suites": (CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,)}, {}),
        ({"groups": (29,)}, {"groups": (23,)}),
    ],
)
def test_nothing_in_common(client, server):
    assert refusal(client=client, server=server) == ("server", 40, [])


@pytest.mark.parametrize(
    ("server_id", "client_id"),
    [(None, SESSION_ID), (SESSION_ID, None), (SESSION_ID[::-1], SESSION_ID)],
)
def test_external_session_id(server_id, client_id):
    """RFC 8844 4.3: the server answers only a client that sent one."""
    at_client, at_server = complete(
        client={"external_session_id": client_id}, server={"external_session_id": server_id}
    )
    assert at_server.external_session_id == client_id
    assert at_client.external_session_id == (server_id if client_id else None)


@pytest.mark.parametrize("client_ems", [True, False])
@pytest.mark.parametrize("server_ems", [True, False])
def test_extended_master_secret_when_both_want_it(client_ems, server_ems):
    both = complete(
        client={"extended_master_secret": client_ems}, server={"extended_master_secret": server_ems}
    )
    assert [d.extended_master_secret for d in both] == [client_ems and server_ems] * 2


def answer_tampered(**changes):
    """A server whose ServerHello is changed before it is hashed."""

    def tamper(kind: int, body: bytes) -> bytes:
        if kind != HandshakeType.SERVER_HELLO:
            return body
        hello = codec.decode_server_hello(body)
        found = dict(hello.extensions) | changes.pop("extensions", {})
        return codec.encode_server_hello(hello._replace(extensions=found, **changes))

    return tamper


@pytest.mark.parametrize(
    ("changes", "alert"),
    [
        ({"version": 0xFEFF}, 70),
        ({"cipher_suite": 0xC009}, 47),
        ({"compression": 1}, 47),
        ({"extensions": {4711: b""}}, 110),
        ({"extensions": {ExtensionType.SUPPORTED_EKT_CIPHERS: b"\2"}}, 110),
        ({"extensions": {ExtensionType.USE_SRTP: bytes.fromhex("0002000700")}}, 47),
        ({"extensions": {ExtensionType.USE_SRTP: bytes.fromhex("0004000a000900")}}, 47),
        ({"extensions": {ExtensionType.USE_SRTP: bytes.fromhex("0002000a0161")}}, 47),
        ({"extensions": {ExtensionType.USE_SRTP: b"\0"}}, 50),
        ({"extensions": {ExtensionType.EXTENDED_MASTER_SECRET: b"x"}}, 50),
        ({"extensions": {ExtensionType.RENEGOTIATION_INFO: b"\1x"}}, 40),
    ],
)
def test_client_refuses_a_wrong_answer(changes, alert):
    """RFC 5246 7.4.1.4, RFC 5764 4.1.1 (MKI), RFC 5746 3.4, RFC 7627 5.2."""
    assert refusal(
        client={"srtp_profiles": (DOUBLE_256,)}, server={"tamper": answer_tampered(**changes)}
    ) == ("client", alert, [])


@pytest.mark.parametrize(
    ("selected", "alert"), [(b"\1", 47), (b"\0", 47), (b"\2\1", 50), (b"", 50)]
)
@pytest.mark.req("EKT-22")
def test_client_refuses_an_ekt_cipher_it_did_not_offer(selected, alert):
    tamper = answer_tampered(extensions={ExtensionType.SUPPORTED_EKT_CIPHERS: selected})
    assert refusal(client={"ekt_ciphers": (AESKW_256,)}, server={"tamper": tamper})[:2] == (
        "client",
        alert,
    )


def hello_to_server(**changes) -> DtlsServer:
    """A server that got one hand-made ClientHello."""
    fields = ClientHello(
        0xFEFD, b"r" * 32, b"", b"", (0xC02B,), b"\0", {10: b"\0\2\0\x17", 13: b"\0\2\4\3"}
    )
    body = codec.encode_client_hello(fields._replace(**changes))
    server = DtlsServer(server_config(1, srtp_profiles=(DOUBLE_256,)))
    server.receive_datagram(
        encode_record(22, 0, codec.encode_fragment(1, len(body), 0, 0, body)), 0.0
    )
    return server


def test_hand_made_hello_is_good():
    assert hello_to_server().handshake_started


@pytest.mark.parametrize(
    ("changes", "alert"),
    [
        ({"version": 0xFEFF}, 70),
        ({"version": 0x0303}, 70),
        ({"compression": b"\1"}, 47),
        ({"cipher_suites": (0x0000, 0x0001, 0x0002)}, 40),
        ({"extensions": {10: b"\0\2\0\x17"}}, 40),  # default signature algorithms are SHA-1
        ({"extensions": {13: b"\0\2\4\1", 10: b"\0\2\0\x17"}}, 40),
        ({"extensions": {10: b"\0\0"}}, 50),
        ({"extensions": {11: b"\1\1"}}, 47),
        ({"extensions": {14: b"\0\0\0"}}, 50),
        ({"extensions": {39: b"\0"}}, 50),
        ({"extensions": {56: b"\1a"}}, 50),
        ({"extensions": {0xFF01: b"\1x"}}, 40),
        ({"extensions": {23: b"x"}}, 50),
    ],
)
def test_server_refuses_a_bad_hello(changes, alert):
    server = hello_to_server(**changes)
    assert event(server, ConnectionClosed).alert == alert
    (datagram,) = server.datagrams_to_send(0.0)
    assert first_record(datagram).fragment == bytes((2, alert))


def test_a_newer_client_is_served_with_1_2():
    """Chromium and OpenSSL 4.1 offer DTLS 1.3 beside 1.2."""
    groups = bytes.fromhex("0008 11ec 001d 0017 0018")
    server = hello_to_server(
        extensions={10: groups, 13: b"\0\2\4\3", 43: bytes.fromhex("04fefcfefd"), 51: bytes(40)}
    )
    assert server.handshake_started
    answer = codec.decode_server_hello(
        codec.decode_fragments(first_record(server.datagrams_to_send(0.0)[0]).fragment)[0].data
    )
    assert answer.version == 0xFEFD
    assert 43 not in answer.extensions


def test_scsv_is_answered():
    """RFC 5746 3.6."""
    server = hello_to_server(cipher_suites=(0xC02B, 0x00FF))
    assert bytes.fromhex("ff01000100") in server.datagrams_to_send(0.0)[0]


def test_no_answer_to_what_was_not_asked():
    answer = hello_to_server().datagrams_to_send(0.0)[0]
    hello = codec.decode_server_hello(codec.decode_fragments(first_record(answer).fragment)[0].data)
    assert hello.extensions == {}


def test_session_id_of_the_client_is_not_resumed():
    answer = hello_to_server(session_id=b"s" * 32).datagrams_to_send(0.0)[0]
    hello = codec.decode_server_hello(codec.decode_fragments(first_record(answer).fragment)[0].data)
    assert hello.session_id == b""


def test_rsa_and_ecdsa_identities_choose_their_suites():
    for kind in ("ecdsa", "rsa"):
        _, done = complete(server={"identity": identity("both", kind)})
        assert (kind == "rsa") == ("RSA" in CipherSuite(done.cipher_suite).name.split("_WITH_")[0])


def test_events_are_drained():
    client, server = pair()
    shuttle(client, server)
    assert len(events(client)) == 1
    assert events(client) == []
