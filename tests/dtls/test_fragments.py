# SPDX-License-Identifier: GPL-2.0-only
"""Reassembly: any order, overlaps, and bounded memory under hostile fragments."""

from __future__ import annotations

import itertools
import random

import pytest

from perc_scapy.dtls import fragments
from perc_scapy.dtls.codec import Fragment, encode_fragment
from perc_scapy.dtls.fragments import MAX_AHEAD, MAX_BUFFER, MAX_MESSAGE, Reassembler

BODY = random.Random(1).randbytes(500)


def piece(start: int, end: int, *, sequence=0, kind=11, body=BODY, length=None) -> Fragment:
    data, length = body[start:end], len(body) if length is None else length
    return Fragment(
        kind, length, sequence, start, data, encode_fragment(kind, length, sequence, start, data)
    )


@pytest.mark.req("DTL-05")
def test_pieces_in_any_order_with_overlaps():
    dice = random.Random(3)
    for _ in range(200):
        cuts = sorted({0, 500, *(dice.randrange(500) for _ in range(6))})
        pieces = [
            piece(max(0, a - dice.randrange(30)), min(500, b + dice.randrange(30)))
            for a, b in itertools.pairwise(cuts)
        ]
        pieces += dice.choices(pieces, k=2)
        dice.shuffle(pieces)
        reassembler, found = Reassembler(), []
        for fragment in pieces:
            if fragment.sequence >= reassembler.next_sequence:
                found.append(reassembler.push(fragment, 0, 0))
        (message,) = [m for m in found if m]
        assert message.body == BODY
        assert message.raw == encode_fragment(11, 500, 0, 0, BODY)
        assert reassembler.held == 0


@pytest.mark.req("DTL-05")
def test_messages_come_out_in_order():
    reassembler = Reassembler()
    assert reassembler.push(piece(0, 500, sequence=2), 0, 0) is None
    assert reassembler.push(piece(0, 500, sequence=1), 0, 0) is None
    first = reassembler.push(piece(0, 500, sequence=0), 0, 0)
    order = [first, reassembler.pop(), reassembler.pop(), reassembler.pop()]
    assert [m and m.sequence for m in order] == [0, 1, 2, None]


def test_empty_message_ahead_of_its_turn():
    reassembler = Reassembler()
    assert reassembler.push(piece(0, 0, sequence=1, kind=14, body=b""), 0, 0) is None
    assert reassembler.push(piece(0, 500), 0, 0)
    assert reassembler.pop().type == 14


def test_record_numbers_of_a_protected_message_are_kept():
    reassembler = Reassembler()
    reassembler.push(piece(0, 300), 1, 7)
    assert reassembler.push(piece(300, 500), 1, 9).records == (7, 9)
    assert Reassembler().push(piece(0, 500), 1, 5).records == (5,)
    assert Reassembler().push(piece(0, 500), 0, 5).records == ()


def test_a_forged_piece_does_not_block_the_whole_message():
    reassembler = Reassembler()
    reassembler.push(piece(10, 20, length=400), 0, 0)
    assert reassembler.push(piece(0, 500), 0, 0).body == BODY
    assert reassembler.held == 0


@pytest.mark.parametrize("other", [{"kind": 12}, {"length": 499}])
def test_pieces_must_agree(other):
    """A fragment length or type that changes (CVE-2014-0195)."""
    reassembler = Reassembler()
    reassembler.push(piece(0, 100), 0, 0)
    assert reassembler.push(piece(100, 499, **other), 0, 0) is None
    assert reassembler.dropped == 1


def test_pieces_must_agree_in_epoch():
    reassembler = Reassembler()
    reassembler.push(piece(0, 100), 0, 0)
    assert reassembler.push(piece(100, 500), 1, 0) is None
    assert reassembler.dropped == 1


def test_announcing_16_megabytes_allocates_nothing():
    """CVE-2014-3506."""
    reassembler = Reassembler()
    assert reassembler.push(piece(0, 1, length=0xFFFFFF), 0, 0) is None
    assert (reassembler.held, reassembler.dropped) == (0, 1)


def test_memory_is_capped():
    reassembler = Reassembler()
    for sequence in range(200):
        reassembler.push(piece(0, 1, sequence=sequence + 1, length=MAX_MESSAGE), 0, 0)
    assert reassembler.held <= MAX_BUFFER
    assert reassembler.dropped == 200 - MAX_BUFFER // MAX_MESSAGE


def test_far_ahead_is_not_kept():
    reassembler = Reassembler()
    reassembler.push(piece(0, 1, sequence=MAX_AHEAD + 1), 0, 0)
    assert reassembler.held == 0
    reassembler.push(piece(0, 1, sequence=MAX_AHEAD), 0, 0)
    assert reassembler.held == 500


def test_dust_is_not_collected_for_ever():
    """Every other octet of a long message: the list of gaps stays short."""
    reassembler, body = Reassembler(), bytes(20000)
    for start in range(0, 20000, 2):
        reassembler.push(piece(start, start + 1, body=body), 0, 0)
    assert reassembler.dropped == 10000 - fragments.MAX_GAPS
    assert reassembler.push(piece(0, 20000, body=body), 0, 0).body == body
