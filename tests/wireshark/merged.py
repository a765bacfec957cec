# SPDX-License-Identifier: GPL-2.0-only
"""Many captures as one, for one run of tshark: most of a run is its start. Each keeps its packets in their order and
gets a network of its own, so that no conversation of one is taken for that of another.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.pcapng import LINKTYPE_RAW, PcapngWriter
from perc_scapy.pcap.reader import open_capture
from tests.wireshark.tshark import Pairs, packets

NETWORK = 100
"""First octet of all addresses; the second is the number of the capture."""
UDP, IPV4_WITHOUT_OPTIONS = 17, 0x45


def frames_of(path: Path) -> list[Frame] | None:
    """The packets of a capture that can be merged: whole UDP over IPv4 and nothing around it. Else None."""
    with open_capture(path) as reader:
        frames = list(reader)
        plain = not reader.secrets and reader.damage is None and path.suffix == ".pcapng"
    return frames if frames and plain and all(map(_fits, frames)) else None


def _fits(frame: Frame) -> bool:
    data = frame.data
    whole = len(data) == frame.length and data[6:8] in (b"\0\0", b"\x40\0")
    return (
        frame.link_type == LINKTYPE_RAW
        and data[:1] == bytes([IPV4_WITHOUT_OPTIONS])
        and data[9] == UDP
        and whole
    )


def moved(data: bytes, network: int) -> bytes:
    """The packet with both addresses in another network; nobody checks the checksums."""
    front = bytes([NETWORK, network])
    return data[:12] + front + data[14:16] + front + data[18:]


def read_merged(
    folder: Path, captures: Iterable[tuple[str, list[Frame], Path]]
) -> dict[str, dict[int, Pairs]]:
    """Of (name, packets, key log): name -> packet number -> what tshark shows."""
    trace, keys = folder / "merged.pcapng", folder / "merged.keylog"
    owners: list[tuple[str, int]] = []
    with trace.open("wb") as stream, keys.open("wb") as secrets:
        writer = PcapngWriter(stream)
        for network, (name, frames, keylog) in enumerate(captures):
            with keylog.open("rb") as source:
                shutil.copyfileobj(source, secrets)
            secrets.write(b"\n")
            for frame in frames:
                writer.packet(frame.time_ns, moved(frame.data, network))
                owners.append((name, frame.number))
    found: dict[str, dict[int, Pairs]] = {name: {} for name, _ in owners}
    for number, pairs in packets(trace, keys=keys).items():
        name, own = owners[number - 1]
        found[name][own] = pairs
    return found
