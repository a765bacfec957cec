# SPDX-License-Identifier: GPL-2.0-only
"""UDP datagrams and TCP segments of a capture: any link layer, IP fragments put together, exported PDUs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct

from perc_scapy.pcap import exported
from perc_scapy.pcap.fragments import Reassembler
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.ip import UDP, read_ip
from perc_scapy.pcap.links import ip_offset
from perc_scapy.pcap.transport import Address, Datagram, Segment, address, transport

__all__ = [
    "Address",
    "Datagram",
    "PayloadReader",
    "Segment",
    "datagram_of",
    "datagrams",
    "payloads",
]

_PLAIN = Struct("!BxHxxHxBxx4s4s2s2sH")
"""Of IPv4 without options and UDP: version, total length, fragment, protocol, addresses, ports, UDP length."""
_PLAIN_SIZE = 28


def datagrams(frames: Iterable[Frame]) -> Iterator[Datagram]:
    """The UDP datagrams among the frames; fragments are put together."""
    read = PayloadReader().read
    for frame in frames:
        found = read(frame)
        if type(found) is Datagram:
            yield found


def payloads(frames: Iterable[Frame]) -> Iterator[Datagram | Segment]:
    """UDP datagrams and TCP segments, in capture order; fragments are put together."""
    read = PayloadReader().read
    for frame in frames:
        found = read(frame)
        if found is not None:
            yield found


def datagram_of(frame: Frame) -> Datagram | None:
    """The UDP datagram of a frame taken alone; None for anything else, IP fragments included."""
    found = PayloadReader().read(frame)
    return found if type(found) is Datagram else None


class PayloadReader:
    """Feed frames in capture order; it remembers the fragments of packets that are not whole yet."""

    def __init__(self) -> None:
        self.fragments = Reassembler()

    def read(self, frame: Frame) -> Datagram | Segment | None:
        """What the frame carries, or completes; None for anything else. Never raises."""
        data = frame.data
        at = ip_offset(frame.link_type, data)
        if at < 0:
            return exported.datagram(frame) if frame.link_type == exported.LINKTYPE else None
        if len(data) >= at + _PLAIN_SIZE:
            version, total, cut, kind, src, dst, port, to, length = _PLAIN.unpack_from(data, at)
            if version == 0x45 and kind == UDP and not cut & 0x3FFF and total >= _PLAIN_SIZE:
                # Nearly every packet of a media capture, without detours.
                end = at + 20 + (length if length > 8 else 8)
                body = data[at + _PLAIN_SIZE : end if end < at + total else at + total]
                return Datagram(
                    frame.number, frame.time_ns / 1_000_000_000,
                    address(src, port), address(dst, to), body, max(0, length - 8 - len(body)),
                )  # fmt: skip
        return self._read(frame, at)

    def _read(self, frame: Frame, at: int) -> Datagram | Segment | None:
        part = read_ip(frame.data, at)
        if part is None or part.fragment is None:
            return part and transport(frame.number, frame.time, part)
        whole = self.fragments.add(frame.number, frame.time_ns, part)
        return whole and transport(frame.number, frame.time, whole.part, whole.numbers)
