# SPDX-License-Identifier: GPL-2.0-only
"""The KMF's side of tunnels, against real dialers on the own engine."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from perc_scapy.codes import ContentType
from perc_scapy.tunnel.carrier import (
    TunnelClosed,
    TunnelDialer,
    TunnelFailed,
    TunnelId,
    TunnelListener,
    TunnelOpened,
    TunnelRecord,
)
from tests.tunnel.carriers import KMF, MDD, STRANGER, dialer, events, join, listener, opened


def handshake_types(datagrams: list[bytes]) -> list[int]:
    return [d[13] for d in datagrams if d[0] == ContentType.HANDSHAKE and d[3:5] == b"\0\0"]


@pytest.mark.req("T00-TUN-01", "T00-TUN-02", "T00-TUN-03", "SLD-TRN-03")
def test_a_tunnel_opens_with_cookie_and_both_certificates() -> None:
    server, client = listener(), dialer()
    client.start(0.0)
    log = join(server, {"mdd": client})
    assert log[0][0] == "mdd", "the MDD is the DTLS client"
    # ClientHello, HelloVerifyRequest, ClientHello, ServerHello …, client flight with a Certificate
    assert handshake_types([data for _, data in log])[:5] == [1, 3, 1, 2, 11]
    assert events(server) == [TunnelOpened(TunnelId("mdd", 1), MDD.fingerprint)]
    assert events(client) == [TunnelOpened("t", KMF.fingerprint)]
    assert client.opened


@pytest.mark.req("T00-TUN-02", "R8871-06")
def test_an_mdd_without_a_known_certificate_gets_no_tunnel() -> None:
    for identity in (STRANGER, None):
        server, client = listener(), dialer(identity)
        client.start(0.0)
        join(server, {"mdd": client})
        assert not any(isinstance(e, TunnelOpened) for e in events(server))
        assert not client.opened


@pytest.mark.req("T00-TUN-02")
def test_a_kmf_with_another_certificate_is_refused_by_the_mdd() -> None:
    server, client = listener(), dialer(trusted=STRANGER)
    client.start(0.0)
    join(server, {"mdd": client})
    assert [type(e) for e in events(client)] == [TunnelFailed]
    assert not any(isinstance(e, TunnelOpened) for e in events(server))


@pytest.mark.req("T00-TUN-07")
def test_one_message_one_record_one_datagram() -> None:
    server, client, tunnel = opened()
    for record in (b"one", b"two", bytes(16384)):
        client.send("t", record)
    log = join(server, {"mdd": client})
    assert [data[0] for _, data in log] == [ContentType.APPLICATION_DATA] * 3
    for _, data in log:
        assert len(data) == 13 + int.from_bytes(data[11:13], "big"), "one record in the datagram"
    assert len(log[2][1]) == 16384 + 37
    assert events(server) == [
        TunnelRecord(tunnel, b"one"),
        TunnelRecord(tunnel, b"two"),
        TunnelRecord(tunnel, bytes(16384)),
    ]
    server.send(tunnel, b"three")
    join(server, {"mdd": client})
    assert events(client) == [TunnelRecord("t", b"three")]


@pytest.mark.req("T00-KMF-01", "T00-TUN-04")
def test_several_tunnels_at_once() -> None:
    server = listener()
    clients: dict[Hashable, TunnelDialer] = {f"mdd{n}": dialer(name=n) for n in range(4)}
    for client in clients.values():
        client.start(0.0)
    join(server, clients)
    ids = [e.tunnel_id for e in events(server)]  # type: ignore[attr-defined]
    assert len(set(ids)) == 4
    for tunnel in ids:
        server.send(tunnel, tunnel.addr.encode())
    join(server, clients)
    for addr, client in clients.items():
        assert TunnelRecord(client.tunnel_id, str(addr).encode()) in events(client)


@pytest.mark.req("FW16-03")
def test_nothing_is_kept_for_floods_without_cookie() -> None:
    server = listener()
    for n in range(50):
        client = dialer()
        client.start(0.0)
        for data, _ in client.datagrams_to_send(0.0):
            server.receive_datagram(data, f"spoofed{n}", 0.0)
    assert len(server.datagrams_to_send(0.0)) == 50, "one HelloVerifyRequest each"
    assert server.get_timer() is None


def test_caps_on_half_open_and_on_tunnels() -> None:
    server = listener(max_half_open=2)
    waiting = {}
    for n in range(3):
        client = waiting[f"m{n}"] = dialer()
        client.start(0.0)
        for _ in range(
            2
        ):  # ClientHello, ClientHello with cookie; the rest of the handshake stays away
            for data, _to in client.datagrams_to_send(0.0):
                server.receive_datagram(data, f"m{n}", 0.0)
            for data, addr in server.datagrams_to_send(0.0):
                if addr == f"m{n}" and data[13] == 3:
                    client.receive_datagram(data, "kmf.example:1", 0.0)
    assert server.counters["half_open_cap"] == 1
    (evicted,) = events(server)
    assert evicted == TunnelFailed(TunnelId("m0", 1), "made room for a newer handshake")
    server.handle_timer(30.0)
    assert [e.reason for e in events(server)] == ["handshake timed out"] * 2  # type: ignore[attr-defined]
    assert server.get_timer() is None, "nothing is left of them"

    small = listener(max_tunnels=1)
    clients = {"a": dialer(), "b": dialer()}
    for client in clients.values():
        client.start(0.0)
    join(small, clients)
    assert small.counters["tunnel_cap"] == 1
    assert len(events(small)) == 1


def _greet(server: TunnelListener, client: TunnelDialer) -> bytes:
    """Bring the cookie back; the server's flight is lost. Returns the ClientHello that has the cookie."""
    for _ in range(2):
        for hello, _to in client.datagrams_to_send(0.0):
            server.receive_datagram(hello, "mdd", 0.0)
        for data, _to in server.datagrams_to_send(0.0):
            if data[13] == 3:
                client.receive_datagram(data, "kmf.example:1", 0.0)
    return hello


