# SPDX-License-Identifier: GPL-2.0-only
"""The server's side: membership before keys, proof of possession, the last flight."""

from __future__ import annotations

import pytest

from perc_scapy.codes import AlertDescription, HandshakeType
from perc_scapy.dtls import (
    ConnectionClosed,
    DtlsClient,
    DtlsServer,
    HandshakeCompleted,
    PeerInfo,
    codec,
)
from perc_scapy.dtls.outbound import Outbound
from perc_scapy.dtls.record import encode_record, first_record
from perc_scapy.dtls.signatures import sign
from tests.dtls.pairs import (
    AESKW_256,
    DOUBLE_256,
    client_config,
    event,
    events,
    identity,
    pair,
    server_config,
    shuttle,
)


def refused(client, server) -> tuple[int, str]:
    """Alert and reason at the server; nothing was exported, and the client knows."""
    client.start(0.0)
    shuttle(client, server)
    closed = event(server, ConnectionClosed)
    assert closed.local
    assert event(client, ConnectionClosed).alert == closed.alert
    assert not server.established
    return closed.alert, closed.reason


def test_verify_sees_all_that_membership_needs():
    seen: list[PeerInfo] = []
    client, server = pair(
        client={
            "external_session_id": b"i" * 20,
            "srtp_profiles": (DOUBLE_256, 7),
            "ekt_ciphers": (2, 1),
        },
        server={"verify": seen.append},
    )
    shuttle(client, server)
    (peer,) = seen
    assert peer == PeerInfo(
        (identity("client").certificate,),
        identity("client").fingerprint,
        b"i" * 20,
        (DOUBLE_256, 7),
        (AESKW_256, 1),
    )
    assert server.established


@pytest.mark.parametrize(
    "alert", [AlertDescription.ACCESS_DENIED, AlertDescription.ILLEGAL_PARAMETER]
)
def test_a_refused_client_gets_the_alert_of_verify_and_no_key_is_made(alert):
    lines: list[str] = []
    server = DtlsServer(server_config(1, verify=lambda peer: alert, keylog=lines.append))
    assert refused(DtlsClient(client_config(1)), server) == (alert, "client refused by verify")
    assert lines == []


@pytest.mark.req("T00-EP-04")
def test_client_without_certificate():
    server = DtlsServer(server_config(1))
    client = DtlsClient(client_config(1, identity=None))
    assert refused(client, server) == (40, "client without certificate")


class Forger(Outbound):
    """Signs with a key that is not the certificate's."""

    def queue(self, kind, body, epoch=0):
        if kind == HandshakeType.CERTIFICATE_VERIFY:
            scheme = identity("mallory").schemes[0]
            signature = sign(identity("mallory").private_key, scheme, self._transcript.octets())
            body = codec.encode_certificate_verify(codec.CertificateVerify(scheme, signature))
        super().queue(kind, body, epoch)


@pytest.mark.parametrize(
    "missing",
    [
        (HandshakeType.CERTIFICATE, HandshakeType.CERTIFICATE_VERIFY),
        (HandshakeType.CERTIFICATE_VERIFY,),
        (HandshakeType.CERTIFICATE,),
        (HandshakeType.CLIENT_KEY_EXCHANGE,),
    ],
    ids=lambda skip: "-".join(kind.name for kind in skip),
)
def test_finished_without_what_must_come_before(missing):
    """CVE-2020-2655, pion #529: authentication by leaving it out."""
    client = DtlsClient(client_config(1, tamper=lambda k, b: None if k in missing else b))
    alert, _ = refused(client, DtlsServer(server_config(1)))
    assert alert == 10


def test_certificate_of_somebody_else():
    """CVE-2022-29222: the certificate is public; only CertificateVerify proves its key."""
    client = DtlsClient(client_config(1))
    client._out = Forger(client.config, client._transcript)
    alert, reason = refused(client, DtlsServer(server_config(1)))
    assert (alert, reason) == (51, "signature does not verify")


