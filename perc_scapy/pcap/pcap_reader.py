# SPDX-License-Identifier: GPL-2.0-only
"""Classic pcap files: both byte orders, microseconds and nanoseconds (draft-ietf-opsawg-pcap)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from perc_scapy.pcap.frames import CaptureDamaged, Frame, Interface, Source

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""First four octets -> (byte order, nanoseconds of one fraction unit)."""
LONGEST_PACKET = 1 << 18
"""Octets that any recorder may keep of a packet; a longer one must be allowed by the file's snapshot length."""


def pcap_frames(source: Source, interfaces: list[Interface]) -> Iterator[Frame]:
    """Frames of a file that begins here, its one interface noted. Raises `CaptureDamaged`."""
    order, unit = MAGICS[source.take(4, "pcap file header")]
    header = struct.unpack(order + "HHiIII", source.take(20, "pcap file header"))
    snaplen, link_type = header[4], header[5] & 0xFFFF  # the upper half may hold an FCS length
    interfaces.append(Interface(link_type, 1_000_000_000 // unit, snaplen=snaplen))
    return _records(source, struct.Struct(order + "IIII"), unit, link_type, snaplen)


def _records(
    source: Source, record: struct.Struct, unit: int, link_type: int, snaplen: int
) -> Iterator[Frame]:
    number, longest = 0, max(snaplen, LONGEST_PACKET)
    while head := source.start(16, "pcap packet header"):
        seconds, fraction, captured, length = record.unpack(head)
        if captured > longest:
            at = source.position - 16
            raise CaptureDamaged(f"pcap packet of {captured} octets (longest: {longest})", at)
        data = source.take(captured, "pcap packet")
        number += 1
        time_ns = seconds * 1_000_000_000 + fraction * unit
        yield Frame(number, time_ns, link_type, data, length if length > captured else captured)
