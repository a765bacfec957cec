# SPDX-License-Identifier: GPL-2.0-only
"""Other readings of a tunnel message are told apart."""

from __future__ import annotations

import pytest

from perc_scapy.explain.tunnel import explain_tunnel_message

HVR = bytes.fromhex("16feff000000000000000000170300000b000000000000000bfeff080102030405060708")
ASSOCIATION = bytes.fromhex("a0a1a2a3a4a546a788a9aaabacadaeaf")
CONFERENCE = bytes.fromhex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf")
DTLS = len(HVR).to_bytes(2, "big") + HVR
IDS = b"\x01\x00" + ASSOCIATION + CONFERENCE


def keys(prefix: int, key: int = 16, salt: int = 12) -> bytes:
    parts = [b"\x11" * key, b"\x22" * key, b"\x33" * salt, b"\x44" * salt]
    return b"".join(len(part).to_bytes(prefix, "big") + part for part in parts)


RIGHT = {
    "empty": IDS + b"\0" + DTLS,
    "profiles": IDS + b"\1\0\4\0\x09\0\x0a\0" + DTLS,
    "keys": IDS + b"\2\0\x09" + keys(2) + DTLS,
    "no DTLS": IDS + b"\0\0\0",
}
READINGS = {
    "short list prefix": (
        IDS + b"\1\4\0\x09\0\x0a\0" + DTLS,
        "length of the profile list has one octet",
    ),
    "short key prefixes": (
        IDS + b"\2\0\x09" + keys(1) + DTLS,
        "lengths of keys and salts have one octet",
    ),
    "two profiles": (IDS + b"\2\0\x09\0\x0a" + keys(2) + DTLS, "two profiles"),
    "two prefixes": (IDS + b"\1\0\6\0\4\0\x09\0\x0a\0" + DTLS, "two length prefixes"),
    "no MKI": (IDS + b"\1\0\4\0\x09\0\x0a" + DTLS, "no MKI"),
    "DTLS first": (
        IDS + b"\1" + DTLS + b"\0\4\0\x09\0\x0a\0",
        "DTLS message stands before the body",
    ),
    "two messages": (RIGHT["empty"] * 2, "two tunnel messages"),
    "goes on": (RIGHT["profiles"][:-9], "goes on in the next record"),
    "no records": (
        IDS + b"\0" + (len(HVR) - 13).to_bytes(2, "big") + HVR[13:],
        "handshake messages without their records",
    ),
    "full keys": (IDS + b"\2\0\x09" + keys(2, 32, 24) + DTLS, "inner halves included"),
    "other lengths": (IDS + b"\2\0\x0a" + keys(2) + DTLS, "not those of the profile"),
    "no conference": (
        b"\x01\x00" + ASSOCIATION + b"\1\0\4\0\x09\0\x0a\0" + DTLS,
        "no conference id",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_messages_need_no_other_reading(name: str) -> None:
    outcome = explain_tunnel_message(RIGHT[name])
    assert outcome.found
    assert not outcome.deviations


@pytest.mark.parametrize("name", READINGS)
def test_reading(name: str) -> None:
    content, words = READINGS[name]
    outcome = explain_tunnel_message(content)
    assert outcome.found
    assert words in outcome.deviations[0].name
    assert len(outcome.deviations) == 1
    assert outcome.deviations[0].clause
    assert "AMB-" not in outcome.deviations[0].clause


@pytest.mark.parametrize("size", [0, 1, 34, 36, 60])
def test_what_fits_no_reading(size: int) -> None:
    assert not explain_tunnel_message(RIGHT["keys"][:size]).found
