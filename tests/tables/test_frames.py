# SPDX-License-Identifier: GPL-2.0-only
"""Data frames of one capture."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError, LocalError, MissingToolError
from perc_scapy.tables.frames import to_arrow, to_pandas, to_polars
from tests.capture.handmade import three_flows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "a.pcapng"
    found.write_bytes(three_flows().pcapng())
    return found


def test_pandas(path: Path) -> None:
    frame = to_pandas(path)
    assert frame["ssrc"].dtype == "UInt32"
    assert frame["opened"].dtype == "boolean"
    assert str(frame["time"].dtype) == "datetime64[ns]"
    assert frame["opened"].sum() == (frame["plain_length"].notna()).sum() > 20
    assert len(to_pandas(path, table="streams")) == 9


def test_polars(path: Path) -> None:
    frame = to_polars(path, columns=["ssrc", "opened"])
    assert frame.columns == ["ssrc", "opened"]
    assert frame["opened"].sum() == to_arrow(path)["opened"].to_pylist().count(True)
    assert to_polars(path, table="associations")["association"].to_list() == ["A", "B", "C"]


def test_keys_may_come_from_elsewhere(tmp_path: Path) -> None:
    talk = three_flows()
    path = tmp_path / "a.pcapng"
    path.write_bytes(talk.pcapng(secrets=False))
    assert to_pandas(path)["opened"].sum() == 0
    assert to_pandas(path, talk.keylog())["opened"].sum() > 20


def test_errors(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalError, match="no table 'colours'"):
        to_arrow(path, table="colours")
    with pytest.raises(ConfigError):
        to_pandas(path.parent / "none")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingToolError, match="polars"):
        to_polars(path)
