# SPDX-License-Identifier: GPL-2.0-only
"""Records from values and from packets."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ProtectionProfile
from perc_scapy.errors import EncodeError
from perc_scapy.layers import DTLSTunnelMessage, SupportedProfiles, TunnelMessage
from perc_scapy.layers.compile import decode, from_packet, record
from tests.layers.toys import (
    ToyElement,
    ToyExtensionBlock,
    ToyHandshake,
    ToyHello,
    ToyList,
    ToyRandom,
    ToyReport,
    ToyRtp,
)
from tests.layers.vectors import V00_P


def test_values_become_plain():
    made = record(SupportedProfiles, profiles=[ProtectionProfile(9), 10], srtp_mki=bytearray(b"m"))
    assert made.profiles == (9, 10)
    assert type(made.srtp_mki) is bytes
    assert record(DTLSTunnelMessage, type="supported_profiles").type == 1


def test_packets_become_records():
    body = SupportedProfiles(profiles=[9])
    assert record(DTLSTunnelMessage, body=body).body == record(SupportedProfiles, profiles=[9])
    assert from_packet(DTLSTunnelMessage(V00_P)) == decode(DTLSTunnelMessage, V00_P)
    with pytest.raises(EncodeError):
        from_packet(SupportedProfiles())
    with pytest.raises(EncodeError):
        record(ToyList, numbers=[ToyRandom(b"cut")])


def test_selector_and_body_give_each_other():
    assert record(ToyList, kind=1).body == record(ToyReport)
    assert record(ToyList, body=record(ToyReport)).kind == 1
    assert record(DTLSTunnelMessage).type == 0
    assert record(ToyExtensionBlock, data=b"1234").profile is None


def test_conditional_fields():
    assert record(ToyElement, id=0).data is None
    assert record(ToyElement, id=0).size == 0
    assert record(ToyElement, id=1).data == b"\0"
    assert record(ToyElement, id=1, data=b"ab").size == 1
    assert record(ToyHello).extensions is None
    assert record(ToyHello, extensions=[]).extensions == ()
    assert record(ToyRtp).block is None
    assert record(ToyRtp, extension=1).block == record(ToyExtensionBlock)


def test_lengths_that_copy():
    whole = record(ToyHandshake, body=record(ToyRandom, cookie=b"abc"))
    assert (whole.msg_type, whole.length, whole.fragment_length) == (2, 8, 8)


def test_what_cannot_be():
    with pytest.raises(EncodeError, match="has no field colour"):
        record(DTLSTunnelMessage, colour=1)
    with pytest.raises(EncodeError, match="does not count"):
        record(TunnelMessage, length=7, body=record(TunnelMessage, msg_type=2).body)
    for wrong in ({"association_id": 5}, {"type": "nonsense"}, {"type": b"x"}, {"body": 7.5}):
        with pytest.raises(EncodeError):
            record(DTLSTunnelMessage, **wrong)
    with pytest.raises(EncodeError):
        record(SupportedProfiles, profiles=5)
    with pytest.raises(EncodeError):
        record(SupportedProfiles, profiles=["x"])
