# SPDX-License-Identifier: GPL-2.0-only
"""A capture as lanes of items: what is said, in order, whatever addresses and times it had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.associations import Association
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.participants import Participant, find_participants, stays_closed
from perc_scapy.capture.tunnels import Tunnel
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.dtls import DTLSAlert, DTLSHandshake
from perc_scapy.layers.ekt import EKTField
from perc_scapy.layers.rtcp import RTCP
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.tunnel_rfc9185 import TunnelMessage
from perc_scapy.view.parts import Part

MAX_MEDIA = 500
"""Packets of one stream that are compared."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing said. `kind` is what alignment goes by."""

    kind: str
    packet: int
    tree: dict[str, Any] = field(compare=False)
    """Fields by name, nested layers inside; key octets are hidden."""


@dataclass(slots=True)
class Lane:
    """Everything said in one place, in order."""

    name: str
    items: list[Item]

    @property
    def first(self) -> int:
        return self.items[0].packet if self.items else 0


def lanes(analysis: Analysis) -> list[Lane]:
    """Tunnels, then each participant's associations, then media by hop and sender."""
    people = find_participants(analysis)
    found = list(_tunnels(analysis.tunnels))
    for person in people:
        found += _associations(person)
    found += _closed([a for a in analysis.associations if stays_closed(a)])
    found += _media(analysis, people)
    return [lane for lane in found if lane.items]


# -- tunnels and handshakes


def _tunnels(tunnels: list[Tunnel]) -> Iterator[Lane]:
    for number, tunnel in enumerate(tunnels, 1):
        if isinstance(tunnel.session, DtlsSession):
            yield Lane(
                f"tunnel {number}: handshake", list(_handshake(tunnel.session, "MDD", "KMF"))
            )
        layer = TunnelMessage if tunnel.version == "rfc9185" else DTLSTunnelMessage
        yield Lane(f"tunnel {number}: messages", list(_messages(tunnel, layer)))


def _messages(tunnel: Tunnel, layer: Any) -> Iterator[Item]:
    """Messages that say something new; what only repeats or continues a flight depends on loss and sizes."""
    completed, told = _completed(tunnel), set()
    seen_by_packet = {seen.packet: seen for seen in tunnel.messages}
    for opened in tunnel.session.contents(ContentType.APPLICATION_DATA):
        tree = dict(Part("perc_tunnel", layer, opened.content, decrypted=True).tree())
        tree.pop("dtls_message", None)
        seen = seen_by_packet.get(opened.packet)
        message = None if seen is None else seen.message
        body = (
            (message.association_id, _type(tree))
            if message is not None and (message.keys or message.profiles)
            else None
        )
        carries = completed.get(opened.packet, [])
        if carries or (body is not None and body not in told) or message is None:
            who = "MDD" if opened.from_client else "KMF"
            yield Item(f"{who}: {' + '.join([_type(tree), *carries])}", opened.packet, tree)
        told.add(body)


def _completed(tunnel: Tunnel) -> dict[int, list[str]]:
    """Packet -> handshake messages of endpoints that it completes."""
    found: dict[int, list[str]] = {}
    for carrier in tunnel.associations.values():
        for session in carrier.flow.sessions:
            for message in session.messages:
                found.setdefault(message.packet, []).append(_name(message.type))
    return found


def _type(tree: dict[str, Any]) -> str:
    body = tree.get("body")
    return str(body.get("layer", "")) if isinstance(body, dict) else f"type {tree.get('type', '?')}"


def _associations(person: Participant) -> Iterator[Lane]:
    for number, association in enumerate(person.associations, 1):
        session = association.direct or association.sessions[0]
        name = person.letter + (f", association {number}" if number > 1 else "")
        yield Lane(f"{name}: handshake", list(_handshake(session, person.letter, "KMF")))


def _closed(associations: list[Association]) -> Iterator[Lane]:
    """DTLS of nobody known."""
    for number, association in enumerate(associations, 1):
        items = list(_handshake(association.sessions[0], "client", "server"))
        yield Lane(f"closed DTLS {number}: handshake", items)


def _handshake(session: DtlsSession, client: str, server: str) -> Iterator[Item]:
    """Whole messages, each once, and alerts."""
    found = [
        _message(m.type, m.sequence, m.body, m.packet, client if m.from_client else server)
        for m in session.messages
    ]
    for seen in session.records:
        if seen.record.type == ContentType.ALERT and seen.content is not None:
            who = client if seen.sender == session.client else server
            tree = Part("dtls", DTLSAlert, seen.content).tree()
            found.append(Item(f"{who}: alert", seen.packet, tree))
    return iter(sorted(found, key=lambda item: item.packet))


def _message(kind: int, sequence: int, body: bytes, packet: int, who: str) -> Item:
    whole = encode_fragment(kind, len(body), sequence, 0, body)
    return Item(
        f"{who}: {_name(kind)}", packet, Part("dtls", DTLSHandshake, whole, decrypted=True).tree()
    )


def _name(kind: int) -> str:
    try:
        return HandshakeType(kind).name.lower()
    except ValueError:
        return f"handshake {kind}"


# -- media


def _media(analysis: Analysis, people: list[Participant]) -> Iterator[Lane]:
    letters = {id(a): p.letter for p in people for a in p.associations}
    owners = {ssrc: p.letter for p in people for ssrc in p.ssrcs}
    found: dict[str, list[MediaPacket]] = {}
    first: dict[int, MediaPacket] = {}
    for m in analysis.media:
        if m.association is None:
            continue
        here = letters.get(id(m.association), "?")
        hop = f"{here} to MDD" if m.from_endpoint else f"MDD to {here}"
        if m.kind == "rtp":
            first.setdefault(m.ssrc, m)
        found.setdefault(
            f"{m.kind} of {owners.get(m.ssrc, here if m.from_endpoint else 'MDD')}, {hop}", []
        ).append(m)
    for name, packets in found.items():
        yield Lane(name, [_packet(m, first.get(m.ssrc, m)) for m in packets[:MAX_MEDIA]])


def _packet(m: MediaPacket, first: MediaPacket) -> Item:
    tree: dict[str, Any] = {
        "layer": "Packet",
        "hop_opened": m.opened.hop_opened,
        "opened": m.opened.plain is not None,
    }
    if m.kind == "rtcp":
        if m.opened.plain is not None:
            tree["rtcp"] = Part("rtcp", RTCP, m.opened.plain, decrypted=True).tree()
        return Item("rtcp", m.number, tree)
    header = Part("rtp", RTP, m.datagram.data).tree()
    tree["header"] = {k: v for k, v in header.items() if k not in ("rtp_payload", "padding_octets")}
    if m.opened.ekt is not None:
        tree["ekt"] = Part("ekt", EKTField, m.opened.ekt.raw).tree()
    if m.opened.ohb is not None:
        tree["ohb"] = dict(m.opened.ohb._asdict())
    if m.opened.plain is not None:
        tree["rtp"] = Part("rtp", RTP, m.opened.plain, decrypted=True).tree()
    return Item(f"rtp +{_seq(m, first)}", m.number, tree)


def _seq(m: MediaPacket, first: MediaPacket) -> int:
    """Sequence number, counted from the first packet of the stream at any hop, as its sender made it."""
    here, start = (
        int.from_bytes((x.opened.plain or x.datagram.data)[2:4], "big") for x in (m, first)
    )
    return (here - start) % 65536
