# SPDX-License-Identifier: GPL-2.0-only
"""Where parts end: the right way agrees with the project's readers, and no other way raises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.explain.octets import ends, insides
from perc_scapy.wire import peel_ekt

HEADER = bytes.fromhex("80600fa000000640feedc0de")


def test_the_right_end_comes_first() -> None:
    wire = HEADER + bytes(40) + b"\0"
    options = ends(wire, has_ekt=True)
    assert options[0].value == (peel_ekt(wire)[0], b"\0")
    assert options[0].right


def test_without_ekt_the_packet_is_whole() -> None:
    wire = HEADER + bytes(40)
    assert ends(wire, has_ekt=False)[0].value == (wire, b"")


@given(st.binary(max_size=120), st.booleans())
def test_every_end_is_inside_the_packet(wire: bytes, has_ekt: bool) -> None:
    for option in ends(wire, has_ekt=has_ekt):
        assert option.value.srtp == wire[: len(option.value.srtp)]


def test_ohb_puts_back_what_it_holds() -> None:
    inside = insides(HEADER, b"x" * 20 + bytes.fromhex("0f12340f"))[0].value
    assert inside.header[1:4] == b"\x8f\x12\x34"
    assert inside.body == b"x" * 20


@given(st.binary(max_size=60))
def test_no_payload_raises(payload: bytes) -> None:
    assert insides(HEADER, payload)
