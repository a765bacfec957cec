# SPDX-License-Identifier: GPL-2.0-only
"""`perc export`: from a folder of captures to tables, with exit codes and a line for each capture."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import pytest

from perc_scapy.cli import main
from perc_scapy.errors import ConfigError, MissingToolError
from perc_scapy.tables import engines
from tests.tables.folder import captures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return captures(tmp_path / "in")


def run(folder: Path, *options: str) -> int:
    return main(
        ["export", str(folder), "-o", str(folder.parent / "out"), "--workers", "0", *options]
    )


def test_everything_that_can_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1/4 bad.pcap: unreadable: not a pcap or pcapng file"
    assert "packets; damaged: " in lines[1]
    assert lines[2].startswith("3/4 good.pcapng: ")
    assert lines[4].startswith("4 captures: 1 damaged, 2 done, 1 unreadable; tables in ")
    assert lines[5].endswith("out/errors")
    out = folder.parent / "out"
    ((opened,),) = duckdb.sql(
        f"select count(*) from '{out}/packets/**/*.parquet' where opened"
    ).fetchall()
    assert opened == 3 * 6 - 1  # the last packet of the damaged one is missing
    kinds = duckdb.sql(f"select kind from '{out}/errors/**/*.parquet' order by all").fetchall()
    assert kinds == [("damaged",), ("unreadable",)]


def test_good_captures_end_well_and_are_not_done_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.pcap").unlink()
    (folder / "cut.pcapng").unlink()
    assert run(folder, "--tables", "associations", "--json") == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["schema"], first["status"], "schema" in second) == (1, "done", False)
    assert second["rows"] == {"associations": 2, "errors": 0}
    assert run(folder, "--tables", "associations", "--json") == 0
    captured = capsys.readouterr()
    assert {json.loads(line)["status"] for line in captured.out.splitlines()} == {"unchanged"}
    assert "1/2 good.pcapng: unchanged" in captured.err
    assert run(folder, "--tables", "associations", "--no-resume") == 0
    assert "unchanged" not in capsys.readouterr().err


def test_keys_may_be_given(folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.log"
    (folder / "sub" / "far.keylog").rename(keys)
    one = folder / "sub" / "far.pcapng"
    options = ["-o", str(tmp_path / "out"), "--workers", "0", "--tables", "packets"]
    assert main(["export", str(one), *options]) == 0
    path = tmp_path / "out" / "packets" / "far.pcapng.parquet"
    assert duckdb.sql(f"select count(*) from '{path}' where opened").fetchall() == [(0,)]
    assert main(["export", str(one), *options, "-k", str(keys)]) == 0
    assert duckdb.sql(f"select count(*) from '{path}' where opened").fetchall() == [(6,)]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--engine", "spark"], "not local, dask"),
        (["--engine", "dask="], "not local, dask"),
        (["--engine", "local=4"], "not local, dask"),
        (["--workers", "-1"], "no number"),
        (["--tables", "packets,colours"], "no table 'colours'"),
        (["-k", "none.keylog"], "No such file"),
        (["-k", "."], "Is a directory"),
    ],
)
def test_usage(
    options: list[str], why: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *options) == 2
    assert why in capsys.readouterr().err
    assert not (folder.parent / "out").exists()


def test_no_captures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert "no capture in it" in capsys.readouterr().err


def test_without_pyarrow(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run(folder) == 3
    assert "pip install 'perc-scapy[analytics]'" in capsys.readouterr().err


def test_without_distributed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert run(folder, "--engine", "dask") == 3
    assert "pip install 'perc-scapy[cluster]'" in capsys.readouterr().err


def test_engines_are_made_as_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def make(name: str, workers: int | None) -> None:
        asked.append((name, workers))
        raise MissingToolError("enough")

    monkeypatch.setattr(engines, "make_engine", make)
    assert run(folder, "--engine", "dask=tcp://h:1") == 3
    assert asked == [("dask=tcp://h:1", 0)]
    assert issubclass(ConfigError, Exception)
