# SPDX-License-Identifier: GPL-2.0-only
"""One packet of a capture as layers: what is on the wire, and, where keys are at hand, what is inside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from scapy.packet import Raw

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.layers.bind import SrtpDatagram, layer_of
from perc_scapy.layers.dtls import DTLS
from perc_scapy.layers.tls import TLSRecord
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import Address, Datagram, PayloadReader, Segment
from perc_scapy.pcap.transport import FIN, RST, SYN
from perc_scapy.view.decode_as import DecodeAs
from perc_scapy.view.expert import Expert
from perc_scapy.view.insides import Insides
from perc_scapy.view.media_parts import MediaParts
from perc_scapy.view.parts import Part, opaque
from perc_scapy.view.pdu_parts import pdu_parts
from perc_scapy.view.places import describe, payload_offset
from perc_scapy.view.remarks import Remarks
from perc_scapy.view.whereabouts import NOWHERE, Place, Whereabouts
from perc_scapy.wire import classify


class PacketView:
    """A packet and what there is to say of it."""

    __slots__ = (
        "_expert", "dst", "frame", "media", "number", "parts", "payload", "place", "protocols", "remarks", "src",
        "time",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        time: float,
        src: str,
        dst: str,
        protocols: list[str],
        parts: list[Part] | None = None,
        expert: list[Expert] | None = None,
        frame: Frame | None = None,
    ) -> None:
        self.number = number
        self.time = time
        """Seconds since 1970."""
        self.src, self.dst = src, dst
        """HOST:PORT, empty without IP."""
        self.protocols = protocols
        self.parts: list[Part] = [] if parts is None else parts
        self.frame = frame
        self.payload: Datagram | Segment | None = None
        self.media: MediaPacket | None = None
        self.place: Place = NOWHERE
        self.remarks: list[Expert] = []
        """What the packet's own octets do not tell."""
        self._expert = expert

    @property
    def expert(self) -> list[Expert]:
        """What is worth a look: what its layers find, then `remarks`."""
        if self._expert is None:
            found = [remark for part in self.parts for remark in part.faults()]
            self._expert = found + self.remarks
        return self._expert

    def __repr__(self) -> str:
        return f"PacketView({self.number}, {self.summary!r})"

    def __str__(self) -> str:
        from perc_scapy.view.style import Style
        from perc_scapy.view.tree import tree

        head = f"{self.number}  {self.src} -> {self.dst}  {self.summary}"
        return "\n".join([head, *tree(self, Style(unicode=True))])

    def _repr_html_(self) -> str:
        from perc_scapy.view.html.packet import packet_html

        return packet_html(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def locate(self) -> None:
        """Find where the first part lies in the frame: for those who show octets."""
        first = self.parts[0] if self.parts else None
        if first is None or first.offset is not None or self.frame is None or self.payload is None:
            return
        first.offset = payload_offset(self.frame, self.payload)
        for part in self.parts[1:]:  # records of a stream that begin and end in this segment
            place = first.data.find(part.data) if part.protocol == "tls" and part.data else -1
            if place >= 0 and first.offset is not None and not part.decrypted:
                part.offset = first.offset + place

    @property
    def summary(self) -> str:
        """One line: the outermost layer, then what was found inside."""
        shown = [part for part in self.parts if part.summary]
        if any(part.decrypted for part in shown):  # what is opened says more than its record
            shown = [part for part in shown if part.decrypted or not _is_sealed(part)] or shown
        texts = [part.summary for part in shown]
        if len(texts) > 1 and _all_protected(self.parts[0]):
            texts[0] = "DTLS"
        return " / ".join(texts)

    @property
    def decrypted(self) -> bool:
        """Something in it was protected and could be opened."""
        return any(part.decrypted for part in self.parts)

    @property
    def key_id(self) -> str | None:
        """Safe name of the end-to-end key, of a packet with one layer that of the hop's."""
        return None if self.media is None else self.media.opened.key_id

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """The documented object."""
        found = {
            "number": self.number,
            "time": round(self.time, 9),
            "src": self.src,
            "dst": self.dst,
            "protocols": self.protocols,
            "layers": [part.to_json(secrets=secrets) for part in self.parts],
            "expert": [remark.to_json() for remark in self.expert],
        }
        if self.frame is not None:
            found["length"] = self.frame.length
        if self.place.association:
            found["association"], found["hop"] = self.place
        if self.key_id is not None:
            found["key_id"] = self.key_id
        return found


class PacketViewer:
    """Shows the packets of an analysed capture.

    `view(frame)` alone takes packets in any order and looks media up in `analysis.media`; with the datagram and the
    media packet of a frame given, nothing is kept of either (`capture.streaming`).
    """

    def __init__(self, analysis: Analysis, decode_as: DecodeAs | None = None) -> None:
        self._decode_as = decode_as
        self._analysis = analysis
        self._insides = Insides(analysis)
        self._places = Whereabouts(analysis)
        self._remarks = Remarks(analysis)
        self._media_parts = MediaParts()
        self._reader = PayloadReader()
        self._media: dict[int, MediaPacket] | None = None

    def view(
        self,
        frame: Frame,
        payload: Datagram | Segment | None = None,
        media: MediaPacket | None = None,
    ) -> PacketView:
        """Total: every frame can be shown."""
        if payload is None:
            payload = self._reader.read(frame)
        if payload is None:
            return self._without_payload(frame)
        if media is None and type(payload) is Datagram:
            media = self._known_media(payload)
        found = PacketView(
            frame.number, frame.time, shown(payload.src), shown(payload.dst), _lower(payload)
        )
        found.frame, found.payload, found.media = frame, payload, media
        found.place = self._places.of(payload, media)
        found.parts = self._parts(found)
        found.protocols += [part.protocol for part in found.parts]
        found.remarks = self._remarks.of(found)
        return found

    def _without_payload(self, frame: Frame) -> PacketView:
        bare = describe(frame)
        part = opaque("frame", frame.data, bare.what, 0)
        found = PacketView(
            frame.number, frame.time, bare.src, bare.dst, bare.protocols, [part], frame=frame
        )
        found.remarks = self._remarks.of(found)
        return found

    def _known_media(self, datagram: Datagram) -> MediaPacket | None:
        if classify(datagram.data) not in ("rtp", "rtcp"):
            return None
        if self._media is None:
            self._media = {packet.number: packet for packet in self._analysis.media}
            self._remarks.prepare(self._analysis.media)
        return self._media.get(datagram.number)

    def _parts(self, view: PacketView) -> list[Part]:
        payload, media = view.payload, view.media
        if self._decode_as is not None and payload is not None:
            part = self._decode_as(payload)
            if part is not None:
                return [part]
        if isinstance(payload, Datagram) and payload.protocol:
            return pdu_parts(payload, media, self._media_parts, list(self._insides.of(view.number)))
        if media is not None:
            return self._media_parts.of(media)
        if isinstance(payload, Segment):
            return [segment_part(payload), *self._insides.of(view.number)]
        data = b"" if payload is None else payload.data
        if classify(data) == "dtls":
            return [Part("dtls", DTLS, data), *self._insides.of(view.number)]
        return [other_part(data)]


_FLAGS = (("FIN", FIN), ("SYN", SYN), ("RST", RST))
_PROTECTED = {"rtp": "srtp", "rtcp": "srtcp"}


def other_part(data: bytes) -> Part:
    """STUN, TURN, ZRTP, media of nobody known, or octets that RFC 7983 gives to nobody."""
    layer, kind = layer_of(data, SrtpDatagram.kinds), classify(data)
    if layer is Raw:
        return opaque("data", data, f"{len(data)} octets")
    return Part(_PROTECTED.get(kind, kind), layer, data)


def segment_part(segment: Segment) -> Part:
    """Flags and octets of a TCP segment."""
    flags = [name for name, bit in _FLAGS if segment.flags & bit]
    said = f"TCP {', '.join(flags)}".strip()
    return opaque("tcp", segment.data, f"{said} seq {segment.seq}, {len(segment.data)} octets")


def _is_sealed(part: Part) -> bool:
    """A protected TLS record."""
    return part.layer is TLSRecord and part.data[:1] == b"\x17"


def _all_protected(part: Part) -> bool:
    """A datagram of nothing but protected records says less than what was in them."""
    if part.layer is not DTLS:
        return False
    return all(getattr(record, "epoch", 0) for record in part.packet.records)


def _lower(payload: Datagram | Segment) -> list[str]:
    if isinstance(payload, Datagram) and payload.protocol:
        return ["exported_pdu"]
    ip = "ipv6" if ":" in payload.src.host else "ip"
    return [ip, "udp"] if isinstance(payload, Datagram) else [ip]  # a segment is a part of its own


@lru_cache(maxsize=4096)
def shown(end: Address) -> str:
    """HOST:PORT."""
    return str(end)


def view_all(analysis: Analysis, frames: Iterable[Frame]) -> Iterator[PacketView]:
    """Views in the order of `frames`."""
    viewer = PacketViewer(analysis)
    return (viewer.view(frame) for frame in frames)
