# SPDX-License-Identifier: GPL-2.0-only
"""Two links in memory and the network between them, for the tests of the tunnel's DTLS."""

from __future__ import annotations

from perc_scapy.dtls.events import ApplicationDataReceived, ConnectionClosed, HandshakeCompleted


def events(link) -> list:
    return list(iter(link.next_event, None))


def of(kind, some) -> list:
    return [event for event in some if isinstance(event, kind)]


def carry(source, target, now: float, drop=lambda datagram: False) -> int:
    sent = [bytes(datagram) for datagram in source.datagrams_to_send(now)]
    for datagram in sent:
        if not drop(datagram):
            target.receive_datagram(datagram, now)
    return len(sent)


def settle(a, b, now: float = 0.0, drop=lambda datagram: False) -> None:
    """Carry datagrams both ways until both are silent."""
    while carry(a, b, now, drop) + carry(b, a, now, drop):
        pass


def accept_all(fingerprint: str) -> bool:
    return True


def opened(client, acceptor, addr=("192.0.2.1", 7), now: float = 0.0):
    """A client link and the server link that the acceptor made for it, handshake run to its end."""
    client.start(now)
    server = None
    for _ in range(4):
        for datagram in client.datagrams_to_send(now):
            replies, server = acceptor.accept(bytes(datagram), addr, now)
            for reply in replies:
                client.receive_datagram(reply, now)
        if server is not None:
            break
    assert server is not None, "the cookie was not accepted"
    settle(client, server, now)
    return server


__all__ = [
    "ApplicationDataReceived",
    "ConnectionClosed",
    "HandshakeCompleted",
    "accept_all",
    "carry",
    "events",
    "of",
    "opened",
    "settle",
]
