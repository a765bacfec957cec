# SPDX-License-Identifier: GPL-2.0-only
"""What an export did: one JSON file beside the tables, by which the next run knows what it need not do again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from perc_scapy import __version__
from perc_scapy.errors import ConfigError
from perc_scapy.tables.jobs import COMPLETE, Job, Report, file_digest
from perc_scapy.tables.parquet import table_path
from perc_scapy.tables.schema import VERSION

FILE = "manifest.json"
SCHEMA = 1


class Manifest:
    """Status of every capture that was ever exported to a folder."""

    def __init__(self, folder: Path) -> None:
        """Reads the folder's manifest if there is one. Raises `ConfigError` when it is no manifest of ours."""
        self._path = folder / FILE
        self._folder = folder
        self.captures: dict[str, dict[str, Any]] = _read(self._path)

    def is_done(self, job: Job) -> bool:
        """The same file with the same keys went through the same program, and its tables are still there."""
        entry = self.captures.get(job.name)
        if entry is None or entry.get("status") not in COMPLETE:
            return False
        if entry.get("inputs") != inputs_digest(job):
            return False
        there = all(table_path(self._folder, t, job.name).is_file() for t in job.tables)
        return there and self._same_file(Path(job.path), entry)

    def _same_file(self, path: Path, entry: dict[str, Any]) -> bool:
        """By size and time, else by content: a file that was only copied or touched is the same."""
        try:
            stamp = path.stat()
            if stamp.st_size != entry.get("size"):
                return False
            if stamp.st_mtime_ns == entry.get("mtime_ns"):
                return True
            return file_digest(path) == entry.get("sha256")
        except OSError:
            return False

    def note(self, job: Job, report: Report) -> None:
        """Take a result and write the manifest anew, in one step."""
        self.captures[job.name] = {
            "status": report.status,
            "text": report.text,
            "path": job.path,
            "packets": report.packets,
            "rows": report.rows,
            "size": report.size,
            "mtime_ns": report.mtime,
            "sha256": report.digest,
            "inputs": inputs_digest(job),
        }

    def save(self) -> None:
        """Replace the file. Raises `OSError`."""
        found = {
            "schema": SCHEMA,
            "tables": VERSION,
            "perc_scapy": __version__,
            "captures": dict(sorted(self.captures.items())),
        }
        part = self._path.with_name(f".{FILE}.part")
        part.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(self._path)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}; remove it to export everything anew") from None
    captures = found.get("captures") if isinstance(found, dict) else None
    if not isinstance(captures, dict) or found.get("schema") != SCHEMA:
        raise ConfigError(f"{path}: no manifest of this program; choose another folder with -o")
    return {name: entry for name, entry in captures.items() if isinstance(entry, dict)}


def inputs_digest(job: Job) -> str:
    """Of everything but the capture that decides what the tables say: keys, tables, versions."""
    parts = [__version__, str(VERSION), *job.tables]
    for path in (*job.keys, *job.beside):
        try:
            parts.append(file_digest(Path(path)))
        except OSError as error:
            parts.append(type(error).__name__)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
