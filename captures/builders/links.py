# SPDX-License-Identifier: GPL-2.0-only
"""The same conference on other links and in other files: IPv6, VLAN, cooked, loopback, fragments, old pcap."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace

from captures.builders.recipe import Built, recipe
from captures.builders.stage import Stage, pcapng
from perc_scapy.pcap.headers import internet_checksum

Frames = list[tuple[int, bytes]]
MACS = bytes.fromhex("0200000000020200000000fe")
"""Locally administered addresses."""
IPV4 = b"\x08\x00"
PIECE = 552
"""Octets of IP payload in a fragment; a multiple of eight."""


def small(seed: str, **more: bool) -> Stage:
    """A and B join and speak."""
    stage = Stage("ab", seed=seed, **more)
    stage.open("ab")
    stage.everybody("ab", 3)
    return stage


def framed(stage: Stage, header: bytes, link_type: int) -> Built:
    """Each packet behind a header of its link."""
    frames = [(time, header + packet) for time, packet in stage.frames()]
    return Built(pcapng(frames, link_type=link_type), stage.secrets())


@recipe("flow", "IPv6", shows="SS2-01 SS2-16")
def ipv6() -> Built:
    """Everybody has an IPv6 address."""
    return small("ipv6", v6=True).built()


@recipe("flow", "Ethernet with a VLAN tag", shows="SS2-01 SS2-16")
def ethernet_vlan() -> Built:
    """Each frame has an 802.1Q tag (VLAN 42)."""
    return framed(small("vlan"), MACS + b"\x81\x00\x00\x2a" + IPV4, 1)


@recipe("flow", "Linux cooked capture, version 1", shows="SS2-01 SS2-16")
def linux_cooked() -> Built:
    """What `tcpdump -i any` made for many years."""
    header = struct.pack("!HHH", 0, 1, 6) + MACS[:6] + b"\0\0" + IPV4
    return framed(small("sll"), header, 113)


@recipe("flow", "Linux cooked capture, version 2", shows="SS2-01 SS2-16")
def linux_cooked_2() -> Built:
    """What `tcpdump -i any` makes now."""
    header = IPV4 + b"\0\0" + struct.pack("!IHBB", 2, 1, 0, 6) + MACS[:6] + b"\0\0"
    return framed(small("sll2"), header, 276)


@recipe("flow", "BSD loopback", shows="SS2-01 SS2-16")
def loopback() -> Built:
    """Address family in front, in the byte order of the machine."""
    return framed(small("loopback"), struct.pack("<I", 2), 0)


@recipe("flow", "IP fragments", shows="SS2-01 SS2-16")
def ip_fragments() -> Built:
    """Datagrams of more than 552 octets cross the network in fragments, every second time the last one first."""
    stage = small("fragments")
    frames: Frames = []
    for number, (time, packet) in enumerate(stage.frames()):
        pieces = list(fragments(packet, number + 1))
        frames += [(time, piece) for piece in (pieces[::-1] if len(frames) % 2 else pieces)]
    return Built(pcapng(frames), stage.secrets())


def fragments(packet: bytes, identification: int) -> Iterator[bytes]:
    """The IPv4 packets that a link with a small MTU makes of one (RFC 791 section 3.2)."""
    body = packet[20:]
    if len(body) <= PIECE:
        yield packet
        return
    for at in range(0, len(body), PIECE):
        part = body[at : at + PIECE]
        more = 0x2000 if at + PIECE < len(body) else 0
        front = struct.pack("!BBHHH", 0x45, 0, 20 + len(part), identification, more | at // 8)
        front += packet[8:10]
        checksum = internet_checksum(front + b"\0\0" + packet[12:20])
        yield front + struct.pack("!H", checksum) + packet[12:20] + part


@recipe("flow", "Secrets inside the file", shows="SS2-01 SS2-16")
def secrets_inside() -> Built:
    """The key log is in a Decryption Secrets Block; it needs no other file."""
    return replace(small("inside").built(inside=True), keylog=None)


@recipe("flow", "Old pcap, big-endian, nanoseconds", shows="SS2-01 SS2-16")
def pcap_big_endian() -> Built:
    """The format of before pcapng, as a machine of the other byte order writes it."""
    stage = small("big")
    return Built(old_pcap(stage.frames()), stage.secrets(), suffix=".pcap")


def old_pcap(frames: Iterable[tuple[int, bytes]]) -> bytes:
    """Big-endian, nanoseconds, raw IP."""
    parts = [struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)]
    for time, packet in frames:
        seconds, rest = divmod(time, 10**9)
        parts.append(struct.pack(">IIII", seconds, rest, len(packet), len(packet)) + packet)
    return b"".join(parts)
