# SPDX-License-Identifier: GPL-2.0-only
"""A session translates what a link reports, and reports its own end once."""

from __future__ import annotations

from collections import deque

from perc_scapy.dtls.events import ApplicationDataReceived, ConnectionClosed, HandshakeCompleted
from perc_scapy.errors import LocalError
from perc_scapy.tunnel.carrier import TunnelClosed, TunnelFailed, TunnelOpened, TunnelRecord
from perc_scapy.tunnel.session import Session


class ScriptedLink:
    """A link that says what it is told to; it packs all waiting records into one datagram, as no carrier may."""

    def __init__(self) -> None:
        self.events: deque[object] = deque()
        self.out: list[bytes] = []
        self.received: list[bytes] = []
        self.timer: float | None = None
        self.broken = False

    def receive_datagram(self, data: bytes, now: float) -> None:
        self.received.append(data)

    def next_event(self) -> object | None:
        return self.events.popleft() if self.events else None

    def datagrams_to_send(self, now: float) -> list[bytes]:
        out, self.out = self.out, []
        return [b"".join(out)] if out else []

    def get_timer(self) -> float | None:
        return self.timer

    def handle_timer(self, now: float) -> None:
        self.out.append(b"again")

    def send_application(self, data: bytes) -> None:
        if self.broken:
            raise LocalError("gone")
        self.out.append(data)

    def close(self, now: float) -> None:
        self.out.append(b"bye")
        self.events.append(ConnectionClosed("closed", 0, True))


def session(*, fingerprint: str | None = "sha-256:aa") -> tuple[Session, ScriptedLink]:
    link = ScriptedLink()
    link.events.append(HandshakeCompleted(None, None, fingerprint, (), None, 0, True))
    return Session("t", link, "addr", 30.0), link


def test_records_travel_in_datagrams_of_their_own() -> None:
    it, _ = session()
    it.events(0.0)
    assert it.queue(b"one")
    assert it.queue(b"two")
    assert it.datagrams(0.0) == [b"one", b"two"]


def test_nothing_is_taken_before_it_is_open_or_after_its_end() -> None:
    it, link = session()
    assert not it.queue(b"early")
    it.events(0.0)
    it.close(1.0, "closed here")
    assert not it.queue(b"late")
    it.receive(b"late", 1.0)
    assert not link.received


def test_the_end_is_reported_once() -> None:
    it, _ = session()
    assert it.events(0.0) == [TunnelOpened("t", "sha-256:aa")]
    assert it.close(1.0, "closed here") == [TunnelClosed("t", "closed here")]
    assert it.close(1.0, "again") == it.abandon("again") == it.events(1.0) == []
    assert it.datagrams(1.0) == [b"bye"]


def test_data_before_the_handshake_is_no_record() -> None:
    it, link = session()
    link.events.appendleft(ApplicationDataReceived(b"x"))
    link.events.append(ApplicationDataReceived(b"y"))
    assert it.events(0.0) == [TunnelOpened("t", "sha-256:aa"), TunnelRecord("t", b"y")]


def test_an_anonymous_peer_is_not_let_in() -> None:
    it, _ = session(fingerprint=None)
    assert it.events(0.0) == [TunnelFailed("t", "peer without certificate")]
    assert it.ended


def test_an_unfinished_handshake_has_a_deadline_and_an_open_tunnel_has_none() -> None:
    it, link = session()
    assert it.timer() == 30.0
    link.timer = 2.0
    assert it.timer() == 2.0
    assert it.handle_timer(2.0) == []
    assert it.datagrams(2.0) == [b"again"]
    it.events(0.0)
    link.timer = None
    assert it.timer() is None
    waiting = Session("u", ScriptedLink(), "addr", 30.0)
    assert waiting.handle_timer(30.0) == [TunnelFailed("u", "handshake timed out")]


def test_a_link_that_breaks_while_sending_loses_the_record_only() -> None:
    it, link = session()
    it.events(0.0)
    it.queue(b"x")
    link.broken = True
    assert it.datagrams(0.0) == []
