# SPDX-License-Identifier: GPL-2.0-only
"""What leaves an engine."""

from __future__ import annotations

from perc_scapy.codes import HandshakeType
from perc_scapy.dtls.outbound import PROVOKED_INTERVAL, PROVOKED_LIMIT, Outbound
from perc_scapy.dtls.record import split_records
from perc_scapy.dtls.transcript import Transcript
from tests.dtls.pairs import client_config


def outbound(**options) -> Outbound:
    return Outbound(client_config(1, **options), Transcript())


def test_messages_are_numbered_and_hashed_as_they_are_sent():
    transcript = Transcript()
    out = Outbound(client_config(1, tamper=lambda kind, body: body + b"!"), transcript)
    out.queue(HandshakeType.CERTIFICATE, b"one")
    out.queue(HandshakeType.SERVER_HELLO_DONE, b"two")
    assert out.drain() == []
    out.send_flight(0.0)
    (datagram,) = out.drain()
    records, _ = split_records(datagram)
    assert b"".join(r.fragment for r in records) == transcript.octets()
    assert [r.fragment[4:6] + r.fragment[12:] for r in records] == [b"\0\0one!", b"\0\1two!"]
    assert out.sequence == 2


def test_final_flight_has_no_timer():
    out = outbound()
    out.queue(1, b"x")
    out.send_flight(0.0)
    assert out.timer.deadline == 1.0
    out.queue(1, b"y")
    out.send_flight(0.5, final=True)
    assert out.timer.deadline is None
    out.drain()
    out.provoke(100.0)
    assert out.drain() == []


def test_provocation_is_limited_in_rate_and_number():
    out = outbound()
    out.queue(1, b"x")
    out.send_flight(0.0)
    out.drain()
    out.provoke(PROVOKED_INTERVAL - 0.01)
    assert out.drain() == []
    for number in range(1, PROVOKED_LIMIT + 3):
        out.provoke(float(number))
    assert len(out.drain()) == PROVOKED_LIMIT


def test_stop_keeps_what_is_packed():
    out = outbound()
    out.queue(1, b"x")
    out.send_flight(0.0)
    out.alert(2, 40)
    out.stop()
    assert len(out.drain()) == 2
    assert out.timer.deadline is None
    out.transmit(1.0)
    assert out.drain() == []


def test_tampering():
    """Leave out, change, replace by several."""
    changes = {1: None, 2: b"other", 3: [(3, b"one"), (99, b"two")]}
    out = outbound(tamper=lambda kind, body: changes[kind])
    for kind in changes:
        out.queue(kind, b"body")
    out.send_flight(0.0)
    fragments = [r.fragment for d in out.drain() for r in split_records(d)[0]]
    assert [(f[0], f[12:]) for f in fragments] == [(2, b"other"), (3, b"one"), (99, b"two")]
    assert out.sequence == 3


def test_message_outside_flights():
    out = outbound()
    out.send_message(24, b"x")
    (datagram,) = out.drain()
    assert datagram[13:].hex() == "18" + "000001" + "0000" + "000000" + "000001" + "78"
    assert out.sequence == 1
