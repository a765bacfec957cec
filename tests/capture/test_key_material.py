# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of a capture for its keys, and that there is a bound to it."""

from __future__ import annotations

import pytest

from perc_scapy.capture import key_material
from perc_scapy.capture.key_material import KeyMaterial
from perc_scapy.pcap.packets import Address, Datagram, Segment
from tests.capture.handmade import HandmadeConference, three_flows

ENDS = Address("192.0.2.1", 1), Address("192.0.2.2", 443)


def taken(talk: HandmadeConference) -> KeyMaterial:
    material = KeyMaterial()
    for datagram in talk.trace:
        material.add(datagram)
    return material


def segment(number: int, flow: int = 0) -> Segment:
    return Segment(number, 0.0, Address("192.0.2.1", flow), ENDS[1], number, 0, 0x18, bytes(100))


def test_media_leave_only_their_fields() -> None:
    talk = three_flows()
    material = taken(talk)
    dtls = [d for d in talk.trace if 20 <= d.data[0] < 64]
    assert material.kept == dtls
    assert 0 < len(material.fields) < len(talk.trace) - len(dtls)
    analysis = material.analysis(talk.keylog())
    assert (len(analysis.tunnels), len(analysis.associations)) == (1, 3)
    reader, late = material.openers(analysis)
    media = [m for d in talk.trace if (m := reader.read(d)) is not None]
    closed = [m for m in media if m.opened.plain is None]
    for m in closed:
        late.open(m)
    assert closed
    assert all(m.opened.late for m in closed)


def test_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = three_flows()
    full = taken(talk)
    monkeypatch.setitem(key_material.BUDGETS, "application data", 1000)
    monkeypatch.setattr(key_material, "MAX_FIELDS", 1)
    small = taken(talk)
    assert not small.analysis(talk.keylog()).tunnels  # their records are application data
    assert small.left_out > 0
    assert len(small.kept) + small.left_out == len(full.kept)
    assert len(small.fields) == 1


def test_one_long_tcp_connection_does_not_use_up_what_others_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_material, "FLOW_BUDGET", 5 * (100 + key_material.OBJECT_COST))
    monkeypatch.setattr(key_material, "MAX_FLOWS", 2)
    material = KeyMaterial()
    for number in range(50):
        material.add(segment(number))
    material.add(segment(99, flow=1))
    material.add(segment(100, flow=2))
    assert [s.number for s in material.kept] == [0, 1, 2, 3, 4, 99]
    assert material.left_out == 46


def test_what_only_looks_like_a_field_is_nothing() -> None:
    material = KeyMaterial()
    for data in (b"\x80\x00\x02", b"\x80", b"", b"\x80\xc9" + bytes(9) + b"\x02", bytes(20)):
        material.add(Datagram(1, 0.0, *ENDS, data))
    assert not material.fields
    assert not material.kept
