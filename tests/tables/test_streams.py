# SPDX-License-Identifier: GPL-2.0-only
"""Streams are told apart by addresses and SSRC; there is a bound to their number."""

from __future__ import annotations

import pytest

from perc_scapy.pcap.fast import NO_TIME, Batch
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.headers import ip_udp
from perc_scapy.tables import streams
from perc_scapy.tables.rows import RowReader
from perc_scapy.tables.streams import StreamTable
from tests.pcap.many import fragments

A, B = ("192.0.2.1", 1), ("192.0.2.2", 2)
SECOND = 1_000_000_000


def rtp(seq: int, ssrc: int = 1, size: int = 20) -> bytes:
    return (
        b"\x80\0"
        + seq.to_bytes(2, "big")
        + (160 * seq).to_bytes(4, "big")
        + ssrc.to_bytes(4, "big")
        + bytes(size)
    )


def table(packets: list[bytes]) -> StreamTable:
    made = StreamTable("x")
    frames = [Frame(n, n * SECOND // 50, 101, p, len(p)) for n, p in enumerate(packets, 1)]
    reader = RowReader()
    for place in range(0, len(frames), 3):
        made.add(reader.read(Batch.of(frames[place : place + 3])), None)
    return made


def test_loss_order_and_jitter() -> None:
    order = [1, 2, 3, 5, 4, 5, 9]
    (row,) = table([ip_udp(A, B, rtp(seq)) for seq in order]).rows()
    assert (row["packets"], row["lost"], row["duplicates"], row["reordered"]) == (6, 3, 1, 1)
    assert (row["src"], row["dst"], row["ssrc"]) == ("192.0.2.1:1", "192.0.2.2:2", 1)
    assert (row["first_packet"], row["last_packet"]) == (1, 7)
    assert (row["start"], row["end"]) == (SECOND // 50, 7 * SECOND // 50)
    assert row["clock"] == 8000
    assert row["jitter_ms"] > 0
    assert row["octets"] == 6 * 32
    assert (row["opened"], row["association"], row["keys"]) == (0, None, [])


def test_told_apart_by_ends_and_ssrc() -> None:
    packets = [
        ip_udp(A, B, rtp(1)),
        ip_udp(B, A, rtp(1)),
        ip_udp(A, B, rtp(1, 2)),
        ip_udp(A, B, rtp(2)),
    ]
    assert [r["packets"] for r in table(packets).rows()] == [2, 1, 1]


def test_ipv6_addresses_are_looked_at_whole() -> None:
    """Two senders whose addresses differ in front, with the ports, SSRC and receiver of each other."""
    one, two, to = ("2001:db8:1::1", 1), ("2001:db8:2::1", 1), ("2001:db8::9", 2)
    found = table([ip_udp(one, to, rtp(1)), ip_udp(two, to, rtp(2)), ip_udp(one, to, rtp(2))])
    assert [(r["src"], r["packets"]) for r in found.rows()] == [
        ("[2001:db8:1::1]:1", 2),
        ("[2001:db8:2::1]:1", 1),
    ]


def test_a_packet_in_fragments_belongs_to_its_stream() -> None:
    pieces = fragments(ip_udp(A, B, rtp(2)))
    (row,) = table([ip_udp(A, B, rtp(1)), *pieces, ip_udp(A, B, rtp(3))]).rows()
    assert (row["packets"], row["lost"], row["last_packet"]) == (3, 0, 4)


def test_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_STREAMS", 2)
    made = table([ip_udp(A, B, rtp(1, ssrc)) for ssrc in (1, 2, 3, 4, 1)])
    assert [r["ssrc"] for r in made.rows()] == [1, 2]
    assert made.left_out == 2


def test_a_time_that_no_column_holds() -> None:
    made = StreamTable("x")
    packet = ip_udp(A, B, rtp(1))
    made.add(RowReader().read(Batch.of([Frame(1, 1 << 80, 101, packet, 99)])), None)
    (row,) = made.rows()
    assert NO_TIME not in row.values()
    assert row["start"] is None
