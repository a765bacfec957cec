# SPDX-License-Identifier: GPL-2.0-only
"""A capture file as raw pcapng blocks, so that what is not meant to change does not; pcap files become pcapng."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

from perc_scapy.pcap import pcapng
from perc_scapy.pcap.frames import CaptureDamaged, Source
from perc_scapy.pcap.pcapng_reader import MAGIC
from perc_scapy.pcap.reader import CaptureReader

PACKETS = {pcapng.OBSOLETE_PACKET, pcapng.SIMPLE_PACKET, pcapng.ENHANCED_PACKET}
_ORDERS = {
    pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "little"): "<",
    pcapng.BYTE_ORDER_MAGIC.to_bytes(4, "big"): ">",
}


class Block(NamedTuple):
    """One block as it stands in the file."""

    kind: int
    order: str
    """"<" or ">", as `struct` has it."""
    body: bytes
    """Without type and lengths."""

    @property
    def octets(self) -> bytes:
        """The whole block."""
        length = struct.pack(self.order + "I", len(self.body) + 12)
        return struct.pack(self.order + "I", self.kind) + length + self.body + length

    def unsized(self) -> Block:
        """A section header without the section's length, which other blocks may change; any other block as it is."""
        if self.kind != pcapng.SECTION_HEADER:
            return self
        return self._replace(body=self.body[:8] + b"\xff" * 8 + self.body[16:])

    def with_body(self, body: bytes) -> Block:
        """Another body, padded."""
        return self._replace(body=body + b"\0" * (-len(body) % 4))


def read_blocks(capture: CaptureReader) -> Iterator[Block]:
    """All blocks up to the end or the damage, which `capture.damage` then tells. The capture must be fresh."""
    if capture.source.peek(4) != MAGIC:
        yield from _converted(capture)
        return
    order = "<"
    try:
        while head := capture.source.start(8, "pcapng block"):
            block = _block(capture.source, head, order)
            order = block.order
            capture.packets += block.kind in PACKETS
            yield block
    except CaptureDamaged as damage:
        at = capture.source.position if damage.offset is None else damage.offset
        capture.damage = str(CaptureDamaged(damage.what, at))


def _block(source: Source, head: bytes, order: str) -> Block:
    begun = b""
    if head[:4] == MAGIC:  # reads the same in both byte orders
        begun = source.take(4, "pcapng section header")
        if begun not in _ORDERS:
            raise CaptureDamaged("pcapng: unknown byte order", source.position - 4)
        order = _ORDERS[begun]
    kind, length = struct.unpack(order + "II", head)
    if length < 12 + len(begun) or length % 4:
        raise CaptureDamaged(f"pcapng: block length {length}", source.position - 4)
    rest = source.take(length - 8 - len(begun), "pcapng block")
    if rest[-4:] != head[4:]:
        raise CaptureDamaged("pcapng: block lengths differ", source.position - 4)
    return Block(kind, order, begun + rest[:-4])


def _converted(capture: CaptureReader) -> Iterator[Block]:
    """A pcap file as our writer would have written it."""
    sink = io.BytesIO()
    writer = None
    for frame in capture:
        if writer is None:
            writer = pcapng.PcapngWriter(sink, link_type=frame.link_type)
        writer.packet(frame.time_ns, frame.data, original_length=frame.length)
        yield from _written(sink)
    if writer is None:
        link_type = capture.interfaces[0].link_type if capture.interfaces else pcapng.LINKTYPE_RAW
        pcapng.PcapngWriter(sink, link_type=link_type)
        yield from _written(sink)


def _written(sink: io.BytesIO) -> Iterator[Block]:
    source, order = Source(io.BytesIO(sink.getvalue())), "<"
    while head := source.start(8, "pcapng block"):
        yield _block(source, head, order)
    sink.seek(0)
    sink.truncate()


def secrets_block(text: bytes, order: str, kind: int = pcapng.TLS_KEY_LOG) -> Block:
    """A Decryption Secrets Block in a section of this byte order."""
    body = struct.pack(order + "II", kind, len(text)) + text
    return Block(pcapng.DECRYPTION_SECRETS, order, b"").with_body(body)


_HEADS = {
    pcapng.ENHANCED_PACKET: (20, "12xI"),
    pcapng.OBSOLETE_PACKET: (20, "12xI"),
    pcapng.SIMPLE_PACKET: (4, ""),
}
"""Packet block -> octets before the frame, and where the number of those captured stands."""


def frame_of(block: Block) -> bytes | None:
    """The frame in a packet block; None for any other block and for one that contradicts itself."""
    head = _HEADS.get(block.kind)
    if head is None or len(block.body) < head[0]:
        return None
    size, form = head
    captured = struct.unpack_from(block.order + form, block.body)[0] if form else None
    if captured is None:
        (length,) = struct.unpack_from(block.order + "I", block.body)
        captured = min(length, len(block.body) - size)
    return block.body[size : size + captured] if size + captured <= len(block.body) else None


def with_frame(block: Block, frame: bytes, *, options: bool = True) -> Block:
    """A packet block with another frame of the same length, with its options or without."""
    size = _HEADS[block.kind][0]
    end = size + len(frame)
    rest = block.body[end:] if options else b""
    return block.with_body(block.body[:size] + frame + rest)
