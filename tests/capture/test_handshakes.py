# SPDX-License-Identifier: GPL-2.0-only
"""Reassembly that a capture needs."""

import random

from perc_scapy.capture.handshakes import MAX_HELD, Assembly, HandshakeMessage
from perc_scapy.capture.records import SeenRecord
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.dtls.record import Record

BODY = bytes(range(200))


def seen(packet: int, *fragments: bytes) -> SeenRecord:
    return SeenRecord(packet, 0.0, "s", Record(22, 0xFEFD, packet, b"".join(fragments)))


def piece(offset: int, length: int, sequence: int = 0, body: bytes = BODY) -> bytes:
    return encode_fragment(11, len(body), sequence, offset, body[offset : offset + length])


def feed(*records: SeenRecord) -> list[HandshakeMessage]:
    assembly = Assembly()
    return [message for record in records for message in assembly.add(record, False)]


def test_overlapping_pieces_in_any_order() -> None:
    dice = random.Random(1)
    for _ in range(50):
        starts = [0, *(dice.randrange(200) for _ in range(8))]
        pieces = [piece(start, dice.randrange(1, 60)) for start in starts]
        pieces += [piece(start, 40) for start in range(0, 200, 40)]
        dice.shuffle(pieces)
        messages = feed(*(seen(n, p) for n, p in enumerate(pieces, 1)))
        assert [message.body for message in messages] == [BODY]


def test_the_packet_is_the_one_that_completed_it() -> None:
    (message,) = feed(seen(4, piece(100, 100)), seen(7, piece(0, 100)), seen(9, piece(0, 200)))
    assert (message.packet, message.numbers) == (7, (4, 7))


def test_a_missing_octet_is_missing() -> None:
    assert feed(seen(1, piece(0, 100)), seen(2, piece(101, 99))) == []


def test_several_messages_in_one_record() -> None:
    messages = feed(seen(1, piece(0, 200, 3), piece(0, 200, 4)))
    assert [message.sequence for message in messages] == [3, 4]


def test_a_changed_message_with_the_same_number_is_another_one() -> None:
    assert len(feed(seen(1, piece(0, 200)), seen(2, piece(0, 200)))) == 1
    assert len(feed(seen(1, piece(0, 200)), seen(2, piece(0, 200, body=bytes(200))))) == 2


def test_memory_is_bounded() -> None:
    assembly = Assembly()
    big = bytes(16000)
    for n in range(200):
        record = seen(n, encode_fragment(11, 0xFFFFFF, n, 0, big))
        assert list(assembly.add(record, True)) == []
    assert sum(len(p) for m in assembly._open.values() for p in m.pieces.values()) <= MAX_HELD


def test_what_holds_no_fragments_is_counted() -> None:
    assembly = Assembly()
    assert list(assembly.add(seen(1, b"\x01\x02"), True)) == []
    assert assembly.malformed == 1
