# SPDX-License-Identifier: GPL-2.0-only
"""One file of it all: the MDD's packets, with everybody's DTLS secrets inside (pcapng, mode 0600)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.errors import ConfigError
from perc_scapy.pcap.pcapng import LINKTYPE_RAW, PcapngWriter
from perc_scapy.pcap.private import open_private
from perc_scapy.pcap.reader import open_capture


def join_trace(capture: Path, keylogs: Iterable[Path], target: Path) -> int:
    """Write `target` and return its number of packets. Raises `ConfigError` when a source is not whole."""
    secrets = KeyLog()
    for path in keylogs:
        secrets.add_file(path)
    count = 0
    with open_capture(capture) as reader, open_private(target) as stream:
        writer = PcapngWriter(stream, link_type=LINKTYPE_RAW, interface="mdd")
        writer.secrets(secrets.to_text())
        for frame in reader:
            writer.packet(frame.time_ns, frame.data, original_length=frame.length)
            count += 1
        if reader.damage is not None:
            raise ConfigError(f"{capture}: {reader.damage}")
    return count
