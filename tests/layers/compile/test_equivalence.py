# SPDX-License-Identifier: GPL-2.0-only
"""Compiled codec and Scapy layer are one definition: they agree on valid, cut, extended and random octets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scapy.packet import Packet

from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers import DTLSTunnelMessage, TunnelMessage
from perc_scapy.layers.compile import Record, decode, encode
from perc_scapy.layers.layout import layout_of
from tests.layers.strategies import damaged, records
from tests.layers.test_declarative import layer_classes
from tests.layers.toys import TOYS, ToyExtensionBlock, ToyRtp

LAYERS = [DTLSTunnelMessage, TunnelMessage, *TOYS]
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def same(shown: Any, strict: Any) -> bool:
    """Is what Scapy shows the value that the decoder returned?"""
    if isinstance(strict, Record):
        layout = layout_of(strict.layer)
        return type(shown) is strict.layer and all(
            same(shown.fields.get(name), getattr(strict, name)) for name in layout.fields
        )
    if isinstance(strict, tuple):
        return len(shown) == len(strict) and all(map(same, shown, strict))
    return (bytes(shown) if isinstance(shown, Packet) else shown) == strict


def attempt(cls: Any, octets: bytes) -> Record | DecodeError:
    """What strict decoding says."""
    try:
        return decode(cls, octets)
    except DecodeError as error:
        return error


def agree(cls: Any, octets: bytes) -> bool:
    """Assert that both readings of the octets say the same; True when they are accepted."""
    packet, strict = cls(octets), attempt(cls, octets)
    assert bytes(packet) == octets
    assert packet.show(dump=True)
    assert packet.summary()
    if isinstance(strict, DecodeError):
        assert packet.faults(), f"refused ({strict}), but shown as good"
        assert strict.offset is not None
        assert 0 <= strict.offset <= len(octets)
        return False
    assert packet.faults() == ()
    assert same(packet, strict)
    assert encode(strict) == octets == encode(packet)
    return True


def valid(cls: Any, data: Any) -> bytes:
    """Octets of a drawn message; draws with keys that do not fit their profile are thrown away."""
    return encoded(data.draw(records(cls)))


def encoded(made: Record) -> bytes:
    try:
        return encode(made)
    except EncodeError as error:
        assume("profile 0x" not in str(error))
        raise


@pytest.mark.req("T00-WIRE-09")
@pytest.mark.parametrize("cls", LAYERS)
@FEW
@given(st.data())
def test_valid_octets(cls, data):
    assert agree(cls, valid(cls, data))


@pytest.mark.parametrize("cls", LAYERS)
@FEW
@given(st.data())
def test_damaged_octets(cls, data):
    agree(cls, data.draw(damaged(valid(cls, data))))


@pytest.mark.parametrize("cls", LAYERS)
@FEW
@given(octets=st.binary(max_size=120))
def test_random_octets(cls, octets):
    agree(cls, octets)


@pytest.mark.parametrize("cls", LAYERS)
@FEW
@given(st.data())
def test_records_come_back(cls, data):
    made = data.draw(records(cls))
    octets = encoded(made)
    back = decode(cls, octets)
    assert encode(back) == octets
    # Padding to whole words becomes part of what it pads, the only change that a round trip makes.
    if cls not in (ToyExtensionBlock, ToyRtp):
        assert back == made


@pytest.mark.parametrize("cls", [c for c in layer_classes() if c.fields_desc])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_layer_of_the_package(cls, data):
    agree(cls, data.draw(st.binary(max_size=60)))
    try:
        octets = encode(data.draw(records(cls)))
    except EncodeError:
        return  # a drawn message may break a rule across fields
    assert agree(cls, octets)
    agree(cls, data.draw(damaged(octets)))
