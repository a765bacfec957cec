# SPDX-License-Identifier: GPL-2.0-only
"""Functions under construction, and how fixed parts are put together."""

from __future__ import annotations

from perc_scapy.layers import DTLSTunnelMessage
from perc_scapy.layers.compile.source import Batch, Source, batches, is_fixed_octets, variable
from perc_scapy.layers.layout import layout_of
from tests.layers.toys import ToyNumbers


def test_a_function_is_built():
    source = Source("double(value)", "test")
    limit = source.bind(10, "limit")
    with source.block(f"if value > {limit}:"):
        source.add("return None")
    source.add("return 2 * value")
    double = source.build("double")
    assert (double(4), double(11)) == (8, None)
    assert double.__code__.co_filename == "<compiled test>"


def test_neighbours_of_fixed_size_are_one_batch():
    first, *others = batches(layout_of(DTLSTunnelMessage).steps)
    assert isinstance(first, Batch)
    assert first.size == 35
    assert first.struct.format == ">BB16s16sB"
    assert first.places()[3] == ("conference_id", 18, 16)
    assert [step.name for step in others] == ["body", "dtls_message"]
    assert [is_fixed_octets(step) for step in first.steps] == [False, False, True, True, False]


def test_odd_widths_are_unpacked_in_halves():
    (batch,) = batches(layout_of(ToyNumbers).steps)
    assert batch.struct.format == ">BHHBIHIQBHHB5sB"
    assert variable("class") == "v_class"
