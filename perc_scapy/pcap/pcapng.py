# SPDX-License-Identifier: GPL-2.0-only
"""pcapng blocks and a writer (draft-ietf-opsawg-pcapng).

One write per block: a killed process leaves a readable file.
"""

from __future__ import annotations

import struct
from typing import Protocol

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6
DECRYPTION_SECRETS = 10

BYTE_ORDER_MAGIC = 0x1A2B3C4D
TLS_KEY_LOG = 0x544C534B
"""Secrets type "TLSK": the text of an NSS key log file."""

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101

OPTION_END = 0
SHB_USERAPPL = 4
IDB_NAME = 2
IDB_TSRESOL = 9
IDB_TSOFFSET = 14
SNAPLEN = 262144
APPLICATION = "perc-scapy"


def block(kind: int, body: bytes) -> bytes:
    """A whole block in little-endian order: type, length, body padded to four octets, length again."""
    body += b"\0" * (-len(body) % 4)
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


class Sink(Protocol):
    """Takes octets; a binary file does."""

    def write(self, data: bytes, /) -> object: ...


class PcapngWriter:
    """Writes one section with one interface to a binary stream; times in nanoseconds since 1970."""

    def __init__(
        self, stream: Sink, *, link_type: int = LINKTYPE_RAW, interface: str = "perc"
    ) -> None:
        self._stream = stream
        header = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)
        stream.write(
            block(SECTION_HEADER, header + option(SHB_USERAPPL, APPLICATION.encode()) + b"\0" * 4)
        )
        options = option(IDB_NAME, interface.encode()) + option(IDB_TSRESOL, b"\x09") + b"\0" * 4
        description = struct.pack("<HHI", link_type, 0, SNAPLEN)
        stream.write(block(INTERFACE_DESCRIPTION, description + options))

    def secrets(self, key_log: bytes) -> None:
        """A Decryption Secrets Block; readers need it before the packets that it opens."""
        head = struct.pack("<II", TLS_KEY_LOG, len(key_log))
        self._stream.write(block(DECRYPTION_SECRETS, head + key_log))

    def packet(self, time_ns: int, frame: bytes, *, original_length: int | None = None) -> None:
        """An Enhanced Packet Block."""
        length = len(frame) if original_length is None else original_length
        head = struct.pack(
            "<IIIII", 0, time_ns >> 32 & 0xFFFFFFFF, time_ns & 0xFFFFFFFF, len(frame), length
        )
        self._stream.write(block(ENHANCED_PACKET, head + frame))
