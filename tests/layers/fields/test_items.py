# SPDX-License-Identifier: GPL-2.0-only
"""Lists: counted in octets, counted in items, up to the end."""

from __future__ import annotations

import random

import pytest
from scapy.packet import Raw, fuzz

from perc_scapy.errors import EncodeError
from perc_scapy.layers import Malformed
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, Counted, Opaque, RepeatToEnd, Size, Vector
from tests.layers.toys import ToyHello, ToyList, ToyRandom, ToyRtp


class ToyNothing(PercPacket):
    fields_desc = ()


class ToyHollow(PercPacket):
    """Items that take no octets must not be repeated for ever."""

    fields_desc = (RepeatToEnd("items", ToyNothing),)


class ToyPairs(PercPacket):
    fields_desc = (U8("pairs", None), Counted("values", U16(), count=Size("pairs", unit=2)))


def test_vector_counts_octets():
    vector = Vector("list", U16(), min=2, max=65535)
    assert vector.write(None, [9, 10]) == bytes.fromhex("00040009000a")
    assert vector.read(None, bytes.fromhex("00040009000a"), 0, 6) == ([9, 10], 6)
    assert "at least 2" in vector.check([])
    assert Vector("list", U8(), max=2).check([1, 2, 3]) == "has 3 octets, at most 2 are allowed"


def test_half_an_item_is_kept_and_shown():
    packet = ToyHello(b"\0" + b"\0\3" + b"\0\x09\0" + b"\1\0" + bytes(5))
    assert packet.suites == [9, Malformed(b"\0", "incomplete item: needs 2 octets, 1 left")]
    assert "incomplete item" in packet.faults()[0].reason


def test_lists_of_octet_strings_and_tokens():
    packet = ToyHello(suites=[1], methods=[0], names=[b"a", b"bcd"], tokens=[b"abc"])
    octets = bytes(packet)
    assert bytes.fromhex("000006" + "0161" + "03626364") in octets
    again = ToyHello(octets)
    assert (again.names, again.tokens) == ([b"a", b"bcd"], [b"abc"])
    assert ToyHello(bytes(ToyHello(suites=[1], methods=[0], names=[b""]))).faults()[0].reason == (
        "item 0: has 0 octets, at least 1 are required"
    )


def test_a_list_can_be_appended_to():
    packet = ToyHello()
    packet.suites.append(5)
    packet.suites.append(6)
    assert packet.suites == [5, 6]
    assert ToyHello().suites == []
    packet.methods = 7
    assert ToyHello(bytes(packet)).methods == [7]


def test_packets_in_lists():
    packet = ToyList(numbers=[ToyRandom(cookie=b"a"), ToyRandom(cookie=b"bc")])
    again = ToyList(bytes(packet))
    assert [item.cookie for item in again.numbers] == [b"a", b"bc"]
    again.numbers[0].cookie = b"longer"
    assert ToyList(bytes(again)).numbers[0].cookie == b"longer"
    cut = ToyList(b"\0\7" + bytes(5) + b"ab")
    assert [type(item) for item in cut.numbers] == [ToyRandom, ToyRandom]
    assert cut.faults()[0].path == "ToyList.numbers[1].random"


def test_counted_items():
    octets = bytes(ToyRtp(csrc=[1, 2, 3]))
    assert octets[0] & 15 == 3
    assert ToyRtp(octets).csrc == [1, 2, 3]
    cut = ToyRtp(octets[:8])
    assert "announces 3 for csrc, 1 found" in "".join(fault.reason for fault in cut.faults())
    assert bytes(ToyPairs(values=[1, 2, 3, 4]))[0] == 2
    with pytest.raises(EncodeError):
        bytes(ToyPairs(values=[1, 2, 3]))


def test_items_without_octets_end():
    packet = ToyHollow(b"abc")
    assert isinstance(packet.items[0], Raw)
    assert len(packet.items) == 1
    assert bytes(packet) == b"abc"
    assert packet.faults()


def test_random_lists():
    random.seed(1)
    lengths = {len(ToyHello(bytes(fuzz(ToyHello()))).suites) for _ in range(60)}
    assert len(lengths) > 2
    names = [name for _ in range(30) for name in ToyHello(bytes(fuzz(ToyHello()))).names]
    assert len({len(name) for name in names}) > 5


def test_items_are_shown_by_their_own_field():
    assert Vector("x", Opaque(max=255), max=255).text([b"\x01"]) == "[01]"
