# SPDX-License-Identifier: GPL-2.0-only
"""The first reading of a capture: what keys come from, and what the file says as a whole.

Large files are read thousands of packets at a time where NumPy is installed; the outcome is the same without it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from perc_scapy.capture.key_material import KeyMaterial
from perc_scapy.codes import EktMessageType
from perc_scapy.pcap.frames import Interface
from perc_scapy.pcap.packets import PayloadReader
from perc_scapy.pcap.reader import CaptureReader, open_capture

LARGE = 1 << 24
"""Octets of a file for which loading NumPy pays."""


class FirstPass(NamedTuple):
    """What was found."""

    material: KeyMaterial
    secrets: list[bytes]
    """Key logs inside."""
    packets: int
    interfaces: list[Interface]
    damage: str | None
    """Why reading stopped early, or None."""


def first_pass(path: str | Path) -> FirstPass:
    """Read a capture to its end. Raises `ConfigError` when it is none."""
    if Path(path).is_file() and Path(path).stat().st_size >= LARGE and find_spec("numpy"):
        return in_batches(path)
    return one_by_one(path)


def one_by_one(path: str | Path) -> FirstPass:
    """`first_pass` packet by packet."""
    material, read = KeyMaterial(), PayloadReader().read
    with open_capture(path) as reader:
        for frame in reader:
            payload = read(frame)
            if payload is not None:
                material.add(payload)
    return _found(material, reader)


def in_batches(path: str | Path) -> FirstPass:
    """`first_pass` of whole buffers: most packets are never looked at by themselves."""
    import numpy as np

    from perc_scapy.pcap.fast import BatchReader
    from perc_scapy.pcap.fast_headers import gather

    material, read, octet = KeyMaterial(), PayloadReader().read, np.dtype("u1")
    with BatchReader(path) as batches:
        for batch in batches:
            rows = batch.headers()
            there = rows.understood & (rows.size > 0)
            first = gather(batch.octets, np.where(there, rows.start, 0), octet)
            last = gather(batch.octets, np.where(there, rows.start + rows.size - 1, 0), octet)
            wanted = there & (first >= 20) & (first < 64)  # DTLS (RFC 7983)
            wanted |= there & (first >> 6 == 2) & (last == EktMessageType.FULL)
            for row in np.flatnonzero(wanted | ~rows.understood).tolist():
                payload = read(batch.frame(row))
                if payload is not None:
                    material.add(payload)
    return _found(material, batches.reader)


def _found(material: KeyMaterial, reader: CaptureReader) -> FirstPass:
    return FirstPass(material, reader.secrets, reader.packets, reader.interfaces, reader.damage)
