# SPDX-License-Identifier: GPL-2.0-only
"""The key log file of a process: NSS format, appended line by line, readable by its owner only."""

from __future__ import annotations

from pathlib import Path

from perc_scapy.pcap.private import open_private


class KeyLogFile:
    """Call it with a line. Raises `ConfigError` when the file cannot be opened for appending."""

    def __init__(self, path: Path) -> None:
        self._file = open_private(path, "a")

    def __call__(self, line: str) -> None:
        # One write a line: several processes may append to the same file.
        self._file.write(line.encode("ascii") + b"\n")

    def close(self) -> None:
        self._file.close()
