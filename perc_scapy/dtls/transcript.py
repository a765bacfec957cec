# SPDX-License-Identifier: BSD-3-Clause
"""The handshake messages that signatures and Finished cover, and the secrets that come from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from perc_scapy.crypto import tls12
from perc_scapy.crypto.secret import Key
from perc_scapy.dtls.codec import encode_fragment


class Transcript:
    """Messages as if each had been sent in one fragment (RFC 6347 4.2.6). Kept whole until the hash is known."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets = bytearray()

    def add(self, kind: int, sequence: int, body: bytes) -> None:
        self._octets += encode_fragment(kind, len(body), sequence, 0, body)

    def reset(self) -> None:
        """After a HelloVerifyRequest the first ClientHello does not count (RFC 6347 4.2.1)."""
        self._octets.clear()

    def octets(self) -> bytes:
        """What CertificateVerify signs."""
        return bytes(self._octets)

    def hash(self, digest: str) -> bytes:
        """Handshake hash so far."""
        return hashlib.new(digest, self._octets).digest()


class Session:
    """Secrets of one association. Its repr shows none."""

    __slots__ = ("client_random", "extended", "master", "server_random", "suite")

    def __init__(self, suite: tls12.TlsSuite, client_random: bytes, server_random: bytes) -> None:
        self.suite, self.client_random, self.server_random = suite, client_random, server_random
        self.extended = False
        self.master: Key | None = None

    def __repr__(self) -> str:
        return f"Session({self.suite.name})"

    def derive(self, premaster: bytes, transcript: Transcript) -> Key:
        """The master secret; `transcript` reaches up to ClientKeyExchange (RFC 7627 section 4, RFC 5246 8.1)."""
        digest = self.suite.prf_hash
        if self.extended:
            master = tls12.extended_master_secret(premaster, transcript.hash(digest), digest)
        else:
            master = tls12.master_secret(premaster, self.client_random, self.server_random, digest)
        self.master = Key(master)
        return self.master

    def secret(self) -> Key:
        """The master secret, which is there from ClientKeyExchange on."""
        assert self.master is not None, "no master secret yet"
        return self.master

    def protections(self) -> tuple[tls12.RecordProtection, tls12.RecordProtection]:
        """(client to server, server to client)."""
        return tls12.protections(self.suite, self.secret(), self.client_random, self.server_random)

    def finished(self, label: bytes, transcript: Transcript) -> bytes:
        """verify_data over the transcript so far."""
        digest = self.suite.prf_hash
        return tls12.finished(self.secret(), label, transcript.hash(digest), digest)

    def export(self, label: bytes, length: int, context: bytes | None) -> bytes:
        """RFC 5705; RFC 5764 4.2 uses it without a context."""
        return tls12.exporter(
            self.secret(),
            label,
            self.client_random,
            self.server_random,
            length,
            context,
            self.suite.prf_hash,
        )

    def log(self, keylog: Callable[[str], None] | None) -> None:
        """One line in the format that Wireshark and others read."""
        if keylog is not None:
            keylog(f"CLIENT_RANDOM {self.client_random.hex()} {bytes(self.secret()).hex()}")
