# SPDX-License-Identifier: GPL-2.0-only
"""Bodies by selector, conditional fields, optional tails."""

from __future__ import annotations

import random

import pytest
from scapy.packet import Raw, fuzz

from perc_scapy.errors import DecodeError
from perc_scapy.layers.compile import decode
from perc_scapy.layers.fields import AUTO
from tests.layers.toys import (
    ToyDatagram,
    ToyElement,
    ToyElements,
    ToyExtension,
    ToyExtensionBlock,
    ToyHandshake,
    ToyHello,
    ToyList,
    ToyMessages,
    ToyRandom,
    ToyRecord,
    ToyReport,
    ToyRtp,
    ToyWrapped,
)


def test_selector_and_body_give_each_other():
    assert bytes(ToyList(body=ToyReport()))[2] == 1
    assert type(ToyList(kind=1).body) is ToyReport
    assert type(ToyList().body) is ToyRandom
    assert ToyList().getfieldval("body") is AUTO
    packet = ToyList()
    packet.body = None
    assert bytes(packet) == bytes(ToyList())


def test_unknown_selector_without_a_size():
    packet = ToyList(b"\0\0\x09rest")
    assert "kind 9 has no defined body" in packet.faults()[0].reason
    assert bytes(packet) == b"\0\0\x09rest"


def test_unknown_selector_with_octets():
    octets = bytes.fromhex("0063" + "0003" + "616263")
    packet = ToyExtension(octets)
    assert packet.data == b"abc"
    assert packet.faults() == ()
    assert bytes(ToyExtension(type=0x63, data=b"abc")) == octets


def test_two_selectors():
    handshake = ToyRecord(bytes(ToyRecord(content=ToyMessages(messages=[ToyHandshake()]))))
    assert type(handshake.content) is ToyMessages
    sealed = ToyRecord(bytes(ToyRecord(epoch=1, content=b"sealed")))
    assert sealed.content == b"sealed"
    assert decode(ToyRecord, bytes(sealed)).content == b"sealed"


def test_body_only_while_a_condition_holds():
    whole = ToyHandshake(bytes(ToyHandshake(body=ToyRandom(cookie=b"c"))))
    assert whole[ToyRandom].cookie == b"c"
    assert whole.length == whole.fragment_length == 6
    part = ToyHandshake(msg_type=2, length=100, fragment_offset=10, body=b"abc")
    again = ToyHandshake(bytes(part))
    assert (again.body, again.fragment_length, again.faults()) == (b"abc", 3, ())
    assert decode(ToyHandshake, bytes(part)).body == b"abc"


def test_octets_left_over_in_a_sized_body():
    packet = ToyHandshake(bytes.fromhex("02 000007 0000 000000 000007 61626364 00 7879"))
    assert packet.body[Raw].load == b"xy"
    assert packet.faults()[0].reason == "2 octets left over"
    with pytest.raises(DecodeError, match="2 octets left over"):
        decode(ToyHandshake, bytes(packet))


def test_body_up_to_a_field_at_the_end():
    packet = ToyWrapped(bytes(ToyWrapped(body=ToyReport(rest=b"abcd"), checksum=0x0102)))
    assert (packet.type, packet.body.rest, packet.checksum) == (2, b"abcd", 0x0102)


def test_present_while_its_condition_holds():
    assert bytes(ToyElement(id=0)) == b"\0"
    assert bytes(ToyElement(id=3, data=b"abc")) == b"\x32abc"
    assert "data" not in ToyElement(b"\0").fields
    assert "data" not in ToyElement(b"\0").show(dump=True)
    assert ToyElement(b"\x32abc").data == b"abc"


def test_a_flag_that_announces_its_part():
    block = ToyExtensionBlock(data=ToyElements(elements=[ToyElement(id=1, data=b"ab")]))
    octets = bytes(ToyRtp(block=block))
    assert octets[0] & 0x10
    assert octets[4:12].hex() == "bede000111616200"
    packet = ToyRtp(octets)
    assert [element.id for element in packet.block.data.elements] == [1, 0]
    assert not bytes(ToyRtp())[0] & 0x10


def test_optional_tail():
    without = ToyHello(suites=[1], methods=[0])
    assert ToyHello(bytes(without)).extensions is None
    with_none = ToyHello(suites=[1], methods=[0], extensions=[])
    assert bytes(with_none) == bytes(without) + b"\0\0"
    assert ToyHello(bytes(with_none)).extensions == []
    one = ToyHello(suites=[1], methods=[0], extensions=[ToyExtension(data=ToyRandom())])
    assert ToyHello(bytes(one)).extensions[0].type == 5


def test_random_bodies_reach_every_case():
    random.seed(1)
    seen = {type(ToyList(bytes(fuzz(ToyList()))).body) for _ in range(40)}
    assert seen == {ToyRandom, ToyReport}


def test_copies_are_independent():
    packet = ToyDatagram(bytes(ToyDatagram(records=[ToyRecord(epoch=1, content=b"a")])))
    twin = packet.copy()
    twin.records[0].content = b"changed"
    assert packet.records[0].content == b"a"
