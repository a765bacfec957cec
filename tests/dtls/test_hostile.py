# SPDX-License-Identifier: GPL-2.0-only
"""Attacks with a history. Each test names where it was seen; the engine drops, refuses or bounds them."""

from __future__ import annotations

import tracemalloc

import pytest

from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls import ApplicationDataReceived, ConnectionClosed, DtlsClient, DtlsServer, codec
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.dtls.connection import EARLY_OCTETS, EARLY_RECORDS
from perc_scapy.dtls.fragments import MAX_BUFFER
from perc_scapy.dtls.outbound import PROVOKED_LIMIT
from perc_scapy.dtls.record import encode_record, first_record, split_records
from tests.dtls.pairs import client_config, event, events, pair, server_config, shuttle

GCM = 0xC02B


def plain(number: int, content: bytes, kind: int = 22) -> bytes:
    return encode_record(kind, number, content)


def waiting_server() -> tuple[DtlsClient, DtlsServer]:
    """A server that has sent its flight, and the client that has not got it."""
    client, server = pair()
    for datagram in client.datagrams_to_send(0.0):
        server.receive_datagram(datagram, 0.0)
    return client, server


def finish(client, server) -> None:
    shuttle(client, server)
    assert client.established, (events(client), events(server), client.counters)
    assert server.established, (events(server), server.counters)


def test_1_null_ciphers_only():
    """CVE-2023-51443, CVE-2023-49786: a stranger's bad hello must not end somebody else's set-up."""
    body = codec.encode_client_hello(
        codec.ClientHello(0xFEFD, bytes(32), b"", b"", (0, 1, 2), b"\0", {})
    )
    stranger = DtlsServer(server_config(1))
    stranger.receive_datagram(plain(0, encode_fragment(1, len(body), 0, 0, body)), 0.0)
    assert event(stranger, ConnectionClosed).alert == 40
    client, server = waiting_server()
    server.receive_datagram(plain(9, encode_fragment(1, len(body), 0, 0, body)), 0.0)
    finish(client, server)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encode_fragment(16, 10, 1, 0, bytes(11)), id="2-longer-than-its-message"),
        pytest.param(encode_fragment(16, 10, 1, 8, bytes(5)), id="2-past-the-end"),
        pytest.param(encode_fragment(16, 10, 1, 0, bytes(10))[:-3], id="16-data-missing"),
        pytest.param(encode_fragment(11, 0xFFFFFF, 1, 0, b"x"), id="3-announces-16-megabytes"),
        pytest.param(encode_fragment(11, 0xFFFFFF, 1, 0xFFFFFE, b"x"), id="16-far-end"),
        pytest.param(encode_fragment(11, 500, 1, 0, b""), id="4-empty-piece"),
        pytest.param(encode_fragment(11, 500, 60000, 0, b"x"), id="17-far-ahead"),
        pytest.param(encode_fragment(0, 0, 1, 0, b""), id="17-hello-request"),
        pytest.param(encode_fragment(0, 0, 5, 0, b""), id="17-hello-request-ahead"),
        pytest.param(b"", id="empty-record"),
        pytest.param(encode_fragment(20, 12, 1, 0, bytes(12)), id="finished-in-the-clear"),
        pytest.param(encode_fragment(26, 37, 1, 0, bytes(37)), id="ekt-key-in-the-clear"),
    ],
)
@pytest.mark.req("DTL-05")
def test_bad_fragments_are_dropped_and_the_handshake_goes_on(content):
    """CVE-2014-0195, CVE-2014-3506, CVE-2014-3507, CVE-2009-1387, OpenSSL #32363, MatrixSSL #30, tinydtls #54."""
    client, server = waiting_server()
    for number in range(20):
        server.receive_datagram(plain(50 + number, content), 0.0)
        client.receive_datagram(plain(50 + number, content), 0.0)
    assert server._reassembler.held == client._reassembler.held == 0
    finish(client, server)


@pytest.mark.req("DTL-05")
def test_3_memory_stays_bounded_under_a_flood_of_fragments():
    client, server = waiting_server()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3000):
            content = encode_fragment(11, 20000, 1 + number % 40, number * 7 % 19000, bytes(50))
            server.receive_datagram(plain(100 + number, content), 0.0)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert server._reassembler.held <= MAX_BUFFER
    assert grown < 4 * MAX_BUFFER
    assert client.handshake_started


def test_5_nothing_is_buffered_after_completion():
    """CVE-2016-2179."""
    client, server = pair()
    finish(client, server)
    for number in range(50):
        for engine in (client, server):
            for kind in (11, 20, 26):
                content = encode_fragment(kind, 9000, 8 + number % 5, 0, b"x")
                engine.receive_datagram(plain(300 + number, content), 1.0)
    assert client._reassembler.held == server._reassembler.held == 0


