# SPDX-License-Identifier: GPL-2.0-only
"""A whole capture file without names: packets rewritten, everything else left out but what their reading needs."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from perc_scapy.keys.anonymous.frames import FrameNames
from perc_scapy.keys.blocks import Block, frame_of, with_frame
from perc_scapy.pcap import pcapng
from perc_scapy.pcap.frames import Frame

_TSRESOL, _FCSLEN, _TSOFFSET = 9, 13, 14
_KEPT_OPTIONS = {_TSRESOL, _FCSLEN, _TSOFFSET}


class CaptureNames:
    """Give all frames to `learn`, then all blocks of the same file to `anonymous`."""

    def __init__(self, seed: bytes) -> None:
        """`seed`: 16 random octets or more; who knows them can try names out, so they are best forgotten."""
        self._frames = FrameNames(seed)
        self._link_types: list[int] = []
        self._number = 0

    def replaced(self) -> list[tuple[str, str]]:
        """(address, its stand-in) of everything replaced so far: for whoever may know."""
        return self._frames.addresses.replaced()

    def learn(self, frames: Iterable[Frame]) -> None:
        """The first reading."""
        for frame in frames:
            self._frames.learn(frame)

    def anonymous(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The second reading: section headers, interfaces and packets, without comments and other options."""
        for block in blocks:
            if block.kind == pcapng.SECTION_HEADER:
                self._link_types = []
                yield block.with_body(block.body[:16])
            elif block.kind == pcapng.INTERFACE_DESCRIPTION and len(block.body) >= 8:
                self._link_types.append(struct.unpack_from(block.order + "H", block.body)[0])
                yield block.with_body(block.body[:8] + _options(block))
            else:
                yield from self._packet(block)

    def _packet(self, block: Block) -> Iterator[Block]:
        data = frame_of(block)
        if data is None:
            return
        self._number += 1
        interface, length = _place(block)
        known = interface < len(self._link_types)
        link_type = self._link_types[interface] if known else -1
        frame = Frame(self._number, 0, link_type, data, max(length, len(data)), interface)
        yield with_frame(block, self._frames.anonymous(frame), options=False)


def _place(block: Block) -> tuple[int, int]:
    """(interface, octets on the wire) of a packet block."""
    if block.kind == pcapng.SIMPLE_PACKET:
        return 0, int(struct.unpack_from(block.order + "I", block.body)[0])
    form = "I" if block.kind == pcapng.ENHANCED_PACKET else "H"
    (interface,) = struct.unpack_from(block.order + form, block.body)
    (length,) = struct.unpack_from(block.order + "I", block.body, 16)
    return interface, length


def _options(block: Block) -> bytes:
    """Of an interface: what its times and frames cannot be read without."""
    out, at, data = b"", 8, block.body
    while at + 4 <= len(data):
        code, size = struct.unpack_from(block.order + "HH", data, at)
        end = at + 4 + size + -size % 4
        if code in _KEPT_OPTIONS:
            out += data[at:end]
        at = end if code else len(data)
    return out + bytes(4) if out else b""
