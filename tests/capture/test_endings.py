# SPDX-License-Identifier: GPL-2.0-only
"""Alerts as steps."""

from perc_scapy.capture.endings import alert_text, ending_steps
from tests.capture.conversations import observed, recorded


def test_both_sides_once() -> None:
    talk = recorded()
    talk.client.close(0.0)
    last = [("client", bytes(d)) for d in talk.client.datagrams_to_send(0.0)]
    log = [*talk.log, *last, *last]
    (session,) = observed(log, talk.keylog).sessions
    (step,) = ending_steps(session, "A", "MDD", "Tunnel({})")
    assert (step.src, step.dst, step.message) == ("A", "MDD", "Tunnel(close_notify)")
    assert step.packet == len(talk.log) + 1


def test_sealed_alerts_are_not_told() -> None:
    talk = recorded()
    talk.client.close(0.0)
    log = talk.log + [("client", bytes(d)) for d in talk.client.datagrams_to_send(0.0)]
    (session,) = observed(log).sessions
    assert list(ending_steps(session, "A", "MDD")) == []


def test_words() -> None:
    assert alert_text(b"\1\0") == "close_notify"
    assert alert_text(b"\2\x28") == "fatal handshake_failure"
    assert alert_text(b"\2\xff") == "fatal alert 255"
