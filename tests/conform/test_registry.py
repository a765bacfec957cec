# SPDX-License-Identifier: GPL-2.0-only
"""The rule book: enough ids, each known and told in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.conform import rules as package
from perc_scapy.conform.registry import MODULES, rule, rule_book
from perc_scapy.conform.requirements import requirements


def test_at_least_eighty_ids_beside_the_flows() -> None:
    beside = [id_ for id_ in rule_book() if not id_.startswith(("SS1", "SS2", "NUJ"))]
    assert len(beside) >= 80
    assert len(rule_book()) >= 180


def test_ids_are_in_the_order_of_the_table() -> None:
    order = list(requirements())
    places = [order.index(id_) for id_ in rule_book()]
    assert places == sorted(places)


@pytest.mark.parametrize("id_", list(rule_book()))
def test_a_rule_tells_what_it_expects_how_it_judges_and_what_breaks_it(id_: str) -> None:
    one = rule_book()[id_]
    assert id_ in one.ids
    assert one.expected
    assert one.about
    assert one.broken_by
    assert len(one.how) > 20
    if one.shown_in:
        folder = Path(__file__).resolve().parents[2] / "captures" / one.shown_in
        assert (folder / "trace.pcapng").is_file()


def test_all_modules_are_in_the_book() -> None:
    folder = Path(package.__path__[0])
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(MODULES)


def test_unknown_ids_and_second_rules_are_refused() -> None:
    for id_ in ("NO-1", "EKT-01"):
        with pytest.raises(LookupError):
            rule(id_, expected="x", about="x", broken_by="x")(lambda subject: iter(()))
