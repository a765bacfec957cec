# SPDX-License-Identifier: GPL-2.0-only
"""What records hold: alerts, cipher changes, ACKs, and plaintext by its content type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.packet import Raw

from perc_scapy.codes import ContentType
from perc_scapy.dtls.codec import encode_ack
from perc_scapy.layers.compile import decode
from perc_scapy.layers.dtls import (
    DTLSACK,
    DTLS10Handshakes,
    DTLSAlert,
    DTLSApplicationData,
    DTLSChangeCipherSpec,
    DTLSHandshakes,
    DTLSRecordNumber,
    dissect_plaintext,
)
from tests.layers.compile.test_equivalence import agree


def test_alerts_have_names():
    assert agree(DTLSAlert, b"\2\x28")
    assert DTLSAlert(b"\2\x28").summary() == "ALERT FATAL HANDSHAKE_FAILURE"
    assert DTLSAlert(b"\7\xfe").summary() == "ALERT 7 254"
    assert not agree(DTLSAlert, b"\2")
    assert not agree(DTLSAlert, b"\2\0\0")
    assert bytes(DTLSAlert(level="WARNING", description="CLOSE_NOTIFY")) == b"\1\0"


def test_a_cipher_change_is_one_octet_of_value_1():
    assert agree(DTLSChangeCipherSpec, b"\1")
    for octets in (b"", b"\0", b"\2", b"\1\1"):
        assert not agree(DTLSChangeCipherSpec, octets)


@pytest.mark.req("EKT-23")
def test_acknowledgements_list_records_in_64_bits():
    numbers = [(1, 1), (1, 0xFFFFFFFFFFFF), (65535, 0)]
    octets = encode_ack([epoch << 48 | sequence for epoch, sequence in numbers])
    assert agree(DTLSACK, octets)
    assert [(n.epoch, n.sequence_number) for n in DTLSACK(octets).record_numbers] == numbers
    built = [DTLSRecordNumber(epoch=e, sequence_number=s) for e, s in numbers]
    assert bytes(DTLSACK(record_numbers=built)) == octets
    assert agree(DTLSACK, b"\0\0")
    assert not agree(DTLSACK, b"\0\x0f" + bytes(15))
    assert "ACK of 3 records" in DTLSACK(octets).summary()


@pytest.mark.parametrize(
    ("kind", "layer"),
    [(20, DTLSChangeCipherSpec), (21, DTLSAlert), (22, DTLSHandshakes), (23, DTLSApplicationData)],
)
def test_plaintext_by_content_type(kind, layer):
    assert type(dissect_plaintext(kind, b"\1\0")) is layer


def test_plaintext_of_dtls_1_0_and_of_unknown_types():
    assert type(dissect_plaintext(ContentType.HANDSHAKE, b"", 0xFEFF)) is DTLS10Handshakes
    assert type(dissect_plaintext(99, b"abc")) is Raw
    assert type(dissect_plaintext(22, b"abc", 0x0303)) is Raw
    assert decode(DTLSApplicationData, b"abc").data == b"abc"


@given(kind=st.integers(0, 255), octets=st.binary(max_size=60))
def test_plaintext_is_total(kind, octets):
    packet = dissect_plaintext(kind, octets)
    assert bytes(packet) == octets
    packet.show(dump=True)
