# SPDX-License-Identifier: GPL-2.0-only
"""What the printed examples call a default is the default."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from perc_scapy.roles import KmfLimits, MddLimits


@pytest.mark.parametrize(("name", "limits"), [("kmf", KmfLimits()), ("mdd", MddLimits())])
def test_commented_limits_are_the_defaults(name: str, limits: KmfLimits | MddLimits) -> None:
    text = (files("perc_scapy.cli") / "examples" / f"{name}.toml").read_text()
    block = text.split("# [limits]")[1].split("\n\n")[0]
    shown = tomllib.loads("\n".join(re.findall(r"^# (\w+ = \S+)", block, re.MULTILINE)))
    assert shown == {field: getattr(limits, field) for field in limits.__slots__}
