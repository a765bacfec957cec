# SPDX-License-Identifier: GPL-2.0-only
"""Headers of many frames at once: link, IP and UDP of all packets of a buffer as arrays, equal to `PayloadReader`.

What is not plain (TCP, fragments, IP options, extension headers, unknown links) is marked as not understood and
left to `PayloadReader`, one packet after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from perc_scapy.pcap.ip import UDP

if TYPE_CHECKING:  # loading it takes a fifth of the time that numpy takes
    import numpy.typing as npt

    Octets: TypeAlias = npt.NDArray[np.uint8]
    Places: TypeAlias = npt.NDArray[np.int64]
    """Offsets into a buffer, or numbers of octets."""
    Mask: TypeAlias = npt.NDArray[np.bool_]

PAD = 128
"""Octets that must follow the last packet of a buffer: headers are read first and checked against the length then."""
_IPV4_TYPE, _IPV6_TYPE, _VLAN_TYPE = 0x0800, 0x86DD, 0x8100
_FAMILIES = (2, 10, 24, 28, 30)


class Layout(NamedTuple):
    """Where things are in a frame of one link type."""

    ip: int
    ethertype: int = -1
    family: bool = False
    """The first four octets are an address family."""
    tags: bool = False
    """One VLAN tag may stand before the IP packet."""


LAYOUTS = {
    0: Layout(4, family=True),
    1: Layout(14, 12, tags=True),
    12: Layout(0),
    14: Layout(0),
    101: Layout(0),
    108: Layout(4, family=True),
    113: Layout(16, 14, tags=True),
    228: Layout(0),
    229: Layout(0),
    276: Layout(20, 0),
}
"""LINKTYPE_ value -> layout; as in `links.LINK_TYPES`."""

_IPV4 = np.dtype(
    [
        ("version", "u1"), ("tos", "u1"), ("total", ">u2"), ("id", ">u2"), ("cut", ">u2"), ("ttl", "u1"),
        ("protocol", "u1"), ("sum", ">u2"), ("src", ">u4"), ("dst", ">u4"), ("sport", ">u2"), ("dport", ">u2"),
        ("length", ">u2"), ("checksum", ">u2"),
    ]
)  # fmt: skip
_IPV6 = np.dtype(
    [
        ("version", ">u4"), ("length", ">u2"), ("next", "u1"), ("hops", "u1"), ("src", "V16"), ("dst", "V16"),
        ("sport", ">u2"), ("dport", ">u2"), ("udp", ">u2"), ("checksum", ">u2"),
    ]
)  # fmt: skip


def gather(octets: Octets, places: Places, what: np.dtype[Any]) -> npt.NDArray[Any]:
    """One `what` from each place. As opaque octets first: numpy copies those ten times as fast as fields."""
    size = what.itemsize
    every = np.ndarray(
        (len(octets) - size + 1,), dtype=f"V{size}", buffer=octets.data, strides=(1,)
    )
    return every[places].view(what)


@dataclass(slots=True)
class Datagrams:
    """One row a frame. Only rows that are `understood` mean anything; the others are to be read one by one."""

    understood: Mask
    v6: Mask
    src4: npt.NDArray[np.uint32]
    dst4: npt.NDArray[np.uint32]
    src6: npt.NDArray[Any]
    """16 octets a row; empty when no packet is IPv6."""
    dst6: npt.NDArray[Any]
    sport: npt.NDArray[np.uint16]
    dport: npt.NDArray[np.uint16]
    start: Places
    """Where the UDP payload begins."""
    size: Places
    """Octets of it."""
    missing: Places

    def put(self, places: Places, part: Datagrams) -> None:
        """Rows `places` become those of `part`."""
        if len(part.src6) and not len(self.src6):
            self.src6, self.dst6 = (np.zeros(len(self.v6), "V16") for _ in range(2))
        names = ["understood", "v6", "src4", "dst4", "sport", "dport", "start", "size", "missing"]
        for name in names + ["src6", "dst6"] * bool(len(part.src6)):
            getattr(self, name)[places] = getattr(part, name)


def read_headers(octets: Octets, starts: Places, captured: Places, link_type: int) -> Datagrams:
    """Frames of one link type at `starts`, with `captured` octets each; `PAD` octets follow the last one."""
    rows = Datagrams(np.zeros(len(starts), bool), np.zeros(len(starts), bool), *_empty(len(starts)))
    layout = LAYOUTS.get(link_type)
    if layout is None or not len(starts):
        return rows
    ip, room, likely = _ip_places(octets, starts, captured, layout)
    four = _ipv4(octets, ip, room, likely, rows)
    if not four.all():
        _ipv6(octets, ip, room, likely & ~four, rows)
    return rows


def _empty(n: int) -> tuple[Any, ...]:
    addresses = (
        np.zeros(n, np.uint32),
        np.zeros(n, np.uint32),
        np.empty(0, "V16"),
        np.empty(0, "V16"),
    )
    ports = np.zeros(n, np.uint16), np.zeros(n, np.uint16)
    return *addresses, *ports, *(np.zeros(n, np.int64) for _ in range(3))


def _ip_places(
    octets: Octets, starts: Places, captured: Places, layout: Layout
) -> tuple[Places, Places, Mask]:
    """(where the IP packet begins, octets from there, whether it may be one)."""
    skip: Any = layout.ip
    likely = np.ones(len(starts), bool)
    if layout.family:
        family = gather(octets, starts, np.dtype("(4,)u1"))
        likely = np.isin(family.max(axis=1), _FAMILIES)
    if layout.ethertype >= 0:
        kind = gather(octets, starts + layout.ethertype, np.dtype(">u2"))
        if layout.tags and (tagged := kind == _VLAN_TYPE).any():
            inner = gather(octets, starts + layout.ethertype + 4, np.dtype(">u2"))
            kind, skip = np.where(tagged, inner, kind), layout.ip + 4 * tagged
        likely = (kind == _IPV4_TYPE) | (kind == _IPV6_TYPE)
    return starts + skip, captured - skip, likely


def _ipv4(octets: Octets, ip: Places, room: Places, likely: Mask, rows: Datagrams) -> Mask:
    """Fill `rows` as if all were IPv4; which are."""
    head = gather(octets, ip, _IPV4)
    total, length = head["total"].astype(np.int64), head["length"].astype(np.int64)
    four: Mask = likely & (head["version"] == 0x45) & (head["protocol"] == UDP)
    four &= (head["cut"] & 0x3FFF == 0) & (total >= 28) & (room >= 28)
    rows.understood, rows.start = four, ip + 28
    rows.size = np.minimum(np.minimum(np.maximum(length, 8) + 20, total), room) - 28
    rows.missing = np.maximum(0, length - 8 - rows.size)
    rows.src4, rows.dst4 = head["src"].astype(np.uint32), head["dst"].astype(np.uint32)
    rows.sport, rows.dport = head["sport"].astype(np.uint16), head["dport"].astype(np.uint16)
    return four


def _ipv6(octets: Octets, ip: Places, room: Places, likely: Mask, rows: Datagrams) -> None:
    """Put those of the remaining rows right that are IPv6."""
    head = gather(octets, ip, _IPV6)
    promised, length = head["length"].astype(np.int64), head["udp"].astype(np.int64)
    six: Mask = likely & (head["version"] >> 28 == 6) & (head["next"] == UDP)
    six &= (promised >= 8) & (room >= 48)
    if not six.any():
        return
    there = np.minimum(40 + promised, room) - 40
    size = np.minimum(np.maximum(length, 8), there) - 8
    rows.understood, rows.v6 = rows.understood | six, six
    rows.start = np.where(six, ip + 48, rows.start)
    rows.size = np.where(six, size, rows.size)
    rows.missing = np.where(six, np.maximum(0, length - there), rows.missing)
    rows.sport = np.where(six, head["sport"], rows.sport).astype(np.uint16)
    rows.dport = np.where(six, head["dport"], rows.dport).astype(np.uint16)
    rows.src6, rows.dst6 = head["src"], head["dst"]
