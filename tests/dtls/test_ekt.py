# SPDX-License-Identifier: GPL-2.0-only
"""Delivery of ekt_key: acknowledged, repeated, in order, and only where it was negotiated."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.crypto import EktParameters, Key
from perc_scapy.dtls import (
    ConnectionClosed,
    EktKeyAcknowledged,
    EktKeyReceived,
    EktKeyUndelivered,
    HandshakeCompleted,
    codec,
)
from perc_scapy.dtls.ekt import read_ekt_key
from perc_scapy.dtls.record import encode_record, first_record
from perc_scapy.errors import DecodeError, LocalError, RemoteError
from tests.dtls.pairs import (
    AESKW_128,
    AESKW_256,
    DOUBLE_256,
    ekt_pair,
    ekt_parameters,
    event,
    events,
    pair,
    shuttle,
)


def ready(**options):
    client, server = ekt_pair(**options)
    shuttle(client, server)
    events(client), events(server)
    return client, server


def acknowledged(server) -> list[int]:
    return [e.spi for e in events(server) if isinstance(e, EktKeyAcknowledged)]


def received(client) -> list[int]:
    return [e.parameters.spi for e in events(client) if isinstance(e, EktKeyReceived)]


@pytest.mark.req("EKT-23")
def test_body_and_ack_on_the_wire():
    """Handshake type 26 and content type 26, both in epoch 1; what they hold is read with the peer's keys."""
    client, server = ready()
    server.send_ekt_key(ekt_parameters(0x1234))
    (key,) = server.datagrams_to_send(0.0)
    record = first_record(key)
    assert (record.type, record.epoch) == (ContentType.HANDSHAKE, 1)
    content = client._reader._protection.open(record.number, record.type, record.fragment)
    (fragment,) = codec.decode_fragments(content)
    assert (fragment.type, fragment.sequence) == (HandshakeType.EKT_KEY, 6)
    assert (
        fragment.data.hex()
        == "0020"
        + bytes(range(0xC0, 0xE0)).hex()
        + "000c"
        + bytes(range(0xA0, 0xAC)).hex()
        + "1234015180"
    )
    client.receive_datagram(key, 0.0)
    (ack,) = client.datagrams_to_send(0.0)
    answer = first_record(ack)
    assert (answer.type, answer.epoch) == (ContentType.ACK, 1)
    content = server._reader._protection.open(answer.number, answer.type, answer.fragment)
    assert content.hex() == "0010" + f"{1:016x}" + f"{record.sequence:016x}"


@pytest.mark.req("EKT-23", "DTL-05")
def test_retransmitted_by_the_timer_until_acknowledged():
    client, server = ready()
    server.send_ekt_key(ekt_parameters(1))
    assert server.get_timer() is None
    lost = server.datagrams_to_send(10.0)
    times = []
    for _ in range(5):
        times.append(server.get_timer())
        server.handle_timer(server.get_timer() - 0.001)
        assert server.datagrams_to_send(0.0) == []
        server.handle_timer(server.get_timer())
        lost = server.datagrams_to_send(0.0)
    assert times == [11, 13, 17, 25, 41]
    client.receive_datagram(lost[-1], 42.0)
    shuttle(client, server, 42.0)
    assert received(client) == [1]
    assert acknowledged(server) == [1]
    assert server.get_timer() is None


@pytest.mark.req("EKT-23")
def test_a_copy_is_acknowledged_again_and_not_reported_again():
    client, server = ready()
    server.send_ekt_key(ekt_parameters(1))
    for now in (0.0, 1.0, 3.0):
        server.handle_timer(now)
        for datagram in server.datagrams_to_send(now):
            client.receive_datagram(datagram, now)
    acks = client.datagrams_to_send(3.0)
    assert len(acks) >= 3
    assert received(client) == [1]
    server.receive_datagram(acks[-1], 3.0)  # all ACKs but the last are lost
    assert acknowledged(server) == [1]


@pytest.mark.req("EKT-23")
def test_an_ack_of_any_sending_counts():
    """RFC 9147 7.2: the ACK may name a record that was sent before the last one."""
    client, server = ready()
    server.send_ekt_key(ekt_parameters(1))
    (first,) = server.datagrams_to_send(0.0)
    server.handle_timer(1.0)
    server.datagrams_to_send(1.0)
    client.receive_datagram(first, 1.1)
    shuttle(client, server, 1.1)
    assert acknowledged(server) == [1]


@pytest.mark.parametrize("confirmed", [False, True])
def test_last_flight_goes_with_the_repeated_key_until_the_client_is_heard(confirmed):
    """No ACK can come from a client that lacks our Finished; one that sends data has it."""
    client, server = ready()
    if confirmed:
        client.send_application(b"here")
        shuttle(client, server)
    server.send_ekt_key(ekt_parameters(1))
    server.datagrams_to_send(0.0)
    server.handle_timer(1.0)
    marks = [d.carries_finished for d in server.datagrams_to_send(1.0)]
    assert marks == ([False] if confirmed else [True, False])


