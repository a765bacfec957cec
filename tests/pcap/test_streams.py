# SPDX-License-Identifier: GPL-2.0-only
"""TCP streams put together from segments in any order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6

from perc_scapy.pcap import streams as module
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.packets import payloads
from perc_scapy.pcap.streams import StreamChunk, TcpStreams, in_order, reassemble
from perc_scapy.pcap.transport import ACK, FIN, RST, SYN, Address, Datagram, Segment

A, B = Address("10.0.0.1", 1000), Address("10.0.0.2", 853)
TEXT = bytes(range(256)) * 4


def segment(seq: int, data: bytes = b"", flags: int = ACK, *, number: int = 1, time: float = 0.0,
            src: Address = A, dst: Address = B, ack: int = 0, missing: int = 0) -> Segment:  # fmt: skip
    return Segment(number, time, src, dst, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, flags, data, missing)


def cut(base: int, size: int = 100) -> list[Segment]:
    return [
        segment(base + at, TEXT[at : at + size], number=2 + at // size)
        for at in range(0, len(TEXT), size)
    ]


def text(chunks: list[StreamChunk]) -> bytes:
    """The octets, their offsets checked."""
    out = b""
    for chunk in chunks:
        assert chunk.offset == len(out) + chunk.lost
        out += b"?" * chunk.lost + chunk.data
    return out


@pytest.mark.parametrize("isn", [0, 77, 0xFFFFFFFF, 0xFFFFFFFE - 500])
def test_in_order_with_sequence_numbers_that_wrap(isn: int) -> None:
    chunks = list(reassemble([segment(isn, flags=SYN), *cut(isn + 1)]))
    assert text(chunks) == TEXT
    assert [chunk.number for chunk in chunks] == list(range(2, 2 + len(chunks)))
    assert (chunks[0].src, chunks[0].dst, chunks[0].lost) == (A, B, 0)


@given(st.integers(0, 1 << 32), st.integers(0, 1 << 20), st.integers(1, 300))
def test_any_order_repeats_and_overlaps(isn: int, seed: int, size: int) -> None:
    dice = random.Random(seed)
    plan = cut(isn + 1, size) * 2
    for _ in range(10):
        at, length = dice.randrange(len(TEXT)), dice.randrange(1, 400)
        plan.append(segment(isn + 1 + at, TEXT[at : at + length]))
    dice.shuffle(plan)
    assert text(list(reassemble([segment(isn, flags=SYN), *plan]))) == TEXT


def test_octets_that_never_come_are_counted_as_lost() -> None:
    plan = cut(1)
    chunks = list(reassemble([segment(0, flags=SYN), plan[0], *plan[2:]]))
    assert [chunk.lost for chunk in chunks] == [0, 100] + [0] * (len(plan) - 3)
    assert text(chunks) == TEXT[:100] + b"?" * 100 + TEXT[200:]


def test_what_the_other_end_acknowledged_is_not_waited_for() -> None:
    plan, streams = cut(1), TcpStreams()
    assert [c.data for c in streams.add(plan[0])] == [TEXT[:100]]
    assert streams.add(plan[2]) == []
    back = {"src": B, "dst": A, "ack": 301}
    assert streams.add(segment(9, time=9.0, **back | {"ack": 101})) == []
    assert streams.add(segment(9, time=0.5, **back)) == []  # the sniffer may have reordered them
    (chunk,) = streams.add(segment(9, time=9.0, **back))
    assert (chunk.lost, chunk.data, chunk.offset) == (100, TEXT[200:300], 200)
    assert streams.add(plan[1]) == []


@pytest.mark.parametrize(("name", "limit"), [("MAX_WAITING", 350), ("MAX_WAITING_SEGMENTS", 3)])
def test_what_waits_is_bounded_in_each_direction(name: str, limit: int, monkeypatch) -> None:
    monkeypatch.setattr(module, name, limit)
    plan, streams = cut(1), TcpStreams()
    streams.add(plan[0])
    held = [streams.add(item) for item in plan[2:6]]
    assert held[:3] == [[], [], []]
    assert [chunk.lost for chunk in held[3]] == [100, 0, 0, 0]


def test_what_waits_is_bounded_over_all(monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_ALL_WAITING", 150)
    streams = TcpStreams()
    for port in (1, 2):
        there = {"src": Address("10.0.0.1", port)}
        streams.add(segment(1, b"a", **there))
        done = streams.add(segment(5, b"b" * 100, **there))
    assert [(chunk.lost, len(chunk.data)) for chunk in done] == [(3, 100)]


def test_connections_are_bounded(monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)
    streams = TcpStreams()
    ends = [Address("10.0.0.1", port) for port in (1, 2, 3)]
    for end in ends[:2]:
        streams.add(segment(1, b"a", src=end))
        streams.add(segment(5, b"b", src=end))
    streams.add(segment(6, b"c", src=ends[0]))
    closed = streams.add(segment(1, b"a", src=ends[2]))
    assert [(chunk.src, chunk.data) for chunk in closed] == [(ends[1], b"b"), (ends[2], b"a")]


def test_a_capture_that_begins_in_the_middle() -> None:
    first = [segment(4999, ack=1), *cut(5000)]
    assert text(list(reassemble(first))) == TEXT
    assert next(reassemble([segment(4998, b"old"), *first[:1]])).offset == 0


def test_a_syn_that_comes_late_or_twice_changes_nothing() -> None:
    syn, plan = segment(0, flags=SYN), cut(1)
    assert text(list(reassemble([plan[0], syn, *plan[1:3], syn, *plan[3:]]))) == TEXT


def test_octets_on_the_syn() -> None:
    plan = [segment(9, TEXT[:100], SYN), *cut(10)[1:]]
    assert text(list(reassemble(plan))) == TEXT


def test_ports_used_again_are_another_connection() -> None:
    first = [segment(0, flags=SYN), *cut(1)[:2], segment(401, b"after a hole")]
    second = [segment(9000, flags=SYN, number=90), segment(9001, b"new", number=91)]
    chunks = list(reassemble(first + second))
    assert [chunk.connection for chunk in chunks] == [0, 0, 0, 1]
    assert (chunks[2].lost, chunks[3].offset, chunks[3].data) == (200, 0, b"new")


def test_a_reset_ends_the_waiting_in_both_directions() -> None:
    back = {"src": B, "dst": A}
    streams = TcpStreams()
    for item in (
        segment(1, b"a"),
        segment(5, b"b"),
        segment(1, b"c", **back),
        segment(9, b"d", **back),
    ):
        streams.add(item)
    chunks = streams.add(segment(10, flags=RST, **back))
    assert [(chunk.src, chunk.data, chunk.lost) for chunk in chunks] == [(A, b"b", 3), (B, b"d", 7)]


def test_keepalives_and_fin_bring_nothing() -> None:
    plan = [
        segment(0, flags=SYN),
        segment(1, b"abc"),
        segment(3, b"c"),
        segment(3),
        segment(4, flags=FIN),
    ]
    assert [chunk.data for chunk in reassemble(plan)] == [b"abc"]


def test_what_a_snapshot_length_cut_off_is_lost() -> None:
    plan = [segment(0, flags=SYN), segment(1, TEXT[:60], missing=40), *cut(1)[1:]]
    assert text(list(reassemble(plan))) == TEXT[:60] + b"?" * 40 + TEXT[100:]


def test_a_forged_number_far_ahead_does_not_derail_what_follows() -> None:
    plan = cut(1)
    forged = segment(1 << 30, b"forged")
    chunks = list(reassemble([segment(0, flags=SYN), plan[0], forged, *plan[1:]]))
    assert text(chunks[:-1]) == TEXT
    assert chunks[-1].data == b"forged"


@given(st.lists(st.builds(segment, st.integers(0, 40), st.binary(max_size=9), st.integers(0, 31),
                          src=st.sampled_from((A, B)), dst=st.sampled_from((A, B)),
                          ack=st.integers(0, 40), time=st.floats(0, 9), missing=st.integers(0, 3)),
                max_size=40))  # fmt: skip
def test_anything_gives_offsets_that_only_grow(plan: list[Segment]) -> None:
    ends: dict[tuple[Address, Address, int], int] = {}
    for chunk in reassemble(plan):
        key = chunk.src, chunk.dst, chunk.connection
        assert chunk.offset == ends.get(key, 0) + chunk.lost
        ends[key] = chunk.offset + len(chunk.data)


@pytest.mark.parametrize("ip", [IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="::1", dst="::2")])
def test_from_frames_of_both_families(ip) -> None:
    packets = [
        ip / TCP(sport=9, dport=8, seq=at + 1, flags="PA") / TEXT[at : at + 512] for at in (0, 512)
    ]
    packets.insert(1, ip / UDP(sport=3, dport=4) / b"aside")
    frames = [Frame(n, 0, 101, bytes(p), 0) for n, p in enumerate(packets, 1)]
    found = list(in_order(payloads(frames)))
    assert [type(item) for item in found] == [StreamChunk, Datagram, StreamChunk]
    assert text([item for item in found if isinstance(item, StreamChunk)]) == TEXT
    assert found[0].flow == found[2].flow
