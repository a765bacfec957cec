# SPDX-License-Identifier: GPL-2.0-only
"""A capture of plain RTP and RTCP out of one of SRTP: same addresses, ports, link layers, interfaces and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from perc_scapy.capture.media import MediaPacket
from perc_scapy.pcap.frames import Frame, Interface
from perc_scapy.pcap.pcapng import LINKTYPE_RAW, PcapngWriter, Sink
from perc_scapy.plain.layers import ABOUT, Layer, is_double, plaintext, why_closed
from perc_scapy.plain.rewrite import link_type_of, with_payload

MAX_REASONS = 100
"""Reasons told apart."""


class PlainCapture:
    """Feed media packets in capture order. `interfaces`: what the capture says of them, by `Frame.interface`."""

    def __init__(self, stream: Sink, layer: Layer, interfaces: Sequence[Interface] = ()) -> None:
        self._stream, self._layer, self._interfaces = stream, layer, interfaces
        self._writer: PcapngWriter | None = None
        self._numbers: dict[int, int] = {}
        self.written: Counter[str] = Counter()
        """Packets by kind: "rtp", "rtcp"."""
        self.ciphertexts = 0
        """RTP packets among them whose payload is end-to-end ciphertext."""
        self.left_out: Counter[str] = Counter()
        """Packets that stay closed, by reason."""

    def add(self, frame: Frame, packet: MediaPacket) -> bool:
        """Write the packet that `frame` carries or completes; False when it stays closed."""
        plain = plaintext(packet, self._layer)
        if plain is None:
            reason = why_closed(packet, self._layer)
            known = reason in self.left_out or len(self.left_out) < MAX_REASONS
            self.left_out[reason if known else "other reasons"] += 1
            return False
        data = with_payload(frame, packet.datagram, plain)
        number = self._number(frame)
        assert self._writer is not None
        self._writer.packet(frame.time_ns, data, interface=number)
        self.written[packet.kind] += 1
        self.ciphertexts += self._layer == "outer" and packet.kind == "rtp" and is_double(packet)
        return True

    @property
    def nothing_opened(self) -> bool:
        """There was media, and none of it is in clear: reports alone (RTCP) are not what was asked for."""
        return not self.written["rtp"] and bool(self.left_out)

    def finish(self) -> None:
        """An empty capture is a capture too."""
        if self._writer is None:
            self._begin(LINKTYPE_RAW, "")

    def _number(self, frame: Frame) -> int:
        """Of the interface in the new file: each one is described when its first packet comes."""
        number = self._numbers.get(frame.interface)
        if number is None:
            known = frame.interface < len(self._interfaces)
            name = self._interfaces[frame.interface].name if known else ""
            link_type, number = link_type_of(frame.link_type), len(self._numbers)
            if self._writer is None:
                self._begin(link_type, name)
            else:
                self._writer.interface(link_type, name)
            self._numbers[frame.interface] = number
        return number

    def _begin(self, link_type: int, name: str) -> None:
        about = ABOUT[self._layer]
        self._writer = PcapngWriter(
            self._stream, link_type=link_type, interface=name, comment=about
        )