def test_6_forged_high_numbers_blind_nobody():
    """CVE-2016-2181: in epoch 0 there is no window, in epoch 1 it moves after authentication only."""
    client, server = waiting_server()
    highest = (1 << 48) - 1
    for engine in (client, server):
        engine.receive_datagram(plain(highest, b"\1", 20), 0.0)
        engine.receive_datagram(plain(1 << 48 | highest, bytes(60)), 0.0)
    finish(client, server)
    server.receive_datagram(plain(1 << 48 | highest, bytes(60), 23), 0.0)
    client.send_application(b"still heard")
    shuttle(client, server)
    assert event(server, ApplicationDataReceived).data == b"still heard"


def test_7_last_piece_first():
    """CVE-2009-1387."""
    client, server = pair(mtu=100)
    pieces = client.datagrams_to_send(0.0)
    assert len(pieces) > 1
    for piece in reversed(pieces):
        server.receive_datagram(piece, 0.0)
    finish(client, server)


def test_9_a_second_bad_hello_does_not_stall_the_server():
    """pion #689."""
    client, server = waiting_server()
    server.receive_datagram(plain(60, encode_fragment(1, 40, 1, 0, bytes(40))), 0.0)
    closed = [e for e in events(server) if isinstance(e, ConnectionClosed)]
    assert [e.alert for e in closed] == [10]  # it is answered, and the owner may start anew
    assert client.handshake_started


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_10_early_change_cipher_spec(side, step):
    """CVE-2017-7243, and the CCS injection of 2014: it changes nothing."""
    client, server = pair()
    for _ in range(step):
        for one, two in ((client, server), (server, client)):
            for datagram in one.datagrams_to_send(0.0):
                two.receive_datagram(datagram, 0.0)
    for content in (b"\1", b"", b"\2", bytes(40)):
        (client, server)[side].receive_datagram(
            plain(70, content, ContentType.CHANGE_CIPHER_SPEC), 0.0
        )
    finish(client, server)


def test_11_finished_before_anything_else():
    """A Finished in epoch 1 when there are no keys yet is held or dropped, never believed."""
    client, server = waiting_server()
    server.receive_datagram(plain(1 << 48, encode_fragment(20, 12, 1, 0, bytes(12))), 0.0)
    assert not server.established
    finish(client, server)
    assert server.counters["record_not_authentic"] == 1


@pytest.mark.parametrize("step", range(4))
def test_13_application_data_in_epoch_0(step):
    """CVE-2020-24585."""
    client, server = pair()
    for _ in range(step):
        for one, two in ((client, server), (server, client)):
            for datagram in one.datagrams_to_send(0.0):
                two.receive_datagram(datagram, 0.0)
    for engine in (client, server):
        engine.receive_datagram(plain(80, b"injected", ContentType.APPLICATION_DATA), 0.0)
        engine.receive_datagram(plain(81, b"\0\0", ContentType.ACK), 0.0)
    finish(client, server)
    found = events(client) + events(server)
    assert not [e for e in found if isinstance(e, ApplicationDataReceived)]


def test_13_application_data_before_finished():
    """RFC 6347 4.2.4: sealed with the right keys, but the peer is not authenticated yet."""
    client, server = waiting_server()
    client.receive_datagram(server.datagrams_to_send(0.0)[0], 0.0)
    flight = client.datagrams_to_send(0.0)
    early = client._out.writers[1].write(ContentType.APPLICATION_DATA, b"early")
    records, _ = split_records(flight[0])
    without_finished = b"".join(encode_record(r.type, r.number, r.fragment) for r in records[:-1])
    server.receive_datagram(without_finished, 0.0)
    server.receive_datagram(early, 0.0)
    assert server.counters["application_data_before_finished"] == 1
    server.receive_datagram(flight[0], 0.0)
    assert server.established
    assert [type(e).__name__ for e in events(server)] == ["HandshakeCompleted"]


def test_15_old_messages_do_not_amplify():
    """CVE-2022-2576: 1000 forged copies of a small old message bring a bounded number of flights."""
    client, server = waiting_server()
    flight = sum(map(len, server.datagrams_to_send(0.0)))
    tiny = plain(90, encode_fragment(HandshakeType.CLIENT_HELLO, 40, 0, 39, b"x"))
    sent = 0
    for step in range(1000):
        server.receive_datagram(tiny, step * 0.9)
        sent += sum(map(len, server.datagrams_to_send(step * 0.9)))
    assert 0 < sent <= PROVOKED_LIMIT * (flight + 50)
    assert client.handshake_started


def test_15_at_most_one_flight_in_half_a_second():
    _, server = waiting_server()
    server.datagrams_to_send(0.0)
    tiny = plain(90, encode_fragment(HandshakeType.CLIENT_HELLO, 40, 0, 39, b"x"))
    for step in range(100):
        server.receive_datagram(tiny, step * 0.0049)
    assert server.datagrams_to_send(0.5) == []
    server.receive_datagram(tiny, 0.51)
    assert len(server.datagrams_to_send(0.51)) == 1


