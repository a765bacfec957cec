# SPDX-License-Identifier: GPL-2.0-only
"""Recorded TLS connections of OpenSSL with itself, in memory, cut into chunks as a stream reader gives them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import NamedTuple

from OpenSSL import SSL

from perc_scapy.capture.flow_table import FlowTable
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.tls_sessions import TlsSession
from perc_scapy.pcap.streams import StreamChunk
from tests.capture.conversations import keylog_of
from tests.capture.openssl_talk import context
from tests.capture.tables import ENDS

Stream = list[tuple[str, bytes]]
TLS_1_1, TLS_1_2, TLS_1_3 = 0x0302, 0x0303, 0x0304


class TlsEnd:
    """One end: octets in, octets out."""

    def __init__(self, ctx: SSL.Context, *, server: bool) -> None:
        self.connection = SSL.Connection(ctx, None)
        (self.connection.set_accept_state if server else self.connection.set_connect_state)()
        self.established = False
        self.received = b""
        self.error: Exception | None = None

    def step(self) -> bytes:
        """Whatever can be done now; returns what is to be sent."""
        try:
            if not self.established:
                self.connection.do_handshake()
                self.established = True
            while True:
                self.received += self.connection.recv(65536)
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.error = error
        return self._waiting()

    def _waiting(self) -> bytes:
        try:
            return self.connection.bio_read(1 << 20)
        except SSL.WantReadError:
            return b""


class TlsTalk(NamedTuple):
    stream: Stream
    keylog: KeyLog
    client: TlsEnd
    server: TlsEnd
    lines: list[str]
    handshake: int
    """How many items of `stream` are the handshake."""


def pump(client: TlsEnd, server: TlsEnd) -> Stream:
    """Carry octets until both are silent."""
    stream: Stream = []
    while True:
        moved = False
        for name, here, there in (("client", client, server), ("server", server, client)):
            data = here.step()
            if data:
                moved = True
                stream.append((name, data))
                there.connection.bio_write(data)
        if not moved:
            return stream


def tls_talk(
    suite: bytes = b"ALL",
    *,
    version: int = TLS_1_3,
    suites13: bytes = b"",
    messages: list[tuple[str, bytes]] | None = None,
    ctx: SSL.Context | None = None,
    lines: list[str] | None = None,
    session: SSL.Session | None = None,
    **options: object,
) -> TlsTalk:
    """A handshake, then `messages`, each in a record of its own."""
    lines = [] if lines is None else lines
    if ctx is None:
        ctx = context(suite, lines, method=SSL.TLS_METHOD, version=version, **options)
        if suites13:
            ctx.set_tls13_ciphersuites(suites13)
    client, server = TlsEnd(ctx, server=False), TlsEnd(ctx, server=True)
    if session is not None:
        client.connection.set_session(session)
    stream = pump(client, server)
    assert client.established, (client.error, server.error)
    assert server.established, server.error
    handshake = len(stream)
    default = [("client", b"from the client"), ("server", b"from the server")]
    for name, data in default if messages is None else messages:
        stream += say(client, server, name, data)
    return TlsTalk(stream, keylog_of(lines), client, server, lines, handshake)


def say(client: TlsEnd, server: TlsEnd, name: str, data: bytes) -> Stream:
    """Application data of one end, and what that sets in motion."""
    (client if name == "client" else server).connection.send(data)
    return pump(client, server)


def chunks(stream: Stream, *, size: int = 1400, seed: int | None = None) -> list[StreamChunk]:
    """As a reader of TCP segments of `size` octets, or of any size, gives them; a packet each."""
    dice = random.Random(seed)
    found: list[StreamChunk] = []
    offsets = {"client": 0, "server": 0}
    for name, data in stream:
        position = 0
        while position < len(data):
            step = size if seed is None else dice.randrange(1, size)
            piece = data[position : position + step]
            number = len(found) + 1
            found.append(StreamChunk(number, number / 1000, *ENDS[name], offsets[name], piece))
            offsets[name] += len(piece)
            position += step
    return found


def losing(found: list[StreamChunk], lost: set[int]) -> list[StreamChunk]:
    """As they are when the packets with these numbers are not in the capture."""
    missing: dict[object, int] = {}
    kept = []
    for chunk in found:
        if chunk.number in lost:
            missing[chunk.src] = missing.get(chunk.src, 0) + len(chunk.data)
        else:
            gap = missing.pop(chunk.src, 0)
            kept.append(replace(chunk, lost=gap))
    return kept


def table_of(found: list[StreamChunk], keylog: KeyLog) -> FlowTable:
    table = FlowTable()
    for chunk in found:
        table.add_chunk(chunk)
    table.resolve(keylog)
    return table


def session_of(found: list[StreamChunk], keylog: KeyLog) -> TlsSession:
    ((session, _, _),) = table_of(found, keylog).tls_sessions()
    return session
