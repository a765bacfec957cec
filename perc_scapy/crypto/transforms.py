# SPDX-License-Identifier: BSD-3-Clause
"""SRTP transforms: what one session key does to one packet. No state, no replay, no estimate.

A transform is made for SRTP or for SRTCP session keys. `base(ssrc)` is computed once per stream; an IV is then one
XOR away. `seal` and `open` take the header (CSRC list and extension included) apart from the rest.
"""

from __future__ import annotations

import hmac
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from perc_scapy.crypto.kdf import SessionKeys
from perc_scapy.crypto.profiles import SrtpProfile
from perc_scapy.errors import AuthenticationError

E_BIT = 0x80000000
"""Encryption flag of the SRTCP index word (RFC 3711 section 3.4)."""

BAD_TAG = "SRTP: authentication tag does not verify"


class Transform(Protocol):
    """The four operations; `open*` raise `AuthenticationError`."""

    def base(self, ssrc: int) -> int: ...
    def seal(self, base: int, index: int, header: bytes, payload: bytes) -> bytes: ...
    def open(self, base: int, index: int, header: bytes, body: bytes) -> bytes: ...
    def seal_rtcp(self, base: int, word: int, rtcp: bytes) -> bytes: ...
    def open_rtcp(self, base: int, srtcp: bytes) -> bytes: ...


class GcmTransform:
    """AES-GCM with 16-octet tags (RFC 7714)."""

    __slots__ = ("_salt", "decrypt", "encrypt")

    def __init__(self, keys: SessionKeys) -> None:
        aead = AESGCM(keys.key)
        self.encrypt, self.decrypt = aead.encrypt, aead.decrypt
        self._salt = int.from_bytes(keys.salt, "big")

    def base(self, ssrc: int) -> int:
        # IV = (0000 | SSRC | ROC | SEQ) XOR salt (RFC 7714 section 8.1)
        return self._salt ^ ssrc << 48

    def seal(self, base: int, index: int, header: bytes, payload: bytes) -> bytes:
        return self.encrypt((base ^ index).to_bytes(12, "big"), payload, header)

    def open(self, base: int, index: int, header: bytes, body: bytes) -> bytes:
        try:
            return self.decrypt((base ^ index).to_bytes(12, "big"), body, header)
        except InvalidTag:
            raise AuthenticationError(BAD_TAG) from None

    def seal_rtcp(self, base: int, word: int, rtcp: bytes) -> bytes:
        # RFC 7714 sections 9.2 (encrypted) and 9.3 (only authenticated)
        iv, tail = (base ^ word & ~E_BIT).to_bytes(12, "big"), word.to_bytes(4, "big")
        if word & E_BIT:
            return rtcp[:8] + self.encrypt(iv, rtcp[8:], rtcp[:8] + tail) + tail
        return rtcp + self.encrypt(iv, b"", rtcp + tail) + tail

    def open_rtcp(self, base: int, srtcp: bytes) -> bytes:
        tail = srtcp[-4:]
        word = int.from_bytes(tail, "big")
        clear = srtcp[:8] if word & E_BIT else srtcp[:-20]
        iv = (base ^ word & ~E_BIT).to_bytes(12, "big")
        try:
            return clear + self.decrypt(iv, srtcp[len(clear) : -4], clear + tail)
        except InvalidTag:
            raise AuthenticationError("SRTCP: authentication tag does not verify") from None


class AesCmTransform:
    """AES counter mode with HMAC-SHA1 (RFC 3711 sections 4.1.1, 4.2.1); tags of 10 or 4 octets."""

    __slots__ = ("_auth", "_counter", "_salt", "_tag")

    def __init__(self, keys: SessionKeys, tag: int) -> None:
        self._counter = Cipher(algorithms.AES(keys.key), modes.CTR(bytes(16))).encryptor()
        self._salt, self._auth = int.from_bytes(keys.salt, "big"), keys.auth
        self._tag = tag

    def base(self, ssrc: int) -> int:
        # IV = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16) (RFC 3711 section 4.1.1)
        return self._salt ^ ssrc << 48

    def _crypt(self, base: int, index: int, data: bytes) -> bytes:
        self._counter.reset_nonce((base ^ index).to_bytes(14, "big") + b"\0\0")
        return self._counter.update(data)

    def _mac(self, data: bytes) -> bytes:
        return hmac.digest(self._auth, data, "sha1")[: self._tag]

    def seal(self, base: int, index: int, header: bytes, payload: bytes) -> bytes:
        body = self._crypt(base, index, payload)
        return body + self._mac(header + body + (index >> 16).to_bytes(4, "big"))

    def open(self, base: int, index: int, header: bytes, body: bytes) -> bytes:
        data, tag = body[: -self._tag], body[-self._tag :]
        if not hmac.compare_digest(
            tag, self._mac(header + data + (index >> 16).to_bytes(4, "big"))
        ):
            raise AuthenticationError(BAD_TAG)
        return self._crypt(base, index, data)

    def seal_rtcp(self, base: int, word: int, rtcp: bytes) -> bytes:
        body = self._crypt(base, word & ~E_BIT, rtcp[8:]) if word & E_BIT else rtcp[8:]
        signed = rtcp[:8] + body + word.to_bytes(4, "big")
        return signed + self._mac(signed)

    def open_rtcp(self, base: int, srtcp: bytes) -> bytes:
        signed, tag = srtcp[: -self._tag], srtcp[-self._tag :]
        if not hmac.compare_digest(tag, self._mac(signed)):
            raise AuthenticationError("SRTCP: authentication tag does not verify")
        word, body = int.from_bytes(signed[-4:], "big"), signed[8:-4]
        return signed[:8] + (self._crypt(base, word & ~E_BIT, body) if word & E_BIT else body)


class NullTransform(AesCmTransform):
    """No encryption, HMAC-SHA1 as above (RFC 3711 section 4.1.3): for readers of captures."""

    __slots__ = ()

    def _crypt(self, base: int, index: int, data: bytes) -> bytes:
        return data


def make_transform(profile: SrtpProfile, keys: SessionKeys, tag: int) -> Transform:
    """Transform of a single profile for SRTP or SRTCP session keys."""
    if profile.cipher == "aes-gcm":
        return GcmTransform(keys)
    kind = NullTransform if profile.cipher == "null" else AesCmTransform
    return kind(keys, tag)
