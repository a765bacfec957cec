# SPDX-License-Identifier: GPL-2.0-only
"""OpenSSL behind the verbs of our engine: pyOpenSSL over memory BIOs, the independent side of the interop tests."""

from __future__ import annotations

import functools

from cryptography import x509
from OpenSSL import SSL

from perc_scapy.dtls import Identity

OP_NO_EXTENDED_MASTER_SECRET = 0x1  # pyOpenSSL names no constant for it
RECORD_HEADER = 13


@functools.cache
def context(
    identity: Identity, *, ems=True, tickets=True, suites=b"", srtp=b"", mutual=True, cookie=b""
):
    """A frozen set-up, shared by all connections that want the same."""
    ctx = SSL.Context(SSL.DTLS_METHOD)
    ctx.set_min_proto_version(0xFEFD)
    ctx.set_max_proto_version(0xFEFD)
    ctx.set_options(SSL.OP_NO_QUERY_MTU)
    if not ems:
        ctx.set_options(OP_NO_EXTENDED_MASTER_SECRET)
    if not tickets:
        ctx.set_options(SSL.OP_NO_TICKET)
    if suites:
        ctx.set_cipher_list(suites)
    if srtp:
        ctx.set_tlsext_use_srtp(srtp)
    ctx.use_certificate(x509.load_der_x509_certificate(identity.certificate))
    ctx.use_privatekey(identity.private_key)
    if mutual:
        ctx.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    if cookie:
        ctx.set_options(SSL.OP_COOKIE_EXCHANGE)
        ctx.set_cookie_generate_callback(lambda _connection: cookie)
        ctx.set_cookie_verify_callback(lambda _connection, received: received == cookie)
    return ctx


def cut_records(stream: bytes) -> list[bytes]:
    """The BIO returns flights without datagram borders: cut them at the record headers."""
    records, position = [], 0
    while position < len(stream):
        end = (
            position + RECORD_HEADER + int.from_bytes(stream[position + 11 : position + 13], "big")
        )
        records.append(stream[position:end])
        position = end
    return records


def pack(records: list[bytes], mtu: int) -> list[bytes]:
    """Fill datagrams up to `mtu`."""
    datagrams: list[bytes] = []
    for record in records:
        if datagrams and len(datagrams[-1]) + len(record) <= mtu:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams


class OpenSslPeer:
    """A client or a server. `received` collects application data."""

    def __init__(self, ctx: SSL.Context, *, server: bool, mtu: int = 1200) -> None:
        self.connection = SSL.Connection(ctx, None)
        self.connection.set_ciphertext_mtu(mtu)
        self._mtu = mtu
        self._server = server
        (self.connection.set_accept_state if server else self.connection.set_connect_state)()
        self.established = False
        self.received: list[bytes] = []
        self.error: Exception | None = None

    def start(self, now: float) -> None:
        self._drive()

    def receive_datagram(self, data: bytes, now: float) -> None:
        self.connection.bio_write(data)
        self._drive()

    def _drive(self) -> None:
        try:
            if not self.established:
                self.connection.do_handshake()
                self.established = True
            while True:
                self.received.append(self.connection.recv(65536))
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.error = error

    def datagrams_to_send(self, now: float) -> list[bytes]:
        stream = b""
        try:
            while True:
                stream += self.connection.bio_read(65536)
        except SSL.WantReadError:
            return pack(cut_records(stream), self._mtu)

    def send_application(self, data: bytes) -> None:
        self.connection.send(data)

    def export(self, label: bytes, length: int, context: bytes | None = None) -> bytes:
        return self.connection.export_keying_material(label, length, context)
