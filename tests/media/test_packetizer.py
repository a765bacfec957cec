# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from array import array

import pytest

from perc_scapy.errors import LocalError
from perc_scapy.media.g711 import PCMA, PCMU
from perc_scapy.media.packetizer import FRAME_SAMPLES, Packetizer, frames_due


def test_frames_are_20_ms_and_the_last_is_filled_with_silence():
    packets = Packetizer(array("h", [1000] * 200), first_timestamp=7)
    first, second, end = packets.next_frame(), packets.next_frame(), packets.next_frame()
    assert end is None
    assert packets.exhausted
    assert len(first.payload) == len(second.payload) == FRAME_SAMPLES
    assert (first.timestamp, second.timestamp) == (7, 167)
    assert (first.marker, second.marker) == (True, False)
    assert PCMU.decode(second.payload) == PCMU.decode(PCMU.encode([1000] * 40 + [0] * 120))


def test_timestamps_wrap_at_32_bits():
    packets = Packetizer(array("h", [0] * 480), first_timestamp=2**32 - 160)
    assert [packets.next_frame().timestamp for _ in range(3)] == [2**32 - 160, 0, 160]


def test_a_loop_begins_again_but_time_goes_on():
    packets = Packetizer(array("h", [8] * 160 + [800] * 160), codec=PCMA, loop=True)
    frames = [packets.next_frame() for _ in range(4)]
    assert frames[0].payload == frames[2].payload != frames[1].payload == frames[3].payload
    assert [frame.timestamp for frame in frames] == [0, 160, 320, 480]
    assert [frame.marker for frame in frames] == [True, False, False, False]
    assert not packets.exhausted


def test_nothing_to_send_is_refused():
    with pytest.raises(LocalError):
        Packetizer(array("h"))


@pytest.mark.parametrize(
    ("sent", "now", "due"), [(0, 10.0, 1), (1, 10.0, 0), (1, 10.02, 1), (1, 10.1, 5), (6, 10.1, 0)]
)
def test_pace_is_one_frame_each_20_ms_without_drift(sent, now, due):
    assert frames_due(10.0, sent, now) == due


@pytest.mark.parametrize(("loop", "skipped", "then"), [(False, 2, None), (True, 7, 8 * 160)])
def test_what_is_skipped_keeps_its_time_and_is_a_silence(loop, skipped, then):
    packets = Packetizer(array("h", [0] * 480), loop=loop)
    assert packets.next_frame().marker
    assert packets.skip(7) == skipped
    frame = packets.next_frame()
    assert (frame and frame.timestamp) == then
    if frame is not None:
        assert frame.marker
        assert not packets.next_frame().marker
