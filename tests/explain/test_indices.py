# SPDX-License-Identifier: GPL-2.0-only
"""Rollover counters as the sequence numbers of a capture tell them."""

from __future__ import annotations

from types import SimpleNamespace as Seen

import pytest

from perc_scapy.capture.layer_reader import RocJump
from perc_scapy.explain.indices import estimates, jumps, roc_options


def packets(*seqs: int, flow: str = "a") -> list[Seen]:
    made = []
    for number, seq in enumerate(seqs, 1):
        data = b"\x80\x00" + seq.to_bytes(2, "big") + bytes(8)
        datagram = Seen(flow=flow, data=data)
        made.append(Seen(kind="rtp", number=number, ssrc=1, from_endpoint=True, datagram=datagram))
    return made


@pytest.mark.req("SRT-03")
@pytest.mark.parametrize(
    ("seqs", "rocs"),
    [
        ((1, 2, 3), (0, 0, 0)),
        ((65534, 65535, 0, 1), (0, 0, 1, 1)),
        ((65535, 1, 65534, 2), (0, 1, 0, 1)),
        ((0, 40000, 10, 40010), (0, 0, 1, 0)),
        ((5, 65000), (0, 0)),
    ],
)
def test_estimates(seqs: tuple[int, ...], rocs: tuple[int, ...]) -> None:
    assert tuple(estimates(packets(*seqs)).values()) == rocs


def test_each_hop_counts_for_itself() -> None:
    one, two = packets(65535, 0), packets(0, 1, flow="b")
    for number, packet in enumerate(two, 10):
        packet.number = number
    assert estimates([*one, *two]) == {1: 0, 2: 1, 10: 0, 11: 0}


def test_options_are_distinct_and_the_right_one_is_first() -> None:
    options = roc_options(5, 7, 9)
    assert options[0].value == (5, 7)
    assert options[0].right
    rocs = [option.value[0] for option in options]
    assert len(rocs) == len(set(rocs))
    assert {0, 4, 6, 9} <= set(rocs)
    assert all(option.clause for option in options[1:])


def test_there_is_no_counter_below_zero() -> None:
    assert min(option.value[0] for option in roc_options(0, 1)) == 0


def test_jumps_are_told_once_a_stream() -> None:
    ends = Seen(src="a", dst="b")
    jump = RocJump("end-to-end", 3, 1)
    media = [
        Seen(number=n, ssrc=7, datagram=ends, kind="rtp", opened=Seen(jump=jump if n > 2 else None))
        for n in range(1, 5)
    ]
    (told,) = jumps(media)
    assert told.cause.text == "the ROC of the end-to-end layer is 3 where 1 is expected"
    assert (told.packets, told.cause.subject) == ([3, 4], "end-to-end layer")
