# SPDX-License-Identifier: GPL-2.0-only
"""Who runs the jobs of an export: this process, processes of this machine, or a Dask cluster. One interface for all."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from perc_scapy.errors import MissingToolError
from perc_scapy.tables.jobs import FAILED, KILLED, Job, Report, failed, run_job

JOBS_A_WORKER = 64
"""Captures after which a process is replaced: what one of them may have left in memory goes with it."""


class Engine(Protocol):
    """Runs jobs and gives their reports as they come, in any order."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Report]]: ...


class Inline:
    """One job after the other, here."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Report]]:
        for job in jobs:
            yield job, run_job(job)


class LocalPool:
    """Processes of this machine. One that dies (memory, a fault in a library) costs its capture, not the run."""

    def __init__(self, workers: int) -> None:
        self._count = workers
        self._context = multiprocessing.get_context(
            "spawn"
        )  # threads of libraries do not survive a fork

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Report]]:
        waiting = iter(jobs)
        workers = [_Worker(self._context) for _ in range(self._count)]
        try:
            busy = {w.connection: w for w in workers if w.start(next(waiting, None))}
            while busy:
                for connection in wait(list(busy)):
                    assert isinstance(connection, Connection)
                    worker = busy.pop(connection)
                    yield worker.report()
                    if worker.start(next(waiting, None)):
                        busy[worker.connection] = worker
        finally:
            for worker in workers:
                worker.stop()


class _Worker:
    """One process after the other, and the pipe to it; a process starts when there is a job for it."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._process: Any = None
        self.connection: Connection
        self._job: Job
        self._done = 0

    def start(self, job: Job | None) -> bool:
        """Give it a job, on a new process if need be; with None the process ends. Whether there is work under way."""
        if job is None or self._done >= JOBS_A_WORKER or not self._is_alive():
            self.stop()
        if job is None:
            return False
        if self._process is None:
            self.connection, theirs = self._context.Pipe()
            self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
        self._job = job
        with suppress(OSError):  # it died meanwhile: `report` finds out
            self.connection.send(job)
        return True

    def _is_alive(self) -> bool:
        return self._process is not None and bool(self._process.is_alive())

    def report(self) -> tuple[Job, Report]:
        """What it sends, or what its end says."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            return self._job, failed(self._job, KILLED, self._how_it_ended())
        self._done += 1
        if isinstance(answer, MissingToolError):
            raise answer
        assert isinstance(answer, Report)
        return self._job, answer

    def _how_it_ended(self) -> str:
        assert self._process is not None
        self._process.join()
        code = self._process.exitcode
        if code is not None and code < 0:
            with suppress(ValueError):
                return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"

    def stop(self) -> None:
        """End the process: at once, its files are never visible half-written."""
        if self._process is not None:
            self.connection.close()
            self._process.terminate()
            self._process.join()
            self._process, self._done = None, 0


def _serve(connection: Connection) -> None:
    """What a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer: object = run_job(job)
        except MissingToolError as error:
            answer = error
        connection.send(answer)


class DaskCluster:
    """A Dask cluster: at `address`, else one of this machine (`workers` processes; 0: threads of this process).

    Its workers need this package, and the captures, keys and output under the same paths.
    """

    def __init__(self, address: str = "", workers: int | None = None) -> None:
        self._address, self._workers = address, workers

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Report]]:
        """Raises `MissingToolError` without the library, or when the cluster does not answer."""
        from perc_scapy.tables.extras import need

        distributed = need("distributed")
        with _dask_client(distributed, self._address, self._workers) as client:
            futures = {client.submit(run_job, job, pure=False, retries=0): job for job in jobs}
            for future in distributed.as_completed(futures):
                yield futures[future], _dask_report(future, futures[future])
                future.release()


def _dask_client(distributed: Any, address: str, workers: int | None) -> Any:
    try:
        if address:
            return distributed.Client(address, timeout="10s")
        count = {} if workers is None else {"n_workers": max(1, workers)}
        return distributed.Client(
            threads_per_worker=1, processes=workers != 0, dashboard_address=None, **count
        )
    except (OSError, ValueError) as error:
        where = address or "of this machine"
        raise MissingToolError(f"Dask cluster {where}: {error or type(error).__name__}") from None


def _dask_report(future: Any, job: Job) -> Report:
    error = future.exception()
    if error is None:
        report = future.result()
        assert isinstance(report, Report)
        return report
    if isinstance(error, MissingToolError):
        raise error
    kind = KILLED if type(error).__name__ == "KilledWorker" else FAILED
    return failed(job, kind, f"{type(error).__name__} on the cluster")


def make_engine(name: str, workers: int | None = None) -> Engine:
    """`local` or `dask[=ADDRESS]`. `workers`: processes; 0 is none but this one; default: one a processor."""
    kind, _, address = name.partition("=")
    if kind == "dask":
        return DaskCluster(address, workers)
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    return LocalPool(count) if count else Inline()
