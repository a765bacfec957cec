# SPDX-License-Identifier: GPL-2.0-only
"""Captures to measure with: a conference of two behind an MDD, its handshakes, then any number of media packets.

Keys, handshakes and every octet of media come from the project's own roles: double SRTP, a full EKT field ten times a
second, short ones between; one packet a millisecond. Ethernet frames, classic pcap, the key log in a file of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from perc_scapy.pcap.headers import ip_udp
from perc_scapy.roles.mdd.events import Path as Leg
from perc_scapy.sim.conference import SimConference, mdd_address

START = 1_700_000_000
ETHERNET = bytes.fromhex("0200000000020200000000010800")
HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
_RECORD = struct.Struct("<IIII").pack
Seen = tuple[float, Any, Any, bytes]


class Recording(NamedTuple):
    """What was written."""

    capture: Path
    keylog: Path
    packets: int


def record(folder: Path, packets: int, size: int) -> Recording:
    """A capture of `packets` packets in all, with payloads of `size` octets."""
    capture, keylog = folder / f"{packets}x{size}.pcap", folder / f"{packets}x{size}.keylog"
    conference = SimConference(("a", "b"), log=True)
    with capture.open("wb") as file:
        file.write(HEADER)
        for number, (time, source, target, data) in enumerate(conversation(conference, size), 1):
            seconds, rest = divmod(round(time * 1_000_000_000), 1_000_000_000)
            frame = ETHERNET + ip_udp(address(source), address(target), data)
            file.write(_RECORD(START + seconds, rest, len(frame), len(frame)) + frame)
            if number == packets:
                break
    keylog.write_text("\n".join(conference.keylog) + "\n")
    return Recording(capture, keylog, packets)


def conversation(conference: SimConference, size: int) -> Iterator[Seen]:
    """Tunnel, both joins, then speech without end: from each endpoint to the MDD, from there to the other one."""
    for name in ("a", "b"):
        conference.join(name)
    conference.run(1.0)
    log = conference.network.log or []
    yield from [(c.time, c.source, c.destination, c.data) for c in log]
    nodes = [conference.endpoints[name] for name in ("a", "b")]
    now, payload, room = conference.now, bytes(size), mdd_address("room")
    mdd, rooms = conference.mdd.mdd, conference.mdd._rooms
    while True:
        now += 0.001
        for node in nodes:
            source = node.addresses[0]
            node.endpoint.send_rtp(payload, timestamp=round(now * 8000), now=now)
            for data, _ in node.endpoint.datagrams_to_send(now):
                yield now, source, room, data
                mdd.receive_datagram(data, Leg(rooms[room], source), now)
        for data, leg in mdd.datagrams_to_send(now):
            yield now, room, leg.remote, data


def address(name: Any) -> tuple[str, int]:
    """An address of the documentation networks for a node's name."""
    parts = {
        "kmf": ("192.0.2.1", 4433),
        "a/1": ("203.0.113.1", 40000),
        "b/2": ("203.0.113.2", 40002),
    }
    where = "tunnel" if str(name).startswith("mdd/tunnel") else str(name)
    return parts.get(where, ("192.0.2.2", 50000 if where == "tunnel" else 5004))
