# SPDX-License-Identifier: GPL-2.0-only
"""Records: epochs, versions, DTLS 1.3, what answers what."""

from __future__ import annotations

import pytest
from scapy.packet import Raw

from perc_scapy.codes import ContentType
from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.layers.compile import decode, encode, reader, record
from perc_scapy.layers.dtls import (
    DTLS,
    DTLSACK,
    DTLS13Record,
    DTLSAlert,
    DTLSApplicationData,
    DTLSChangeCipherSpec,
    DTLSClientHello,
    DTLSHandshake,
    DTLSHandshakes,
    DTLSHeartbeat,
    DTLSRecord,
    DTLSRecordNumber,
    DTLSServerHelloDone,
)
from tests.layers.compile.test_equivalence import agree

CONTENTS = {
    20: (DTLSChangeCipherSpec, "01"),
    21: (DTLSAlert, "0228"),
    22: (DTLSHandshakes, "0e0000000000000000000000"),
    23: (DTLSApplicationData, "616263"),
    24: (DTLSHeartbeat, "010003"),
    26: (DTLSACK, "001000000000000000010000000000000002"),
}


def octets_of(kind: int, content: bytes, epoch: int = 0, version: int = 0xFEFD) -> bytes:
    head = bytes((kind,)) + version.to_bytes(2, "big") + epoch.to_bytes(2, "big")
    return head + (7).to_bytes(6, "big") + len(content).to_bytes(2, "big") + content


@pytest.mark.parametrize("kind", CONTENTS)
def test_each_content_type_in_clear(kind):
    layer, content = CONTENTS[kind]
    octets = octets_of(kind, bytes.fromhex(content))
    assert agree(DTLSRecord, octets)
    shown = DTLSRecord(octets)
    assert type(shown.content) is layer
    assert shown.sequence_number == 7
    assert bytes(DTLSRecord(sequence_number=7, content=layer(bytes.fromhex(content)))) == octets


@pytest.mark.parametrize("kind", [*CONTENTS, 25, 99])
def test_later_epochs_are_octets(kind):
    sealed = bytes(range(40))
    octets = octets_of(kind, sealed, epoch=1)
    assert agree(DTLSRecord, octets)
    assert DTLSRecord(octets).content == sealed
    assert "epoch 1, protected" in DTLSRecord(octets).summary()


def test_types_without_a_form_are_octets():
    octets = octets_of(99, b"abc")
    assert agree(DTLSRecord, octets)
    assert DTLSRecord(octets).content == b"abc"


@pytest.mark.parametrize("version", [0xFEFC, 0x0303, 0x0100, 0])
def test_other_versions_are_shown_and_refused(version):
    octets = octets_of(22, b"abc", version=version)
    assert not agree(DTLSRecord, octets)
    assert DTLSRecord(octets).content == b"abc"


@pytest.mark.parametrize("first", range(0x20, 0x40))
def test_dtls_1_3_is_named_and_takes_the_rest(first):
    octets = octets_of(20, b"\1") + bytes((first,)) + octets_of(22, b"")[1:] + b"more"
    assert not agree(DTLS, octets)
    classic, newer = DTLS(octets).records
    assert type(classic) is DTLSRecord
    assert type(newer) is DTLS13Record
    assert tuple(first >> shift & mask for shift, mask in ((4, 1), (3, 1), (2, 1), (0, 3))) == (
        newer.C,
        newer.S,
        newer.L,
        newer.E,
    )
    assert newer.protected.endswith(b"more")
    assert "not decoded" in DTLS(octets).summary()


def test_length_beyond_the_datagram():
    octets = octets_of(21, b"\1\0")[:-1]
    assert not agree(DTLS, octets)
    assert not agree(DTLS, octets_of(21, b"\1\0") + b"\x16")
    with pytest.raises(DecodeError):
        decode(DTLS, b"")


def test_no_record_is_longer_than_the_protocol_allows():
    longest = (1 << 14) + 2048
    assert agree(DTLSRecord, octets_of(23, bytes(longest), epoch=1))
    assert not agree(DTLSRecord, octets_of(23, bytes(longest + 1), epoch=1))
    with pytest.raises(EncodeError):
        encode(record(DTLSRecord, type=23, epoch=1, content=bytes(longest + 1)))


def test_reader_of_the_header():
    read = reader(DTLSRecord, "type", "epoch", "sequence_number", "length")
    assert read(octets_of(21, b"\1\0", epoch=3)) == (21, 3, 7, 2)


def test_type_follows_the_content():
    for layer, _ in CONTENTS.values():
        assert DTLSRecord(bytes(DTLSRecord(content=layer()))).type in CONTENTS
    assert bytes(DTLSRecord())[0] == ContentType.HANDSHAKE
    assert record(DTLSRecord, content=record(DTLSAlert)).type == ContentType.ALERT


def datagram(*contents, **fields):
    return DTLS(bytes(DTLS(records=[DTLSRecord(content=c, **fields) for c in contents])))


def test_acknowledgement_answers_the_record_it_names():
    sent = datagram(DTLSAlert(), sequence_number=9)
    right, wrong = (DTLSRecordNumber(epoch=0, sequence_number=n) for n in (9, 8))
    assert datagram(DTLSACK(record_numbers=[wrong, right])).answers(sent)
    assert not datagram(DTLSACK(record_numbers=[wrong])).answers(sent)


def test_alerts_and_protected_records_may_answer_anything_of_dtls():
    hello = datagram(DTLSHandshakes(messages=[DTLSHandshake(body=DTLSClientHello())]))
    done = datagram(DTLSHandshakes(messages=[DTLSHandshake(body=DTLSServerHelloDone())]))
    assert datagram(DTLSAlert()).answers(hello)
    assert DTLS(octets_of(23, bytes(30), epoch=1)).answers(hello)
    assert not done.answers(hello)
    assert not datagram(DTLSAlert()).answers(Raw(b"x"))
    assert not DTLS(b"\x2f123").answers(hello)
