# SPDX-License-Identifier: GPL-2.0-only
"""The first pass over a capture in batches: what keys come from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from perc_scapy.capture.key_material import KeyMaterial
from perc_scapy.codes import EktMessageType
from perc_scapy.pcap.fast import BatchReader
from perc_scapy.pcap.fast_headers import gather
from perc_scapy.tables.payloads import DTLS, RTP
from perc_scapy.tables.rows import RowReader, Rows


class FirstPass(NamedTuple):
    """What the file says as a whole."""

    material: KeyMaterial
    secrets: list[bytes]
    packets: int
    damage: str | None


def first_pass(path: str | Path) -> FirstPass:
    """Read a capture to its end. Raises `ConfigError` when it is none."""
    material, rows = KeyMaterial(), RowReader()
    with BatchReader(path) as batches:
        for batch in batches:
            take(material, rows.read(batch))
    reader = batches.reader
    return FirstPass(material, reader.secrets, reader.packets, reader.damage)


def take(material: KeyMaterial, rows: Rows) -> None:
    """Keep what a batch has of handshakes, tunnels and EKT keys, in order."""
    kind, size = rows.fields["kind"].values, rows.sizes
    wanted = (rows.transport > 0) & (kind == DTLS)
    fast_rtp = rows.plain.understood & (kind == RTP) & (size > 0)
    last = np.where(fast_rtp, rows.plain.start + size - 1, 0)
    wanted |= fast_rtp & (gather(rows.batch.octets, last, np.dtype("u1")) == EktMessageType.FULL)
    wanted[list(rows.slow)] = True
    for row in np.flatnonzero(wanted).tolist():
        payload = rows.payload(row)
        if payload is not None:
            material.add(payload)