def test_a_dialer_that_gave_up_and_dials_again_is_heard_at_once() -> None:
    server, client = listener(), dialer(handshake_timeout=5.0)
    client.start(0.0)
    _greet(server, client)
    client.handle_timer(5.0)
    assert client.datagrams_to_send(5.0), "its close_notify is lost, too"
    client.handle_timer(6.0)
    join(server, {"mdd": client}, 6.0)
    assert client.opened
    failed, stands = events(server)
    assert failed == TunnelFailed(
        TunnelId("mdd", 1), "replaced by a new handshake from the same address"
    )
    assert stands == TunnelOpened(TunnelId("mdd", 2), MDD.fingerprint)


def test_a_late_copy_of_the_client_hello_starts_nothing() -> None:
    server, client = listener(), dialer()
    client.start(0.0)
    hello = _greet(server, client)
    client.handle_timer(1.0)
    join(server, {"mdd": client}, 1.0)
    assert [type(e) for e in events(server)] == [TunnelOpened]
    server.receive_datagram(hello, "mdd", 2.0)
    assert server.get_timer() is None, "no second handshake waits"
    client.send("t", b"still here")
    join(server, {"mdd": client}, 2.0)
    assert events(server) == [TunnelRecord(TunnelId("mdd", 1), b"still here")]


def test_close_notify_ends_a_tunnel_on_both_sides() -> None:
    server, client, tunnel = opened()
    server.close_tunnel(tunnel, 5.0)
    join(server, {"mdd": client}, 5.0)
    assert events(server) == [TunnelClosed(tunnel, "closed here")]
    assert [type(e) for e in events(client)] == [TunnelClosed]
    server.send(tunnel, b"late")
    assert server.counters["not_open"] == 1
    assert server.get_timer() is None


def test_a_restarted_mdd_replaces_its_tunnel_only_when_the_new_one_stands() -> None:
    server, _, old = opened()
    again = dialer(seed=3)
    again.start(1.0)
    (first, _), *_ = again.datagrams_to_send(1.0)
    server.receive_datagram(first, "mdd", 1.0)
    assert events(server) == [], "a ClientHello alone ends nothing (RFC 6347 4.2.8)"
    for data, _ in server.datagrams_to_send(1.0):
        again.receive_datagram(data, "kmf.example:1", 1.0)
    join(server, {"mdd": again}, 1.0)
    closed, new = events(server)
    assert isinstance(closed, TunnelClosed)
    assert isinstance(new, TunnelOpened)
    assert closed.tunnel_id == old != new.tunnel_id
    server.send(new.tunnel_id, b"hello again")
    join(server, {"mdd": again}, 1.0)
    assert TunnelRecord("t", b"hello again") in events(again)


def test_foreign_datagrams_leave_an_open_tunnel_alone() -> None:
    server, client, tunnel = opened()
    for noise in (b"", b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x28", b"\x17\xfe\xfd" + bytes(40)):
        server.receive_datagram(noise, "mdd", 1.0)
        server.receive_datagram(noise, "elsewhere", 1.0)
    client.send("t", b"still here")
    join(server, {"mdd": client}, 1.0)
    assert events(server) == [TunnelRecord(tunnel, b"still here")]


def test_all_tunnels_can_be_ended_at_once() -> None:
    server, client, _ = opened()
    server.close(2.0)
    join(server, {"mdd": client}, 2.0)
    assert not client.opened
