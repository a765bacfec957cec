# SPDX-License-Identifier: GPL-2.0-only
"""A sender that does one thing differently, written from the documents with AES alone, without `perc_scapy.crypto`."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.pcap.packets import Datagram, datagrams
from perc_scapy.pcap.reader import open_capture

CAPTURES = Path(__file__).parents[2] / "captures"
SSRC = 0xFEEDC0DE
E2E_KEY = bytes(range(0x10, 0x20))


@cache
def recorded(name: str) -> tuple[tuple[Datagram, ...], bytes]:
    return sealed(name), (CAPTURES / name / "secrets.keylog").read_bytes()


def sealed(name: str) -> tuple[Datagram, ...]:
    """The packets of a golden capture, without any key."""
    with open_capture(CAPTURES / name / "trace.pcapng") as capture:
        return tuple(datagrams(capture))


def keylog(text: bytes) -> KeyLog:
    found = KeyLog()
    found.add_text(text)
    return found


@cache
def conference(name: str = "session-setup-2") -> Analysis:
    packets, text = recorded(name)
    return Analysis(packets, keylog(text))


def with_packets(
    *wires: bytes, name: str = "session-setup-2", to_endpoint: bool = False
) -> Analysis:
    """The recorded conference, and behind it these packets of its first endpoint."""
    packets, text = recorded(name)
    a = association(name)
    ends = (a.mdd, a.endpoint) if to_endpoint else (a.endpoint, a.mdd)
    last = packets[-1]
    extra = [
        Datagram(last.number + n, last.time + n / 50, *ends, wire)
        for n, wire in enumerate(wires, 1)
    ]
    return Analysis([*packets, *extra], keylog(text))


def association(name: str = "session-setup-2") -> Association:
    return conference(name).associations[0]


def prf(key: bytes, salt: bytes, label: int, length: int, index: int = 0) -> bytes:
    """RFC 3711 section 4.3.3; `salt` has 14 octets."""
    x = int.from_bytes(salt, "big") ^ (label << 48 | index)
    stream = Cipher(algorithms.AES(key), modes.CTR((x << 16).to_bytes(16, "big"))).encryptor()
    return stream.update(bytes(length))


@dataclass
class Layer:
    """How one GCM layer is done; the defaults are right."""

    key: bytes
    salt: bytes
    roc: int = 0
    labels: tuple[int, int] = (0, 2)
    pad_left: bool = False
    with_index: bool = False
    derive: bool = True
    seq: int | None = None
    """In the IV; None: that of the header."""
    ssrc_shift: int = 48

    def seal(self, header: bytes, payload: bytes, aad: bytes | None = None) -> bytes:
        seq = int.from_bytes(header[2:4], "big") if self.seq is None else self.seq
        index = self.roc << 16 | seq
        salt14 = self.salt.rjust(14, b"\0") if self.pad_left else self.salt.ljust(14, b"\0")
        number = index if self.with_index else 0
        key, salt = self.key, self.salt
        if self.derive:
            key = prf(self.key, salt14, self.labels[0], len(self.key), number)
            salt = prf(self.key, salt14, self.labels[1], 12, number)
        ssrc = int.from_bytes(header[8:12], "big")
        iv = int.from_bytes(salt, "big") ^ (ssrc << self.ssrc_shift | index)
        return AESGCM(key).encrypt(iv.to_bytes(12, "big"), payload, header if aad is None else aad)


@dataclass
class Sender:
    """A double-SRTP endpoint with one E2E key of its own. Assign to `inner` and `outer` to do something differently."""

    name: str = "session-setup-2"
    to_endpoint: bool = False
    seq: int = 1000
    ssrc: int = SSRC
    roc: int = 0
    key: bytes = E2E_KEY
    inner: Layer = field(init=False)
    outer: Layer = field(init=False)

    def __post_init__(self) -> None:
        a = association(self.name)
        hop = a.hop_keys()
        side = hop.server if self.to_endpoint else hop.client
        self.parameters = a.ekt_keys()[-1].parameters
        self.inner = Layer(self.key, bytes(self.parameters.salt)[:12])
        self.outer = Layer(bytes(side.key), bytes(side.salt))

    def header(
        self, seq: int | None = None, first: int = 0x80, marker: int = 0, extension: bytes = b""
    ) -> bytes:
        number = self.seq if seq is None else seq
        front = bytes((first | (0x10 if extension else 0), marker << 7 | 96)) + number.to_bytes(
            2, "big"
        )
        return front + (1600).to_bytes(4, "big") + self.ssrc.to_bytes(4, "big") + extension

    def inside(self, header: bytes, payload: bytes = b"hello, listeners") -> bytes:
        csrc = 12 + 4 * (header[0] & 15)
        synthetic = bytes((header[0] & 0xEF,)) + header[1:csrc]
        return self.inner.seal(synthetic, payload)

    def field(self, *, spi: int | None = None, epoch: int = 0, ssrc: int | None = None) -> bytes:
        named = self.ssrc if ssrc is None else ssrc
        plain = (
            bytes((len(self.key),))
            + self.key
            + named.to_bytes(4, "big")
            + self.roc.to_bytes(4, "big")
        )
        ciphertext = keywrap.aes_key_wrap_with_padding(bytes(self.parameters.key), plain)
        number = self.parameters.spi if spi is None else spi
        tail = number.to_bytes(2, "big") + epoch.to_bytes(2, "big")
        return ciphertext + tail + (len(ciphertext) + 7).to_bytes(2, "big") + b"\x02"

    def packet(
        self,
        header: bytes | None = None,
        *,
        ohb: bytes = b"\0",
        tail: bytes | None = None,
        aad: bytes | None = None,
        inside: bytes | None = None,
    ) -> bytes:
        header = self.header() if header is None else header
        body = (self.inside(header) if inside is None else inside) + ohb
        return (
            header + self.outer.seal(header, body, aad) + (self.field() if tail is None else tail)
        )


def sign_cm(
    key: bytes, salt: bytes, header: bytes, body: bytes, roc: int, *, size: int = 10, label: int = 1
) -> bytes:
    """Tag of an AES-CM packet (RFC 3711 section 4.2)."""
    auth = prf(key, salt, label, 20)
    return hmac.digest(auth, header + body + roc.to_bytes(4, "big"), "sha1")[:size]
