# SPDX-License-Identifier: GPL-2.0-only
"""A WebRTC call as a capture shows it, made by others: OpenSSL does the DTLS, libsrtp the media, ICE between them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from cryptography import x509
from OpenSSL import SSL

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.crypto import split_exporter
from perc_scapy.crypto.kdf import EXPORTER_LABEL, ExportedKeys
from perc_scapy.crypto.profiles import SRTP_PROFILES
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.packets import Address, Datagram
from perc_scapy.pcap.pcapng import PcapngWriter
from tests.crypto.support import Libsrtp
from tests.dtls.openssl_peer import OpenSslPeer
from tests.dtls.pairs import identity

A, B = Address("192.0.2.10", 51000), Address("198.51.100.20", 3478)
RTP_PAIR = Address("192.0.2.10", 51002), Address("198.51.100.20", 3480)
"""Another pair of candidates of the same two hosts."""
COOKIE = b"\x21\x12\xa4\x42"


def stun(name: str, number: int = 1, *, answer: bool = False) -> bytes:
    """A connectivity check with its USERNAME, or the answer, which has none."""
    user = name.encode()
    attribute = b"\x00\x06" + len(user).to_bytes(2, "big") + user + bytes(-len(user) % 4)
    attribute += b"\x80\x22\x00\x04test"
    attribute = b"" if answer else attribute
    kind = b"\x01\x01" if answer else b"\x00\x01"
    return (
        kind + len(attribute).to_bytes(2, "big") + COOKIE + number.to_bytes(12, "big") + attribute
    )


def rtp(seq: int, ssrc: int = 0x1234, payload: bytes = b"", pt: int = 111) -> bytes:
    head = (
        bytes((0x80, pt)) + (seq & 0xFFFF).to_bytes(2, "big") + (960 * seq).to_bytes(8, "big")[4:]
    )
    return head + ssrc.to_bytes(4, "big") + (payload or b"payload %d" % seq)


def rtcp(ssrc: int = 0x1234) -> bytes:
    return b"\x80\xc9\x00\x01" + ssrc.to_bytes(4, "big")


@dataclass
class Call:
    """`a` is the DTLS client. Every datagram goes into `trace`, every secret into `lines`."""

    profile: int = 7
    trace: list[Datagram] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    now: float = 1_700_000_000.0
    keys: ExportedKeys | None = None
    up: Libsrtp | None = None
    down: Libsrtp | None = None

    def seen(self, src: Address, dst: Address, data: bytes) -> None:
        self.now += 0.001
        self.trace.append(Datagram(len(self.trace) + 1, self.now, src, dst, bytes(data)))

    def check(self, src: Address, dst: Address, name: str = "bbbb:aaaa") -> None:
        """An ICE connectivity check and its answer."""
        self.seen(src, dst, stun(name))
        self.seen(dst, src, stun(name, answer=True))

    def handshake(self, a: Address = A, b: Address = B, *, profile: int | None = None) -> Call:
        self.profile = self.profile if profile is None else profile
        client, server = (
            OpenSslPeer(self._context(name), server=name == "server")
            for name in ("client", "server")
        )
        client.start(0.0)
        while not (client.established and server.established):
            for data in client.datagrams_to_send(0.0):
                self.seen(a, b, data)
                server.receive_datagram(data, 0.0)
            for data in server.datagrams_to_send(0.0):
                self.seen(b, a, data)
                client.receive_datagram(data, 0.0)
        row = SRTP_PROFILES[self.profile]
        keys = split_exporter(row.code, client.export(EXPORTER_LABEL, row.export_length))
        self.use(keys)
        return self

    def use(self, keys: ExportedKeys) -> None:
        """Media keys from here on."""
        self.keys = keys
        if not SRTP_PROFILES[keys.profile].is_double:
            self.up, self.down = (
                Libsrtp(keys.profile, keys.client),
                Libsrtp(keys.profile, keys.server),
            )

    def _context(self, name: str) -> SSL.Context:
        ctx = SSL.Context(SSL.DTLS_METHOD)
        ctx.set_min_proto_version(0xFEFD)
        ctx.set_max_proto_version(0xFEFD)
        ctx.set_options(SSL.OP_NO_QUERY_MTU)
        ctx.set_tlsext_use_srtp(SRTP_PROFILES[self.profile].openssl_name.encode())
        who = identity(name)
        ctx.use_certificate(x509.load_der_x509_certificate(who.certificate))
        ctx.use_privatekey(who.private_key)
        ctx.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        if name == "server":
            ctx.set_keylog_callback(lambda _connection, line: self.lines.append(line))
        return ctx

    def send(
        self, packet: bytes, *, back: bool = False, path: tuple[Address, Address] = (A, B)
    ) -> bytes:
        """One RTP packet of the client, or `back` from the server. `path`: (client's address, server's)."""
        libsrtp = self.down if back else self.up
        src, dst = reversed(path) if back else path
        self.seen(src, dst, libsrtp.protect(packet))
        return packet

    def report(
        self, packet: bytes, *, back: bool = False, path: tuple[Address, Address] = (A, B)
    ) -> bytes:
        libsrtp = self.down if back else self.up
        src, dst = reversed(path) if back else path
        self.seen(src, dst, libsrtp.protect_rtcp(packet))
        return packet

    def keylog(self) -> KeyLog:
        log = KeyLog()
        log.add_text(b"\n".join(self.lines))
        return log

    def pcapng(self, *, secrets: bool = True) -> bytes:
        stream = io.BytesIO()
        writer = PcapngWriter(stream)
        if secrets:
            writer.secrets(b"\n".join(self.lines) + b"\n")
        for d in self.trace:
            writer.packet(round(d.time * 1e9), ip_udp(d.src, d.dst, d.data))
        return stream.getvalue()
