# SPDX-License-Identifier: GPL-2.0-only
"""The head of a TLS record."""

import pytest

from perc_scapy.errors import DecodeError
from perc_scapy.layers.compile import decode
from perc_scapy.layers.tls import TLSRecord

ALERT = bytes.fromhex("15030300020100")


def test_a_record() -> None:
    found = decode(TLSRecord, ALERT)
    assert (found.type, found.version, found.length, found.content) == (21, 0x0303, 2, b"\1\0")
    packet = TLSRecord(ALERT)
    assert bytes(packet) == ALERT
    assert packet.summary() == "TLS ALERT 2 octets"
    assert bytes(TLSRecord(type="ALERT", content=b"\1\0")) == ALERT


@pytest.mark.parametrize("octets", [b"", ALERT[:4], ALERT[:6], ALERT + b"\0"])
def test_what_is_none(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(TLSRecord, octets)
    assert TLSRecord(octets).faults()
