# SPDX-License-Identifier: GPL-2.0-only
"""Strict decoding of DTLSTunnelMessage against Scapy's own dissection of the same octets."""

from __future__ import annotations

from bench.measure import Prepare, Row, Work, compare

HEAD = "0100" + "a0" * 16 + "c0" * 16
VERIFY_REQUEST = "16feff0000000000000000002f030000230000000000000023" + "feff20" + "5a" * 32
FINISHED = "14fefd000000000000000800010116fefd00010000000000000030" + "5b" * 48
EMPTY = bytes.fromhex(HEAD + "00" + "003c" + VERIFY_REQUEST)
"""Type 0 with a HelloVerifyRequest of a 32-octet cookie."""
KEYS = bytes.fromhex(
    HEAD + "02" + "0009" + ("0010" + "11" * 16) * 2 + ("000c" + "33" * 12) * 2 + "004b" + FINISHED
)
"""Type 2 with ChangeCipherSpec and a protected Finished."""
DECODED, DISSECTED = 4_000, 80


def rows() -> list[Row]:
    """Two rows: the smallest message, and the one that carries keys."""
    return [one("decode Empty", EMPTY, 40.0), one("decode SRTPKeyInformation", KEYS, 20.0)]


def one(name: str, data: bytes, goal: float) -> Row:
    """The same message many times through both, fewer times through the slow one."""
    from perc_scapy.layers import DTLSTunnelMessage
    from perc_scapy.layers.compile import decode

    def ours() -> None:
        for _ in range(DECODED):
            decode(DTLSTunnelMessage, data)

    def scapy() -> None:
        for _ in range(DISSECTED):
            DTLSTunnelMessage(data)

    return compare(
        name,
        always(ours),
        always(scapy),
        operations=DECODED,
        peer_operations=DISSECTED,
        goal=goal,
        rounds=21,
    )


def always(work: Work) -> Prepare:
    """A round that needs no preparation."""
    return lambda: work
