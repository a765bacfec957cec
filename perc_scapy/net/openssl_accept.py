# SPDX-License-Identifier: GPL-2.0-only
"""The KMF's door: OpenSSL's cookie exchange without state per client (RFC 6347 4.2.1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Hashable
from typing import Any

from OpenSSL import SSL

from perc_scapy.dtls.identity import Identity
from perc_scapy.net.openssl import KeyLog, OpensslContext, Verify
from perc_scapy.net.openssl_link import OpensslLink

COOKIE_PERIOD = 60.0
"""Seconds after which a new secret starts; a cookie lives one to two periods."""
_LARGEST_HELLO = 4096


class OpensslAcceptor:
    """`accept` for `TunnelListener`: answers first hellos, and makes a link of the one that brings its cookie back."""

    def __init__(
        self,
        identity: Identity,
        verify: Verify,
        *,
        random: Callable[[int], bytes],
        keylog: KeyLog | None = None,
    ) -> None:
        self._secret = random(32)
        self._addr: Hashable = None
        self._period = 0
        cookies = (self._cookie, self._check)
        self._context = OpensslContext(identity, verify, keylog=keylog, cookies=cookies)
        self._listening = self._context.connection(server=True)

    def accept(
        self, data: bytes, addr: Hashable, now: float
    ) -> tuple[list[bytes], OpensslLink | None]:
        """Replies for `addr`, and a link when its cookie proved the path; the link has taken `data` already."""
        if not 13 < len(data) <= _LARGEST_HELLO:
            return [], None
        # The callbacks get nothing but the connection; no two calls overlap.
        self._addr, self._period = addr, int(now // COOKIE_PERIOD)
        connection = self._listening
        connection.bio_write(data)
        try:
            connection.DTLSv1_listen()
        except SSL.WantReadError:
            return self._answers(connection, len(data)), None
        except SSL.Error:
            self._listening = self._context.connection(server=True)
            return [], None
        self._listening = self._context.connection(server=True)
        link = OpensslLink(connection)
        link.start(now)
        return [], link

    def _answers(self, connection: SSL.Connection, received: int) -> list[bytes]:
        """A HelloVerifyRequest never longer than what asked for it: no amplification."""
        try:
            reply = connection.bio_read(65536)
        except SSL.WantReadError:
            return []
        return [reply] if len(reply) <= received else []

    def _cookie(self, connection: Any, age: int = 0) -> bytes:
        # draft-jones-perc-dtls-tunnel-00, tunnel establishment figure: HelloVerifyRequest
        text = f"{self._period - age}|{self._addr!r}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).digest()

    def _check(self, connection: Any, cookie: bytes) -> bool:
        return any(hmac.compare_digest(cookie, self._cookie(connection, age)) for age in (0, 1))
