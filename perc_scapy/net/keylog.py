# SPDX-License-Identifier: GPL-2.0-only
"""The key log file of a process: NSS format, appended line by line, readable by its owner only."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from perc_scapy.errors import ConfigError


class KeyLogFile:
    """Call it with a line. Raises `ConfigError` when the file cannot be opened for appending."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise ConfigError(f"cannot write {path}: {error.strerror}") from None
        if stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            os.fchmod(self._descriptor, 0o600)  # the mode above applies to new files only

    def __call__(self, line: str) -> None:
        # One write a line: several processes may append to the same file.
        os.write(self._descriptor, line.encode("ascii") + b"\n")

    def close(self) -> None:
        os.close(self._descriptor)
