# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import io

import pytest

from perc_scapy.cli.terminal import use_color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colour_is_for_terminals_of_people_who_want_it(environ, wanted):
    assert use_color(Terminal(), environ) is wanted
    assert use_color(io.StringIO(), environ) is False
