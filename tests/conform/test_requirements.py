# SPDX-License-Identifier: GPL-2.0-only
"""The table of requirements and the levels of its words."""

from __future__ import annotations

import pytest

from perc_scapy.conform.model import LEVELS
from perc_scapy.conform.requirements import level_of, requirements


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("MUST", "MUST"), ("MUST NOT", "MUST"), ("REQUIRED", "MUST"), ("MUST (expect)", "MUST"),
        ("MAY (MUST expect)", "MAY"),
        ("MUST/SHOULD", "MUST"), ("SHOULD", "SHOULD"), ("SHOULD/MAY", "SHOULD"), ("MAY", "MAY"),
        ("is", "implied"), ("imp", "implied"), ("flow", "implied"), ("is / to-do", "implied"),
    ],
)  # fmt: skip
def test_words(word: str, level: str) -> None:
    assert level_of(word) == level


def test_the_table_is_whole() -> None:
    table = requirements()
    assert len(table) > 250
    for id_, row in table.items():
        assert row.id == id_
        assert row.level in LEVELS
        assert row.source
        assert row.statement
        assert "AMB-" not in row.statement  # readings have no ids outside of their own page
