# SPDX-License-Identifier: GPL-2.0-only
"""Small captures in every format and byte order, typed out by hand."""

import io
import struct

from perc_scapy.pcap.headers import ip_udp
from perc_scapy.pcap.pcapng import PcapngWriter

A, B = ("127.0.0.1", 40000), ("127.0.0.1", 5004)
KEY_LOG = b"# comment\nCLIENT_RANDOM " + b"ab" * 32 + b" " + b"CD" * 48 + b"\n"
TIME_NS = 1_700_000_000_123_456_789
PAYLOADS = [b"one", b"two or more", b""]


def pcapng_little() -> bytes:
    stream = io.BytesIO()
    writer = PcapngWriter(stream)
    writer.secrets(KEY_LOG)
    for index, payload in enumerate(PAYLOADS):
        writer.packet(TIME_NS + index, ip_udp(A, B, payload))
    return stream.getvalue()


def _big_block(kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = struct.pack(">I", len(body) + 12)
    return struct.pack(">I", kind) + length + body + length


def pcapng_big(resolution: bytes = b"\x09", units: int = 10**9, offset: int = 0) -> bytes:
    """Big-endian, with a block of unknown type and an obsolete and a simple packet block."""
    options = struct.pack(">HH", 9, 1) + resolution + b"\0\0\0"
    options += struct.pack(">HHq", 14, 8, offset) + struct.pack(">HH", 0, 0)
    ticks = TIME_NS * units // 10**9 - offset * units
    one, two, three = (ip_udp(A, B, payload) for payload in PAYLOADS)
    halves = ticks >> 32, ticks & 0xFFFFFFFF
    enhanced = struct.pack(">IIIII", 0, *halves, len(one), len(one)) + one
    obsolete = struct.pack(">HHIIII", 0, 0, *halves, len(two), len(two)) + two
    return b"".join(
        (
            _big_block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1)),
            _big_block(0x0BAD, b"whatever"),
            _big_block(1, struct.pack(">HHI", 101, 0, 0) + options),
            _big_block(10, struct.pack(">II", 0x544C534B, len(KEY_LOG)) + KEY_LOG),
            _big_block(6, enhanced),
            _big_block(2, obsolete),
            _big_block(3, struct.pack(">I", len(three)) + three),
        )
    )


def pcap(order: str, magic: int, unit: int, link_type: int = 101) -> bytes:
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    seconds, rest = divmod(TIME_NS, 10**9)
    packets = [ip_udp(A, B, payload) for payload in PAYLOADS]
    records = (
        struct.pack(order + "IIII", seconds, rest // unit, len(p), len(p)) + p for p in packets
    )
    return head + b"".join(records)


ALL = {
    "pcapng": pcapng_little(),
    "pcapng big-endian": pcapng_big(),
    "pcapng binary ticks": pcapng_big(b"\x94", 1 << 20, 5),
    "pcap": pcap("<", 0xA1B2C3D4, 1000),
    "pcap big-endian": pcap(">", 0xA1B2C3D4, 1000),
    "pcap ns": pcap("<", 0xA1B23C4D, 1),
    "pcap ns big-endian": pcap(">", 0xA1B23C4D, 1),
}
