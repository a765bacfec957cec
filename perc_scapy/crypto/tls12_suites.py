# SPDX-License-Identifier: BSD-3-Clause
"""TLS 1.2 cipher suites as rows of a table: what the PRF, the key block and the record layer need to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from perc_scapy.codes import CipherSuite

KeyExchange = Literal["ecdhe", "dhe", "rsa", "psk"]
"""`psk`: with a pre-shared key, alone or with one of the others; the engine has none of these."""
Authentication = Literal["ecdsa", "rsa", "psk"]
Aead = Literal["gcm", "ccm", "chacha20"]


@dataclass(frozen=True, slots=True)
class TlsSuite:
    """One AEAD cipher suite of TLS 1.2. Lengths are octets."""

    code: int
    name: str
    key_exchange: KeyExchange
    authentication: Authentication
    aead: Aead
    key_length: int
    prf_hash: Literal["sha256", "sha384"]
    iv_length: int = 4
    """Implicit part of the nonce, from the key block (RFC 5288 section 3; 12 in RFC 7905)."""
    explicit_length: int = 8
    """Nonce octets in front of each ciphertext (RFC 5288 section 3; none in RFC 7905)."""
    tag_length: int = 16

    @property
    def overhead(self) -> int:
        """Octets that protection adds to a plaintext."""
        return self.explicit_length + self.tag_length


def _row(code: CipherSuite) -> TlsSuite:
    """Read a row off the registered name, which says everything (RFC 5288, 5487, 6655, 7251, 7905, 8442)."""
    exchange, _, cipher = code.name.removeprefix("TLS_").partition("_WITH_")
    kind: Aead = "chacha20" if "CHACHA20" in cipher else "gcm" if "GCM" in cipher else "ccm"
    parts: list[KeyExchange] = ["psk", "ecdhe", "dhe", "rsa"]
    key_exchange = next(part for part in parts if part.upper() in exchange)
    return TlsSuite(
        code=int(code),
        name=code.name,
        key_exchange=key_exchange,
        authentication="psk"
        if key_exchange == "psk"
        else "ecdsa"
        if "ECDSA" in exchange
        else "rsa",
        aead=kind,
        key_length=16 if "AES_128" in cipher else 32,
        prf_hash="sha384" if cipher.endswith("SHA384") else "sha256",
        iv_length=12 if kind == "chacha20" else 4,
        explicit_length=0 if kind == "chacha20" else 8,
        tag_length=8 if "CCM_8" in cipher else 16,
    )


def _is_aead(code: CipherSuite) -> bool:
    """TLS 1.3 suites have no key exchange in their names; `cryptography` has no ARIA and no GCM with Camellia."""
    _, _, cipher = code.name.partition("_WITH_")
    mode = any(part in cipher for part in ("GCM", "CCM", "CHACHA20"))
    return mode and "ARIA" not in cipher and "CAMELLIA" not in cipher


CIPHER_SUITES: Mapping[int, TlsSuite] = MappingProxyType(
    {int(code): _row(code) for code in CipherSuite if _is_aead(code)}
)
"""Every AEAD suite of TLS 1.2 that `codes.CipherSuite` names and whose cipher there is, by code point."""
