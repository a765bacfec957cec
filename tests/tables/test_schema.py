# SPDX-License-Identifier: GPL-2.0-only
"""The tables as documented: names, types, one version for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.errors import LocalError
from perc_scapy.tables.schema import TABLES, VERSION, arrow_schema


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_type_and_a_place(table: str) -> None:
    schema = arrow_schema(table)
    assert schema.names == [column.name for column in TABLES[table]]
    assert len(set(schema.names)) == len(schema.names)
    assert schema.names[0] == "capture"
    assert schema.metadata == {b"perc_schema": str(VERSION).encode()}


def test_no_column_can_hold_a_key() -> None:
    octets = [c.name for columns in TABLES.values() for c in columns if "binary" in c.type]
    assert octets == []


def test_no_such_table() -> None:
    with pytest.raises(LocalError, match="'colours'"):
        arrow_schema("colours")


def test_the_documentation_has_every_column() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text()
    for table, columns in TABLES.items():
        part = text.split(f"### {table}\n")[1].split("### ")[0]
        rows = [f"| `{c.name}` | {c.type} | {c.meaning} |" for c in columns]
        assert [line for line in part.splitlines() if line.startswith("| `")] == rows