@pytest.mark.req("EKT-23")
def test_given_up_after_the_last_retransmission():
    client, server = ready(max_retransmissions=2)
    server.send_ekt_key(ekt_parameters(1))
    server.send_ekt_key(ekt_parameters(2))
    server.datagrams_to_send(0.0)
    for _ in range(3):
        server.handle_timer(server.get_timer())
    assert events(server) == [EktKeyUndelivered(1), EktKeyUndelivered(2)]
    assert server.get_timer() is None
    assert server.established
    assert client.established


@pytest.mark.req("EKT-23")
def test_several_keys_wait_for_their_turn():
    client, server = ready()
    for spi in (1, 2, 3):
        server.send_ekt_key(ekt_parameters(spi))
    assert len(server.datagrams_to_send(0.0)) == 1
    server.handle_timer(1.0)
    shuttle(client, server, 1.0)
    assert received(client) == [1, 2, 3]
    assert acknowledged(server) == [1, 2, 3]


@pytest.mark.req("EKT-23")
def test_fragmented_key_with_a_lost_piece():
    """A salt of 256 octets at MTU 120 takes many pieces; only what is missing is sent again."""
    client, server = ready(mtu=120)
    server.send_ekt_key(ekt_parameters(9, salt=256))
    pieces = server.datagrams_to_send(0.0)
    assert len(pieces) > 3
    assert all(len(piece) <= 120 for piece in pieces)
    for number, piece in enumerate(pieces):
        if number != 2:
            client.receive_datagram(piece, 0.0)
    assert client.datagrams_to_send(0.0) == []
    server.handle_timer(1.0)
    again = server.datagrams_to_send(1.0)[-len(pieces) :]
    for piece in again:
        client.receive_datagram(piece, 1.0)
    shuttle(client, server, 1.0)
    assert received(client) == [9]
    assert acknowledged(server) == [9]


def test_pieces_that_are_acknowledged_are_not_sent_again():
    """RFC 9147 7.2. Our client acknowledges whole messages; another may acknowledge pieces."""
    client, server = ready(mtu=120)
    server.send_ekt_key(ekt_parameters(9, salt=256))
    pieces = server.datagrams_to_send(0.0)
    number = first_record(pieces[0]).number
    ack = client._out.writers[1].write(ContentType.ACK, codec.encode_ack([number]))
    server.receive_datagram(ack, 0.1)
    assert acknowledged(server) == []
    server.handle_timer(1.0)
    assert len(server.datagrams_to_send(1.0)) == len(pieces) - 1


def test_key_that_overtakes_finished():
    """T00's tunnel is unordered: ekt_key may come before the Finished it follows (AMB-24)."""
    client, server = ekt_pair()
    flights = []
    while not server.established:
        for datagram in client.datagrams_to_send(0.0):
            server.receive_datagram(datagram, 0.0)
        flights = server.datagrams_to_send(0.0)
        if not server.established:
            for datagram in flights:
                client.receive_datagram(datagram, 0.0)
    server.send_ekt_key(ekt_parameters(5))
    for datagram in server.datagrams_to_send(0.0):
        client.receive_datagram(datagram, 0.0)
    assert events(client) == []
    assert client.datagrams_to_send(0.0) == []  # nothing is acknowledged before it is processed
    for datagram in flights:
        client.receive_datagram(datagram, 0.01)
    shuttle(client, server, 0.01)
    kinds = [type(e) for e in events(client)]
    assert kinds == [HandshakeCompleted, EktKeyReceived]
    assert acknowledged(server) == [5]


def test_key_without_finished_asks_for_it_early():
    client, server = ekt_pair()
    for datagram in client.datagrams_to_send(0.0):
        server.receive_datagram(datagram, 0.0)
    for datagram in server.datagrams_to_send(0.0):
        client.receive_datagram(datagram, 0.0)
    for datagram in client.datagrams_to_send(0.0):
        server.receive_datagram(datagram, 0.0)
    assert server.datagrams_to_send(0.0)[0].carries_finished  # and is lost
    server.send_ekt_key(ekt_parameters(5))
    for datagram in server.datagrams_to_send(0.0):
        client.receive_datagram(datagram, 0.05)
    assert client.get_timer() == pytest.approx(0.15)
    for _ in range(50):  # what anybody can send does not hasten it again
        client.receive_datagram(b"garbage", 0.06)
    assert client.get_timer() == pytest.approx(0.15)
    client.handle_timer(client.get_timer())
    client.receive_datagram(b"garbage", 0.16)
    assert client.get_timer() > 1.0
    log = shuttle(client, server, 0.2)
    assert any(getattr(d, "carries_finished", False) for who, d in log if who == "server")
    assert client.established
    assert received(client) == [5]


@pytest.mark.req("EKT-24")
def test_server_does_not_send_without_negotiation():
    client, server = pair(srtp_profiles=(DOUBLE_256,))
    with pytest.raises(LocalError):
        server.send_ekt_key(ekt_parameters())
    shuttle(client, server)
    with pytest.raises(LocalError):
        server.send_ekt_key(ekt_parameters())


