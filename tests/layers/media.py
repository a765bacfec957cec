# SPDX-License-Identifier: GPL-2.0-only
"""Media vectors as octets, and tshark's reading of datagrams, for comparison."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from scapy.utils import wrpcap

_FILE = json.loads((Path(__file__).parent.parent / "vectors" / "media.json").read_text())
VECTORS: dict[str, Any] = {v["id"]: v for v in _FILE["vectors"]}
PUBLIC: dict[str, Any] = {v["id"]: v for v in _FILE["public_vectors"]}
PORT, OTHER = 5004, 40000


def octets(vector: str, name: str) -> bytes:
    """One octet string of a vector."""
    return bytes.fromhex(VECTORS[vector][name])


def tshark(
    datagrams: Sequence[bytes],
    protocol: str,
    fields: Sequence[str],
    folder: Path,
    answers: Sequence[bool] = (),
) -> list[dict[str, list[str]]]:
    """What tshark says of each datagram read as `protocol`: values of every field, in order.

    `answers` marks datagrams that travel in the other direction.
    """
    path = folder / "datagrams.pcap"
    back = [*answers, *(False for _ in datagrams)]
    ports = [(PORT, OTHER) if back[i] else (OTHER, PORT) for i in range(len(datagrams))]
    packets = [
        IP() / UDP(sport=source, dport=target) / Raw(data)
        for data, (source, target) in zip(datagrams, ports, strict=True)
    ]
    wrpcap(str(path), packets)
    command = ["tshark", "-r", str(path), "-d", f"udp.port=={PORT},{protocol}", "-T", "fields"]
    command += ["-E", "occurrence=a", "-E", "aggregator=;", "-E", "separator=|"]
    command += [part for field in fields for part in ("-e", field)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == len(datagrams)
    return [
        {
            f: [v for v in text.split(";") if v]
            for f, text in zip(fields, line.split("|"), strict=True)
        }
        for line in lines
    ]


def numbers(texts: Sequence[str]) -> list[int]:
    """Decimal or 0x… numbers of tshark."""
    return [int(text, 0) for text in texts]
