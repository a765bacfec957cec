# SPDX-License-Identifier: GPL-2.0-only
"""A message on the wire, and the keys in it."""

from __future__ import annotations

from perc_scapy.conform.subject.wire import RawKeys, WireMessage
from perc_scapy.dtls.record import encode_record

HELLO = encode_record(22, 0, b"\x01" + bytes(20))
FINISHED = encode_record(22, 1 << 48, b"\x01sealed")


def test_records_and_handshake_types_are_those_in_clear() -> None:
    message = WireMessage(1, 0.0, True, 0, b"", dtls=HELLO + FINISHED)
    assert [r.number for r in message.records] == [0, 1 << 48]
    assert message.handshake_types == {1}
    assert message.has_client_hello
    assert not WireMessage(1, 0.0, True, 0, b"").has_client_hello


def test_lengths_that_are_due() -> None:
    assert RawKeys(0x000A, b"", b"", b"", b"").due == (32, 32, 12, 12)
    assert RawKeys(0x0001, b"", b"", b"", b"").due == (16, 16, 14, 14)
    assert RawKeys(0x7777, b"", b"", b"", b"").due is None


def test_keys_do_not_show_themselves() -> None:
    keys = RawKeys(9, b"secret-secret-12", b"secret-secret-34", b"", b"")
    assert "secret" not in repr(keys)
    assert "secret" not in repr(WireMessage(1, 0.0, True, 0, b"secret", keys=keys))
