# SPDX-License-Identifier: GPL-2.0-only
"""Captures in memory for the tests of the keys room."""

from __future__ import annotations

import io

from perc_scapy.keys.blocks import Block, read_blocks
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.reader import CaptureReader


def reader(data: bytes) -> CaptureReader:
    return CaptureReader(io.BytesIO(data))


def blocks(data: bytes) -> list[Block]:
    return list(read_blocks(reader(data)))


def frames(data: bytes) -> list[Frame]:
    return list(reader(data))


def written(blocks: list[Block]) -> bytes:
    return b"".join(block.unsized().octets for block in blocks)
