# SPDX-License-Identifier: GPL-2.0-only
"""pcapng files: any number of sections, interfaces, byte orders and time resolutions, and the secrets inside.

Blocks that are neither packets, interfaces nor secrets are stepped over, whatever they are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from perc_scapy.pcap import pcapng
from perc_scapy.pcap.frames import CaptureDamaged, Frame, Interface, Source

MAGIC = pcapng.SECTION_HEADER.to_bytes(4, "big")
_ENHANCED = pcapng.ENHANCED_PACKET
MAX_INTERFACES = 4096
"""Of a whole file."""
MAX_SECRETS = 1 << 27
"""Octets of all Decryption Secrets Blocks of a file: they are kept until its end."""


class Secret(NamedTuple):
    """One Decryption Secrets Block."""

    kind: int
    """Of `pcapng.SECRETS_KINDS`."""
    text: bytes


class Section:
    """Byte order and interfaces of the section being read. `first`: index of its interface 0 in the whole file."""

    def __init__(self, order: str, first: int) -> None:
        self.order, self.first = order, first
        self.interfaces: list[Interface] = []
        self.block_head = struct.Struct(order + "II")
        self.packet_head = struct.Struct(order + "IIIII")

    def contradiction(self, name: int) -> str:
        """What is wrong with a packet that cannot be one of interface `name`."""
        if name >= len(self.interfaces):
            return f"pcapng: interface {name} is not described"
        return "pcapng: packet longer than its block"

    def unpack(self, form: str, data: bytes, offset: int = 0) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + form, data, offset)
        except struct.error:
            raise CaptureDamaged("pcapng: block cut short") from None


class PcapngReader:
    """Yields frames; `interfaces` and `secrets` fill on the way. Raises `CaptureDamaged`."""

    def __init__(self, source: Source, interfaces: list[Interface], secrets: list[Secret]) -> None:
        self._source, self._interfaces, self._secrets = source, interfaces, secrets
        self.section = Section("<", 0)
        self._number = 0
        self._secret_octets = 0

    def frames(self) -> Iterator[Frame]:
        """Frames of a file that begins here."""
        source = self._source
        while head := source.start(8, "pcapng block"):
            if head[:4] == MAGIC:  # reads the same in both byte orders
                self._begin_section(head[4:])
                continue
            kind, length = self.section.block_head.unpack(head)
            if length < 12 or length % 4:
                raise CaptureDamaged(f"pcapng: block length {length}", source.position - 4)
            body = source.take(length - 8, "pcapng block")
            if body[-4:] != head[4:]:
                raise CaptureDamaged("pcapng: block lengths differ", source.position - 4)
            try:
                frame = self._enhanced(body) if kind == _ENHANCED else self._block(kind, body[:-4])
            except CaptureDamaged as damage:
                raise CaptureDamaged(damage.what, source.position - length) from None
            if frame is not None:
                yield frame

    def _block(self, kind: int, body: bytes) -> Frame | None:
        if kind in _PACKETS:
            return _PACKETS[kind](self, body)
        if kind in _OTHERS:
            _OTHERS[kind](self, body)
        return None

    def _begin_section(self, length_octets: bytes) -> None:
        magic = self._source.take(4, "pcapng section header")
        orders = {pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "little"): "<"}
        orders[pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "big")] = ">"
        if magic not in orders:
            raise CaptureDamaged("pcapng: unknown byte order", self._source.position - 4)
        self.section = Section(orders[magic], len(self._interfaces))
        (length,) = self.section.unpack("I", length_octets)
        if length < 28 or length % 4:
            raise CaptureDamaged(
                f"pcapng: section header of {length} octets", self._source.position
            )
        rest = self._source.take(length - 12, "pcapng section header")
        if rest[-4:] != length_octets:
            raise CaptureDamaged("pcapng: block lengths differ", self._source.position - 4)
        (major,) = self.section.unpack("H", rest)
        if major != 1:
            raise CaptureDamaged(f"pcapng: version {major} is not known", self._source.position)

    def _interface(self, body: bytes) -> None:
        link_type, _, snaplen = self.section.unpack("HHI", body)
        options = dict(self._options(body[8:]))
        resolution = options.get(pcapng.IDB_TSRESOL, b"\x06")[:1] or b"\x06"
        base, power = (2, resolution[0] & 0x7F) if resolution[0] & 0x80 else (10, resolution[0])
        offset = options.get(pcapng.IDB_TSOFFSET, b"")
        seconds = self.section.unpack("q", offset)[0] if len(offset) == 8 else 0
        if len(self._interfaces) >= MAX_INTERFACES:
            raise CaptureDamaged("pcapng: too many interfaces")
        name = options.get(pcapng.IDB_NAME, b"").rstrip(b"\0").decode(errors="replace")
        interface = Interface(link_type, base**power, seconds, name, snaplen)
        self.section.interfaces.append(interface)
        self._interfaces.append(interface)

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        position = 0
        while position + 4 <= len(data):
            code, length = self.section.unpack("HH", data, position)
            if code == pcapng.OPTION_END:
                return
            yield code, data[position + 4 : position + 4 + length]
            position += 4 + length + -length % 4

    def _secret(self, body: bytes) -> None:
        kind, length = self.section.unpack("II", body)
        self._secret_octets += len(body)
        if self._secret_octets > MAX_SECRETS:
            raise CaptureDamaged("pcapng: too many secrets")
        self._secrets.append(Secret(kind, body[8 : 8 + length]))

    def _enhanced(self, body: bytes) -> Frame:
        """Nearly every block of a capture: `body` still has the second block length, nothing is copied twice."""
        section = self.section
        if len(body) < 24:
            raise CaptureDamaged("pcapng: packet block cut short")
        name, high, low, captured, length = section.packet_head.unpack_from(body)
        if name >= len(section.interfaces) or captured > len(body) - 24:
            raise CaptureDamaged(section.contradiction(name))
        self._number += 1
        interface = section.interfaces[name]
        time_ns = high << 32 | low
        if interface.units != 1_000_000_000 or interface.offset:
            time_ns = interface.nanoseconds(time_ns)
        return Frame(
            self._number, time_ns, interface.link_type, body[20 : 20 + captured],
            length if length > captured else captured, section.first + name,
        )  # fmt: skip

    def _obsolete(self, body: bytes) -> Frame:
        name, _, high, low, captured, length = self.section.unpack("HHIIII", body)
        return self._other(name, high << 32 | low, body[20:], captured, length)

    def _simple(self, body: bytes) -> Frame:
        """No time and no captured length: interface 0, as many octets as its snapshot length allows."""
        (length,) = self.section.unpack("I", body)
        kept = self.section.interfaces[0].snaplen if self.section.interfaces else 0
        captured = min(length, kept or length, len(body) - 4)
        return self._other(0, 0, body[4:], captured, length)

    def _other(self, name: int, ticks: int, data: bytes, captured: int, length: int) -> Frame:
        section = self.section
        if name >= len(section.interfaces) or captured > len(data):
            raise CaptureDamaged(section.contradiction(name))
        self._number += 1
        interface = section.interfaces[name]
        return Frame(
            self._number, interface.nanoseconds(ticks), interface.link_type, data[:captured],
            max(length, captured), section.first + name,
        )  # fmt: skip


_PACKETS: dict[int, Callable[[PcapngReader, bytes], Frame]] = {
    pcapng.OBSOLETE_PACKET: PcapngReader._obsolete,
    pcapng.SIMPLE_PACKET: PcapngReader._simple,
}
_OTHERS: dict[int, Callable[[PcapngReader, bytes], None]] = {
    pcapng.INTERFACE_DESCRIPTION: PcapngReader._interface,
    pcapng.DECRYPTION_SECRETS: PcapngReader._secret,
}
