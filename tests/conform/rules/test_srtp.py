# SPDX-License-Identifier: GPL-2.0-only
"""Rules of `srtp`: each passes in a good conversation and fails in one with the violation planted."""

from __future__ import annotations

import pytest

from perc_scapy.conform import judge
from perc_scapy.conform.model import FAIL, PASS
from tests.conform.rules.cases import (
    always_fails_somewhere,
    ids_of,
    must_fail,
    must_pass,
    planted_in,
)
from tests.conform.stage import conference


@pytest.mark.parametrize(("name", "id_"), planted_in("srtp"))
def test_a_planted_violation_is_found(name: str, id_: str) -> None:
    must_fail(name, id_)


@pytest.mark.parametrize("id_", ids_of("srtp"))
def test_good_conversations_pass(id_: str) -> None:
    must_pass(id_)


def test_every_id_has_a_violation() -> None:
    always_fails_somewhere("srtp")


@pytest.mark.parametrize(
    ("seq", "roc"), [(20_000, 0), (41_000, 0), (65_000, 0), (20_000, 1), (41_000, 1)]
)
def test_a_hole_in_the_capture_says_nothing_of_the_counter(seq: int, roc: int) -> None:
    """So many numbers are missing that they may have passed 65535 or not: what authenticates decides."""
    stage = conference("AB", 4)
    stage.packet("A", seq=seq, roc=roc)
    stage.packet("A", seq=seq + 1, roc=roc)
    assert judge(stage.analysis(), "x").result("SRT-03").result == PASS


@pytest.mark.req("SRT-04")
@pytest.mark.parametrize("roc", [0, 1, 2])
def test_nonce_reuse_is_found_at_other_rollover_counters(roc: int) -> None:
    stage = conference("AB", 0)
    for seq, payload in ((300, b"one thing"), (300, b"another thing"), (301, b"x")):
        stage.packet("A", seq=seq, payload=payload, roc=roc)
    assert judge(stage.analysis(), "x").result("SRT-04").result == FAIL
