# SPDX-License-Identifier: GPL-2.0-only
"""One capture exported: what a worker is told, what it does, what it reports. No key octets travel."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from perc_scapy.errors import ConfigError, MissingToolError

DONE, DAMAGED, UNREADABLE, FAILED, KILLED = "done", "damaged", "unreadable", "failed", "killed"
"""What became of a capture: all of it, all up to the damage, nothing, a fault of this program, worker lost."""
COMPLETE = frozenset({DONE, DAMAGED})
"""Need not be done again."""


class Job(NamedTuple):
    """One capture to export."""

    name: str
    """Stands in the column `capture` and names the files."""
    path: str
    keys: tuple[str, ...]
    """Key files that were named: each of them can be read."""
    folder: str
    """Where the tables go."""
    tables: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """Key files found beside the capture, whatever is in them."""


class Report(NamedTuple):
    """What became of one."""

    name: str
    status: str
    text: str = ""
    """Why it is not `done`, or what is to be said all the same."""
    packets: int = 0
    rows: dict[str, int] = {}  # noqa: RUF012  never changed
    """Of each table."""
    size: int = 0
    mtime: int = 0
    digest: str = ""
    """Size, time (ns) and SHA-256 of the file that was read."""


def run_job(job: Job) -> Report:
    """Export a capture. Never raises on account of the capture; `MissingToolError` on account of the machine."""
    from perc_scapy.tables.extras import need
    from perc_scapy.tables.parquet import Files

    need("pyarrow").set_cpu_count(1)  # the processes are what runs at the same time
    files = Files(Path(job.folder), job.name)
    try:
        return _export(job, files)
    except MissingToolError:
        raise
    except (ConfigError, OSError) as error:
        text = _one_line(error).removeprefix(f"{job.path}: ")  # the job's name says which capture
        return failed(job, UNREADABLE, text)
    except Exception as error:  # a fault of ours in one capture must not end the run
        return failed(job, FAILED, f"{type(error).__name__}: {_one_line(error)}")
    finally:
        files.discard()


def _one_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def _export(job: Job, files: object) -> Report:
    from perc_scapy.capture.keyring import Keyring
    from perc_scapy.tables.capture import CaptureTables
    from perc_scapy.tables.parquet import Files

    assert isinstance(files, Files)
    path = Path(job.path)
    stamp, digest = path.stat(), file_digest(path)
    ring = Keyring.of(job.keys)
    unused = ring.add_beside(job.beside)
    tables = CaptureTables(path, ring, job.name, unused)
    if "packets" in job.tables:
        files.write("packets", tables.packets(streams="streams" in job.tables))
    for table in job.tables:
        if table != "packets":
            files.write(table, [tables.table(table)])
    rows = dict(files.rows)
    files.close()
    status = DONE if tables.damage is None else DAMAGED
    text = "; ".join(tables.remarks())
    return Report(
        job.name, status, text, tables.count, rows, stamp.st_size, stamp.st_mtime_ns, digest
    )


def failed(job: Job, status: str, text: str) -> Report:
    """Write the row that says why there are no tables of a capture, in place of any that there were."""
    from perc_scapy.tables.capture import table_of
    from perc_scapy.tables.parquet import Files

    files = Files(Path(job.folder), job.name)
    files.write(
        "errors", [table_of("errors", [{"capture": job.name, "kind": status, "text": text}])]
    )
    rows = dict(files.rows)
    files.close()
    return Report(job.name, status, text, rows=rows)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
