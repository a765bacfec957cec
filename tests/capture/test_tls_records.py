# SPDX-License-Identifier: GPL-2.0-only
"""Records out of a stream: cut anywhere, with octets missing, and streams that are not TLS."""

from __future__ import annotations

import random
import struct
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.capture.tls_records import MAX_FRAGMENT, CutRecord, RecordCutter


def record(fragment: bytes, kind: int = 23) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(fragment)) + fragment


FRAGMENTS = [bytes((n,)) * (n * 37 % 400 + 1) for n in range(30)]
STREAM = b"".join(record(fragment) for fragment in FRAGMENTS)
ENDS = list(accumulate(len(record(fragment)) for fragment in FRAGMENTS))


def fragments(found: list[CutRecord]) -> list[bytes]:
    return [cut.fragment for cut in found]


def test_cut_anywhere() -> None:
    for seed in range(20):
        dice = random.Random(seed)
        cutter, found, position = RecordCutter(), [], 0
        while position < len(STREAM):
            step = dice.randrange(1, 500)
            found += cutter.feed(position, 0.0, STREAM[position : position + step])
            position += step
        assert fragments(found) == FRAGMENTS
        assert not any(cut.lost for cut in found)


def test_the_packet_is_the_one_with_which_it_could_be_read() -> None:
    """The second one waited in the capture for the third, which brought earlier octets."""
    cutter, data = RecordCutter(), record(b"x" * 20)
    found = [*cutter.feed(1, 0.1, data[:10]), *cutter.feed(3, 0.3, data[10:20])]
    found += cutter.feed(2, 0.2, data[20:] + record(b"y"))
    assert [(cut.packet, cut.time) for cut in found] == [(3, 0.3), (3, 0.3)]


def test_in_step_again_behind_a_gap() -> None:
    for lost_from in range(0, 600, 7):
        cutter = RecordCutter()
        head, tail = STREAM[:lost_from], STREAM[lost_from + 500 :]
        found = [*cutter.feed(1, 0.0, head), *cutter.feed(2, 0.0, tail, 500)]
        before = [f for f, end in zip(FRAGMENTS, ENDS, strict=True) if end <= lost_from]
        after = [cut for cut in found if cut.packet == 2]
        assert fragments([cut for cut in found if cut.packet == 1]) == before
        assert fragments(after) == FRAGMENTS[-len(after) :]
        assert len(after) >= len(FRAGMENTS) - len(before) - 8
        missing = len(STREAM) - sum(len(f) + 5 for f in fragments(found))
        assert after[0].lost == missing
        assert not any(cut.lost for cut in after[1:])


def test_what_looks_like_a_header_in_the_middle_is_tried_and_left() -> None:
    """Behind a gap stands something like a header, but what it announces ends at nothing like one."""
    false = b"\x17\x03\x03\x00\x10" + bytes(40)
    cutter = RecordCutter()
    assert fragments(list(cutter.feed(1, 0.0, record(b"a")))) == [b"a"]
    found = list(cutter.feed(2, 0.0, false + record(b"b" * 30) + record(b"c"), 9))
    assert fragments(found) == [b"b" * 30, b"c"]
    assert found[0].lost == 9 + len(false)


def test_a_lone_record_behind_a_gap() -> None:
    cutter = RecordCutter()
    list(cutter.feed(1, 0.0, record(b"a")))
    assert fragments(list(cutter.feed(2, 0.0, record(b"b"), 100))) == [b"b"]


def test_other_protocols_are_refused_at_once() -> None:
    for data in (b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", bytes(20), b"\x16\x03\x01\x00\x00x"):
        cutter = RecordCutter()
        assert list(cutter.feed(1, 0.0, data)) == []
        assert cutter.refused
        assert list(cutter.feed(2, 0.0, record(b"later"))) == []


@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 3)), max_size=30))
def test_any_octets(pieces: list[tuple[bytes, int]]) -> None:
    cutter = RecordCutter()
    for number, (data, lost) in enumerate(pieces):
        for cut in cutter.feed(number, 0.0, record(data) if number % 2 else data, lost):
            assert 0 < len(cut.fragment) <= MAX_FRAGMENT


def test_memory_is_bounded() -> None:
    cutter = RecordCutter()
    list(cutter.feed(1, 0.0, record(b"a")))
    dice = random.Random(1)
    for number in range(300):
        noise = dice.randbytes(5000) + b"\x17\x03\x03\x40\x00"
        list(cutter.feed(number, 0.0, noise, number % 3))
        assert len(cutter._buffer) < 2 * (MAX_FRAGMENT + 5) + 5005
