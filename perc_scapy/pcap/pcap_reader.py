# SPDX-License-Identifier: GPL-2.0-only
"""Classic pcap files: both byte orders, microseconds and nanoseconds (draft-ietf-opsawg-pcap)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from perc_scapy.pcap.frames import Frame, Source

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""First four octets -> (byte order, nanoseconds of one fraction unit)."""


def pcap_frames(source: Source, magic: bytes) -> Iterator[Frame]:
    """Frames behind a file header whose `magic` was already taken. Raises `CaptureDamaged`."""
    order, unit = MAGICS[magic]
    header = struct.unpack(order + "HHiIII", source.take(20, "pcap file header"))
    link_type = header[5] & 0xFFFF  # the upper half may hold an FCS length
    record, number = struct.Struct(order + "IIII"), 0
    while head := source.start(record.size, "pcap packet header"):
        seconds, fraction, captured, length = record.unpack(head)
        data = source.take(captured, "pcap packet")
        number += 1
        time_ns = seconds * 1_000_000_000 + fraction * unit
        yield Frame(number, time_ns, link_type, data, max(length, captured))
