# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from perc_scapy.cli.options import add_process_options, number_in


def test_the_common_options():
    parser = argparse.ArgumentParser()
    add_process_options(parser)
    args = parser.parse_args(["--keylog", "k.log", "--json"])
    assert (args.keylog, args.capture, args.json) == (Path("k.log"), None, True)


@pytest.mark.parametrize("text", ["abc", "-1", "11", "nan", ""])
def test_a_number_outside_its_limits_is_refused_and_they_are_named(text):
    with pytest.raises(argparse.ArgumentTypeError, match="0 to 10"):
        number_in(0, 10)(text)
    assert number_in(0, 10)("2.5") == 2.5
