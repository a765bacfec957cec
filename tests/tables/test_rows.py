# SPDX-License-Identifier: GPL-2.0-only
"""Rows of a batch: what is understood at once and what is read by itself come out alike."""

from __future__ import annotations

import random

import numpy as np

from perc_scapy.capture import fast_media
from perc_scapy.pcap.fast import Batch
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import PayloadReader, Segment
from perc_scapy.tables.rows import FULL, MAX_USUAL, UNUSUAL, Hosts, RowReader
from tests.pcap import many


def frames(packets: list[bytes], link: int = 101) -> list[Frame]:
    return [Frame(n, n, link, p, len(p)) for n, p in enumerate(packets, 1)]


def test_objects_are_those_of_the_payload_reader() -> None:
    given = frames(many.ip_packets())
    read = PayloadReader().read
    rows = RowReader().read(Batch.of(given))
    assert [rows.payload(row) for row in range(len(given))] == [read(frame) for frame in given]
    segment = next(p for p in rows.slow.values() if isinstance(p, Segment))
    assert rows.datagram(segment.number - 1) is None


def test_fragments_meet_across_batches() -> None:
    first, second = many.fragments(many.ip_udp(*many.FOUR, many.RTP))
    reader = RowReader()
    assert not reader.read(Batch.of(frames([first]))).slow
    rows = reader.read(Batch.of([Frame(2, 0, 101, second, 99)]))
    assert rows.slow[0].data == many.RTP
    assert rows.fields["ssrc"].values[0] == 0xCAFEBABE
    assert list(rows.media()) == [(0, b"", 0, 1, UNUSUAL)]


def test_media_are_where_their_octets_are() -> None:
    short = many.RTP + b"\0"
    packets = [*many.ip_packets(), many.ip_udp(*many.FOUR, short), many.ip_udp(*many.SIX, short)]
    packets.append(many.ip_udp(*many.FOUR, many.RTP + b"\2"))
    rows = RowReader().read(Batch.of(frames(packets)))
    found = {row: rest for row, *rest in rows.media()}
    for row, (name, start, end, seq) in found.items():
        payload = rows.datagram(row)
        if not name:
            assert seq == UNUSUAL
            continue
        assert rows.batch.data[start:end] == payload.data
        assert name[-4:] == payload.data[8:12]
        assert int.from_bytes(name[-8:-6], "big") == payload.src.port
        assert len(name) == (40 if ":" in payload.src.host else 16)
        assert seq == {0: 0xABCD, 2: FULL - 0xABCD}.get(payload.data[-1], UNUSUAL)
    assert [found[len(packets) - n][3] for n in (1, 2, 3)] == [FULL - 0xABCD, 0xABCD, 0xABCD]
    kinds = [p.data[:1] for row in found if (p := rows.datagram(row))]
    assert b"\0" in kinds  # STUN
    assert len(found) < len(packets)


def test_batches_of_several_link_types() -> None:
    pairs = [(link, packet) for packet in many.ip_packets() for link in (1, 101, 113)]
    dice = random.Random(1)
    mixed = [
        Frame(n, 0, link, many.framed(packet, link, dice), 0)
        for n, (link, packet) in enumerate(pairs, 1)
    ]
    read = PayloadReader().read
    rows = RowReader().read(Batch.of(mixed))
    assert [rows.payload(row) for row in range(len(mixed))] == [read(frame) for frame in mixed]


def test_one_constant_in_two_places() -> None:
    assert (fast_media.UNUSUAL, fast_media.FULL) == (UNUSUAL, FULL)


def test_an_address_keeps_its_number() -> None:
    hosts = Hosts()
    packed = bytes((192, 0, 2, 1))
    assert hosts.number(packed) == hosts.number("192.0.2.1") == hosts.number(packed) == 0
    assert hosts.number(bytes(15) + b"\1") == 1
    assert hosts.names == ["192.0.2.1", "::1"]
    rows = RowReader().read(Batch.of(frames(many.ip_packets())))
    plain = rows.plain
    numbers = hosts.column(rows, plain.src4, plain.src6, 0)
    texts = [hosts.names[n] if n >= 0 else None for n in numbers]
    payloads = [rows.payload(row) for row in range(len(rows))]
    assert texts == [None if p is None else p.src.host for p in payloads]
    assert np.unique(numbers).size > 2


def test_more_hosts_than_are_looked_for_first() -> None:
    hosts, reader = Hosts(), RowReader()
    for _ in range(3):
        ends = [((f"198.51.100.{n}", n), ("192.0.2.1", 1)) for n in range(1, 60)]
        rows = reader.read(Batch.of(frames([many.ip_udp(*pair, b"x") for pair in ends])))
        plain = rows.plain
        for four, six, end in ((plain.src4, plain.src6, 0), (plain.dst4, plain.dst6, 1)):
            numbers = hosts.column(rows, four, six, end)
            assert [hosts.names[n] for n in numbers] == [pair[end][0] for pair in ends]
    assert len(hosts._usual) == MAX_USUAL
    assert len(hosts.names) == 60
