# SPDX-License-Identifier: GPL-2.0-only
"""Figures of streams whose course is known."""

from __future__ import annotations

import pytest

from perc_scapy.view.streams import StreamMeter


def meter(
    sequences: list[int],
    *,
    payload_type: int = 0,
    step: int = 160,
    times: list[float] | None = None,
) -> StreamMeter:
    made = StreamMeter()
    for place, sequence in enumerate(sequences):
        timestamp = (step * sequence) & 0xFFFFFFFF
        header = (
            bytes((0x80, payload_type))
            + (sequence & 0xFFFF).to_bytes(2, "big")
            + timestamp.to_bytes(4, "big")
        )
        time = 100.0 + (0.02 * place if times is None else times[place])
        made.add(place + 1, time, header + bytes(4), 172)
    return made


def test_a_perfect_stream() -> None:
    found = meter(list(range(50)))
    assert (found.packets, found.lost, found.duplicates, found.reordered, found.rollovers) == (
        50,
        0,
        0,
        0,
        0,
    )
    assert found.jitter == pytest.approx(0, abs=1e-9)
    assert found.bitrate == pytest.approx(8 * 172 * 50 / (49 * 0.02))
    assert (found.first_packet, found.last_packet, found.payload_types) == (1, 50, [0])


def test_loss_order_and_duplicates() -> None:
    found = meter([1, 2, 5, 4, 5, 4, 9])
    assert (found.packets, found.lost, found.duplicates, found.reordered) == (5, 4, 2, 1)


def test_what_comes_late_was_not_lost() -> None:
    assert meter([1, 3, 2]).lost == 0


def test_a_rollover() -> None:
    found = meter([65534, 65535, 65536, 65537])
    assert (found.rollovers, found.lost, found.restarts) == (1, 0, 0)


def test_a_late_packet_from_before_the_rollover_counts_none() -> None:
    found = meter([65535, 65537, 65536])
    assert (found.rollovers, found.reordered, found.lost) == (1, 1, 0)


def test_a_restart_is_no_loss() -> None:
    found = meter([1, 2, 30000, 30001])
    assert (found.restarts, found.lost, found.packets) == (1, 0, 4)


def test_jitter_follows_the_formula_of_rfc_3550() -> None:
    times = [0.0, 0.02, 0.05, 0.06, 0.085]
    found = meter(list(range(5)), times=times)
    expected, before = 0.0, 0.0
    for place in range(1, 5):
        transit = (times[place] - 0.02 * place) * 8000
        expected += (abs(transit - before) - expected) / 16
        before = transit
    assert found.jitter == pytest.approx(expected / 8000)


@pytest.mark.parametrize(
    ("kind", "step", "clock"),
    [(0, 160, 8000), (111, 960, 48000), (96, 1800, 90000), (34, 1800, 90000)],
)
def test_the_clock_is_known_or_found(kind: int, step: int, clock: int) -> None:
    found = meter(list(range(20)), payload_type=kind, step=step)
    assert found.clock == clock
    assert found.jitter == pytest.approx(0, abs=1e-9)


def test_nothing_is_made_up() -> None:
    assert StreamMeter().clock is None
    one = meter([7], payload_type=111)
    assert (one.jitter, one.bitrate) == (None, None)
    assert meter([1, 2], payload_type=111, step=7).clock is None
