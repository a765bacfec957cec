# SPDX-License-Identifier: GPL-2.0-only
"""What the keys opened inside the DTLS packets of a capture, by packet number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from scapy.packet import Raw

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.tunnels import Tunnel
from perc_scapy.codes import ContentType, DtlsVersion, HandshakeType
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.layers import DTLSTunnelMessage, TunnelMessage
from perc_scapy.layers.dtls import DTLSHandshake
from perc_scapy.layers.dtls.content import CONTENT
from perc_scapy.view.parts import Part

TUNNEL_LAYERS = {"draft00": DTLSTunnelMessage, "rfc9185": TunnelMessage}
"""Layer of a tunnel's messages by the version that the analysis found."""


class Insides:
    """Decrypted records, tunnel messages and messages put together from fragments."""

    def __init__(self, analysis: Analysis) -> None:
        self._outer: dict[int, list[SeenRecord]] = defaultdict(list)
        self._inner: dict[int, list[SeenRecord]] = defaultdict(list)
        self._whole: dict[int, list[HandshakeMessage]] = defaultdict(list)
        self._tunnels: dict[int, Tunnel] = {}
        for session, _, _ in analysis.dtls_sessions():
            self._index(session, self._outer)
        for tunnel in analysis.tunnels:
            self._tunnels.update((id(seen), tunnel) for seen in tunnel.session.records)
            for carrier in tunnel.associations.values():
                for session in carrier.flow.sessions:
                    self._index(session, self._inner)

    def _index(self, session: DtlsSession, records: dict[int, list[SeenRecord]]) -> None:
        for seen in session.records:
            if seen.record.epoch and seen.content is not None:
                records[seen.packet].append(seen)
        for message in session.messages:
            if len(message.numbers) > 1:
                self._whole[message.packet].append(message)

    def of(self, number: int) -> Iterator[Part]:
        """From the outermost to the innermost."""
        for seen in self._outer.get(number, ()):
            tunnel = self._tunnels.get(id(seen))
            if tunnel is not None and seen.record.type == ContentType.APPLICATION_DATA:
                yield tunnel_part(tunnel.version, seen.content or b"")
            else:
                yield _plaintext(seen)
        for seen in self._inner.get(number, ()):
            yield _plaintext(seen)
        for message in self._whole.get(number, ()):
            yield _reassembled(message)


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
