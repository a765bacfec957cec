# SPDX-License-Identifier: GPL-2.0-only
"""DTLS in tunnel messages that have no effect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.capture.refused import carried_dtls
from perc_scapy.codes import HandshakeType

A, C = bytes(range(16)), bytes(16)
RECORD = bytes.fromhex("14fefd000000000000000000010 1".replace(" ", ""))
DRAFT = b"\1\0" + A + C


def vector(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("draft00", DRAFT + b"\0" + vector(RECORD)),
        ("draft00", b"\2\0" + A + C + b"\0" + vector(RECORD)),
        ("draft00", DRAFT + b"\1" + vector(b"\0\7") + b"\0" + vector(RECORD)),
        ("draft00", DRAFT + b"\2\0\x09" + 4 * vector(bytes(33)) + vector(RECORD)),
        ("rfc9185", b"\4" + vector(A + vector(RECORD))),
    ],
)
def test_cut(version: str, message: bytes) -> None:
    assert carried_dtls(version, message) == (A, RECORD)
    assert carried_dtls(version, message + b"\0") is None
    assert all(carried_dtls(version, message[:n]) is None for n in range(len(message)))


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("draft00", DRAFT + b"\x09" + vector(RECORD)),  # nobody knows that type
        ("draft00", DRAFT + b"\0" + vector(b"no DTLS")),
        ("rfc9185", b"\3" + vector(A + vector(RECORD))),
    ],
)
def test_left_alone(version: str, message: bytes) -> None:
    assert carried_dtls(version, message) is None


@given(st.sampled_from(["draft00", "rfc9185"]), st.binary(max_size=200))
def test_total(version: str, message: bytes) -> None:
    found = carried_dtls(version, message)
    assert found is None or found.dtls in message


def test_a_finished_beside_keys_that_are_refused() -> None:
    """tshark shows it as well: it follows the DTLS whatever stands in front of it."""
    from tests.capture.golden_captures import golden

    tunnel = golden("violation-full-double-key").tunnels[0]
    (refused,) = [seen for seen in tunnel.messages if seen.message is None]
    inside = [
        message.type
        for carrier in tunnel.associations.values()
        for session in carrier.flow.sessions
        for message in session.messages
        if message.packet == refused.packet
    ]
    assert inside == [HandshakeType.FINISHED]
