# SPDX-License-Identifier: GPL-2.0-only
"""Damaged captures: no rule breaks down, whatever the octets are."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform import judge
from tests.conform.stage import Stage, three
from tests.conform.tls_stage import TlsStage


def damaged(data: bytes, dice: random.Random) -> bytes:
    """One octet changed, lost or added, or the end cut off."""
    at, kind = dice.randrange(len(data)), dice.randrange(4)
    if kind == 0:
        return data[:at]
    middle = [b"", dice.randbytes(1), data[at : at + 1] + dice.randbytes(1)][kind - 1]
    return data[:at] + middle + data[at + 1 :]


@pytest.mark.parametrize("make", [Stage, TlsStage])
@pytest.mark.parametrize("seed", range(6))
def test_no_rule_breaks_down(seed: int, make: type[Stage]) -> None:
    stage, dice = three(make()), random.Random(seed)
    trace = [
        replace(d, data=damaged(d.data, dice)) if d.data and dice.random() < 0.15 else d
        for d in stage.trace
    ]
    assert judge(Analysis(trace, stage.keylog())).errors == ()


@pytest.mark.parametrize("seed", range(4))
def test_nor_where_tunnel_messages_are_anything(seed: int) -> None:
    dice, stage = random.Random(seed), Stage()
    stage.alter_message = lambda raw, sender: [damaged(raw, dice) if dice.random() < 0.5 else raw]
    assert judge(three(stage).analysis()).errors == ()


def test_nothing_at_all() -> None:
    report = judge(Analysis(()))
    assert {r.result for r in report.results} == {"not exercised"}
    assert (report.errors, report.undecidable) == ((), False)
