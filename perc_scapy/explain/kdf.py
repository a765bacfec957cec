# SPDX-License-Identifier: GPL-2.0-only
"""Session keys as the documents derive them, and as they are known to be derived."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.explain.search import Option

LABELS = "RFC 3711 section 4.3.2: labels 0, 1, 2 for SRTP, 3, 4, 5 for SRTCP"
PADDING = "RFC 7714 section 11 leaves it open; libsrtp and all others fill the 12 octets with zeros on the right"
PRF = "RFC 3711 section 4.3.3"
RATE = "RFC 5764 section 4.1.2: the key derivation rate is 0, the packet index stays out of the derivation"

Derive = Callable[[MasterKey, int, int, int], bytes]
"""(master key, label, octets, packet index) -> session key."""


@lru_cache(maxsize=4096)
def _prf(key: bytes, salt14: bytes, label: int, length: int, number: int) -> bytes:
    """AES-CM PRF with `number` (packet index DIV rate) beside the label (RFC 3711 section 4.3.1)."""
    x = int.from_bytes(salt14, "big") ^ (label << 48 | number)
    counter = x.to_bytes(14, "big") + b"\0\0"
    return Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(bytes(length))


def right(master: MasterKey, label: int, length: int, index: int) -> bytes:
    return _prf(bytes(master.key), bytes(master.salt).ljust(14, b"\0")[:14], label, length, 0)


def padded_left(master: MasterKey, label: int, length: int, index: int) -> bytes:
    return _prf(bytes(master.key), bytes(master.salt).rjust(14, b"\0")[-14:], label, length, 0)


def no_salt(master: MasterKey, label: int, length: int, index: int) -> bytes:
    return _prf(bytes(master.key), bytes(14), label, length, 0)


def with_index(master: MasterKey, label: int, length: int, index: int) -> bytes:
    return _prf(
        bytes(master.key),
        bytes(master.salt).ljust(14, b"\0")[:14],
        label,
        length,
        index & (1 << 48) - 1,
    )


def no_prf(master: MasterKey, label: int, length: int, index: int) -> bytes:
    """Master key and salt used as they are."""
    material = master.salt if label in (2, 5) else master.key
    return bytes(material)[:length].ljust(length, b"\0")


def short_prf(master: MasterKey, label: int, length: int, index: int) -> bytes:
    """AES-128 as PRF although the key has 32 octets."""
    return _prf(bytes(master.key)[:16], bytes(master.salt).ljust(14, b"\0")[:14], label, length, 0)


OPTIONS = [
    Option(right),
    Option(padded_left, "the salt is padded on the left", PADDING),
    Option(no_salt, "the salt is left out of the key derivation", PRF),
    Option(with_index, "the packet index is part of the key derivation", RATE),
    Option(no_prf, "master key and salt are used without key derivation", PRF),
    Option(
        short_prf,
        "AES-128 derives the session keys of a 256-bit profile",
        "RFC 6188 section 3; RFC 8723 section 3",
    ),
]


def label_options(first: int) -> list[Option]:
    """(label of the key, label of the salt); `first` is 0 for SRTP, 3 for SRTCP."""
    own, other = "SRTP" if first == 0 else "SRTCP", "SRTCP" if first == 0 else "SRTP"
    swap = 3 - first
    return [
        Option((first, first + 2)),
        Option(
            (first, swap + 2),
            f"the {other} salt (label {swap + 2}) is in the IV",
            f"{LABELS}; known of libsrtp's branch double-ott-rebase",
        ),
        Option(
            (swap, swap + 2),
            f"the {other} keys (labels {swap}, {swap + 2}) are used for {own}",
            LABELS,
        ),
        Option((swap, first + 2), f"the {other} key (label {swap}) is used for {own}", LABELS),
        Option((first, first + 1), f"the salt has label {first + 1}", LABELS),
    ]
