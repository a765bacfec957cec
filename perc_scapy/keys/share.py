# SPDX-License-Identifier: GPL-2.0-only
"""Decrypted tunnel messages and inner handshakes as exported PDUs: to be shown without handing out any secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.tunnels import Tunnel
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import HANDSHAKE_HEADER, decode_fragments
from perc_scapy.errors import DecodeError
from perc_scapy.keys.wiping import without_ekt_key, without_hop_keys
from perc_scapy.pcap.exported import TUNNEL, ExportedPduWriter
from perc_scapy.pcap.packets import Address
from perc_scapy.pcap.pcapng import Sink

TUNNEL_PROTOCOL = TUNNEL
"""Dissector of the Wireshark plugin, for all versions."""


class Pdu(NamedTuple):
    """One message to write."""

    packet: int
    """Of the capture that it comes from."""
    time: float
    protocol: str
    data: bytes
    src: Address | None
    dst: Address | None
    comment: str


def shared(analysis: Analysis, *, keys: bool = False) -> list[Pdu]:
    """All tunnel messages and all DTLS of endpoints, in capture order; key octets are zeros unless `keys`."""
    ends = {id(s): (client, server) for s, client, server in analysis.dtls_sessions()}
    ends |= {id(s): (client, server) for s, client, server in analysis.tls_sessions()}
    found: list[Pdu] = []
    for tunnel in analysis.tunnels:
        found += _messages(tunnel, *ends[id(tunnel.session)], keys=keys)
    for association in analysis.associations:
        found += _handshake(association, keys=keys)
    return sorted(found, key=lambda pdu: pdu.packet)


def write_shared(stream: Sink, pdus: list[Pdu]) -> None:
    """A capture of exported PDUs."""
    writer = ExportedPduWriter(stream)
    for pdu in pdus:
        time_ns = round(pdu.time * 1_000_000) * 1000  # a float has no more of a time since 1970
        writer.packet(time_ns, pdu.protocol, pdu.data, pdu.src, pdu.dst, comment=pdu.comment)


def _messages(tunnel: Tunnel, client: Address, server: Address, *, keys: bool) -> Iterator[Pdu]:
    from_client = {record.packet: record.sender == client for record in tunnel.session.records}
    for seen in tunnel.messages:
        data = seen.raw if keys else without_hop_keys(seen.raw, tunnel.version)
        src, dst = (client, server) if from_client.get(seen.packet, True) else (server, client)
        note = f"from packet {seen.packet}, sent by the {seen.sender.upper()}"
        yield Pdu(seen.packet, seen.time, TUNNEL_PROTOCOL, data, src, dst, note)


def _handshake(association: Association, *, keys: bool) -> Iterator[Pdu]:
    """As the endpoint's link shows it, else as the tunnel does."""
    session = association.direct or association.tunneled
    client, server = association.endpoint, association.mdd
    if session is None:
        return
    for seen in session.records:
        record = seen.record
        if seen.content is None or record.type == ContentType.APPLICATION_DATA:
            continue
        note = f"from packet {seen.packet}" + (f", epoch {record.epoch}" if record.epoch else "")
        src, dst = (client, server) if seen.sender == session.client else (server, client)
        yield Pdu(seen.packet, seen.time, "dtls", _plain(seen, keys=keys), src, dst, note)


def _plain(seen: SeenRecord, *, keys: bool) -> bytes:
    """The record as if it had never been encrypted, which is why its epoch becomes 0."""
    record, content = seen.record, seen.content or b""
    if record.type == ContentType.HANDSHAKE and record.epoch and not keys:
        content = _without_keys(content)
    number = record.number & (1 << 48) - 1
    head = bytes((record.type,)) + record.version.to_bytes(2, "big") + number.to_bytes(8, "big")
    return head + len(content).to_bytes(2, "big") + content


def _without_keys(content: bytes) -> bytes:
    """A piece of an ekt_key cannot be cut at its vectors, so nothing of it stays."""
    try:
        fragments = decode_fragments(content)
    except DecodeError:
        return bytes(len(content))
    out = b""
    for each in fragments:
        whole = len(each.data) == each.length
        wiped = without_ekt_key(each.type, each.data)
        if not whole and each.type == HandshakeType.EKT_KEY:
            wiped = bytes(len(each.data))
        out += each.raw[:HANDSHAKE_HEADER] + wiped
    return out
