# SPDX-License-Identifier: GPL-2.0-only
"""Captures on disk: opened with their keys, compared with what lies beside them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from perc_scapy.conform.cases import case_of
from perc_scapy.errors import ConfigError
from perc_scapy.golden.document import load
from perc_scapy.golden.folder import About, Opened, check, check_case, open_case, open_file
from tests.golden.samples import CAPTURES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A capture without an expectation."""
    place = tmp_path / "call"
    shutil.copytree(CAPTURES / "session-setup-1", place, ignore=lambda *_: {"expect.json"})
    return place


def opened(folder: Path) -> Opened:
    return open_case(case_of(folder / "trace.pcapng", folder.parent))


def test_the_keys_beside_a_capture_are_used(folder: Path) -> None:
    one = opened(folder)
    assert one.case.name == "call"
    assert one.report.name == "call"
    assert len(one.analysis.tunnels) == 1
    assert one.damage is None
    (folder / "secrets.keylog").unlink()
    assert not opened(folder).analysis.tunnels


def test_keys_from_elsewhere(folder: Path, tmp_path: Path) -> None:
    keys = (folder / "secrets.keylog").rename(tmp_path / "other.keylog")
    assert open_file(folder / "trace.pcapng", [keys]).analysis.tunnels


def test_an_expectation_is_missing_then_written_then_met(folder: Path) -> None:
    one = opened(folder)
    missing = check_case(one)
    assert not missing.ok
    assert "no expectation" in missing.lines()[0]
    written = check_case(one, update=True)
    assert (written.ok, written.written) == (True, True)
    assert load(folder / "expect.json") == one.describe()
    again = check_case(one)
    assert (again.ok, again.written, again.differences) == (True, False, ())


def test_what_differs_is_told_and_rewritten_on_demand(folder: Path) -> None:
    one = opened(folder)
    check_case(one, update=True)
    path = folder / "expect.json"
    value = load(path)
    value["associations"][0]["ekt_cipher"] = "AESKW_256"
    path.write_text(json.dumps(value))
    outcome = check_case(one)
    assert not outcome.ok
    assert outcome.lines()[1:] == [
        "  associations[A1].ekt_cipher: expected 'AESKW_256', seen 'AESKW_128'"
    ]
    assert json.loads(path.read_text()) == value, "nothing is written unasked"
    rewritten = check_case(one, update=True)
    assert rewritten.ok
    assert rewritten.differences == outcome.differences
    assert check_case(one).ok


def test_an_expectation_that_fits_is_left_alone(folder: Path) -> None:
    one = opened(folder)
    check_case(one, update=True)
    path = folder / "expect.json"
    value = load(path)
    value["associations"][0]["endpoint"] = "203.0.113.1:9"
    path.write_text(json.dumps(value))
    before = path.read_bytes()
    assert check_case(one, update=True).written is False
    assert path.read_bytes() == before


def test_masks_of_the_folder(folder: Path) -> None:
    one = opened(folder)
    check_case(one, update=True)
    value = load(folder / "expect.json")
    value["flow"]["SS1-01"] = 99
    (folder / "expect.json").write_text(json.dumps(value))
    assert not check_case(one).ok
    (folder / "about.toml").write_text('masks = ["packets"]')
    assert check_case(one).ok


def test_something_else_in_the_place_of_an_expectation(tmp_path: Path) -> None:
    path = tmp_path / "expect.json"
    path.write_text("{}")
    with pytest.raises(ConfigError, match="no expectation"):
        check(path, {"schema": 1})
    assert check(path, {"schema": 1}, update=True).written
    assert load(path) == {"schema": 1}


def test_damage_is_part_of_an_expectation() -> None:
    found = open_file(CAPTURES / "cut-file" / "trace.pcapng").describe()["damage"]
    assert "cut short" in found


def test_about(tmp_path: Path) -> None:
    assert About.of(tmp_path) == About()
    (tmp_path / "about.toml").write_text('violates = ["EKT-21"]\nkind = "violation"')
    assert About.of(tmp_path).violates == ("EKT-21",)


@pytest.mark.parametrize("text", ["violates = 3", "violates = [3]", "=", "masks = 'x'"])
def test_about_with_a_mistake(tmp_path: Path, text: str) -> None:
    (tmp_path / "about.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"about\.toml"):
        About.of(tmp_path)