def test_17_renegotiation_inside_an_association():
    """A ClientHello or HelloRequest in epoch 1: one warning, no state, no second one."""
    client, server = pair()
    finish(client, server)
    events(client), events(server)
    for attempt in range(3):
        hello = encode_fragment(1, 60, attempt, 0, bytes(60))
        server.receive_datagram(client._out.writers[1].write(ContentType.HANDSHAKE, hello), 1.0)
        request = encode_fragment(0, 0, attempt, 0, b"")
        client.receive_datagram(server._out.writers[1].write(ContentType.HANDSHAKE, request), 1.0)
    for engine in (client, server):
        (warning,) = engine.datagrams_to_send(1.0)
        assert first_record(warning).type == ContentType.ALERT
        assert engine.established
        assert engine.counters["renegotiation_refused"] == 3
        assert engine._reassembler.held == 0


def test_18_no_nonce_is_used_twice():
    """GHSA-9f3f-wv7r-qc8r: over retransmissions of everything, per key, every explicit nonce is new."""
    client, server = pair()
    nonces: dict[str, list[int]] = {"client": [], "server": []}
    for now in (0.0, 0.0, 1.0, 3.0, 7.0, 15.0, 15.0):
        for engine in (client, server):
            engine.handle_timer(now)
        for name, engine, other in (("client", client, server), ("server", server, client)):
            for datagram in engine.datagrams_to_send(now):
                protected = [r for r in split_records(datagram)[0] if r.epoch]
                assert all(r.fragment[:8] == r.number.to_bytes(8, "big") for r in protected)
                nonces[name] += [r.number for r in protected]
                lost = datagram.carries_finished and engine is server and now < 15
                if not lost:
                    other.receive_datagram(datagram, now)
    assert client.established
    assert {name: len(numbers) for name, numbers in nonces.items()} == {"client": 5, "server": 5}
    for numbers in nonces.values():
        assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("number", [2 << 48, 0xFFFF << 48, (1 << 48) | 5])
def test_epoch_confusion(number):
    """Records of epochs that do not exist, or that fail authentication."""
    client, server = pair()
    finish(client, server)
    for kind in range(18, 30):
        for engine in (client, server):
            engine.receive_datagram(plain(number, bytes(64), kind), 1.0)
    assert client.established
    assert server.established
    assert sum(server.counters.values()) == 12


def test_plain_alerts_do_not_end_a_live_association():
    client, server = pair()
    finish(client, server)
    for engine in (client, server):
        for content in (b"\2\x28", b"\1\0"):
            engine.receive_datagram(plain(99, content, ContentType.ALERT), 1.0)
        assert engine.established


def test_early_records_are_bounded():
    client, server = waiting_server()
    for number in range(500):
        server.receive_datagram(plain(1 << 48 | number, bytes(1000)), 0.0)
    assert len(server._early) <= EARLY_RECORDS
    assert sum(len(r.fragment) for r in server._early) <= EARLY_OCTETS
    assert server.counters["record_before_keys"] >= 490
    finish(client, server)


def test_alert_is_sent_once():
    """RFC 5246 7.2.2, and no loop of alerts between two engines."""
    server = DtlsServer(server_config(1))
    bad = plain(0, encode_fragment(1, 40, 0, 0, bytes(40)))
    for now in range(20):
        server.receive_datagram(bad, float(now))
    assert len(server.datagrams_to_send(20.0)) == 1
    assert len([e for e in events(server) if isinstance(e, ConnectionClosed)]) == 1
    server.close(21.0)
    assert server.datagrams_to_send(21.0) == []


def test_malformed_alerts():
    client, server = waiting_server()
    for content in (b"", b"\2", b"\2\x28\0", b"\1\x5a", b"\1\x64"):
        server.receive_datagram(plain(99, content, ContentType.ALERT), 0.0)
    assert server.counters["alert_malformed"] == 3
    assert server.counters["alert_warning"] == 2
    finish(client, server)


def test_record_versions():
    """A hello may come under 1.0 (RFC 5246 E.1); protected records only under 1.2."""
    client = DtlsClient(client_config(1))
    server = DtlsServer(server_config(1))
    client.start(0.0)
    (hello,) = client.datagrams_to_send(0.0)
    server.receive_datagram(hello[:1] + b"\xfe\xff" + hello[3:], 0.0)
    finish(client, server)
    client.send_application(b"x")
    (data,) = client.datagrams_to_send(0.0)
    server.receive_datagram(data[:1] + b"\xfe\xff" + data[3:], 0.0)
    assert server.counters["record_of_unknown_epoch"] == 1
