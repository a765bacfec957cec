# SPDX-License-Identifier: GPL-2.0-only
"""Long lists are cut where a notebook shows them, and nowhere else."""

from __future__ import annotations

from perc_scapy.workbench.packets import SHOWN
from tests.workbench.test_capture import capture


def test_a_long_list() -> None:
    packets = capture().packets
    assert len(packets) > SHOWN
    assert len(repr(packets).splitlines()) == SHOWN + 1
    assert f"and {len(packets) - SHOWN} more" in packets._repr_html_()


def test_an_empty_list() -> None:
    nothing = capture().filter("frame.number > 100000")
    assert len(nothing) == 0
    assert repr(nothing) == "no packets"
