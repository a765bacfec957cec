# SPDX-License-Identifier: GPL-2.0-only
"""pcapng files: any number of sections, interfaces, byte orders and time resolutions, and their TLS key logs."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from perc_scapy.pcap import pcapng
from perc_scapy.pcap.frames import CaptureDamaged, Frame, Source

MAGIC = pcapng.SECTION_HEADER.to_bytes(4, "big")
MAX_INTERFACES = 4096


class Interface(NamedTuple):
    """What an Interface Description Block says."""

    link_type: int
    units: int
    """Ticks of a second."""
    offset: int
    """Seconds to add."""

    def nanoseconds(self, ticks: int) -> int:
        return ticks * 1_000_000_000 // self.units + self.offset * 1_000_000_000


class _Section:
    """Byte order and interfaces of the section being read."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.interfaces: list[Interface] = []

    def unpack(self, form: str, data: bytes, offset: int = 0) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + form, data, offset)
        except struct.error:
            raise CaptureDamaged("pcapng: block cut short") from None


class PcapngReader:
    """Yields frames and collects the texts of Decryption Secrets Blocks. Raises `CaptureDamaged`."""

    def __init__(self, source: Source, secrets: list[bytes]) -> None:
        self._source, self._secrets = source, secrets
        self._section = _Section("<")
        self._number = 0

    def frames(self) -> Iterator[Frame]:
        """Frames behind a file whose first four octets (the type of the first block) were already taken."""
        kind: bytes = MAGIC
        while kind:
            yield from self._block(kind)
            kind = self._source.start(4, "pcapng block type")

    def _block(self, kind: bytes) -> Iterator[Frame]:
        if kind == MAGIC:  # reads the same in both byte orders
            self._begin_section()
            return
        (number,) = self._section.unpack("I", kind)
        body = self._body(self._source.take(4, "pcapng block length"), 0)
        if number == pcapng.INTERFACE_DESCRIPTION:
            self._interface(body)
        elif number == pcapng.DECRYPTION_SECRETS:
            self._secret(body)
        elif number in _PACKETS:
            self._number += 1
            yield _PACKETS[number](self, body)

    def _begin_section(self) -> None:
        length = self._source.take(4, "pcapng section header")
        magic = self._source.take(4, "pcapng section header")
        orders = {pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "little"): "<"}
        orders[pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "big")] = ">"
        if magic not in orders:
            raise CaptureDamaged("pcapng: unknown byte order", self._source.position)
        self._section = _Section(orders[magic])
        self._body(length, 4)

    def _body(self, length_octets: bytes, taken: int) -> bytes:
        """Rest of a block; both lengths must agree."""
        (length,) = self._section.unpack("I", length_octets)
        if length < 12 + taken or length % 4:
            raise CaptureDamaged(f"pcapng: block length {length}", self._source.position)
        body = self._source.take(length - 12 - taken, "pcapng block")
        if self._source.take(4, "pcapng block") != length_octets:
            raise CaptureDamaged("pcapng: block lengths differ", self._source.position)
        return body

    def _interface(self, body: bytes) -> None:
        link_type, _, _ = self._section.unpack("HHI", body)
        options = dict(self._options(body[8:]))
        resolution = options.get(pcapng.IDB_TSRESOL, b"\x06")[:1] or b"\x06"
        base, power = (2, resolution[0] & 0x7F) if resolution[0] & 0x80 else (10, resolution[0])
        offset = options.get(pcapng.IDB_TSOFFSET, b"")
        seconds = self._section.unpack("q", offset)[0] if len(offset) == 8 else 0
        if len(self._section.interfaces) >= MAX_INTERFACES:
            raise CaptureDamaged("pcapng: too many interfaces", self._source.position)
        self._section.interfaces.append(Interface(link_type, base**power, seconds))

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        position = 0
        while position + 4 <= len(data):
            code, length = self._section.unpack("HH", data, position)
            if code == pcapng.OPTION_END:
                return
            yield code, data[position + 4 : position + 4 + length]
            position += 4 + length + -length % 4

    def _secret(self, body: bytes) -> None:
        kind, length = self._section.unpack("II", body)
        if kind == pcapng.TLS_KEY_LOG:
            self._secrets.append(body[8 : 8 + length])

    def _enhanced(self, body: bytes) -> Frame:
        name, high, low, captured, length = self._section.unpack("IIIII", body)
        return self._frame(name, high << 32 | low, body[20:], captured, length)

    def _obsolete(self, body: bytes) -> Frame:
        name, _, high, low, captured, length = self._section.unpack("HHIIII", body)
        return self._frame(name, high << 32 | low, body[20:], captured, length)

    def _simple(self, body: bytes) -> Frame:
        """No time and no captured length: interface 0, as many octets as there are."""
        (length,) = self._section.unpack("I", body)
        return self._frame(0, 0, body[4:], min(length, len(body) - 4), length)

    def _frame(self, name: int, ticks: int, data: bytes, captured: int, length: int) -> Frame:
        if name >= len(self._section.interfaces):
            raise CaptureDamaged(f"pcapng: interface {name} is not described")
        if captured > len(data):
            raise CaptureDamaged("pcapng: packet longer than its block", self._source.position)
        interface = self._section.interfaces[name]
        time_ns = interface.nanoseconds(ticks)
        frame = data[:captured]
        return Frame(self._number, time_ns, interface.link_type, frame, max(length, captured))


_PACKETS: dict[int, Callable[[PcapngReader, bytes], Frame]] = {
    pcapng.ENHANCED_PACKET: PcapngReader._enhanced,
    pcapng.OBSOLETE_PACKET: PcapngReader._obsolete,
    pcapng.SIMPLE_PACKET: PcapngReader._simple,
}
