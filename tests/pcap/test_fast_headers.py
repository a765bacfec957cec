# SPDX-License-Identifier: GPL-2.0-only
"""Datagrams found in whole buffers are those found one by one; what is not plain says so."""

from __future__ import annotations

import random

import numpy as np
import pytest

from perc_scapy.pcap.fast import Batch
from perc_scapy.pcap.fast_headers import LAYOUTS, PAD, read_headers
from perc_scapy.pcap.frames import Frame
from perc_scapy.pcap.links import LINK_TYPES
from perc_scapy.pcap.packets import Datagram, datagram_of
from tests.pcap import many


def test_every_link_type_that_is_known_has_a_layout() -> None:
    assert LAYOUTS.keys() == LINK_TYPES.keys()


def mutated_frames(link: int, count: int) -> list[Frame]:
    dice = random.Random(link)
    frames = []
    for number in range(1, count + 1):
        data = bytearray(many.framed(dice.choice(many.ip_packets()), link, dice))
        for _ in range(dice.choice((0, 0, 1, 3)) if data else 0):
            data[dice.randrange(min(len(data), 64))] = dice.randrange(256)
        frames.append(Frame(number, 0, link, bytes(data), len(data)))
    return frames


@pytest.mark.parametrize("link", many.LINKS)
def test_equal_to_one_by_one(link: int) -> None:
    frames = mutated_frames(link, 1500)
    batch = Batch.of(frames)
    found = read_headers(batch.octets, batch.starts, batch.captured, link)
    for row, frame in enumerate(frames):
        if not found.understood[row]:
            continue
        datagram = datagram_of(frame)
        assert isinstance(datagram, Datagram), frame
        start = int(found.start[row])
        assert batch.data[start : start + int(found.size[row])] == datagram.data
        assert int(found.missing[row]) == datagram.missing
        assert (int(found.sport[row]), int(found.dport[row])) == (
            datagram.src.port,
            datagram.dst.port,
        )
        assert bool(found.v6[row]) == (":" in datagram.src.host)
    plain = sum(isinstance(datagram_of(f), Datagram) for f in frames)
    # A family of 7, two VLAN tags and unknown links are left to the reader of single packets.
    assert found.understood.sum() >= 0.5 * plain


def test_nothing_to_read_and_nothing_known() -> None:
    empty = read_headers(np.zeros(PAD, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.int64), 1)
    assert len(empty.understood) == 0
    none = read_headers(np.zeros(PAD, np.uint8), np.zeros(1, np.int64), np.zeros(1, np.int64), 147)
    assert not none.understood.any()


def test_rows_of_several_link_types_are_put_together() -> None:
    frames = [Frame(n, 0, 101, many.ip_packets()[n], 99) for n in (0, 14, 28)]
    batch = Batch.of(frames)
    whole = read_headers(batch.octets, batch.starts, batch.captured, -1)
    part = read_headers(batch.octets, batch.starts, batch.captured, 101)
    whole.put(np.arange(3), part)
    assert list(whole.understood) == list(part.understood) == [True, True, False]
    assert list(whole.v6) == [False, True, False]
    assert whole.src6[1].tobytes() == bytes.fromhex("20010db8" + "00" * 11 + "01")
