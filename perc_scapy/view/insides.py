# SPDX-License-Identifier: GPL-2.0-only
"""What the keys opened inside the DTLS packets of a capture, by packet number."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from scapy.packet import Raw

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.records import SeenRecord
from perc_scapy.codes import ContentType, DtlsVersion, HandshakeType
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.layers import DTLSTunnelMessage, TunnelMessage
from perc_scapy.layers.dtls import DTLSHandshake
from perc_scapy.layers.dtls.content import CONTENT
from perc_scapy.layers.tls import TLSRecord
from perc_scapy.view.codes import name_of
from perc_scapy.view.parts import Part

TUNNEL_LAYERS = {"draft00": DTLSTunnelMessage, "rfc9185": TunnelMessage}
"""Layer of a tunnel's messages by the version that the analysis found."""


class Insides:
    """Decrypted records, tunnel messages and messages put together from fragments."""

    def __init__(self, analysis: Analysis) -> None:
        self._tls: dict[int, list[SeenRecord]] = defaultdict(list)
        self._outer: dict[int, list[SeenRecord]] = defaultdict(list)
        self._inner: dict[int, list[SeenRecord]] = defaultdict(list)
        self._whole: dict[int, list[HandshakeMessage]] = defaultdict(list)
        self._messages: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
        carriers = {id(tunnel.session) for tunnel in analysis.tunnels}
        for session, _, _ in analysis.dtls_sessions():
            self._index(session, self._outer, id(session) in carriers)
        for connection, _, _ in analysis.tls_sessions():
            for seen in connection.records:
                self._tls[seen.packet].append(seen)
        for tunnel in analysis.tunnels:
            for message in tunnel.messages:
                self._messages[message.packet].append((tunnel.version, message.raw))
            for carrier in tunnel.associations.values():
                for session in carrier.flow.sessions:
                    self._index(session, self._inner)

    def _index(
        self, session: DtlsSession, records: dict[int, list[SeenRecord]], tunnel: bool = False
    ) -> None:
        """Application data of a tunnel are its messages, which are shown as such."""
        for seen in session.records:
            message = tunnel and seen.record.type == ContentType.APPLICATION_DATA
            if seen.record.epoch and seen.content is not None and not message:
                records[seen.packet].append(seen)
        for whole in session.messages:
            if len(whole.numbers) > 1:
                self._whole[whole.packet].append(whole)

    def of(self, number: int) -> Iterator[Part]:
        """From the outermost to the innermost."""
        for seen in self._tls.get(number, ()):
            yield from _tls(seen)
        for seen in self._outer.get(number, ()):
            yield _plaintext(seen)
        for version, raw in self._messages.get(number, ()):
            yield tunnel_part(version, raw)
        for seen in self._inner.get(number, ()):
            yield _plaintext(seen)
        for message in self._whole.get(number, ()):
            yield _reassembled(message)


def _tls(seen: SeenRecord) -> Iterator[Part]:
    """A record of a TCP stream, and what it holds unless that is application data, of which messages are made."""
    record = seen.record
    head = struct.pack(">BHH", record.type, record.version, len(record.fragment))
    yield Part("tls", TLSRecord, head + record.fragment)
    if record.epoch and seen.content is not None and seen.kind != ContentType.APPLICATION_DATA:
        kind = name_of(ContentType, seen.kind)
        if seen.kind == ContentType.HANDSHAKE and seen.content:
            kind = f"TLS {name_of(HandshakeType, seen.content[0])}"
        yield Part("tls", Raw, seen.content, decrypted=True, note=str(kind))


def tunnel_part(version: str, content: bytes) -> Part:
    """A tunnel message out of its record."""
    layer = TUNNEL_LAYERS.get(version, DTLSTunnelMessage)
    return Part("perc_tunnel", layer, content, decrypted=True, note=version)


def plaintext_layer(content_type: int, version: int = DtlsVersion.DTLS_1_2) -> Any:
    """The layer of what a record holds; `Raw` for an unknown type."""
    return CONTENT.get((content_type, version), Raw)


def _plaintext(seen: SeenRecord) -> Part:
    layer = plaintext_layer(seen.record.type, seen.record.version)
    return Part("dtls", layer, seen.content or b"", decrypted=True)


def _reassembled(message: HandshakeMessage) -> Part:
    """A message that came in fragments, as one."""
    length = len(message.body)
    whole = encode_fragment(message.type, length, message.sequence, 0, message.body)
    secret = message.type == HandshakeType.EKT_KEY or message.epoch > 0
    return Part("dtls", DTLSHandshake, whole, decrypted=secret, note="reassembled")
