# SPDX-License-Identifier: GPL-2.0-only
"""The right derivation is the project's own, and every other one differs from it."""

from __future__ import annotations

import pytest

from perc_scapy.crypto.kdf import MasterKey, derive
from perc_scapy.crypto.secret import Key
from perc_scapy.explain.kdf import OPTIONS, label_options, right

MASTER = MasterKey(Key(bytes(range(32))), Key(bytes(range(0x40, 0x4C))))


@pytest.mark.req("SRT-02")
@pytest.mark.parametrize("label", range(6))
def test_right(label: int) -> None:
    assert right(MASTER, label, 32, 99) == bytes(derive(MASTER.key, MASTER.salt, label, 32))


def test_every_other_way_gives_another_key() -> None:
    keys = [bytes(option.value(MASTER, 0, 32, 99)) for option in OPTIONS]
    assert len(set(keys)) == len(keys)
    assert OPTIONS[0].right
    assert all(option.clause for option in OPTIONS[1:])


@pytest.mark.parametrize("first", [0, 3])
def test_labels(first: int) -> None:
    options = label_options(first)
    assert options[0].value == (first, first + 2)
    assert len({option.value for option in options}) == len(options)
