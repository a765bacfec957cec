# SPDX-License-Identifier: GPL-2.0-only
"""The client's side: verification of the server, cookies, tickets, order of messages."""

from __future__ import annotations

import pytest

from perc_scapy.codes import AlertDescription, HandshakeType
from perc_scapy.dtls import (
    ConnectionClosed,
    DtlsClient,
    HandshakeCompleted,
    PeerInfo,
    codec,
)
from perc_scapy.dtls.connection import State
from perc_scapy.dtls.record import encode_record, first_record
from perc_scapy.errors import LocalError
from tests.dtls.pairs import (
    DOUBLE_256,
    client_config,
    event,
    events,
    identity,
    pair,
    seeded,
    shuttle,
)


def closed_by(client, server) -> tuple[str, int]:
    shuttle(client, server)
    ours, theirs = event(client, ConnectionClosed), event(server, ConnectionClosed)
    assert ours.alert == theirs.alert
    return ("client" if ours.local else "server"), ours.alert


@pytest.mark.req("T00-EP-03")
def test_verify_sees_the_server_and_can_refuse_it():
    """Before the client has sent its certificate or made a key."""
    seen: list[PeerInfo] = []
    lines: list[str] = []

    def verify(peer: PeerInfo) -> int:
        seen.append(peer)
        return AlertDescription.BAD_CERTIFICATE

    client, server = pair(
        client={"verify": verify, "srtp_profiles": (DOUBLE_256,), "keylog": lines.append},
        server={"srtp_profiles": (DOUBLE_256,)},
        external_session_id=b"x" * 20,
    )
    log_before = len(lines)
    assert closed_by(client, server) == ("client", 42)
    (peer,) = seen
    assert peer.fingerprint == identity("server").fingerprint
    assert peer.certificates == (identity("server").certificate,)
    assert (peer.srtp_profiles, peer.external_session_id) == ((DOUBLE_256,), b"x" * 20)
    assert len(lines) == log_before == 0


@pytest.mark.req("T00-EP-03")
def test_server_without_the_key_of_its_certificate():
    """CVE-2022-29222 from the other side: the certificate is public, the signature is not."""
    client, server = pair(server={"tamper": forge_signature})
    assert closed_by(client, server) == ("client", 51)


def forge_signature(kind: int, body: bytes) -> bytes:
    if kind != HandshakeType.SERVER_KEY_EXCHANGE:
        return body
    exchange = codec.decode_server_key_exchange(body)
    from perc_scapy.dtls.signatures import sign

    forged = sign(identity("mallory").private_key, exchange.scheme, b"whatever" + exchange.params)
    return codec.encode_server_key_exchange(exchange.params, exchange.scheme, forged)


def tamper(kind: int, change):
    return lambda k, body: change(body) if k == kind else body


@pytest.mark.parametrize(
    ("kind", "change", "alert"),
    [
        (HandshakeType.CERTIFICATE, lambda b: codec.encode_certificate(()), 42),
        (HandshakeType.CERTIFICATE, lambda b: codec.encode_certificate((b"garbage",)), 42),
        (HandshakeType.CERTIFICATE, lambda b: b + b"\0", 50),
        (HandshakeType.CERTIFICATE, lambda b: identity("r", "rsa").certificate_body, 43),
        (HandshakeType.SERVER_KEY_EXCHANGE, lambda b: b"\3\0\x18" + b[3:], 47),
        (HandshakeType.SERVER_KEY_EXCHANGE, lambda b: b[:-1], 50),
        (HandshakeType.CERTIFICATE_REQUEST, lambda b: b"\0", 50),
        (HandshakeType.SERVER_HELLO_DONE, lambda b: b"\0", 50),
        (HandshakeType.FINISHED, lambda b: bytes(12), 51),
        (HandshakeType.FINISHED, lambda b: b[:11], 50),
    ],
)
def test_every_broken_message_of_a_server_is_answered(kind, change, alert):
    client, server = pair(server={"tamper": tamper(kind, change)})
    assert closed_by(client, server) == ("client", alert)


def test_messages_out_of_order():
    """A server that leaves its certificate out."""

    client, server = pair(server={"tamper": tamper(HandshakeType.CERTIFICATE, lambda b: None)})
    assert closed_by(client, server) == ("client", 10)


def test_started_once():
    client = DtlsClient(client_config(1))
    assert not client.handshake_started
    client.receive_datagram(b"too early", 0.0)
    client.start(0.0)
    assert client.handshake_started
    with pytest.raises(LocalError):
        client.start(0.0)


