# SPDX-License-Identifier: GPL-2.0-only
"""Reception statistics against values worked out by hand from RFC 3550."""

from __future__ import annotations

import pytest

from perc_scapy.roles.endpoint.rtcp import ntp_time
from perc_scapy.roles.endpoint.stats import ReceptionStatistics


def fed(sequences: list[int]) -> ReceptionStatistics:
    stats = ReceptionStatistics(1, 8000)
    for n, sequence in enumerate(sequences):
        stats.packet(sequence % 65536, 160 * n, n * 0.02)
    return stats


def test_nothing_lost() -> None:
    block = fed(list(range(10, 20))).block(1.0)
    assert (block.lost, block.fraction_lost, block.highest_sequence, block.jitter) == (0, 0, 19, 0)


def test_loss_is_counted_and_the_fraction_is_of_the_interval() -> None:
    stats = fed([0, 1, 2, 4, 5, 6, 8, 9])  # 2 of 10
    assert stats.block(1.0).fraction_lost == (2 << 8) // 10
    stats.packet(10, 0, 2.0)
    block = stats.block(2.0)
    assert (block.lost, block.fraction_lost) == (2, 0)


def test_wrap_counts_a_cycle() -> None:
    block = fed([65534, 65535, 65536, 65537]).block(0.0)
    assert (block.highest_sequence, block.lost) == (0x10001, 0)


def test_reordering_over_the_wrap_and_before_the_first() -> None:
    block = fed([65536, 65535, 65537]).block(0.0)
    assert (block.lost, block.highest_sequence) == (0, 1)


def test_duplicates_make_the_loss_negative_but_not_the_fraction() -> None:
    block = fed([5, 5, 5]).block(0.0)
    assert (block.lost, block.fraction_lost) == (-2, 0)


def test_jitter_is_the_smoothed_difference_of_transit_times() -> None:
    stats = ReceptionStatistics(1, 8000)
    stats.packet(0, 0, 0.0)
    stats.packet(1, 160, 0.02 + 0.002)  # 16 units late
    assert stats.block(0.0).jitter == 1
    for n in range(2, 400):  # alternating 0 and 16 units: the estimate goes to 16
        stats.packet(n, 160 * n, 0.02 * n + 0.002 * (n % 2))
    assert 14 <= stats.block(0.0).jitter <= 16


def test_jitter_survives_a_timestamp_wrap() -> None:
    stats = ReceptionStatistics(1, 8000)
    stats.packet(0, 2**32 - 160, 10.0)
    stats.packet(1, 0, 10.02)
    assert stats.block(0.0).jitter == 0


@pytest.mark.parametrize(("now", "units"), [(3.0, 0), (3.5, 32768), (4.0, 65536)])
def test_the_last_sender_report_is_quoted(now: float, units: int) -> None:
    stats = fed([1])
    assert stats.block(3.0).last_sr == 0
    stats.sender_report(ntp_time(2.5), 3.0)
    block = stats.block(now)
    assert (block.last_sr, block.since_last_sr) == (0x00028000, units)


def test_an_sr_at_time_zero_counts_too() -> None:
    stats = fed([1])
    stats.sender_report(ntp_time(1.0), 0.0)
    assert stats.block(1.0).since_last_sr == 65536
