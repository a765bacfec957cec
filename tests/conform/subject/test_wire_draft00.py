# SPDX-License-Identifier: GPL-2.0-only
"""draft-00 messages read as far as they go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.conform.subject.wire import WireMessage
from perc_scapy.conform.subject.wire_draft00 import read_untrusted
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import RefusedMessage
from tests.conform.planted.edits import key_body, message

ID = bytes(range(16))
DTLS = b"\x16\xfe\xfd" + bytes(8) + b"\x00\x01\x00"
KEYS = key_body(9, bytes(16), bytes(range(16)), bytes(12), bytes(range(12)))


def read(raw: bytes) -> WireMessage:
    found = WireMessage(1, 0.0, True, 0, raw)
    read_untrusted(found)
    return found


def test_good_ones_of_each_type() -> None:
    assert read(message(ID, DTLS)).dtls == DTLS
    assert read(message(ID, DTLS, 1, b"\x00\x04\x00\x09\x00\x0a\x00")).profiles == (9, 10)
    found = read(message(ID, DTLS, 2, KEYS))
    assert found.keys is not None
    assert found.keys.lengths == found.keys.due == (16, 16, 12, 12)
    assert found.fault is None
    assert found.association_id == ID


@pytest.mark.parametrize(
    ("raw", "clause"),
    [
        (b"", "T00-WIRE-02"),
        (b"\x01\x00" + bytes(32), "T00-WIRE-02"),
        (b"\x02" + message(ID, DTLS)[1:], "T00-WIRE-01"),
        (message(ID, DTLS, 7), "T00-WIRE-03"),
        (message(ID, DTLS) + b"\x00", "T00-WIRE-04"),
        (message(ID, DTLS)[:-1], "T00-WIRE-04"),
        (message(ID, DTLS, 1, b"\x00\x03\x00\x09\x00\x00"), "T00-WIRE-05"),
        (message(ID, b"", 1, b"\x00\x02\x00\x09\xff"), "T00-WIRE-06"),
        (message(ID, DTLS, 2, KEYS[:10]), "T00-WIRE-07"),
    ],
)
def test_the_clause_that_a_bad_one_breaks(raw: bytes, clause: str) -> None:
    fault = read(raw).fault
    assert fault is not None
    assert fault.id == clause
    assert fault.text


def test_full_keys_are_read_that_the_roles_refuse() -> None:
    body = key_body(9, bytes(32), bytes(32), bytes(24), bytes(24))
    found = read(message(ID, DTLS, 2, body))
    assert found.fault is None
    assert found.keys is not None
    assert found.keys.lengths == (32, 32, 24, 24)
    assert "0000" not in repr(found.keys).replace("0x0009", "")


@given(st.binary(max_size=200), st.integers(0, 3))
def test_any_octets(tail: bytes, kind: int) -> None:
    """Never raises, and faults nothing that the roles' codec takes."""
    raw = message(ID, b"", kind)[:35] + tail
    found = read(raw)
    try:
        TUNNEL_VERSIONS["draft00"].decode(raw, "kmf" if kind == 2 else "mdd")
        reason = None
    except RefusedMessage as refusal:
        reason = refusal.reason
    lengths = reason in ("key_length", "unknown_profile")
    assert lengths or (found.fault is None) == (reason is None)
