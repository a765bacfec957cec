# SPDX-License-Identifier: GPL-2.0-only
"""Files that only their owner may read (0600): captures, key logs, private keys, recordings of what was encrypted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import BinaryIO, Literal

from perc_scapy.errors import ConfigError

_FLAGS = {"w": os.O_TRUNC, "a": os.O_APPEND, "x": os.O_EXCL}


def open_private(path: str | Path, mode: Literal["w", "a", "x"] = "w") -> FileIO:
    """A file to empty, to append to, or that must be new; unbuffered. Raises `ConfigError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | _FLAGS[mode], 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)  # the mode above applies to new files only
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from None
    return FileIO(descriptor, "ab" if mode == "a" else "wb")


def write_private(path: Path, data: bytes) -> None:
    """A new file in the place of any other: nobody can have opened it before. Raises `ConfigError`, `OSError`."""
    path.unlink(missing_ok=True)
    with BufferedWriter(open_private(path, "x")) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` at the end of the block, and never exists when the block fails.

    What is no regular file (a pipe, /dev/null) is written to as it is. Raises `ConfigError`, `OSError`.
    """
    if path.exists() and not path.is_file():
        with BufferedWriter(open_private(path)) as file:
            yield file
        return
    part = path.with_name(f".{path.name}.part")
    try:
        with BufferedWriter(open_private(part)) as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
