# SPDX-License-Identifier: GPL-2.0-only
"""Records of a capture: epoch 0 is readable, the rest sealed."""

from perc_scapy.capture.records import SeenRecord
from perc_scapy.dtls.record import Record


def test_only_epoch_zero_is_readable_at_once() -> None:
    assert SeenRecord(1, 0.0, "a", Record(22, 0xFEFD, 5, b"x")).content == b"x"
    assert SeenRecord(1, 0.0, "a", Record(22, 0xFEFD, 1 << 48, b"x")).content is None


def test_content_stays_out_of_the_repr() -> None:
    seen = SeenRecord(1, 0.0, "a", Record(22, 0xFEFD, 1 << 48, b"x"))
    seen.content = b"secret words"
    assert "secret" not in repr(seen)
