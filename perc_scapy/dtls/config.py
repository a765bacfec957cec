# SPDX-License-Identifier: BSD-3-Clause
"""What the owner of a DTLS engine decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from perc_scapy.codes import CipherSuite, NamedGroup
from perc_scapy.crypto.tls12_suites import CIPHER_SUITES
from perc_scapy.dtls.groups import GROUPS
from perc_scapy.dtls.identity import Identity
from perc_scapy.errors import LocalError

MIN_MTU = 100
"""Octets of the smallest datagram limit: headers and protection take 49 of them."""

DEFAULT_SUITES = (
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
)
"""AES-256 first: an EKT key must not travel under a weaker cipher than its own (RFC 8870 section 6)."""
DEFAULT_GROUPS = (NamedGroup.X25519, NamedGroup.SECP256R1)
_ECDHE_SUITES = frozenset(c for c, row in CIPHER_SUITES.items() if row.key_exchange == "ecdhe")


class PeerInfo(NamedTuple):
    """What a peer has said of itself when its certificate arrives; nothing of it is proven yet."""

    certificates: tuple[bytes, ...]
    """DER; empty when the peer has none."""
    fingerprint: str | None
    external_session_id: bytes | None
    srtp_profiles: tuple[int, ...]
    """Offered by a client; the one selected by a server."""
    ekt_ciphers: tuple[int, ...]


Verify = Callable[[PeerInfo], int | None]
"""Returns the alert that refuses the peer, or None."""


Tamper = Callable[[int, bytes], bytes | Sequence[tuple[int, bytes]] | None]
"""Gets type and body of a handshake message before it is hashed and sent.

Returns the body to send instead, None to leave the message out, or a sequence of (type, body) that takes its place:
with it a workbench can send anything.
"""


@dataclass(frozen=True, slots=True)
class DtlsConfig:
    """Times in seconds, sizes in octets. Raises `LocalError` for values that no handshake could use."""

    identity: Identity | None
    """None is possible for a client only; a server that asks for certificates refuses it."""
    verify: Verify = field(repr=False)
    random: Callable[[int], bytes] = field(repr=False, kw_only=True)
    srtp_profiles: tuple[int, ...] = field(default=(), kw_only=True)
    """A client offers these; a server takes the first of its own that the client offers (RFC 5764 4.1.1)."""
    ekt_ciphers: tuple[int, ...] = field(default=(), kw_only=True)
    """As srtp_profiles (RFC 8870 5.2.1): 1 = AESKW128, 2 = AESKW256."""
    require_srtp: bool = field(default=False, kw_only=True)
    require_ekt: bool = field(default=False, kw_only=True)
    external_session_id: bytes | None = field(default=None, kw_only=True)
    """Our own tls-id, 20 to 255 octets (RFC 8844 4.3). A server sends it only to a client that sent one."""
    cipher_suites: tuple[int, ...] = field(default=DEFAULT_SUITES, kw_only=True)
    groups: tuple[int, ...] = field(default=DEFAULT_GROUPS, kw_only=True)
    extended_master_secret: bool = field(default=True, kw_only=True)
    request_client_certificate: bool = field(default=True, kw_only=True)
    """Servers: a client certificate is asked for and required. False: `verify` sees a PeerInfo without one."""
    session_ticket: bool = field(default=False, kw_only=True)
    """Clients: offer tickets (RFC 5077). One that comes is hashed and forgotten: there is no resumption."""
    mtu: int = field(default=1200, kw_only=True)
    """Octets of the largest datagram that carries handshake messages."""
    initial_timeout: float = field(default=1.0, kw_only=True)
    max_timeout: float = field(default=60.0, kw_only=True)
    max_retransmissions: int = field(default=12, kw_only=True)
    """Of one flight, or of one ekt_key, before the engine gives up."""
    keylog: Callable[[str], None] | None = field(default=None, repr=False, kw_only=True)
    """Gets one line `CLIENT_RANDOM <hex> <hex>` for each handshake, without a line end."""
    tamper: Tamper | None = field(default=None, repr=False, kw_only=True)
    """Changes what we send before it is hashed, so that a broken handshake keeps a sound transcript."""

    def __post_init__(self) -> None:
        if self.mtu < MIN_MTU:
            raise LocalError(f"mtu below {MIN_MTU}")
        if not set(self.groups) <= GROUPS.keys() or not self.groups:
            raise LocalError("groups: only X25519 and secp256r1 are implemented")
        if not _ECDHE_SUITES.issuperset(self.cipher_suites) or not self.cipher_suites:
            raise LocalError("cipher_suites: only ECDHE suites with an AEAD are implemented")
        session_id = self.external_session_id
        if session_id is not None and not 20 <= len(session_id) <= 255:
            raise LocalError("external_session_id must have 20 to 255 octets")
