# SPDX-License-Identifier: GPL-2.0-only
"""Both ways of looking find the same."""

from __future__ import annotations

from random import Random

import pytest

from perc_scapy.capture.checks.needles import FEW, Needles


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, 500])
def test_what_is_there_is_found(count: int) -> None:
    draw = Random(count)
    names = {draw.randbytes(draw.choice((12, 16, 32))): f"secret {n}" for n in range(count)}
    needles = Needles(names)
    assert len(needles) == count
    hay = draw.randbytes(300)
    assert needles.find(hay) is None
    for secret in list(names)[:20]:
        at = draw.randrange(len(hay))
        assert needles.find(hay[:at] + secret + hay[at:]) == names[secret]


def test_at_the_edges() -> None:
    names = {bytes((n >> 8, n & 255)) * 8: str(n) for n in range(1, FEW + 2)}
    first = next(iter(names))
    assert Needles(names).find(first) == "1"
    assert Needles(names).find(first[:-1]) is None
    assert Needles(names).find(b"") is None
    assert Needles({}).find(b"anything") is None
