# SPDX-License-Identifier: GPL-2.0-only
"""One capture exported; whatever it holds, the worker reports and lives on."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perc_scapy.errors import MissingToolError
from perc_scapy.tables import capture as capture_module
from perc_scapy.tables.export import plan
from perc_scapy.tables.jobs import run_job
from perc_scapy.tables.parquet import table_path
from perc_scapy.tables.schema import TABLES
from tests.tables.folder import captures, job


def files(out: Path) -> list[str]:
    return sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())


def test_a_good_capture(tmp_path: Path) -> None:
    path = captures(tmp_path / "in") / "good.pcapng"
    report = run_job(job(path, tmp_path / "out"))
    assert (report.status, report.text) == ("done", "")
    assert report.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (report.size, report.mtime) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert report.packets == report.rows["packets"] > 40
    assert report.rows["associations"] == 2
    assert report.rows["streams"] == 2
    assert report.rows["errors"] == 0
    assert files(tmp_path / "out") == sorted(f"{table}/good.pcapng.parquet" for table in TABLES)
    table = pq.read_table(table_path(tmp_path / "out", "packets", "good.pcapng"))
    assert table["opened"].to_pylist().count(True) == 6


def test_keys_from_a_file(tmp_path: Path) -> None:
    folder = captures(tmp_path / "in") / "sub"
    tables = ("packets",)
    run_job(job(folder / "far.pcapng", tmp_path / "closed", tables))
    run_job(job(folder / "far.pcapng", tmp_path / "open", tables, (folder / "far.keylog",)))
    opened = [
        pq.read_table(table_path(tmp_path / out, "packets", "far.pcapng"))["opened"]
        .to_pylist()
        .count(True)
        for out in ("closed", "open")
    ]
    assert opened == [0, 6]


def test_damaged_and_unreadable(tmp_path: Path) -> None:
    folder, out = captures(tmp_path / "in"), tmp_path / "out"
    damaged = run_job(job(folder / "cut.pcapng", out))
    assert damaged.status == "damaged"
    assert "cut short" in damaged.text
    assert damaged.rows["errors"] == 1
    assert damaged.packets > 40
    bad = run_job(job(folder / "bad.pcap", out))
    assert (bad.status, bad.rows) == ("unreadable", {"errors": 1})
    assert bad.text == "not a pcap or pcapng file"  # which one is said by its name
    gone = run_job(job(folder / "gone.pcap", out))
    assert (gone.status, gone.text) == ("unreadable", "No such file or directory")
    keys = run_job(job(folder / "good.pcapng", out, keys=(folder / "bad.pcap",)))
    assert keys.status == "unreadable"
    assert files(out / "errors") == [
        f"{n}.parquet" for n in ("bad.pcap", "cut.pcapng", "gone.pcap", "good.pcapng")
    ]


def test_a_fault_of_ours_is_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError("one\nand two")

    path = captures(tmp_path / "in") / "good.pcapng"
    run_job(job(path, tmp_path / "out"))
    monkeypatch.setattr(capture_module, "association_rows", fault)
    report = run_job(job(path, tmp_path / "out"))
    assert (report.status, report.text) == ("failed", "ZeroDivisionError: one and two")
    # Half of the new tables beside half of the old ones would be worse than none.
    assert files(tmp_path / "out") == ["errors/good.pcapng.parquet"]


def test_a_missing_library_is_no_fault_of_the_capture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = captures(tmp_path / "in") / "good.pcapng"
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingToolError):
        run_job(job(path, tmp_path / "out"))


def test_broken_key_files_beside_a_capture_are_told_and_it_is_exported(tmp_path: Path) -> None:
    folder, out = captures(tmp_path / "in") / "sub", tmp_path / "out"
    (folder / "keys.toml").write_text("[[ekt]\n")
    (folder / "empty.keylog").write_text("")
    (task,) = plan([folder / "far.pcapng"], out)
    report = run_job(task)
    assert (report.status, report.rows["errors"]) == ("done", 2)
    assert "empty.keylog: no key in it" in report.text
    opened = pq.read_table(table_path(out, "packets", "far.pcapng"))["opened"].to_pylist()
    assert opened.count(True) == 6  # far.keylog is good
    errors = pq.read_table(table_path(out, "errors", "far.pcapng")).to_pylist()
    assert {row["kind"] for row in errors} == {"keys"}
    assert any("keys.toml: not valid TOML" in row["text"] for row in errors)
