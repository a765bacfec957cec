# SPDX-License-Identifier: GPL-2.0-only
"""Record layer: splitting, numbering, replay window."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto.tls12 import CIPHER_SUITES
from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.dtls import record as layer
from perc_scapy.dtls.record import EpochReader, EpochWriter, Record, ReplayWindow, encode_record
from perc_scapy.errors import AuthenticationError, DecodeError, KeyExhaustedError


def protection() -> RecordProtection:
    return RecordProtection(CIPHER_SUITES[0xC02B], bytes(16), bytes(4))


def test_split():
    datagram = encode_record(22, 5, b"abc") + encode_record(20, 1 << 48 | 6, b"", 0xFEFF)
    records, clean = layer.split_records(datagram)
    assert clean
    assert records == [Record(22, 0xFEFD, 5, b"abc"), Record(20, 0xFEFF, 1 << 48 | 6, b"")]
    assert (records[1].epoch, records[1].sequence) == (1, 6)


@pytest.mark.parametrize(
    "tail",
    [
        b"\x16",
        encode_record(22, 0, b"abc")[:-1],
        encode_record(22, 0, b"abc", 0x0303),
        encode_record(22, 0, bytes(layer.MAX_FRAGMENT + 1)),
    ],
)
def test_what_stands_before_the_damage_counts(tail):
    """RFC 6347 4.1.2.7."""
    records, clean = layer.split_records(encode_record(23, 1, b"good") + tail)
    assert [r.fragment for r in records] == [b"good"]
    assert not clean


def test_nothing_is_not_a_record():
    assert layer.split_records(b"") == ([], False)
    with pytest.raises(DecodeError):
        layer.first_record(b"\x16\xfe\xfd")


@given(st.binary(max_size=200))
def test_split_is_total(data):
    records, clean = layer.split_records(data)
    joined = b"".join(encode_record(r.type, r.number, r.fragment, r.version) for r in records)
    assert data.startswith(joined)
    assert clean == (bool(data) and joined == data)


def test_writer_counts_and_protects():
    writer = EpochWriter(1, protection())
    first, second = writer.write(23, b"one"), writer.write(23, b"two")
    assert [int.from_bytes(r[3:11], "big") for r in (first, second)] == [1 << 48, 1 << 48 | 1]
    assert len(first) == 3 + writer.overhead
    reader = EpochReader(protection())
    assert reader.open(layer.first_record(second)) == b"two"
    assert reader.open(layer.first_record(first)) == b"one"
    assert reader.open(layer.first_record(first)) is None


def test_writer_continues_from_a_number():
    assert layer.first_record(EpochWriter(0, first=9).write(22, b"x")).sequence == 9


@pytest.mark.req("DTL-04")
def test_writer_stops_before_its_numbers_repeat():
    writer = EpochWriter(1, protection(), first=(1 << 48) - 2)
    writer.write(23, b"the last one")
    for _ in range(2):
        with pytest.raises(KeyExhaustedError):
            writer.write(23, b"one too many")


def test_unauthenticated_number_does_not_move_the_window():
    """CVE-2016-2181."""
    reader, writer = EpochReader(protection()), EpochWriter(1, protection())
    good = layer.first_record(writer.write(23, b"good"))
    forged = good._replace(number=1 << 48 | (1 << 47))
    with pytest.raises(AuthenticationError):
        reader.open(forged)
    assert reader.open(good) == b"good"


def test_content_longer_than_allowed():
    sealed = protection().seal(1 << 48, 23, bytes(16385))
    with pytest.raises(DecodeError):
        EpochReader(protection()).open(Record(23, 0xFEFD, 1 << 48, sealed))


def test_window_edges():
    window = ReplayWindow()
    assert window.size >= 64
    for sequence in (0, 100):
        assert window.fresh(sequence)
        window.accept(sequence)
    assert not window.fresh(100)
    assert not window.fresh(36)  # 64 behind
    assert window.fresh(37)  # the oldest that still fits
    window.accept(37)
    assert not window.fresh(37)
    window.accept((1 << 48) - 1)
    assert not window.fresh(100)


def test_window_against_a_plain_set():
    """Each number passes once, and only while it is less than 64 behind the highest."""
    dice, window, seen, highest = random.Random(7), ReplayWindow(), set(), -1
    for _ in range(4000):
        sequence = max(0, highest + dice.randint(-90, 20))
        expected = sequence not in seen and highest - sequence < 64
        assert window.fresh(sequence) == expected
        if expected:
            window.accept(sequence)
            seen.add(sequence)
            highest = max(highest, sequence)
