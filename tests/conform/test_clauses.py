# SPDX-License-Identifier: GPL-2.0-only
"""Clauses: document and section."""

from __future__ import annotations

import pytest

from perc_scapy.conform import rule_book
from perc_scapy.conform.clauses import _SECTIONS, clause_of
from perc_scapy.conform.requirements import requirements


def test_clauses() -> None:
    assert clause_of("T00-KMF-10") == "draft-jones-perc-dtls-tunnel-00, section 5.3"
    assert clause_of("SRT-03") == "RFC 3711 section 3.3.1"
    assert clause_of("EKT-15") == "RFC 8870, section 4.6"
    assert clause_of("SS1-01") == "Session Setup 1/2, PERC architecture slides"


def test_every_id_stands_in_one_place_only() -> None:
    ids = [id_ for group in _SECTIONS.values() for id_ in group.split()]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(requirements())


@pytest.mark.parametrize(
    "id_", [i for i in rule_book() if i.split("-")[0] not in ("SS1", "SS2", "NUJ")]
)
def test_every_judged_id_names_its_section(id_: str) -> None:
    assert clause_of(id_) != requirements()[id_].source
