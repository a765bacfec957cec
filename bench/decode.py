# SPDX-License-Identifier: GPL-2.0-only
"""Strict decoding of DTLSTunnelMessage against Scapy's own dissection of the same octets."""

from __future__ import annotations

from bench.measure import Row, compare

HEAD = "0100" + "a0" * 16 + "c0" * 16
EMPTY = bytes.fromhex(HEAD + "00" + "0024" + "16" * 36)
KEYS = bytes.fromhex(
    HEAD + "02" + "0009" + ("0010" + "11" * 16) * 2 + ("000c" + "33" * 12) * 2 + "004b" + "14" * 75
)


def rows() -> list[Row]:
    """Two rows: the smallest message, and the one that carries keys."""
    return [one("decode Empty", EMPTY, 40.0), one("decode SRTPKeyInformation", KEYS, 20.0)]


def one(name: str, data: bytes, goal: float) -> Row:
    """The same message `count` times through both, fewer times through the slow one."""
    from perc_scapy.layers import DTLSTunnelMessage
    from perc_scapy.layers.compile import decode

    def ours() -> None:
        for _ in range(20_000):
            decode(DTLSTunnelMessage, data)

    def scapy() -> None:
        for _ in range(400):
            DTLSTunnelMessage(data)

    return compare(name, ours, scapy, operations=20_000, peer_operations=400, goal=goal)
