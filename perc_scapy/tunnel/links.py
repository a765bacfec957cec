# SPDX-License-Identifier: GPL-2.0-only
"""One end of one tunnel association ("link"), what carriers ask of it, and the links that the own DTLS engine gives.

`net` has links of the same shape from OpenSSL. Both certificates are always asked for and judged by fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Sequence
from typing import Protocol

from perc_scapy.codes import AlertDescription
from perc_scapy.dtls import (
    CookieAccepted,
    CookieExchange,
    CookieReply,
    DtlsClient,
    DtlsConfig,
    DtlsServer,
    PeerInfo,
)

_HANDSHAKE, _CLIENT_HELLO = 22, 1
_RECORD = 13
_HELLO_RANDOM = slice(_RECORD + 12 + 2, _RECORD + 12 + 2 + 32)


class Link(Protocol):
    """The verbs of `DtlsServer` that carriers use."""

    def receive_datagram(self, data: bytes, now: float) -> None: ...
    def next_event(self) -> object | None: ...
    def datagrams_to_send(self, now: float) -> Sequence[bytes]: ...
    def get_timer(self) -> float | None: ...
    def handle_timer(self, now: float) -> None: ...
    def send_application(self, data: bytes) -> None: ...
    def close(self, now: float) -> None: ...


class ClientLink(Link, Protocol):
    """A link that opens the association."""

    def start(self, now: float) -> None: ...


class Acceptor(Protocol):
    """Answers first datagrams without keeping state; makes a link once an address is proven (RFC 6347 4.2.1)."""

    def accept(self, data: bytes, addr: Hashable, now: float) -> tuple[list[bytes], Link | None]:
        """(replies for `addr`, a link that has taken `data` already, or None)."""


def only(fingerprints: Container[str]) -> Callable[[PeerInfo], AlertDescription | None]:
    """A `DtlsConfig.verify` that accepts exactly these certificates; `fingerprints` may change later."""

    def verify(peer: PeerInfo) -> AlertDescription | None:
        if peer.fingerprint is None:
            return AlertDescription.HANDSHAKE_FAILURE
        return None if peer.fingerprint in fingerprints else AlertDescription.ACCESS_DENIED

    return verify


class EngineAcceptor:
    """`Acceptor` on the own engine. `config.verify` decides which MDD certificates may open a tunnel."""

    def __init__(self, config: DtlsConfig, *, cookie_lifetime: float = 60.0) -> None:
        self._config = config
        self._cookies = CookieExchange(config.random, lifetime=cookie_lifetime)

    def accept(self, data: bytes, addr: Hashable, now: float) -> tuple[list[bytes], Link | None]:
        """Cookie bound to `repr(addr)`; a datagram that is no ClientHello gets no answer."""
        verdict = self._cookies.check(data, repr(addr).encode(), now)
        if isinstance(verdict, CookieReply):
            return [verdict.datagram], None
        if not isinstance(verdict, CookieAccepted):
            return [], None
        link = DtlsServer(self._config)
        link.receive_datagram(data, now)
        return [], link


def engine_client(config: DtlsConfig) -> Callable[[], ClientLink]:
    """`make_link` of a `TunnelDialer` on the own engine; `config.verify` decides which KMF certificate is right."""
    return lambda: DtlsClient(config)


def is_client_hello(datagram: bytes) -> bool:
    """Whether the first record is, by its headers, a ClientHello in epoch 0: the start of a new association."""
    return (
        len(datagram) > _RECORD
        and datagram[0] == _HANDSHAKE
        and datagram[3:5] == b"\0\0"
        and datagram[_RECORD] == _CLIENT_HELLO
    )


def client_hello_random(datagram: bytes) -> bytes | None:
    """client_random when the datagram starts with the first fragment of an epoch-0 ClientHello, else None.

    It tells a new handshake from a late copy of an old ClientHello; all copies of one share it (RFC 6347 4.2.1).
    """
    if len(datagram) < _HELLO_RANDOM.stop or not is_client_hello(datagram):
        return None
    return None if any(datagram[_RECORD + 6 : _RECORD + 9]) else datagram[_HELLO_RANDOM]
