# SPDX-License-Identifier: BSD-3-Clause
"""From DTLS exporter to master keys (RFC 5764 4.2, RFC 8723 section 3) and on to session keys (RFC 3711 4.3)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from perc_scapy.codes import SrtpLabel
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.secret import Key
from perc_scapy.errors import LocalError

EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"
"""TLS exporter label of DTLS-SRTP; used without a context (RFC 5764 section 4.2)."""
AUTH_KEY_LENGTH = 20
"""Octets of an HMAC-SHA1 session key (RFC 3711 section 5.2)."""
_BLOCK = 16
"""Octets of an AES block."""


class MasterKey(NamedTuple):
    """A master key with the salt that belongs to it: full (both halves) for a double profile, or of one layer."""

    key: Key
    salt: Key

    def inner(self) -> MasterKey:
        """First half of a double's key and salt: the end-to-end layer (RFC 8723 section 3)."""
        return MasterKey(Key(self.key[: len(self.key) // 2]), Key(self.salt[: len(self.salt) // 2]))

    def outer(self) -> MasterKey:
        """Second half of a double's key and salt: the hop-by-hop layer (RFC 8723 section 3)."""
        return MasterKey(Key(self.key[len(self.key) // 2 :]), Key(self.salt[len(self.salt) // 2 :]))


class ExportedKeys(NamedTuple):
    """DTLS-SRTP keys of both directions; `client` protects what the DTLS client sends."""

    profile: int
    client: MasterKey
    server: MasterKey

    def inner(self) -> ExportedKeys:
        """End-to-end halves, under the profile that one layer runs."""
        return ExportedKeys(_layer(self.profile), self.client.inner(), self.server.inner())

    def outer(self) -> ExportedKeys:
        """Hop-by-hop halves, under the profile that one layer runs: all that a Media Distributor may hold."""
        return ExportedKeys(_layer(self.profile), self.client.outer(), self.server.outer())


def _layer(profile: int) -> int:
    row = SRTP_PROFILES[profile]
    if not row.is_double:
        raise LocalError(f"{row.name} has no inner and outer half")
    return row.layer.code


def split_exporter(profile: int, material: bytes) -> ExportedKeys:
    """Cut exporter output into client key, server key, client salt, server salt (RFC 5764 section 4.2).

    Raises `LocalError` when `material` has not exactly `SRTP_PROFILES[profile].export_length` octets.
    """
    row = SRTP_PROFILES[profile]
    if len(material) != row.export_length:
        raise LocalError(f"{row.name} takes {row.export_length} exported octets")
    keys, salts = 2 * row.key_length, row.salt_length
    client = MasterKey(Key(material[: row.key_length]), Key(material[keys : keys + salts]))
    server = MasterKey(Key(material[row.key_length : keys]), Key(material[keys + salts :]))
    return ExportedKeys(profile, client, server)


def derive(master_key: bytes, master_salt: bytes, label: int, length: int) -> Key:
    """AES-CM PRF with key derivation rate 0 (RFC 3711 4.3.3; 32-octet keys: RFC 6188 section 3).

    A 12-octet salt is padded on the right to 14 octets (RFC 7714 section 11 leaves the side open; libsrtp does this).
    """
    x = bytearray(master_salt.ljust(14, b"\0"))
    x[7] ^= label
    stream = Cipher(algorithms.AES(bytes(master_key)), modes.CTR(bytes(x) + b"\0\0")).encryptor()
    return Key(stream.update(bytes(length)))


class SessionKeys(NamedTuple):
    """Session keys of one direction for SRTP or for SRTCP; `auth` is empty for AEAD."""

    key: Key
    salt: Key
    auth: Key = Key(b"")


def session_keys(profile: SrtpProfile, master: MasterKey) -> tuple[SessionKeys, SessionKeys]:
    """(SRTP keys, SRTCP keys) of a single profile (RFC 3711 section 4.3.2): `derive` for six labels in one step."""
    auth = 0 if profile.cipher == "aes-gcm" else AUTH_KEY_LENGTH
    mask, size, places = _plan((profile.key_length, auth, profile.salt_length))
    counters = int.from_bytes((master.salt.ljust(14, b"\0") + b"\0\0") * (size // _BLOCK), "big")
    # AES-CM is AES over counter blocks (RFC 3711 section 4.1.1): all of them at once cost one cipher object, not six.
    aes = Cipher(algorithms.AES(bytes(master.key)), modes.ECB()).encryptor()  # noqa: S305
    stream = aes.update((counters ^ mask).to_bytes(size, "big"))
    keys = [Key(stream[place]) for place in places]
    return SessionKeys(keys[0], keys[2], keys[1]), SessionKeys(keys[3], keys[5], keys[4])


@cache
def _plan(lengths: tuple[int, int, int]) -> tuple[int, int, tuple[slice, ...]]:
    """For keys of these lengths (encryption, authentication, salt; SRTP, then SRTCP): label and block number at
    their places in all counter blocks, octets of these, and where each key starts and ends in the key stream.
    """
    blocks, places = b"", []
    for label, length in zip(SrtpLabel, 2 * lengths, strict=False):
        places.append(slice(len(blocks), len(blocks) + length))
        for number in range(-(-length // _BLOCK)):
            blocks += (label << 64 | number).to_bytes(_BLOCK, "big")
    return int.from_bytes(blocks, "big"), len(blocks), tuple(places)