@pytest.mark.req("EKT-24")
def test_server_does_not_send_a_key_of_another_cipher():
    _, server = ready()
    with pytest.raises(LocalError):
        server.send_ekt_key(EktParameters(1, AESKW_128, Key(bytes(16)), Key(bytes(12)), 60))


@pytest.mark.req("EKT-24")
def test_client_refuses_one_without_negotiation():
    client, server = pair()
    shuttle(client, server)
    events(client)
    server._ekt_cipher = AESKW_256  # a server that breaks the rule
    server.send_ekt_key(ekt_parameters())
    shuttle(client, server)
    assert event(client, ConnectionClosed).alert == 10


def sealed_message(engine, kind: int, body: bytes, sequence: int) -> bytes:
    """A handshake message under the engine's own write keys."""
    content = codec.encode_fragment(kind, len(body), sequence, 0, body)
    return engine._out.writers[1].write(ContentType.HANDSHAKE, content)


@pytest.mark.req("EKT-23", "EKT-24")
def test_server_refuses_one_from_a_client():
    """Only the server hands out keys (T00-EP-06)."""
    client, server = ready()
    body = codec.encode_ekt_key(codec.EktKeyBody(bytes(32), bytes(12), 1, 60))
    server.receive_datagram(sealed_message(client, 26, body, client._out.sequence), 0.0)
    assert event(server, ConnectionClosed).alert == 10


@pytest.mark.req("EKT-23")
@pytest.mark.parametrize(
    ("body", "alert"),
    [
        (b"", 50),
        (codec.encode_ekt_key(codec.EktKeyBody(bytes(32), bytes(12), 1, 60))[:-1], 50),
        (codec.encode_ekt_key(codec.EktKeyBody(bytes(32), bytes(12), 1, 60)) + b"x", 50),
        (codec.encode_ekt_key(codec.EktKeyBody(bytes(16), bytes(12), 1, 60)), 47),
        (codec.encode_ekt_key(codec.EktKeyBody(bytes(33), bytes(12), 1, 60)), 47),
    ],
)
def test_a_key_that_cannot_be_processed_is_answered_by_an_alert(body, alert):
    """RFC 8870 5.2.2. Nothing is acknowledged."""
    client, server = ready()
    client.receive_datagram(sealed_message(server, 26, body, server._out.sequence), 0.0)
    assert event(client, ConnectionClosed).alert == alert
    (datagram,) = client.datagrams_to_send(0.0)
    assert datagram[0] == ContentType.ALERT
    server.send_ekt_key(ekt_parameters(3))
    server.receive_datagram(datagram, 0.0)
    assert [type(e) for e in events(server)] == [EktKeyUndelivered, ConnectionClosed]


def test_salt_of_14_octets_is_taken():
    client, server = ready()
    server.send_ekt_key(ekt_parameters(1, salt=14))
    shuttle(client, server)
    assert len(event(client, EktKeyReceived).parameters.salt) == 14


@pytest.mark.req("EKT-23")
def test_ack_outside_epoch_1_means_nothing():
    client, server = ready()
    server.send_ekt_key(ekt_parameters(1))
    (key,) = server.datagrams_to_send(0.0)
    number = first_record(key).number
    server.receive_datagram(encode_record(26, 99, codec.encode_ack([number])), 0.0)
    assert acknowledged(server) == []
    assert server.counters["plain_record_after_handshake"] == 1
    assert client.established


@pytest.mark.parametrize("content", [b"", b"\0", b"\0\1x", b"\0\x10" + bytes(15), bytes(100)])
def test_malformed_or_foreign_acks_are_counted(content):
    client, server = ready()
    server.send_ekt_key(ekt_parameters(1))
    server.datagrams_to_send(0.0)
    server.receive_datagram(client._out.writers[1].write(ContentType.ACK, content), 0.0)
    assert acknowledged(server) == []
    assert server.established


def test_ack_to_a_client_is_counted():
    client, server = ready()
    client.receive_datagram(
        server._out.writers[1].write(ContentType.ACK, codec.encode_ack([1])), 0.0
    )
    assert client.counters["ack_not_expected"] == 1


def test_close_reports_what_was_not_delivered():
    _, server = ready()
    server.send_ekt_key(ekt_parameters(1))
    server.datagrams_to_send(0.0)
    server.close(0.1)
    assert [type(e) for e in events(server)] == [EktKeyUndelivered, ConnectionClosed]
    assert server.get_timer() is None


def test_read_ekt_key():
    body = codec.encode_ekt_key(codec.EktKeyBody(bytes(16), bytes(12), 7, 60))
    assert read_ekt_key(body, AESKW_128).spi == 7
    with pytest.raises(RemoteError):
        read_ekt_key(body, AESKW_256)
    with pytest.raises(RemoteError):
        read_ekt_key(body, 77)
    with pytest.raises(DecodeError):
        read_ekt_key(body[1:], AESKW_128)


def test_tampered_ekt_key():
    """A workbench sends what no library would."""
    client, server = ready(server={"tamper": lambda kind, body: body[:-1] if kind == 26 else body})
    server.send_ekt_key(ekt_parameters(1))
    shuttle(client, server)
    assert event(client, ConnectionClosed).alert == 50
