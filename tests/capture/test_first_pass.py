# SPDX-License-Identifier: GPL-2.0-only
"""The first pass in batches finds what the one packet by packet finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from perc_scapy.capture import first_pass as module
from perc_scapy.capture.first_pass import FirstPass, first_pass, in_batches, one_by_one
from perc_scapy.errors import ConfigError
from tests.pcap import many

CAPTURES = many.captures() | many.golden()


def plain(found: FirstPass) -> tuple[object, ...]:
    material = found.material
    return *found[1:], material.kept, material.fields, material.left_out


@pytest.mark.parametrize("name", CAPTURES)
def test_both_ways(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many.small_reads(monkeypatch, 4000)
    path = tmp_path / "capture"
    path.write_bytes(CAPTURES[name])
    assert plain(in_batches(path)) == plain(one_by_one(path))


@pytest.mark.parametrize("name", ["conversation", "pcap link 1", "pcapng > 6"])
def test_both_ways_for_damaged_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / "capture"
    for data in many.mutated(CAPTURES[name], 30, 9):
        path.write_bytes(data)
        try:
            expected = one_by_one(path)
        except ConfigError:
            with pytest.raises(ConfigError):
                in_batches(path)
        else:
            assert plain(in_batches(path)) == plain(expected)


def test_large_files_are_read_in_batches_where_that_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str] = []
    monkeypatch.setattr(module, "in_batches", lambda path: used.append("batches"))
    monkeypatch.setattr(module, "one_by_one", lambda path: used.append("one by one"))
    path = tmp_path / "capture"
    path.write_bytes(bytes(100))
    first_pass(path)
    monkeypatch.setattr(module, "LARGE", 100)
    first_pass(path)
    first_pass(tmp_path / "none")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    first_pass(path)
    assert used == ["one by one", "batches", "one by one", "one by one"]
