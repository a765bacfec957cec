# SPDX-License-Identifier: GPL-2.0-only
"""NAL units out of RTP payloads, typed out from RFC 6184."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.media import h264
from perc_scapy.media.h264 import H264Depacketizer, aggregated, nal_types

SPS, PPS, IDR = b"\x67sps", b"\x68pps", b"\x65" + bytes(range(200))


def fragments(nal: bytes, size: int) -> list[bytes]:
    """FU-A of section 5.8."""
    pieces = [nal[at : at + size] for at in range(1, len(nal), size)]
    last = len(pieces) - 1
    return [
        bytes((nal[0] & 0xE0 | 28, (n == 0) << 7 | (n == last) << 6 | nal[0] & 0x1F)) + piece
        for n, piece in enumerate(pieces)
    ]


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def test_single_aggregated_and_fragmented() -> None:
    reader, found = H264Depacketizer(), []
    for payload in (SPS, stap(SPS, PPS), *fragments(IDR, 50)):
        found += reader.add(payload)
    assert found == [SPS, SPS, PPS, IDR]
    assert reader.dropped == 0


def test_a_hole_costs_the_nal_unit_it_is_in() -> None:
    reader = H264Depacketizer()
    first, second, third, fourth = fragments(IDR, 51)
    assert reader.add(first) == []
    assert reader.add(third, lost=True) == []
    assert reader.add(fourth) == []
    assert reader.add(SPS, lost=True) == [SPS]
    assert reader.dropped == 3
    assert [reader.add(p) for p in (first, second, third, fourth)][-1] == [IDR]


def test_a_unit_that_begins_before_the_last_one_ended() -> None:
    reader = H264Depacketizer()
    first, *rest = fragments(IDR, 100)
    assert reader.add(first) == reader.add(first) == []
    assert [reader.add(p) for p in rest][-1] == [IDR]
    reader.add(first)
    assert reader.add(PPS) == [PPS]
    assert reader.dropped == 2


def test_forms_of_other_modes_and_malformed_ones_are_counted() -> None:
    reader = H264Depacketizer()
    for payload in (
        b"",
        b"\x00",
        b"\x19\0\0",
        b"\x1d\x80x",
        b"\x1e",
        b"\x1c\x80",
        b"\x78\0\x09x",
        b"\x78",
    ):
        assert reader.add(payload) == []
    assert reader.dropped == 8


def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(h264, "MAX_NAL", 120)
    reader = H264Depacketizer()
    assert [unit for p in fragments(IDR, 50) for unit in reader.add(p)] == []
    assert reader.dropped == 4


def test_types_for_a_guess() -> None:
    first, middle, *_ = fragments(IDR, 50)
    assert (nal_types(SPS), nal_types(stap(SPS, PPS)), nal_types(first), nal_types(middle)) == (
        {7},
        {7, 8},
        {5},
        {5},
    )
    assert not any(map(nal_types, (b"", b"\xe7", b"\x7c\xc5x", b"\x7c\x85", b"\x78\0", b"\x1f")))


@given(st.lists(st.tuples(st.binary(max_size=20), st.booleans()), max_size=20))
def test_nothing_raises(payloads: list[tuple[bytes, bool]]) -> None:
    reader = H264Depacketizer()
    for payload, lost in payloads:
        assert all(reader.add(payload, lost=lost))
        nal_types(payload)
        aggregated(payload)


def test_parameters_of_a_profile_and_level_that_exist() -> None:
    baseline = bytes.fromhex("6742c01e")
    assert h264.has_parameters(baseline)
    assert h264.has_parameters(stap(b"\x09\x10", baseline, PPS))
    for other in (
        b"",
        b"g speaks",
        bytes.fromhex("6742c0"),
        bytes.fromhex("6743c01e"),
        bytes.fromhex("6742c01f")[:3] + b"\x08",
        PPS,
    ):
        assert not h264.has_parameters(other)
