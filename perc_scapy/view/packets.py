# SPDX-License-Identifier: GPL-2.0-only
"""One packet of a capture as layers: what is on the wire, and, where keys are at hand, what is inside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from scapy.packet import Packet, Raw

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.handshakes import HandshakeMessage
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.records import SeenRecord
from perc_scapy.capture.tunnels import SeenMessage
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.bind import PercDatagram
from perc_scapy.layers.dtls import DTLS, DTLSHandshake, dissect_plaintext
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import Datagram, datagram_of
from perc_scapy.view.media_parts import media_parts
from perc_scapy.view.parts import Part, opaque
from perc_scapy.wire import classify


@dataclass
class PacketView:
    """A packet and what there is to say of it."""

    number: int
    time: float
    src: str
    dst: str
    protocols: list[str]
    parts: list[Part] = field(default_factory=list)
    expert: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """One line: the outermost layer, then what was found inside."""
        texts = [part.summary for part in self.parts if part.summary]
        if len(texts) > 1 and _all_protected(self.parts[0].packet):
            texts[0] = "DTLS"
        return " / ".join(texts)

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """The documented object."""
        return {
            "number": self.number,
            "time": round(self.time, 9),
            "src": self.src,
            "dst": self.dst,
            "protocols": self.protocols,
            "layers": [part.to_json(secrets=secrets) for part in self.parts],
            "expert": self.expert,
        }


class PacketViewer:
    """Shows the packets of an analysed capture, in any order."""

    def __init__(self, analysis: Analysis) -> None:
        self._outer: dict[int, list[SeenRecord]] = defaultdict(list)
        self._inner: dict[int, list[SeenRecord]] = defaultdict(list)
        self._whole: dict[int, list[HandshakeMessage]] = defaultdict(list)
        self._tunnel: dict[int, list[SeenMessage]] = defaultdict(list)
        self._media = {packet.number: packet for packet in analysis.media}
        for session, _, _ in analysis.dtls_sessions():
            self._index(session, self._outer)
        for tunnel in analysis.tunnels:
            for seen in tunnel.messages:
                self._tunnel[seen.packet].append(seen)
            for carrier in tunnel.associations.values():
                for session in carrier.flow.sessions:
                    self._index(session, self._inner)
        self._tunnels = {id(r) for t in analysis.tunnels for r in t.session.records}

    def _index(self, session: DtlsSession, records: dict[int, list[SeenRecord]]) -> None:
        for seen in session.records:
            if seen.record.epoch:
                records[seen.packet].append(seen)
        for message in session.messages:
            if len(message.numbers) > 1:
                self._whole[message.packet].append(message)

    def view(self, frame: Frame) -> PacketView:
        """Total: every frame can be shown."""
        datagram = datagram_of(frame)
        if datagram is None:
            part = opaque("Frame", frame.data, f"link type {frame.link_type}, no UDP datagram")
            return PacketView(frame.number, frame.time, "", "", [], [part])
        found = PacketView(
            frame.number, frame.time, str(datagram.src), str(datagram.dst), _lower(datagram)
        )
        for part in self._parts(datagram, found.expert):
            found.protocols.append(part.protocol)
            found.parts.append(part)
            found.expert += part.faults()
        if datagram.missing:
            found.expert.append(f"{datagram.missing} octets are missing in the capture")
        return found

    def _parts(self, datagram: Datagram, expert: list[str]) -> Iterator[Part]:
        kind = classify(datagram.data)
        if kind == "dtls":
            yield from self._dtls(datagram, expert)
        elif kind in ("rtp", "rtcp") and datagram.number in self._media:
            yield from self._protected(self._media[datagram.number], expert)
        else:
            yield _other(kind, datagram.data)

    def _protected(self, media: MediaPacket, expert: list[str]) -> Iterator[Part]:
        yield from media_parts(media)
        if media.association is not None and media.opened.problem:
            expert.append(media.opened.problem)

    def _dtls(self, datagram: Datagram, expert: list[str]) -> Iterator[Part]:
        yield Part("dtls", DTLS(datagram.data))
        for seen in self._outer[datagram.number]:
            if seen.content is None:
                continue
            if id(seen) in self._tunnels and seen.record.type == ContentType.APPLICATION_DATA:
                yield Part("perc_tunnel", DTLSTunnelMessage(seen.content), decrypted=True)
            else:
                yield _plaintext(seen)
        for seen in self._inner[datagram.number]:
            if seen.content is not None:
                yield _plaintext(seen)
        for message in self._whole[datagram.number]:
            yield _reassembled(message)
        expert += [m.fault for m in self._tunnel[datagram.number] if m.message is None]


def _all_protected(packet: Packet) -> bool:
    """A datagram of nothing but protected records says less than what was in them."""
    if not isinstance(packet, DTLS):
        return False
    return all(getattr(record, "epoch", 0) for record in packet.records)


def _other(kind: str, data: bytes) -> Part:
    """STUN, TURN, ZRTP, or octets that RFC 7983 gives to nobody."""
    packet = PercDatagram(data)
    if isinstance(packet, Raw):
        return opaque("data", data, f"{len(data)} octets")
    return Part(kind, packet)


def _lower(datagram: Datagram) -> list[str]:
    return ["ipv6" if ":" in datagram.src.host else "ip", "udp"]


def _plaintext(seen: SeenRecord) -> Part:
    content = seen.content or b""
    packet: Packet = dissect_plaintext(seen.record.type, content, seen.record.version)
    return Part("dtls", packet, decrypted=True)


def _reassembled(message: HandshakeMessage) -> Part:
    """A message that came in fragments, as one."""
    length = len(message.body)
    whole = encode_fragment(message.type, length, message.sequence, 0, message.body)
    secret = message.type == HandshakeType.EKT_KEY or message.epoch > 0
    return Part("dtls", DTLSHandshake(whole), decrypted=secret, note="reassembled")


def view_all(analysis: Analysis, frames: Iterable[Frame]) -> Iterator[PacketView]:
    """Views in the order of `frames`."""
    viewer = PacketViewer(analysis)
    return (viewer.view(frame) for frame in frames)
