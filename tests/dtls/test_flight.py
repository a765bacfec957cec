# SPDX-License-Identifier: GPL-2.0-only
"""Packing of flights and the retransmission timer."""

from __future__ import annotations

import random

import pytest

from perc_scapy.codes import HandshakeType
from perc_scapy.crypto.tls12 import CIPHER_SUITES
from perc_scapy.crypto.tls12_record import RecordProtection
from perc_scapy.dtls.codec import decode_fragments, encode_fragment
from perc_scapy.dtls.flight import (
    CHANGE_CIPHER_SPEC,
    Outgoing,
    RetransmitTimer,
    earliest,
    pack_flight,
    sooner,
)
from perc_scapy.dtls.fragments import Reassembler
from perc_scapy.dtls.record import EpochWriter, split_records


def writers() -> list[EpochWriter]:
    suite = CIPHER_SUITES[0xC02B]
    return [EpochWriter(0), EpochWriter(1, RecordProtection(suite, bytes(16), bytes(4)))]


def message(sequence: int, size: int, kind=11, epoch=0) -> Outgoing:
    body = random.Random(sequence).randbytes(size)
    return Outgoing(epoch, kind, sequence, encode_fragment(kind, size, sequence, 0, body))


FLIGHT = [message(0, 90), message(1, 700), message(2, 130), message(3, 0, kind=14)]


@pytest.mark.req("DTL-05")
@pytest.mark.parametrize("mtu", [100, 256, 260, 500, 1200, 9000])
def test_flight_survives_any_mtu(mtu):
    datagrams = pack_flight(FLIGHT, writers(), mtu)
    assert all(len(d) <= mtu for d in datagrams)
    reassembler, bodies = Reassembler(), []
    for datagram in datagrams:
        records, clean = split_records(datagram)
        assert clean
        for record in records:
            for fragment in decode_fragments(record.fragment):
                found = reassembler.push(fragment, 0, record.number)
                bodies += [found] if found else []
    assert [m.raw for m in bodies] == [m.raw for m in FLIGHT]


def test_one_datagram_when_it_fits():
    (datagram,) = pack_flight(FLIGHT, writers(), 1200)
    assert len(split_records(datagram)[0]) == 4
    assert not datagram.carries_finished


def test_no_dust():
    """A rest of the datagram too small for a sensible piece stays empty."""
    first, *_ = pack_flight([message(0, 900), message(1, 700)], writers(), 1000)
    assert len(split_records(first)[0]) == 1


@pytest.mark.parametrize("mtu", [100, 1200])
def test_the_datagram_with_finished_is_marked(mtu):
    finished = message(4, 12, kind=HandshakeType.FINISHED, epoch=1)
    datagrams = pack_flight([*FLIGHT, CHANGE_CIPHER_SPEC, finished], writers(), mtu)
    marked = [d for d in datagrams if d.carries_finished]
    assert len(marked) == 1
    assert any(r.epoch == 1 for r in split_records(marked[0])[0])
    assert (len(datagrams) == 1) == (mtu == 1200)


def test_every_sending_has_new_record_numbers():
    sides = writers()
    numbers = [
        r.number
        for _ in range(3)
        for d in pack_flight([*FLIGHT, CHANGE_CIPHER_SPEC, message(4, 12, 20, 1)], sides, 300)
        for r in split_records(d)[0]
    ]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.req("DTL-05")
def test_timer_doubles_from_1_to_60_seconds():
    timer, now, gaps = RetransmitTimer(1.0, 60.0, 9), 0.0, []
    timer.start(now)
    while timer.deadline is not None:
        assert not timer.due(timer.deadline - 0.001)
        gaps.append(timer.deadline - now)
        now = timer.deadline
        timer.back_off(now)
    assert gaps == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_new_flight_starts_over():
    timer = RetransmitTimer(1.0, 60.0, 3)
    timer.start(0.0)
    timer.back_off(1.0)
    timer.start(5.0)
    assert (timer.deadline, timer.timeout) == (6.0, 1.0)


def test_hastened_expiry_does_not_double():
    timer = RetransmitTimer(1.0, 60.0, 3)
    timer.hasten(0.5)
    assert timer.deadline is None
    timer.start(0.0)
    timer.hasten(2.0)
    assert timer.deadline == 1.0
    timer.hasten(0.1)
    assert timer.due(0.1)
    assert timer.back_off(0.1)
    assert timer.deadline == pytest.approx(1.1)
    assert timer.back_off(1.1)
    assert timer.deadline == pytest.approx(3.1)


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [(None, None, None), (1.0, None, 1.0), (None, 0.0, 0.0), (2.0, 1.0, 1.0), (0.0, 1.0, 0.0)],
)
def test_the_sooner_of_two_deadlines(one, other, first):
    assert sooner(one, other) == first


def test_the_earliest_of_deadlines_that_may_be_missing() -> None:
    assert earliest(None, 3.0, 2.0, None) == 2.0
    assert earliest(None) is None
    assert earliest() is None