@pytest.mark.parametrize(
    ("kind", "change", "alert"),
    [
        (HandshakeType.CERTIFICATE, lambda b: codec.encode_certificate((b"garbage",)), 42),
        (HandshakeType.CERTIFICATE, lambda b: b[:-1], 50),
        (HandshakeType.CLIENT_KEY_EXCHANGE, lambda b: b"\x20" + bytes(32), 47),
        (HandshakeType.CLIENT_KEY_EXCHANGE, lambda b: b"\1a", 47),
        (HandshakeType.CLIENT_KEY_EXCHANGE, lambda b: b"", 50),
        (HandshakeType.CERTIFICATE_VERIFY, lambda b: b"\2\3" + b[2:], 47),
        (HandshakeType.CERTIFICATE_VERIFY, lambda b: b[:-1], 50),
        (HandshakeType.FINISHED, lambda b: bytes(12), 51),
        (HandshakeType.FINISHED, lambda b: b + b"\0", 50),
    ],
)
def test_every_broken_message_of_a_client_is_answered(kind, change, alert):
    tamper = lambda k, body: change(body) if k == kind else body  # noqa: E731
    client = DtlsClient(client_config(1, tamper=tamper))
    assert refused(client, DtlsServer(server_config(1)))[0] == alert


@pytest.mark.parametrize("kind", [1, 11, 16, 15, 20])
def test_tampering_before_the_hash_keeps_the_transcript_whole(kind):
    """What both sides hash is what was sent: a harmless change does not break the handshake."""
    calls = []

    def tamper(k: int, body: bytes) -> bytes:
        calls.append(k)
        if k == HandshakeType.CLIENT_HELLO:
            hello = codec.decode_client_hello(body)
            return codec.encode_client_hello(
                hello._replace(extensions={**hello.extensions, 4711: b"x"})
            )
        return body

    client, server = pair(client={"tamper": tamper})
    shuttle(client, server)
    assert server.established
    assert kind in calls


def test_without_asking_for_a_certificate():
    """A server may serve strangers; `verify` then says so about an empty list."""
    seen = []
    client, server = pair(server={"request_client_certificate": False, "verify": seen.append})
    shuttle(client, server)
    assert event(server, HandshakeCompleted).peer_fingerprint is None
    assert [p.certificates for p in seen] == [()]
    refusing = DtlsServer(
        server_config(
            1, request_client_certificate=False, verify=lambda p: AlertDescription.ACCESS_DENIED
        )
    )
    assert refused(DtlsClient(client_config(1)), refusing)[0] == 49


def halfway():
    """Client and server after the client's last flight is out, with that flight and the server's answer."""
    client, server = pair()
    server.receive_datagram(client.datagrams_to_send(0.0)[0], 0.0)
    client.receive_datagram(server.datagrams_to_send(0.0)[0], 0.0)
    flight = client.datagrams_to_send(0.0)
    for datagram in flight:
        server.receive_datagram(datagram, 0.0)
    return client, server, flight, server.datagrams_to_send(0.0)


@pytest.mark.req("T00-KMF-11")
def test_last_flight_is_repeated_while_the_client_repeats_its_own():
    client, server, _, lost = halfway()
    assert [d.carries_finished for d in lost] == [True]
    for now in (1.0, 3.0, 7.0):
        client.handle_timer(now)
        for datagram in client.datagrams_to_send(now):
            server.receive_datagram(datagram, now)
        answer = server.datagrams_to_send(now)
        assert [d.carries_finished for d in answer] == [True]
    client.receive_datagram(answer[0], 7.0)
    assert client.established


def test_replayed_datagrams_do_not_provoke_the_last_flight():
    """Only a new Finished record does, and nobody but the client can make one."""
    _, server, flight, _ = halfway()
    for now in range(1, 50):
        for datagram in flight:
            server.receive_datagram(datagram, float(now))
    assert server.datagrams_to_send(50.0) == []


