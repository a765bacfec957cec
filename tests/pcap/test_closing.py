# SPDX-License-Identifier: GPL-2.0-only
"""What `with` closes at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture.streaming import StreamedCapture
from perc_scapy.cli.demo.processes import Children
from perc_scapy.pcap.closing import Closing
from perc_scapy.pcap.reader import CaptureReader
from perc_scapy.pcap.tap import Tap
from perc_scapy.plain.folder import MediaFolder


class Door(Closing):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_closed_at_the_end() -> None:
    with Door() as door:
        assert (type(door), door.closed) == (Door, 0)
    assert door.closed == 1


def test_closed_after_a_fault_which_goes_on() -> None:
    door = Door()
    with pytest.raises(ValueError, match="inside"), door:
        raise ValueError("inside")
    assert door.closed == 1


def test_who_closes_nothing_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        type("Wall", (Closing,), {})()


@pytest.mark.parametrize("kind", [CaptureReader, Tap, StreamedCapture, MediaFolder, Children])
def test_all_that_hold_something(kind: type) -> None:
    assert issubclass(kind, Closing)
    assert "__exit__" not in vars(kind)


def test_a_tap_may_be_closed_twice(tmp_path: Path) -> None:
    with Tap(tmp_path / "t.pcapng") as tap:
        tap.close()
