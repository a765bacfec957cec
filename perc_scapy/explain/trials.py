# SPDX-License-Identifier: GPL-2.0-only
"""One attempt to open one layer of SRTP or SRTCP under given options. Pure: octets in, yes or no out."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.explain import kdf
from perc_scapy.explain.search import Option

MAX_PACKET = 65_535

AAD = "RFC 7714 section 8.2: the whole header, CSRC list and extension included"
SYNTHETIC = "RFC 8723 section 5.1: the inner layer sees the header without extension, X = 0"
IV = "RFC 7714 section 8.1: IV = (0000 | SSRC | ROC | SEQ) XOR salt"


@lru_cache(maxsize=512)
def _aead(key: bytes) -> AESGCM:
    return AESGCM(key)


def gcm_opens(key: bytes, iv: bytes, body: bytes, aad: bytes) -> bytes | None:
    """Plaintext, or None."""
    if len(key) not in (16, 24, 32) or len(iv) != 12 or len(body) < 16:
        return None
    try:
        return _aead(key).decrypt(iv, body, aad)
    except InvalidTag:
        return None


IvForm = Callable[[bytes, int, int, int], bytes]
"""(salt, SSRC, ROC, SEQ) -> 12 octets."""


def _xor(salt: bytes, number: int) -> bytes:
    return (int.from_bytes(salt.ljust(12, b"\0")[:12], "big") ^ number).to_bytes(12, "big")


def _standard(salt: bytes, ssrc: int, roc: int, seq: int) -> bytes:
    return _xor(salt, ssrc << 48 | roc << 16 | seq)


IV_FORMS = [
    Option(_standard),
    Option(
        lambda salt, ssrc, roc, seq: _xor(salt, ssrc << 64 | roc << 16 | seq),
        "the SSRC is in the first octets of the IV",
        IV,
    ),
    Option(
        lambda salt, ssrc, roc, seq: _xor(salt, roc << 16 | seq),
        "the SSRC is left out of the IV",
        IV,
    ),
    Option(
        lambda salt, ssrc, roc, seq: _xor(salt, ssrc << 48 | seq << 32 | roc),
        "ROC and SEQ are swapped in the IV",
        IV,
    ),
    Option(
        lambda salt, ssrc, roc, seq: _xor(bytes(12), ssrc << 48 | roc << 16 | seq),
        "the salt is left out of the IV",
        IV,
    ),
]


def header_forms(header: bytes) -> list[Option]:
    """What an outer layer may authenticate, the right one first."""
    csrc = 12 + 4 * (header[0] & 0x0F) if header else 12
    plain = bytes((header[0] & 0xEF,)) + header[1:csrc] if header else b""
    return [
        Option(header),
        Option(header[:csrc], "the header extension is left out of the authenticated data", AAD),
        Option(
            plain,
            "the header is authenticated without extension and with X = 0, as in the inner layer",
            AAD,
        ),
        Option(header[:12], "only the first 12 octets are authenticated", AAD),
        Option(b"", "nothing is authenticated besides the payload", AAD),
        Option(
            header[:1] + bytes((header[1] & 0x7F,)) + header[2:] if header else b"",
            "the marker bit is cleared in the authenticated data",
            AAD,
        ),
    ]


def open_gcm(
    values: Mapping[str, Any], profile: SrtpProfile, header: bytes, body: bytes
) -> bytes | None:
    """One GCM layer. Aspects: key, derivation, labels, index (ROC, SEQ), iv, aad."""
    master: MasterKey = values["key"]
    roc, seq = values["index"]
    first, second = values["labels"]
    index = roc << 16 | seq
    derive: kdf.Derive = values["derivation"]
    key = derive(master, first, len(master.key), index)
    salt = derive(master, second, 12, index)
    ssrc = int.from_bytes(header[8:12], "big")
    aad = values["aad"] if isinstance(values["aad"], bytes) else values["aad"](header)
    return gcm_opens(key, values["iv"](salt, ssrc, roc, seq), body, aad)


def open_cm(values: Mapping[str, Any], header: bytes, body: bytes) -> bytes | None:
    """HMAC-SHA1 of an AES-CM packet. Aspects: key, derivation, labels, index, tag, aad."""
    master: MasterKey = values["key"]
    roc, seq = values["index"]
    size, with_roc = values["tag"]
    derive: kdf.Derive = values["derivation"]
    label = values["labels"][0] + 1
    auth = derive(master, label, 20, roc << 16 | seq)
    if len(body) < size:
        return None
    signed = header + body[:-size] + (roc.to_bytes(4, "big") if with_roc else b"")
    good = hmac.digest(auth, signed, "sha1")[:size]
    return body[:-size] if hmac.compare_digest(good, body[-size:]) else None
