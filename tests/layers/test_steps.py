# SPDX-License-Identifier: GPL-2.0-only
"""Steps through a layer: runs of bits, regions, what stands behind an open-ended field."""

from __future__ import annotations

import pytest

from perc_scapy.errors import DecodeError
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, Bits
from perc_scapy.layers.layout import layout_of
from perc_scapy.layers.steps import BitRun, FieldStep, steps_of
from tests.layers.toys import ToyBounded, ToyHello, ToyNumbers, ToyTagged


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
        steps_of(ToyOddBits.fields_desc)


def test_open_fields_know_what_stands_behind_them():
    sealed = next(step for step in layout_of(ToyTagged).steps if step.name == "sealed")
    assert [step.name for step in sealed.behind] == ["encrypted", "tag", "mki"]
    assert sealed.limit(ToyTagged(flags=0), b"\0" * 20, 1, 20) == 13
    assert sealed.limit(ToyTagged(flags=0x80), b"\0" * 20, 1, 20) == 11
    with pytest.raises(DecodeError):
        sealed.limit(ToyTagged(flags=0), b"\0" * 5, 1, 5)


def test_steps_of_conditional_fields():
    extensions = layout_of(ToyHello).steps[-1]
    assert isinstance(extensions, FieldStep)
    assert extensions.optional
    assert extensions.fixed_size() is None
    assert not extensions.present(ToyHello())
    assert extensions.present(ToyHello(extensions=[]))


def test_a_region_ends_where_its_count_says_or_the_octets_do():
    value = layout_of(ToyBounded).steps[1]
    assert value.limit(ToyBounded(size=3), bytes(9), 1, 9) == 4
    assert value.limit(ToyBounded(size=3), bytes(9), 1, 2) == 2
