# SPDX-License-Identifier: BSD-3-Clause
"""The handshake messages that signatures and Finished cover, and the secrets that come from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from perc_scapy.crypto import tls12
from perc_scapy.crypto.secret import Key


class Transcript:
    """Messages as if each had been sent in one fragment (RFC 6347 4.2.6). Kept whole until the hash is known."""

    __slots__ = ("_hashed", "_messages", "_running")

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._hashed = 0
        """How many messages are in the running hash."""
        self._running: dict[str, hashlib._Hash] = {}

    def add(self, message: bytes) -> None:
        """A whole message with its 12-octet header."""
        self._messages.append(message)

    def reset(self) -> None:
        """After a HelloVerifyRequest the first ClientHello does not count (RFC 6347 4.2.1)."""
        self._messages.clear()
        self._running.clear()

    def octets(self) -> bytes:
        """What CertificateVerify signs."""
        return b"".join(self._messages)

    def hash(self, digest: str) -> bytes:
        """Handshake hash so far; `digest` is `sha256` or `sha384`. Asked three times, computed in steps."""
        if digest not in self._running:
            self._running, self._hashed = {digest: _HASHES[digest]()}, 0
        running = self._running[digest]
        running.update(b"".join(self._messages[self._hashed :]))
        self._hashed = len(self._messages)
        return running.copy().digest()


class Session:
    """Secrets of one association. Its repr shows none."""

    __slots__ = ("client_random", "extended", "master", "prf", "server_random", "suite")

    def __init__(self, suite: tls12.TlsSuite, client_random: bytes, server_random: bytes) -> None:
        self.suite, self.client_random, self.server_random = suite, client_random, server_random
        self.extended = False
        self.master = Key()
        self.prf: tls12.Prf = _NO_SECRET

    def __repr__(self) -> str:
        return f"Session({self.suite.name})"

    def derive(self, premaster: bytes, transcript: Transcript) -> None:
        """The master secret; `transcript` reaches up to ClientKeyExchange (RFC 7627 section 4, RFC 5246 8.1)."""
        digest = self.suite.prf_hash
        if self.extended:
            master = tls12.extended_master_secret(premaster, transcript.hash(digest), digest)
        else:
            master = tls12.master_secret(premaster, self.client_random, self.server_random, digest)
        self.master, self.prf = Key(master), tls12.Prf(master, digest)

    def protections(self) -> tuple[tls12.RecordProtection, tls12.RecordProtection]:
        """(client to server, server to client)."""
        return tls12.protections(self.suite, self.prf, self.client_random, self.server_random)

    def finished(self, label: bytes, transcript: Transcript) -> bytes:
        """verify_data over the transcript so far."""
        return tls12.finished(self.prf, label, transcript.hash(self.suite.prf_hash))

    def export(self, label: bytes, length: int, context: bytes | None) -> bytes:
        """RFC 5705; RFC 5764 4.2 uses it without a context."""
        randoms = self.client_random, self.server_random
        return tls12.exporter(self.prf, label, *randoms, length, context)

    def log(self, keylog: Callable[[str], None] | None) -> None:
        """One line in the format that Wireshark and others read."""
        if keylog is not None:
            keylog(f"CLIENT_RANDOM {self.client_random.hex()} {bytes(self.master).hex()}")


_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
_NO_SECRET = tls12.Prf(b"")
"""Stands in until the key exchange; no message can be reached that would use it."""
