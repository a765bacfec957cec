# SPDX-License-Identifier: GPL-2.0-only
"""pcapng blocks and a writer (draft-ietf-opsawg-pcapng).

One write per block: a killed process leaves a readable file.
"""

from __future__ import annotations

import struct
from typing import Protocol

from perc_scapy.errors import EncodeError

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6
DECRYPTION_SECRETS = 10

BYTE_ORDER_MAGIC = 0x1A2B3C4D
TLS_KEY_LOG = 0x544C534B
"""Secrets type "TLSK": the text of an NSS key log file."""
SECRETS_KINDS = {
    TLS_KEY_LOG: "TLS key log",
    0x57474B4C: "WireGuard key log",
    0x5353484B: "SSH key log",
    0x5A4E574B: "ZigBee network key",
    0x5A415053: "ZigBee application key",
    0x55414B4C: "OPC UA key log",
}
"""Secrets type -> what it is (draft-ietf-opsawg-pcapng section 4.7)."""

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101

OPTION_END = 0
OPT_COMMENT = 1
SHB_USERAPPL = 4
IDB_NAME = 2
IDB_TSRESOL = 9
IDB_TSOFFSET = 14
SNAPLEN = 262144
MAX_OPTION = 0xFFFC
"""Octets of the longest option value written."""
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
    """Writes one section to a binary stream; times in nanoseconds since 1970.

    It begins with one interface, number 0; `interface` adds more.
    """

    def __init__(
        self,
        stream: Sink,
        *,
        link_type: int = LINKTYPE_RAW,
        interface: str = "perc",
        snaplen: int = SNAPLEN,
        comment: str = "",
    ) -> None:
        self._stream = stream
        self._interfaces = 0
        header = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, -1)
        stream.write(
            block(
                SECTION_HEADER,
                header + _options((OPT_COMMENT, comment), (SHB_USERAPPL, APPLICATION)),
            )
        )
        self.interface(link_type, interface, snaplen=snaplen)

    def interface(self, link_type: int, name: str, *, snaplen: int = SNAPLEN) -> int:
        """Describe a further interface; returns its number, for `packet`."""
        options = option(IDB_TSRESOL, b"\x09") + _options((IDB_NAME, name))
        body = struct.pack("<HHI", link_type, 0, snaplen) + options
        self._stream.write(block(INTERFACE_DESCRIPTION, body))
        self._interfaces += 1
        return self._interfaces - 1

    def secrets(self, text: bytes, *, kind: int = TLS_KEY_LOG) -> None:
        """A Decryption Secrets Block; readers need it before the packets that it opens."""
        head = struct.pack("<II", kind, len(text))
        self._stream.write(block(DECRYPTION_SECRETS, head + text))

    def packet(
        self,
        time_ns: int,
        frame: bytes,
        *,
        original_length: int | None = None,
        interface: int = 0,
        comment: str = "",
    ) -> None:
        """An Enhanced Packet Block. Raises `EncodeError` for an interface that was not described."""
        if not 0 <= interface < self._interfaces:
            raise EncodeError(f"pcapng: interface {interface} is not described")
        length = len(frame) if original_length is None else original_length
        head = struct.pack(
            "<IIIII",
            interface,
            time_ns >> 32 & 0xFFFFFFFF,
            time_ns & 0xFFFFFFFF,
            len(frame),
            length,
        )
        body = head + frame
        if comment:
            body += b"\0" * (-len(frame) % 4) + _options((OPT_COMMENT, comment))
        self._stream.write(block(ENHANCED_PACKET, body))


def _options(*texts: tuple[int, str]) -> bytes:
    """Options that are not empty, and the end mark."""
    data = b"".join(option(code, _cut(text)) for code, text in texts if text)
    return data + b"\0" * 4


def _cut(text: str) -> bytes:
    """As many whole characters as an option holds."""
    return text.encode(errors="replace")[:MAX_OPTION].decode(errors="ignore").encode()
