# SPDX-License-Identifier: GPL-2.0-only
"""Captures with something of everything, for readers that must agree: link layers, fragments, TCP, IPv6, damage."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from perc_scapy.pcap import fast, frames
from perc_scapy.pcap.headers import ip_udp
from tests.capture import samples
from tests.capture.handmade import three_flows

ROOT = Path(__file__).resolve().parents[2]
FOUR = (("192.0.2.1", 40000), ("198.51.100.7", 5004))
SIX = (("2001:db8::1", 40000), ("2001:db8::2", 5004))
RTP = bytes.fromhex("80e0abcd11223344cafebabe") + bytes(range(40))
RTCP = bytes.fromhex("80c90001cafebabe") + bytes(18)
DTLS = bytes.fromhex("16feff0001000000000007000b010000000000000000000000")
PAYLOADS = [
    RTP, RTCP, DTLS, DTLS[:13], DTLS[:9], b"\x17\xfe\xfd\0\0" + bytes(20), b"\x2f" + bytes(30),
    b"\0\x01\0\0" + bytes(16), b"\x40\0\0\x04abcd", b"\x10zrtp", b"", b"\x80", RTP[:11], b"\xff" * 9,
]  # fmt: skip


def ip_packets() -> list[bytes]:
    """UDP over IPv4 and IPv6, and what is not plain."""
    plain = [ip_udp(*ends, p) for ends in (FOUR, SIX) for p in PAYLOADS]
    four, six = ip_udp(*FOUR, RTP), ip_udp(*SIX, RTP)
    odd = [
        four[:2] + b"\0\0" + four[4:],  # total length 0: segmentation offload
        b"\x46" + four[1:20] + b"\1\1\1\1" + four[20:],  # options, and a total length that is too short
        four[:24] + b"\0\0" + four[26:],  # UDP length 0
        four[:24] + b"\xff\xff" + four[26:],  # more than there is
        four[:9] + b"\x06" + four[10:20] + struct.pack("!HHIIBB", 1, 443, 7, 8, 0x50, 0x18) + bytes(8),
        four[:6] + b"\x20\0" + four[8:44],  # first fragment
        four[:6] + b"\0\3" + four[8:20] + four[44:],  # a later one
        four[:6] + b"\x20\0" + four[8:28],
        four[:19],
        six[:4] + struct.pack("!H", len(six) - 32) + b"\x3c" + six[7:40] + b"\x11\0" + bytes(6) + six[40:],
        six[:6] + b"\x2c" + six[7:40] + b"\x11\0\0\1abcd" + six[40:64],
        six[:4] + b"\0\0" + six[6:],  # jumbo or offload
        six[:47],
        b"\x70" + bytes(40),
    ]  # fmt: skip
    return plain + odd + fragments(ip_udp(*FOUR, RTP))


def fragments(packet: bytes, cut: int = 24) -> list[bytes]:
    """An IPv4 packet in two pieces, the first with `cut` octets, a multiple of eight, behind the header."""
    total = (20 + cut).to_bytes(2, "big"), (len(packet) - cut).to_bytes(2, "big")
    more, offset = b"\x20\0", (cut // 8).to_bytes(2, "big")
    return [
        packet[:2] + total[0] + packet[4:6] + more + packet[8 : 20 + cut],
        packet[:2] + total[1] + packet[4:6] + offset + packet[8:20] + packet[20 + cut :],
    ]


def small_reads(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Have files read `size` octets at a time."""
    monkeypatch.setattr(frames, "CHUNK", size)
    monkeypatch.setattr(fast, "READ", size)


def framed(packet: bytes, link: int, dice: random.Random) -> bytes:
    """A frame of one link type; now and then with a VLAN tag, padding or nothing of IP."""
    kind = b"\x86\xdd" if packet[:1] and packet[0] >> 4 == 6 else b"\x08\x00"
    tag = dice.choice((b"", b"", b"\x81\x00\x00\x05", b"\x88\xa8\x00\x01\x81\x00\x00\x02"))
    match link:
        case 1:
            return bytes(12) + tag + kind + packet + bytes(dice.choice((0, 0, 6)))
        case 113:
            return bytes(14) + tag + kind + packet
        case 276:
            return kind + bytes(18) + packet
        case 0 | 108:
            return dice.choice((b"\x02\0\0\0", b"\0\0\0\x1e", b"\x07\0\0\0")) + packet
    return packet


LINKS = (1, 101, 113, 276, 0, 108, 228, 147)


def pcap(link: int, seed: int = 1, order: str = "<", magic: int = 0xA1B2C3D4) -> bytes:
    """All packets in disorder, several times, some cut by a snapshot length."""
    dice = random.Random(seed)
    packets = ip_packets() * 3
    dice.shuffle(packets)
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for number, packet in enumerate(packets):
        frame = framed(packet, link, dice)
        kept = frame[: dice.randrange(len(frame) + 1)] if dice.random() < 0.1 else frame
        time = 1_700_000_000 + number, number * 1000
        out.append(struct.pack(order + "IIII", *time, len(kept), len(frame)) + kept)
    return b"".join(out)


def _block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(order: str = "<", seed: int = 2, resolution: int = 6) -> bytes:
    """Two sections, several interfaces of different links and clocks, secrets and unknown blocks in between."""
    dice, out = random.Random(seed), []
    for _ in range(2):
        head = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
        out.append(_block(order, 0x0A0D0D0A, head))
        for link in (1, 101):
            clock = struct.pack(order + "HHB3xHH", 9, 1, resolution if link == 1 else 9, 0, 0)
            out.append(_block(order, 1, struct.pack(order + "HHI", link, 0, 0) + clock))
        for packet in ip_packets():
            name = dice.randrange(2)
            frame = framed(packet, (1, 101)[name], dice)
            ticks = 1_700_000_000_000_000 + dice.randrange(10**9)
            fixed = name, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame) + 3
            out.append(_block(order, 6, struct.pack(order + "IIIII", *fixed) + frame))
            if dice.random() < 0.1:
                out.append(_block(order, 3, struct.pack(order + "I", len(frame)) + frame))
            if dice.random() < 0.1:
                out.append(_block(order, 10, struct.pack(order + "II", 0x544C534B, 4) + b"#abc"))
    return b"".join(out)


def captures() -> dict[str, bytes]:
    """Name -> octets of a file."""
    found = dict(samples.ALL)
    found |= {f"pcap link {link}": pcap(link) for link in LINKS}
    found |= {"pcap big ns": pcap(1, 3, ">", 0xA1B23C4D)}
    found |= {f"pcapng {o} {r}": pcapng(o, 2, r) for o in "<>" for r in (6, 9, 3, 0x94, 12)}
    found["conversation"] = three_flows().pcapng()
    return found


def golden() -> dict[str, bytes]:
    """The traces kept with the project."""
    return {
        p.parent.name: p.read_bytes() for p in sorted((ROOT / "captures").glob("*/trace.pcap*"))
    }


def mutated(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """The file with a few octets changed, or cut short."""
    dice = random.Random(seed)
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(dice.randrange(1, 6)):
            copy[dice.randrange(len(copy))] = dice.choice((0, 1, 255, dice.randrange(256)))
        yield bytes(copy[: dice.randrange(len(copy))] if dice.random() < 0.3 else copy)
