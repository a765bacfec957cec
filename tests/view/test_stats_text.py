# SPDX-License-Identifier: GPL-2.0-only
"""Tables with everything in them."""

from perc_scapy.capture.analysis import Analysis
from perc_scapy.view.stats import Statistics
from perc_scapy.view.stats_text import SECTIONS, derived, rows_of, stats_lines
from perc_scapy.view.style import Style
from tests.view.test_stats import FIGURES


def test_all_tables() -> None:
    text = "\n".join(stats_lines(FIGURES, Style()))
    for _, title, _ in SECTIONS:
        assert title in text
    assert "A (20) B (36)" in text  # who was given the EKT key, and in which packet
    assert "DOUBLE_AES_128_GCM_AES_128_GCM" in text
    assert "\n0x0001  " in text


def test_an_ekt_key_is_one_row_with_the_ttl_that_came_first() -> None:
    def row(letter: str, ttl: int, packet: int) -> dict[str, object]:
        key = {"spi": 1, "key_id": "7c830ab7", "ttl": ttl, "packet": packet}
        return {"association": letter, "hop_keys": None, "ekt_keys": [key]}

    figures = {"associations": [row("A", 86400, 20), row("B", 86399, 36)]}
    assert derived(figures)["ekt_keys"] == [
        {"spi": 1, "key_id": "7c830ab7", "ttl": 86400, "given": ["A (20)", "B (36)"]}
    ]


def test_bit_rates_are_whole_numbers() -> None:
    rows = [{"bitrate": 11199.993, "jitter_ms": 0.567}, {"bitrate": None, "jitter_ms": None}]
    columns = {"bitrate": "bit/s", "jitter_ms": "jitter ms"}
    assert rows_of(rows, columns) == [[11200, 0.567], [None, None]]
    assert isinstance(rows_of(rows, columns)[0][0], int)


def test_an_empty_capture_has_no_tables() -> None:
    assert list(stats_lines(Statistics(Analysis([])).to_json(), Style())) == [
        "0 packets in 0.000 s, 0 of them RTCP"
    ]


def test_what_was_left_out_is_told() -> None:
    figures = Statistics(Analysis([])).to_json()
    figures["capture"]["streams_left_out"] = 7
    assert list(stats_lines(figures, Style()))[-1] == "7 packets of further streams are not counted"
