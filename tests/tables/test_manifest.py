# SPDX-License-Identifier: GPL-2.0-only
"""What need not be done again, and what must."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.tables import manifest as module
from perc_scapy.tables.jobs import Job, run_job
from perc_scapy.tables.manifest import Manifest, inputs_digest
from perc_scapy.tables.parquet import table_path
from tests.tables.folder import captures, job

TABLES = ("associations", "errors")


@pytest.fixture
def done(tmp_path: Path) -> tuple[Manifest, Job]:
    folder = captures(tmp_path / "in")
    task = job(
        folder / "sub" / "far.pcapng", tmp_path / "out", TABLES, (folder / "sub" / "far.keylog",)
    )
    manifest = Manifest(tmp_path / "out")
    assert not manifest.is_done(task)
    manifest.note(task, run_job(task))
    manifest.save()
    return Manifest(tmp_path / "out"), task


def test_done_once(done: tuple[Manifest, Job]) -> None:
    manifest, task = done
    assert manifest.is_done(task)
    entry = json.loads((Path(task.folder) / "manifest.json").read_text())
    assert (entry["schema"], entry["tables"]) == (1, 1)
    assert entry["captures"]["far.pcapng"]["rows"] == {"associations": 2, "errors": 0}


def test_touched_but_the_same(done: tuple[Manifest, Job]) -> None:
    manifest, task = done
    os.utime(task.path, ns=(1, 1))
    assert manifest.is_done(task)


def test_another_content(done: tuple[Manifest, Job]) -> None:
    manifest, task = done
    path = Path(task.path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))
    assert not manifest.is_done(task)
    path.write_bytes(data + b"\0")
    assert not manifest.is_done(task)
    path.unlink()
    assert not manifest.is_done(task)


def test_other_keys_tables_or_program(
    done: tuple[Manifest, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, task = done
    assert not manifest.is_done(task._replace(keys=()))
    assert not manifest.is_done(task._replace(tables=("errors",)))
    before = inputs_digest(task)
    Path(task.keys[0]).unlink()
    assert inputs_digest(task) != before
    monkeypatch.setattr(module, "__version__", "99")
    assert inputs_digest(task._replace(keys=())) != before
    assert not manifest.is_done(task)


def test_tables_that_somebody_removed(done: tuple[Manifest, Job]) -> None:
    manifest, task = done
    table_path(Path(task.folder), "associations", task.name).unlink()
    assert not manifest.is_done(task)


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    task = job(captures(tmp_path / "in") / "bad.pcap", tmp_path / "out", TABLES)
    manifest = Manifest(tmp_path / "out")
    manifest.note(task, run_job(task))
    assert not manifest.is_done(task)


@pytest.mark.parametrize(
    "text", ["nonsense", "[]", '{"schema": 7, "captures": {}}', '{"schema": 1}']
)
def test_what_is_no_manifest(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ConfigError, match=r"manifest\.json"):
        Manifest(tmp_path)
