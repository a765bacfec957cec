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
