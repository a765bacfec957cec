# SPDX-License-Identifier: GPL-2.0-only
"""The MDD's side of a tunnel: it dials, and dials again with growing pauses."""

from __future__ import annotations

from perc_scapy.tunnel.carrier import TunnelClosed, TunnelDialer, TunnelFailed, TunnelOpened
from tests.tunnel.carriers import STRANGER, dialer, events, join, listener, opened


def test_nothing_is_sent_before_start() -> None:
    client = dialer()
    client.send("t", b"early")
    assert client.datagrams_to_send(0.0) == []
    assert client.get_timer() is None


def test_datagrams_of_another_address_have_no_effect() -> None:
    server, client = listener(), dialer()
    client.start(0.0)
    for data, _ in client.datagrams_to_send(0.0):
        server.receive_datagram(data, "mdd", 0.0)
    for data, _ in server.datagrams_to_send(0.0):
        client.receive_datagram(data, "not the kmf", 0.0)
    assert client.datagrams_to_send(0.0) == []


def test_a_lost_tunnel_is_dialled_again() -> None:
    server, client, tunnel = opened()
    server.close_tunnel(tunnel, 60.0)
    join(server, {"mdd": client}, 60.0)
    assert [type(e) for e in events(client)] == [TunnelClosed]
    assert client.get_timer() == 61.0
    client.handle_timer(60.9)
    assert client.datagrams_to_send(60.9) == []
    client.handle_timer(61.0)
    join(server, {"mdd": client}, 61.0)
    assert [type(e) for e in events(client)] == [TunnelOpened]


def pauses(client: TunnelDialer, count: int) -> list[float]:
    """Seconds between the failure of a handshake that nobody answers and the next attempt."""
    found, now = [], 0.0
    client.start(now)
    while len(found) < count:
        now = client.get_timer() or 0.0
        client.handle_timer(now)
        client.datagrams_to_send(now)
        if any(isinstance(e, TunnelFailed) for e in events(client)):
            found.append((client.get_timer() or 0.0) - now)
    return found


def test_pauses_double_up_to_the_longest() -> None:
    client = dialer(first_pause=1.0, longest_pause=5.0, handshake_timeout=10.0)
    assert pauses(client, 5) == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_short_lived_tunnel_does_not_shorten_the_pause() -> None:
    server, client, tunnel = opened()
    server.close_tunnel(tunnel, 1.0)
    join(server, {"mdd": client}, 1.0)
    client.handle_timer(2.0)
    join(server, {"mdd": client}, 2.0)
    tunnel = next(e.tunnel_id for e in events(server) if isinstance(e, TunnelOpened))
    server.close_tunnel(tunnel, 3.0)
    join(server, {"mdd": client}, 3.0)
    assert client.get_timer() == 5.0


def test_hanging_up_for_good_and_with_another_attempt() -> None:
    server, client, _ = opened()
    client.close_tunnel("another", 1.0)
    assert client.opened
    client.close_tunnel("t", 1.0)
    join(server, {"mdd": client}, 1.0)
    assert client.get_timer() is None
    assert any(isinstance(e, TunnelClosed) for e in events(server))
    client.start(2.0)
    join(server, {"mdd": client}, 2.0)
    assert client.opened
    client.close_tunnel("t", 3.0, redial=True)
    assert client.get_timer() is not None


def test_a_wrong_kmf_certificate_is_tried_again_later() -> None:
    server, client = listener(), dialer(trusted=STRANGER)
    client.start(0.0)
    join(server, {"mdd": client})
    assert client.get_timer() == 1.0


def test_start_while_open_changes_nothing() -> None:
    server, client, tunnel = opened()
    client.start(1.0)
    assert client.datagrams_to_send(1.0) == []
    server.send(tunnel, b"x")
    join(server, {"mdd": client}, 1.0)
    assert len(events(client)) == 1
