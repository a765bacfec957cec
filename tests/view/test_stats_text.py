# SPDX-License-Identifier: GPL-2.0-only
"""Tables with everything in them."""

from perc_scapy.capture.analysis import Analysis
from perc_scapy.view.stats import Statistics
from perc_scapy.view.stats_text import SECTIONS, stats_lines
from perc_scapy.view.style import Style
from tests.view.test_stats import FIGURES


def test_all_tables() -> None:
    text = "\n".join(stats_lines(FIGURES, Style()))
    for _, title, _ in SECTIONS:
        assert title in text
    assert "A (20) B (36)" in text  # who was given the EKT key, and in which packet
    assert "DOUBLE_AES_128_GCM_AES_128_GCM" in text
    assert "\n0x0001  " in text


def test_an_empty_capture_has_no_tables() -> None:
    assert list(stats_lines(Statistics(Analysis([])).to_json(), Style())) == [
        "0 packets in 0.000 s, 0 of them RTCP"
    ]


def test_what_was_left_out_is_told() -> None:
    figures = Statistics(Analysis([])).to_json()
    figures["capture"]["streams_left_out"] = 7
    assert list(stats_lines(figures, Style()))[-1] == "7 packets of further streams are not counted"
