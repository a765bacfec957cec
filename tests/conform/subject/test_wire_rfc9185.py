# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 messages read as far as they go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.conform.subject.wire import WireMessage
from perc_scapy.conform.subject.wire_rfc9185 import read_untrusted

ID = bytes(range(16))


def read(raw: bytes) -> WireMessage:
    found = WireMessage(1, 0.0, True, 0, raw)
    read_untrusted(found)
    return found


def test_the_example_of_the_rfc() -> None:
    found = read(bytes.fromhex("0100070000040009000a"))
    assert (found.fault, found.profiles, found.version) == (None, (9, 10), b"\0")


def test_the_other_types() -> None:
    assert read(b"\x02\x00\x01\x03").version == b"\x03"
    assert read(b"\x04\x00\x13" + ID + b"\x00\x01x").dtls == b"x"
    assert read(b"\x05\x00\x10" + ID).association_id == ID
    fields = b"".join(bytes((n,)) + bytes(n) for n in (16, 16, 12, 12))
    found = read(b"\x03" + (19 + len(fields)).to_bytes(2, "big") + ID + b"\x00\x09\x00" + fields)
    assert found.keys is not None
    assert (found.keys.profile, found.keys.lengths, found.mki) == (9, (16, 16, 12, 12), b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x01\x00", b"\x01\x00\x08\x00\x00\x04\x00\x09\x00\x0a", b"\x01\x00\x03\x00\x00\x00", b"\x00\x00\x00",
        b"\x06\x00\x00", b"\x05\x00\x0f" + bytes(15), b"\x05\x00\x11" + bytes(17), b"\x04\x00\x12" + ID + b"\x00\x00",
    ],
)  # fmt: skip
def test_bad_ones(raw: bytes) -> None:
    fault = read(raw).fault
    assert fault is not None
    assert fault.id == "R9185-WIRE-01"


@given(st.binary(max_size=120))
def test_any_octets(raw: bytes) -> None:
    read(raw)
