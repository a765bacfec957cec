# SPDX-License-Identifier: GPL-2.0-only
"""What is told about one requirement, and the list of all; docs/check.md has the same list."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.conform import rule_book
from perc_scapy.conform.explain import explain, listing, table
from perc_scapy.conform.requirements import requirements
from perc_scapy.errors import ConfigError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "check.md"


@pytest.mark.parametrize("id_", list(requirements()))
def test_every_id_can_be_explained(id_: str) -> None:
    lines = explain(id_)
    assert lines[0] == f"{id_}  {requirements()[id_].statement}"
    assert any(line.startswith("judged ") for line in lines)
    assert any("not from captures" in line for line in lines) == (id_ not in rule_book())


def test_an_id_that_nobody_knows() -> None:
    with pytest.raises(ConfigError, match="did you mean EKT-1"):
        explain("EKT-111")
    with pytest.raises(ConfigError, match=r"did you mean EKT-01\?"):
        explain("ekt-1")
    with pytest.raises(ConfigError, match="--list"):
        explain("%%")


def test_listing() -> None:
    assert len(listing()) == len(rule_book())
    assert listing()[0].startswith("SS1-01 ")


def test_the_page_lists_what_is_judged_today() -> None:
    """To renew it: `python -m tests.conform.test_explain` writes them anew."""
    text = PAGE.read_text("utf-8")
    assert "\n".join(table()) in text


def renew() -> None:
    """Put today's list behind the last heading of the page."""
    head, _, _ = PAGE.read_text("utf-8").partition("| id | level |")
    PAGE.write_text(head + "\n".join(table()) + "\n", "utf-8")


if __name__ == "__main__":
    renew()
