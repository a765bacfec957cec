# SPDX-License-Identifier: GPL-2.0-only
"""What `perc dissect` says of a whole capture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perc_scapy.view.catalogue import catalogue
from tests.cli.dissect.test_printing import perc, talk, trace

__all__ = ["talk", "trace"]


def test_stats(trace: Path, capsys) -> None:
    code, out, _ = perc(capsys, trace, "--stats")
    assert code == 0
    assert "End-to-end keys" in out
    figures = json.loads(perc(capsys, trace, "--stats", "--json")[1])
    assert (figures["schema"], len(figures["associations"]), len(figures["streams"])) == (1, 3, 9)


def test_stats_of_chosen_packets(trace: Path, capsys) -> None:
    figures = json.loads(perc(capsys, trace, "--stats", "--json", "-Y", "perc.association == B")[1])
    assert {row["association"] for row in figures["streams"]} == {"B"}


def test_expert(trace: Path, capsys) -> None:
    out = perc(capsys, trace, "--expert")[1]
    assert out.splitlines()[0].split() == ["severity", "times", "first", "in", "remark"]
    (line,) = perc(capsys, trace, "--expert", "--json")[1].splitlines()
    row = json.loads(line)
    assert row["schema"] == 1
    assert row["severity"] == "note"
    assert row["count"] == 1


def test_a_ladder_in_every_form(trace: Path, tmp_path: Path, capsys) -> None:
    assert "SS1-05" in perc(capsys, trace, "--ladder")[1]
    assert json.loads(perc(capsys, trace, "--ladder", "--json")[1])["verdict"] == "pass"
    picture = tmp_path / "ladder.svg"
    assert perc(capsys, trace, "--ladder", "-o", picture) == (0, "", "")
    assert picture.read_text().startswith("<svg")


def test_names(capsys) -> None:
    code, out, _ = perc(capsys, "--fields")
    assert code == 0
    assert len(out.splitlines()) == len(catalogue())
    assert "tunnel.type\tnumber\tPERC tunnel message" in out
    first = json.loads(perc(capsys, "--fields", "--json")[1].splitlines()[0])
    assert set(first) == {"schema", "name", "type", "description", "values"}


@pytest.mark.parametrize("report", ["--stats", "--expert", "--ladder"])
def test_a_damaged_file_is_told(report: str, trace: Path, tmp_path: Path, capsys) -> None:
    damaged = tmp_path / "damaged.pcapng"
    damaged.write_bytes(trace.read_bytes()[:-50])
    code, out, err = perc(capsys, damaged, report)
    assert (code, bool(out)) == (1, True)
    assert "damaged after packet" in err


def test_no_capture(capsys) -> None:
    code, _, err = perc(capsys)
    assert (code, "which CAPTURE?" in err) == (2, True)
