# SPDX-License-Identifier: GPL-2.0-only
"""Handshakes and ekt_key over links that lose, delay, reorder and repeat, on a simulated clock."""

from __future__ import annotations

import pytest

from perc_scapy.dtls import (
    ConnectionClosed,
    CookieAccepted,
    CookieExchange,
    CookieReply,
    DtlsClient,
    DtlsServer,
    EktKeyAcknowledged,
    EktKeyReceived,
    EktKeyUndelivered,
    HandshakeCompleted,
)
from tests.dtls.lossy import Link
from tests.dtls.pairs import (
    AESKW_256,
    DOUBLE_256,
    client_config,
    ekt_parameters,
    events,
    seeded,
    server_config,
)


class Front:
    """A server behind its cookie exchange, as the KMF has it."""

    def __init__(self, config) -> None:
        self._config, self._cookies = config, CookieExchange(seeded("front"))
        self.server: DtlsServer | None = None
        self._out: list[bytes] = []

    def receive_datagram(self, data: bytes, now: float) -> None:
        if self.server is None:
            verdict = self._cookies.check(data, b"somebody", now)
            if isinstance(verdict, CookieReply):
                self._out.append(verdict.datagram)
            elif isinstance(verdict, CookieAccepted):
                self.server = DtlsServer(self._config)
        if self.server is not None:
            self.server.receive_datagram(data, now)

    def datagrams_to_send(self, now: float) -> list[bytes]:
        out, self._out = self._out, []
        return out + (self.server.datagrams_to_send(now) if self.server else [])

    def get_timer(self) -> float | None:
        return self.server.get_timer() if self.server else None

    def handle_timer(self, now: float) -> None:
        self.server.handle_timer(now)


def join(seed: int, link: Link, mtu: int = 1200) -> float:
    """Cookie, handshake, ekt_key and ACK; the time it took."""
    perc = {"srtp_profiles": (DOUBLE_256,), "ekt_ciphers": (AESKW_256,), "mtu": mtu}
    client, front = DtlsClient(client_config(seed, **perc)), Front(server_config(seed, **perc))
    client.start(0.0)
    done: list[EktKeyAcknowledged] = []

    def acknowledged() -> bool:
        for event in events(front.server) if front.server else []:
            assert not isinstance(event, ConnectionClosed | EktKeyUndelivered), event
            if isinstance(event, HandshakeCompleted):
                front.server.send_ekt_key(ekt_parameters(seed))
            done.extend([event] if isinstance(event, EktKeyAcknowledged) else [])
        return bool(done)

    now = link.run(client, front, acknowledged)
    assert [e.spi for e in done] == [seed]
    keys = [e.parameters for e in events(client) if isinstance(e, EktKeyReceived)]
    assert keys == [ekt_parameters(seed)]
    assert client.export(b"label", 20) == front.server.export(b"label", 20)
    return now


@pytest.mark.req("DTL-05", "EKT-23")
@pytest.mark.parametrize("mtu", [1200, 260])
def test_joins_at_30_percent_loss_with_reorder_and_duplication(mtu):
    for seed in range(150):
        join(seed, Link(seed, loss=0.3, duplicate=0.1, delay=0.02, jitter=0.2), mtu)


@pytest.mark.req("DTL-05")
def test_most_joins_at_10_percent_loss_are_quick():
    times = sorted(join(seed, Link(seed, loss=0.1, delay=0.02, jitter=0.01)) for seed in range(300))
    assert times[len(times) // 2] <= 1.3
    assert times[int(len(times) * 0.95)] <= 5.0


@pytest.mark.req("DTL-05")
@pytest.mark.parametrize("mtu", [1200, 260])
def test_reorder_alone_costs_no_time(mtu):
    """Nothing is lost, so no timer of a second may be waited for.

    The hello is one datagram here: a piece of it that overtakes the one with the cookie would be dropped, as there
    is no state to keep it in.
    """
    for seed in range(40):
        assert join(seed, Link(seed, delay=0.01, jitter=0.08), mtu) < 0.9


@pytest.mark.req("DTL-05")
def test_without_loss_every_flight_is_sent_once():
    for seed in range(10):
        link = Link(seed, delay=0.05)
        join(seed, link)
        # hello, cookie, hello, flight, flight, last flight, ekt_key, ACK
        assert link.carried == 8


def test_each_single_loss_is_recovered_within_its_timer():
    """Losing any one datagram of the join delays it by little more than one timer."""

    class LoseOne(Link):
        def __post_init__(self):
            super().__post_init__()
            self.sent = 0

        def send(self, to, datagram):
            self.sent += 1
            if self.sent - 1 != self.seed:
                super().send(to, datagram)

    for number in range(8):
        assert join(5, LoseOne(number, delay=0.05)) < 1.6, number
