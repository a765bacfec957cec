# SPDX-License-Identifier: GPL-2.0-only
"""A process records its own UDP traffic: no privileges, nothing but what passed its sockets, no secrets."""

from __future__ import annotations

from pathlib import Path

from perc_scapy.pcap.closing import Closing
from perc_scapy.pcap.headers import SocketAddress, ip_udp
from perc_scapy.pcap.pcapng import PcapngWriter
from perc_scapy.pcap.private import open_private


class Tap(Closing):
    """A capture file (pcapng, raw IP, 0600) that every datagram is written to at once.

    Raises `ConfigError` when the file cannot be created.
    """

    def __init__(self, path: str | Path, *, interface: str = "perc") -> None:
        self._file = open_private(path)
        self._writer = PcapngWriter(self._file, interface=interface)

    def datagram(self, time: float, src: SocketAddress, dst: SocketAddress, data: bytes) -> None:
        """Record one datagram; `time` is wall-clock seconds, addresses are those of the `socket` module."""
        self._writer.packet(round(time * 1_000_000_000), ip_udp(src, dst, data))

    def close(self) -> None:
        self._file.close()
