# SPDX-License-Identifier: GPL-2.0-only
"""What is wrong with a packet, and where."""

from __future__ import annotations

from perc_scapy.layers import DTLSTunnelMessage, Fault, TunnelMessage
from tests.layers.toys import ToyExtension, ToyHello, ToyList, ToyNumbers, ToyRandom
from tests.layers.vectors import V00_E, V00_K, V9185_S, V9185_T


def test_a_good_packet_has_no_faults():
    assert DTLSTunnelMessage(V00_K).faults() == ()


def test_faults_have_a_path_a_place_and_a_reason():
    (fault,) = TunnelMessage(V9185_S[:1] + b"\0\x08" + V9185_S[3:]).faults()
    assert fault == Fault("TunnelMessage.length", 1, "announces 8 for body, 7 found")
    assert str(fault) == "TunnelMessage.length: announces 8 for body, 7 found (at octet 1)"


def test_places_inside_lists_and_bodies():
    inner = ToyExtension(type=5, length=9, data=ToyRandom())
    octets = bytes(ToyHello(suites=[1], methods=[0], extensions=[ToyExtension(data=b""), inner]))
    packet = ToyHello(octets)
    paths = {fault.path: fault.offset for fault in packet.faults()}
    start = octets.index(bytes.fromhex("00050009"))
    assert paths["ToyHello.extensions[1].length"] == start + 2


def test_several_faults():
    packet = ToyNumbers(bytes(ToyNumbers(last=0, constant=1)) + b"xy")
    assert [fault.path.split(".")[-1] for fault in packet.faults()] == [
        "last",
        "constant",
        "ToyNumbers",
    ]
    assert packet.faults()[-1].reason == "2 octets left over"


def test_a_built_packet_is_judged_too():
    assert ToyList(kind=1, body=ToyRandom()).faults()[0].reason == "kind 1 asks for ToyReport"
    assert DTLSTunnelMessage(version_minor=3).faults()[0].path == "DTLSTunnelMessage.version_minor"


def test_notes_are_expert_knowledge_only():
    octets = V9185_T.replace(bytes.fromhex("46a788"), bytes.fromhex("16a788"))
    packet = TunnelMessage(octets)
    assert packet.faults() == ()
    assert any("not a version 4 UUID" in fault.reason for fault in packet.expert())


def test_carried_messages_are_not_judged_by_faults():
    packet = DTLSTunnelMessage(V00_E[:35] + b"\0\2\x16\xfe")
    assert packet.faults() == ()
    assert packet.expert()
