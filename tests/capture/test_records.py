# SPDX-License-Identifier: GPL-2.0-only
"""Records of a capture: epoch 0 is readable, the rest sealed."""

import pytest

from perc_scapy.capture.records import SeenRecord, cut_datagram
from perc_scapy.dtls.record import Record, encode_record


def test_only_epoch_zero_is_readable_at_once() -> None:
    assert SeenRecord(1, 0.0, "a", Record(22, 0xFEFD, 5, b"x")).content == b"x"
    assert SeenRecord(1, 0.0, "a", Record(22, 0xFEFD, 1 << 48, b"x")).content is None


def test_content_stays_out_of_the_repr() -> None:
    seen = SeenRecord(1, 0.0, "a", Record(22, 0xFEFD, 1 << 48, b"x"))
    seen.content = b"secret words"
    assert "secret" not in repr(seen)


PLAIN = encode_record(22, 0, b"hello")


def test_a_datagram_of_records() -> None:
    cut = cut_datagram(PLAIN + PLAIN)
    assert ([r.fragment for r in cut.records], cut.clean, cut.foreign) == (
        [b"hello"] * 2,
        True,
        None,
    )


@pytest.mark.parametrize(
    ("tail", "foreign"),
    [
        (b"\x2f" + bytes(30), 0x2F),
        (b"\x19\xfe\xfd" + bytes(8) + b"\x01\x00\x05" + bytes(5), 25),
        (b"\x19\xfe\xfd" + bytes(8) + b"\x00\x05" + bytes(5), 25),
        (b"\x17\xfe\xfd", None),
        (bytes(20), None),
    ],
)
def test_records_whose_extent_only_their_ends_know(tail: bytes, foreign: int | None) -> None:
    """The third one could be cut like any other, with octets of the connection id taken for a length."""
    cut = cut_datagram(PLAIN + tail)
    assert ([r.fragment for r in cut.records], cut.clean) == ([b"hello"], False)
    assert cut.foreign == foreign


def test_the_kind_is_that_of_the_wire_unless_told() -> None:
    record = Record(23, 0x0303, 1 << 48, b"x")
    assert SeenRecord(1, 0.0, "a", record).kind == 23
    assert SeenRecord(1, 0.0, "a", record, kind=22).kind == 22