def test_new_client_hello_on_a_live_association_is_left_to_the_owner():
    """RFC 6347 4.2.8: the association must not be destroyed by what anybody can send."""
    client, server, *_ = halfway()
    stranger = DtlsClient(client_config("stranger"))
    stranger.start(0.0)
    for datagram in stranger.datagrams_to_send(0.0):
        server.receive_datagram(datagram, 1.0)
    assert server.established
    assert server.datagrams_to_send(1.0) == []
    assert server.counters["plain_record_after_handshake"] == 1
    assert client.handshake_started


@pytest.mark.parametrize(
    ("sequence", "record"), [(9, 0), (65535, 0), (0, (1 << 32) + 1), (0, (1 << 48) - 1)]
)
def test_numbers_that_would_exhaust_ours_do_not_start_anything(sequence, record):
    client = DtlsClient(client_config(1))
    client.start(0.0)
    body = first_record(client.datagrams_to_send(0.0)[0]).fragment[12:]
    server = DtlsServer(server_config(1))
    server.receive_datagram(
        encode_record(22, record, codec.encode_fragment(1, len(body), sequence, 0, body)), 0.0
    )
    assert not server.handshake_started
    assert server.datagrams_to_send(0.0) == []


def test_server_is_silent_until_a_client_hello():
    server = DtlsServer(server_config(1))
    for datagram in (
        b"",
        b"\x16",
        bytes(50),
        encode_record(22, 0, codec.encode_fragment(14, 0, 0, 0, b"")),
    ):
        server.receive_datagram(datagram, 0.0)
    assert not server.handshake_started
    assert server.get_timer() is None
    server.close(0.0)
    assert server.datagrams_to_send(0.0) == []
    assert [type(e) for e in events(server)] == [ConnectionClosed]


def test_two_servers_do_not_share_state():
    """CVE-2020-27222: one failed handshake must not poison others."""
    good_client, good_server = pair(1)
    bad_client, bad_server = pair(2, client={"tamper": lambda k, b: bytes(12) if k == 20 else b})
    for _ in range(6):
        for one, two in ((bad_client, bad_server), (good_client, good_server)):
            for datagram in one.datagrams_to_send(0.0):
                two.receive_datagram(datagram, 0.0)
            for datagram in two.datagrams_to_send(0.0):
                one.receive_datagram(datagram, 0.0)
    assert good_server.established
    assert good_client.established
    assert bad_server.closed


@pytest.mark.parametrize("order", ["reversed", "rotated"])
def test_reordered_client_flight(order):
    """At a small MTU the Finished can come before the keys that open it: it waits."""
    client, server = pair(mtu=200)
    for datagram in client.datagrams_to_send(0.0):
        server.receive_datagram(datagram, 0.0)
    for datagram in server.datagrams_to_send(0.0):
        client.receive_datagram(datagram, 0.0)
    flight = client.datagrams_to_send(0.0)
    assert len(flight) >= 3
    shuffled = flight[::-1] if order == "reversed" else flight[-1:] + flight[:-1]
    for datagram in shuffled:
        server.receive_datagram(datagram, 0.0)
    assert server.established, server.counters


def test_server_whose_hello_never_becomes_whole_ends_by_itself():
    client, server = pair(mtu=100, max_retransmissions=2)
    server.receive_datagram(client.datagrams_to_send(0.0)[0], 3.0)
    assert server.get_timer() == 4.0
    while (deadline := server.get_timer()) is not None:
        server.handle_timer(deadline)
        assert server.datagrams_to_send(deadline) == []
    assert events(server) == [ConnectionClosed("handshake timeout", None, local=True)]


def test_messages_may_be_replaced_and_added():
    """A workbench sends what no library would, and the transcript stays sound."""
    extra = (HandshakeType.CERTIFICATE_STATUS, b"unasked")

    def tamper(kind: int, body: bytes):
        return [(kind, body), extra] if kind == HandshakeType.CERTIFICATE else body

    client = DtlsClient(client_config(1, tamper=tamper))
    alert, reason = refused(client, DtlsServer(server_config(1)))
    assert (alert, reason) == (10, "message 22 in WAIT_CLIENT_KEY_EXCHANGE")
