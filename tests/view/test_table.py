# SPDX-License-Identifier: GPL-2.0-only
"""Columns."""

from perc_scapy.view.style import Style
from perc_scapy.view.table import table


def test_numbers_stand_right_and_text_left() -> None:
    rows = [["a", 1, None], ["long name", 10.5, [1, 2]]]
    assert list(table(["name", "n", "list"], rows, Style())) == [
        "name          n  list",
        "a             1  -",
        "long name  10.5  1 2",
    ]


def test_text_of_a_capture_moves_no_cursor() -> None:
    assert list(table(["x"], [["a\x1b[2J"]], Style()))[1] == "a?[2J"
