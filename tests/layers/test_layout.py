# SPDX-License-Identifier: GPL-2.0-only
"""How a definition is taken apart: steps, runs of bits, what counts what."""

from __future__ import annotations

import pytest

from perc_scapy.layers import TunnelMessage
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, Bits
from perc_scapy.layers.layout import BitRun, Layout, layout_of
from tests.layers.toys import ToyElement, ToyHandshake, ToyKey, ToyNumbers, ToyRtp, ToyTagged


class ToyOddBits(PercPacket):
    fields_desc = (Bits("three", 3), U8("whole"))


def test_bits_are_grouped_to_whole_octets():
    runs = [step for step in layout_of(ToyNumbers).steps if isinstance(step, BitRun)]
    assert [run.names for run in runs] == [
        ("version", "flag", "count"),
        ("twelve", "four"),
        ("marker", "long"),
        ("thirty_nine", "last"),
    ]
    assert [run.fixed_size() for run in runs] == [1, 2, 3, 5]
    assert [shift for _, shift in runs[0].shifts()] == [6, 5, 0]


def test_bits_must_fill_octets():
    with pytest.raises(TypeError, match="bits from three on"):
        Layout(ToyOddBits)


def test_what_counts_what():
    assert layout_of(TunnelMessage).counted["length"].name == "body"
    assert layout_of(TunnelMessage).selected["msg_type"].name == "body"
    assert layout_of(ToyRtp).counted["csrc_count"].name == "csrc"
    assert layout_of(ToyRtp).announced == {"extension": "block"}
    assert layout_of(ToyHandshake).copies == {"length": "fragment_length"}
    assert layout_of(ToyKey).counted["length"].name == "ciphertext"


def test_counts_of_conditional_fields_are_not_derived():
    assert layout_of(ToyElement).derived == set()
    assert layout_of(ToyHandshake).derived == {"fragment_length"}


def test_open_fields_know_what_stands_behind_them():
    sealed = next(step for step in layout_of(ToyTagged).steps if step.name == "sealed")
    assert [step.name for step in sealed.behind] == ["encrypted", "tag", "mki"]
    assert sealed.limit(ToyTagged(flags=0), b"\0" * 20, 1, 20) == 13
    assert sealed.limit(ToyTagged(flags=0x80), b"\0" * 20, 1, 20) == 11


def test_one_layout_for_each_class():
    assert layout_of(ToyRtp) is layout_of(ToyRtp)


def test_counts_are_filled_in_last_and_lengths_stay_when_given():
    assert bytes(TunnelMessage(length=9, msg_type=2))[1:3] == b"\0\x09"
    packet = TunnelMessage(bytes.fromhex("02000100"))
    del packet.length
    packet.msg_type = None
    assert bytes(packet) == bytes.fromhex("02000100")
    assert list(layout_of(ToyKey).parts(ToyKey(ciphertext=b"abc"))) == [
        "ciphertext",
        "spi",
        "epoch",
        "length",
        "type",
    ]
