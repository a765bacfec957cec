# SPDX-License-Identifier: GPL-2.0-only
"""Shared by the crypto tests: the vector file, packet shapes, and two strangers to compare with.

`Libsrtp` is libsrtp through pylibsrtp. `openssl_*` call the system's libcrypto through ctypes: another OpenSSL build,
reached without any code that the package itself uses.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
from pathlib import Path

import pylibsrtp
import pytest

from perc_scapy.crypto import SRTP_PROFILES, MasterKey
from perc_scapy.crypto.srtp import SrtpContext

VECTOR_FILE = Path(__file__).parent.parent / "vectors" / "media.json"
_FILE = json.loads(VECTOR_FILE.read_text())
VECTORS = {v["id"]: v for v in _FILE["vectors"]}
PUBLIC = {v["id"]: v for v in _FILE["public_vectors"]}

SSRC = 0xCAFEBABE
TIMESTAMP = bytes.fromhex("decafbad")
PAYLOAD = b"PERC test payload"


def h(text: str) -> bytes:
    return bytes.fromhex(text)


def of_kind(*kinds: str) -> list:
    return [pytest.param(v, id=v["id"]) for v in VECTORS.values() if v["kind"] in kinds]


def octets(first: int, count: int) -> bytes:
    """Key material as in the vector file: first, first + 1, …"""
    return bytes((first + n) & 0xFF for n in range(count))


def rtp(
    seq: int = 0x1234,
    payload: bytes = PAYLOAD,
    *,
    pt: int = 0x0F,
    marker: bool = False,
    csrcs: int = 0,
    extension: bytes | None = None,
    padding: bool = False,
    ssrc: int = SSRC,
    timestamp: bytes = TIMESTAMP,
) -> bytes:
    first = 0x80 | padding << 5 | (extension is not None) << 4 | csrcs
    head = bytes((first, marker << 7 | pt)) + seq.to_bytes(2, "big") + timestamp
    body = ssrc.to_bytes(4, "big") + octets(1, 4 * csrcs) + (extension or b"")
    return head + body + payload


EXTENSION = h("bede000210aa22bbccdd0000")
SHAPES = {
    "plain": rtp(),
    "csrc2": rtp(csrcs=2),
    "csrc15": rtp(csrcs=15),
    "ext": rtp(extension=EXTENSION),
    "ext_empty": rtp(extension=h("bede0000")),
    "csrc_ext": rtp(csrcs=2, extension=EXTENSION),
    "marker": rtp(marker=True),
    "padding": rtp(payload=PAYLOAD + b"\0\0\3", padding=True),
    "empty": rtp(payload=b""),
    "seq_0": rtp(seq=0),
    "seq_ffff": rtp(seq=0xFFFF),
    "long": rtp(payload=octets(7, 1100)),
}
RTCP = h("81c90007cafebabe010203040000000000001234000000050000000000000000")


def layer_keys(profile: int, first: int, salt: int) -> MasterKey:
    row = SRTP_PROFILES[profile]
    return MasterKey(octets(first, row.key_length), octets(salt, row.salt_length))


def context(profile: int, first: int, salt: int) -> SrtpContext:
    return SrtpContext(profile, *layer_keys(profile, first, salt))


INNER, HOP1, HOP2, HOP3 = (0x10, 0xA0), (0x40, 0xB0), (0x70, 0xC0), (0x95, 0xD0)
"""(first key octet, first salt octet) of each layer, as in the vector file."""


def full_keys(double: int) -> tuple[bytes, bytes]:
    row = SRTP_PROFILES[double].layer
    inner, outer = layer_keys(row.code, *INNER), layer_keys(row.code, *HOP1)
    return inner.key + outer.key, inner.salt + outer.salt


class Libsrtp:
    """A libsrtp session of one direction."""

    _PROFILES = {  # noqa: RUF012
        1: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
        2: pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
        7: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
        8: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    }

    def __init__(self, profile: int, master: MasterKey) -> None:
        key = bytes(master.key) + bytes(master.salt)
        self._sessions = [
            pylibsrtp.Session(
                pylibsrtp.Policy(key=key, ssrc_type=kind, srtp_profile=self._PROFILES[profile])
            )
            for kind in (
                pylibsrtp.Policy.SSRC_ANY_OUTBOUND,
                pylibsrtp.Policy.SSRC_ANY_INBOUND,
            )
        ]
        self.protect, self.protect_rtcp = self._sessions[0].protect, self._sessions[0].protect_rtcp
        self.unprotect = self._sessions[1].unprotect
        self.unprotect_rtcp = self._sessions[1].unprotect_rtcp


class LibsrtpDouble:
    """RFC 8723 from two libsrtp sessions; only the glue between them is written here, octet by octet."""

    def __init__(self, layer: int, inner: MasterKey, outer: MasterKey) -> None:
        self.inner, self.outer = Libsrtp(layer, inner), Libsrtp(layer, outer)

    def protect(self, packet: bytes) -> bytes:
        end = self._header_end(packet)
        fixed = 12 + 4 * (packet[0] & 15)
        synthetic = bytes((packet[0] & 0xEF,)) + packet[1:fixed] + packet[end:]
        return self.outer.protect(packet[:end] + self.inner.protect(synthetic)[fixed:] + b"\0")

    def unprotect(self, wire: bytes) -> bytes:
        packet = self.outer.unprotect(wire)
        end, fixed = self._header_end(packet), 12 + 4 * (packet[0] & 15)
        head, body = bytearray(packet[:fixed]), bytearray(packet[end:])
        head[0] &= 0xEF
        config = body.pop()
        if config & 1:
            head[3], head[2] = body.pop(), body.pop()
        if config & 2:
            head[1] = head[1] & 0x80 | body.pop()
        if config & 4:
            head[1] = head[1] & 0x7F | (config & 8) << 4
        return self.inner.unprotect(bytes(head + body))

    @staticmethod
    def _header_end(packet: bytes) -> int:
        end = 12 + 4 * (packet[0] & 15)
        if packet[0] & 0x10:
            end += 4 + 4 * int.from_bytes(packet[end + 2 : end + 4], "big")
        return end


# -- libcrypto through ctypes


def _libcrypto() -> ctypes.CDLL | None:
    name = ctypes.util.find_library("crypto")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    for function in ("EVP_CIPHER_CTX_new", *(f"EVP_aes_{n}_gcm" for n in (128, 256))):
        getattr(library, function).restype = ctypes.c_void_p
    for n in (128, 256):
        getattr(library, f"EVP_aes_{n}_wrap_pad").restype = ctypes.c_void_p
        getattr(library, f"EVP_aes_{n}_ctr").restype = ctypes.c_void_p
    return library


LIBCRYPTO = _libcrypto()
needs_libcrypto = pytest.mark.skipif(LIBCRYPTO is None, reason="no libcrypto shared library")


def _cipher_run(cipher: str, key: bytes, iv: bytes | None, parts: list[bytes], **options) -> tuple:
    """(output, context) of an EVP run; `options`: encrypt, aad, tag."""
    lib = LIBCRYPTO
    ctx = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new())
    kind = ctypes.c_void_p(getattr(lib, f"EVP_aes_{8 * len(key)}_{cipher}")())
    lib.EVP_CIPHER_CTX_set_flags(ctx, 1)  # allow key wrap
    assert lib.EVP_CipherInit_ex(ctx, kind, None, key, iv, int(options["encrypt"])) == 1
    size, out = ctypes.c_int(), b""
    if "aad" in options:
        aad = options["aad"]
        assert lib.EVP_CipherUpdate(ctx, None, ctypes.byref(size), aad, len(aad)) == 1
    for part in parts:
        buffer = ctypes.create_string_buffer(len(part) + 32)
        if lib.EVP_CipherUpdate(ctx, buffer, ctypes.byref(size), part, len(part)) != 1:
            return None, ctx
        out += buffer.raw[: size.value]
    if options.get("tag"):
        assert lib.EVP_CIPHER_CTX_ctrl(ctx, 0x11, 16, options["tag"]) == 1
    buffer = ctypes.create_string_buffer(32)
    if lib.EVP_CipherFinal_ex(ctx, buffer, ctypes.byref(size)) != 1:
        return None, ctx
    return out + buffer.raw[: size.value], ctx


def openssl_gcm(key: bytes, iv: bytes, aad: bytes, plaintext: bytes) -> bytes:
    """Ciphertext and tag."""
    out, ctx = _cipher_run("gcm", key, iv, [plaintext] if plaintext else [], encrypt=True, aad=aad)
    tag = ctypes.create_string_buffer(16)
    assert LIBCRYPTO.EVP_CIPHER_CTX_ctrl(ctx, 0x10, 16, tag) == 1
    LIBCRYPTO.EVP_CIPHER_CTX_free(ctx)
    return out + tag.raw


def openssl_gcm_open(key: bytes, iv: bytes, aad: bytes, sealed: bytes) -> bytes | None:
    """Plaintext, or None when the tag does not verify."""
    parts = [sealed[:-16]] if sealed[:-16] else []
    out, ctx = _cipher_run("gcm", key, iv, parts, encrypt=False, aad=aad, tag=sealed[-16:])
    LIBCRYPTO.EVP_CIPHER_CTX_free(ctx)
    return out


def openssl_wrap(kek: bytes, plaintext: bytes) -> bytes:
    out, ctx = _cipher_run("wrap_pad", kek, None, [plaintext], encrypt=True)
    LIBCRYPTO.EVP_CIPHER_CTX_free(ctx)
    return out


def openssl_unwrap(kek: bytes, ciphertext: bytes) -> bytes | None:
    out, ctx = _cipher_run("wrap_pad", kek, None, [ciphertext], encrypt=False)
    LIBCRYPTO.EVP_CIPHER_CTX_free(ctx)
    return out


def openssl_kdf(key: bytes, salt: bytes, label: int, length: int) -> bytes:
    """RFC 3711 4.3.3 with libcrypto's AES-CTR, written as the RFC writes it: x = label * 2^48 XOR salt."""
    x = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ label << 48
    out, ctx = _cipher_run("ctr", key, (x << 16).to_bytes(16, "big"), [bytes(length)], encrypt=True)
    LIBCRYPTO.EVP_CIPHER_CTX_free(ctx)
    return out


class OpensslLayer:
    """One AES-GCM layer of SRTP by RFC 7714 section 8 on libcrypto, with the ROC given for every packet."""

    def __init__(self, master: MasterKey) -> None:
        self.key = openssl_kdf(bytes(master.key), bytes(master.salt), 0, len(master.key))
        self.salt = openssl_kdf(bytes(master.key), bytes(master.salt), 2, 12)

    def iv(self, ssrc: bytes, roc: int, seq: bytes) -> bytes:
        plain = b"\0\0" + ssrc + roc.to_bytes(4, "big") + seq
        return bytes(a ^ b for a, b in zip(plain, self.salt, strict=True))

    def seal(self, header: bytes, payload: bytes, roc: int) -> bytes:
        return openssl_gcm(self.key, self.iv(header[8:12], roc, header[2:4]), header, payload)

    def open(self, header: bytes, body: bytes, roc: int) -> bytes | None:
        return openssl_gcm_open(self.key, self.iv(header[8:12], roc, header[2:4]), header, body)