def verify_request(sequence: int, cookie: bytes) -> bytes:
    body = codec.encode_hello_verify_request(codec.HelloVerifyRequest(0xFEFF, cookie))
    return encode_record(
        22, sequence, codec.encode_fragment(3, len(body), sequence, 0, body), 0xFEFF
    )


def test_hello_with_cookie_repeats_everything_else():
    """RFC 6347 4.2.1."""
    client = DtlsClient(client_config(1, srtp_profiles=(DOUBLE_256,)))
    client.start(0.0)
    first = codec.decode_fragments(first_record(client.datagrams_to_send(0.0)[0]).fragment)[0]
    client.receive_datagram(verify_request(0, b"a cookie"), 0.0)
    second = codec.decode_fragments(first_record(client.datagrams_to_send(0.0)[0]).fragment)[0]
    one, two = codec.decode_client_hello(first.data), codec.decode_client_hello(second.data)
    assert (first.sequence, second.sequence) == (0, 1)
    assert two == one._replace(cookie=b"a cookie")


def test_a_server_that_never_accepts_its_cookies():
    client = DtlsClient(client_config(1))
    client.start(0.0)
    for sequence in range(5):
        client.receive_datagram(verify_request(sequence, b"cookie"), 0.0)
    assert event(client, ConnectionClosed).alert == 40


def test_cookie_after_the_server_hello_is_refused():
    client, server = pair()
    server.receive_datagram(client.datagrams_to_send(0.0)[0], 0.0)
    hello = server.datagrams_to_send(0.0)[0]
    client.receive_datagram(encode_record(22, 0, first_record(hello).fragment), 0.0)
    client.receive_datagram(verify_request(1, b"late"), 0.0)
    assert event(client, ConnectionClosed).alert == 10


def test_ticket_that_was_not_offered_is_refused():
    client, server = pair()
    server.receive_datagram(client.datagrams_to_send(0.0)[0], 0.0)
    client.receive_datagram(server.datagrams_to_send(0.0)[0], 0.0)
    body = bytes(6)
    ticket = encode_record(22, 50, codec.encode_fragment(4, 6, 5, 0, body))
    client.receive_datagram(ticket, 0.0)
    assert event(client, ConnectionClosed).alert == 10


@pytest.mark.req("T00-EP-04")
def test_client_gives_its_certificate_and_proves_it():
    client, server = pair()
    log = shuttle(client, server)
    flight = next(d for who, d in log if who == "client" and d[13] == HandshakeType.CERTIFICATE)
    kinds = [r.fragment[0] for r in codec_records(flight) if r.type == 22 and not r.epoch]
    assert kinds == [11, 16, 15]
    assert event(server, HandshakeCompleted).peer_certificates == (identity("client").certificate,)


def codec_records(datagram: bytes):
    from perc_scapy.dtls.record import split_records

    return split_records(datagram)[0]


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_without_a_usable_scheme_no_certificate_is_sent(kind):
    """RFC 5246 7.4.6: then the list is empty, and a server that wants one refuses."""
    only = {"ecdsa": (0x0401,), "rsa": (0x0403,)}[kind]
    request = codec.encode_certificate_request(codec.CertificateRequest((1, 64), only))
    client, server = pair(
        client={"identity": identity("client", kind)},
        server={"tamper": tamper(HandshakeType.CERTIFICATE_REQUEST, lambda b: request)},
    )
    assert closed_by(client, server) == ("server", 40)


def test_every_transition_names_a_state_and_a_message():
    for (state, kind), handler in DtlsClient.TRANSITIONS.items():
        assert isinstance(state, State)
        assert HandshakeType(kind)
        assert callable(handler)


def test_random_is_random_and_each_handshake_has_its_own():
    """CVE-2020-11501: an all-zero client random."""
    hellos = set()
    for seed in range(20):
        client = DtlsClient(client_config(seed, random=seeded(seed)))
        client.start(0.0)
        record = first_record(client.datagrams_to_send(0.0)[0])
        hellos.add(codec.decode_client_hello(record.fragment[12:]).random)
    assert len(hellos) == 20
    assert bytes(32) not in hellos


def test_nothing_is_acknowledged_outside_an_association():
    client, server = pair()
    shuttle(client, server)
    client.close(0.0)
    events(client)
    server.datagrams_to_send(0.0)
    assert [len(d) for d in client.datagrams_to_send(0.0)] == [39]
