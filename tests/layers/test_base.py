# SPDX-License-Identifier: GPL-2.0-only
"""Layers behave like Scapy packets, and no input makes them raise."""

from __future__ import annotations

import contextlib
import io
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.config import conf
from scapy.packet import Packet, Raw, bind_layers, fuzz, ls, split_layers

from perc_scapy.layers import DTLSTunnelMessage, Empty, Malformed, SupportedProfiles, TunnelMessage
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import LAYERS, U8
from tests.layers.toys import TOYS, ToyBounded, ToyHello
from tests.layers.vectors import V00_E, V00_K, V00_P

LAYERS_HERE = [DTLSTunnelMessage, TunnelMessage, *TOYS]


class ToyHead(PercPacket):
    fields_desc = (U8("next", 0),)


class Angry(Packet):
    """A layer of somebody else that raises on everything."""

    fields_desc = []  # noqa: RUF012  as Scapy layers are written

    def do_dissect(self, s: bytes) -> bytes:
        raise RuntimeError("no")


@pytest.mark.req("T00-KMF-18")
@pytest.mark.parametrize("cls", LAYERS_HERE)
@settings(max_examples=40, deadline=None)
@given(octets=st.binary(max_size=300))
def test_dissection_is_total(cls, octets):
    packet = cls(octets)
    assert bytes(packet) == octets
    assert bytes(packet.copy()) == octets
    for text in (packet.show(dump=True), packet.summary(), repr(packet), packet.command()):
        assert isinstance(text, str)
    packet.build_ps()
    packet.hashret()


def test_no_octets_are_not_no_input():
    empty = DTLSTunnelMessage(b"")
    assert bytes(empty) == b""
    assert empty.faults()[0].reason == "needs 1 octets, 0 left"
    assert "absent" in empty.show(dump=True)
    assert len(bytes(DTLSTunnelMessage())) == 37
    assert bytes(Empty(b"")) == b""


def test_a_cut_message_shows_what_was_there():
    packet = DTLSTunnelMessage(V00_E[:20])
    assert packet.association_id == V00_E[2:18]
    assert isinstance(packet.conference_id, Malformed)
    assert bytes(packet.conference_id) == V00_E[18:20]
    assert packet.type.absent
    assert "needs 16 octets, 2 left" in packet.show(dump=True)
    assert packet.summary().count("malformed") == 1


def test_a_cut_message_can_be_changed_and_built():
    packet = DTLSTunnelMessage(V00_E[:20])
    packet.version_minor = 7
    assert bytes(packet) == b"\x01\x07" + V00_E[2:20]


def test_changes_inside_reach_the_octets():
    packet = DTLSTunnelMessage(V00_P)
    packet.body.profiles.append(7)
    assert DTLSTunnelMessage(bytes(packet)).body.profiles == [9, 10, 7]
    packet.dtls_message = b"new"
    assert bytes(packet).endswith(b"\0\3new")


def test_a_layer_equals_its_octets():
    assert DTLSTunnelMessage(V00_K) == V00_K
    assert DTLSTunnelMessage(V00_K) == DTLSTunnelMessage(V00_K)
    assert DTLSTunnelMessage(V00_K) != DTLSTunnelMessage(V00_P)
    assert DTLSTunnelMessage(V00_K) != V00_P


@pytest.mark.parametrize("cls", LAYERS_HERE)
def test_random_packets_of_every_layer(cls):
    random.seed(7)
    for _ in range(25):
        octets = bytes(fuzz(cls()))
        assert bytes(cls(octets)) == octets


@pytest.mark.parametrize("cls", LAYERS_HERE)
def test_command_makes_the_same_packet(cls):
    random.seed(8)
    for _ in range(10):
        packet = cls(bytes(fuzz(cls())))
        names = {**LAYERS, "Raw": Raw, "Malformed": Malformed}
        assert bytes(eval(packet.command(), names)) == bytes(packet)


def test_pickled_and_back():
    assert pickle.loads(pickle.dumps(DTLSTunnelMessage(V00_K))) == V00_K


def test_listing_and_dumping():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        ls(ToyHello)
        ls(ToyHello(suites=[1]))
        ToyHello(suites=[1]).show()
        ToyHello(suites=[1]).show2()
    assert "suites" in out.getvalue()
    octets, rows = DTLSTunnelMessage(V00_P).build_ps()
    assert octets == V00_P
    assert b"".join(part for _, _, part in rows[-1][1]) == V00_P


def test_layers_are_bound_as_usual():
    bind_layers(ToyHead, ToyBounded, next=1)
    try:
        packet = ToyHead(b"\x01\x02ab")
        assert packet[ToyBounded].value == b"ab"
        assert bytes(ToyHead() / ToyBounded(value=b"ab")) == b"\x01\x02ab"
        assert packet.summary() == "ToyHead / ToyBounded"
    finally:
        split_layers(ToyHead, ToyBounded, next=1)
    assert ToyHead(b"\x01\x02ab")[Raw].load == b"\x02ab"


def test_a_raising_layer_behind_ours_becomes_octets():
    bind_layers(ToyHead, Angry, next=2)
    before, conf.debug_dissector = conf.debug_dissector, True
    try:
        assert ToyHead(b"\x02xy")[Raw].load == b"xy"
    finally:
        conf.debug_dissector = before
        split_layers(ToyHead, Angry, next=2)


def test_json_for_reports_has_no_secrets():
    text = DTLSTunnelMessage(V00_K).json()
    assert "hidden" in text
    assert "\\u0011" not in text


def test_layers_are_known_by_name():
    assert LAYERS["SupportedProfiles"] is SupportedProfiles
