# SPDX-License-Identifier: GPL-2.0-only
"""Whoever runs the jobs, the reports are the same; a worker that dies costs one capture."""

from __future__ import annotations

import os
import signal
import sys
import types
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from perc_scapy.errors import MissingToolError
from perc_scapy.tables import engines
from perc_scapy.tables.engines import DaskCluster, Inline, LocalPool, make_engine
from perc_scapy.tables.jobs import Job, Report
from tests.tables.folder import captures, job

TABLES = ("associations", "errors")


def jobs(tmp_path: Path) -> list[Job]:
    folder = captures(tmp_path / "in")
    return [
        job(folder / name, tmp_path / "out", TABLES)
        for name in ("good.pcapng", "bad.pcap", "cut.pcapng")
    ]


def statuses(found: Any) -> dict[str, str]:
    return {task.name: report.status for task, report in found}


EXPECTED = {"good.pcapng": "done", "bad.pcap": "unreadable", "cut.pcapng": "damaged"}


def test_here(tmp_path: Path) -> None:
    assert statuses(Inline().run(jobs(tmp_path))) == EXPECTED


def test_processes(tmp_path: Path) -> None:
    assert statuses(LocalPool(2).run(jobs(tmp_path))) == EXPECTED


def serve_deadly(connection: Connection) -> None:
    """A worker that some captures kill."""
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        match task.name:
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "left":
                os._exit(7)
            case "poor":
                connection.send(MissingToolError("no pyarrow here"))
        connection.send(Report(task.name, "done", text=str(os.getpid())))


def named(name: str, out: Path) -> Job:
    return Job(name, "x", (), str(out), TABLES)


def test_a_worker_that_dies_is_told_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_serve", serve_deadly)
    tasks = [named(n, tmp_path) for n in ("one", "killed", "two", "left", "three")]
    found = {task.name: report for task, report in LocalPool(1).run(tasks)}
    assert {n: r.status for n, r in found.items()} == {
        "one": "done", "killed": "killed", "two": "done", "left": "killed", "three": "done"
    }  # fmt: skip
    assert "SIGKILL" in found["killed"].text
    assert "exit code 7" in found["left"].text
    assert len({found[n].text for n in ("one", "two", "three")}) == 3
    assert sorted(p.name for p in tmp_path.rglob("*.parquet")) == ["killed.parquet", "left.parquet"]


def test_an_old_worker_is_replaced_and_the_machine_may_lack_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_serve", serve_deadly)
    monkeypatch.setattr(engines, "JOBS_A_WORKER", 2)
    tasks = [named(n, tmp_path) for n in ("one", "two", "three", "poor")]
    found = LocalPool(1).run(tasks)
    pids = [next(found)[1].text for _ in range(3)]
    assert pids[0] == pids[1] != pids[2]
    with pytest.raises(MissingToolError, match="no pyarrow"):
        next(found)


def test_who_stops_early_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_serve", serve_deadly)
    found = LocalPool(1).run([named(n, tmp_path) for n in ("one", "two")])
    pid = int(next(found)[1].text)
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_dask_in_threads(tmp_path: Path) -> None:
    assert statuses(DaskCluster(workers=0).run(jobs(tmp_path))) == EXPECTED


def test_dask_in_a_process(tmp_path: Path) -> None:
    """What goes to a worker and comes back is pickled there; threads share it as it is."""
    pytest.importorskip("distributed", reason="distributed is not installed (extra cluster)")
    assert statuses(DaskCluster(workers=1).run(jobs(tmp_path))) == EXPECTED


class FakeFuture:
    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def exception(self) -> Exception | None:
        return self._error

    def release(self) -> None: ...


def test_what_a_cluster_says_of_failures(tmp_path: Path) -> None:
    killed = type("KilledWorker", (Exception,), {})()
    task = named("x", tmp_path)
    assert engines._dask_report(FakeFuture(killed), task).status == "killed"
    assert engines._dask_report(FakeFuture(ValueError()), task).status == "failed"
    with pytest.raises(MissingToolError):
        engines._dask_report(FakeFuture(MissingToolError("x")), task)


def test_a_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Timed out trying to connect to tcp://192.0.2.1:8786")

    monkeypatch.setitem(sys.modules, "distributed", types.SimpleNamespace(Client=refuse))
    with pytest.raises(MissingToolError, match=r"Dask cluster tcp://192\.0\.2\.1:8786: Timed out"):
        list(DaskCluster("tcp://192.0.2.1:8786").run([]))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingToolError, match=r"perc-scapy\[cluster\]"):
        list(DaskCluster().run([]))


def test_by_name() -> None:
    assert isinstance(make_engine("local", 0), Inline)
    assert make_engine("local", 3)._count == 3
    assert make_engine("local")._count == len(os.sched_getaffinity(0))
    dask = make_engine("dask=tcp://h:1", 4)
    assert (dask._address, dask._workers) == ("tcp://h:1", 4)
