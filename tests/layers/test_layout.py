# SPDX-License-Identifier: GPL-2.0-only
"""How a definition is taken apart: what counts, selects, copies and announces what."""

from __future__ import annotations

from perc_scapy.layers import TunnelMessage
from perc_scapy.layers.layout import layout_of
from tests.layers.toys import ToyElement, ToyHandshake, ToyKey, ToyRtp


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
