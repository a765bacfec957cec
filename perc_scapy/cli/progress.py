# SPDX-License-Identifier: GPL-2.0-only
"""How far a long run is: a bar that is drawn again on a terminal, a line for each step anywhere else."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from perc_scapy.cli import one_line

BAR = 24
"""Columns of the bar itself."""


class Progress:
    """Counts steps of `total` and writes to `stream`. Leave the block to end the bar's line."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total, self._stream, self._done = total, stream, 0
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._write("\r\x1b[K")

    def step(self, name: str, text: str, *, ok: bool = True) -> None:
        """One more is dealt with. On a terminal only what did not go well keeps a line of its own."""
        self._done += 1
        line = one_line(ValueError(f"{name}: {text}"))
        if not self._live:
            self._write(f"{self._done}/{self._total} {line}\n")
            return
        if not ok:
            self._write(f"\r\x1b[K{line}\n")
        self._write("\r\x1b[K" + self._bar(name))

    def _bar(self, name: str) -> str:
        filled = BAR * self._done // max(1, self._total)
        bar = f"[{'#' * filled}{'.' * (BAR - filled)}] {self._done}/{self._total} "
        room = shutil.get_terminal_size().columns - len(bar) - 1
        return bar + one_line(ValueError(name))[: max(0, room)]

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
