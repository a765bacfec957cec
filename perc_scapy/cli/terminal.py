# SPDX-License-Identifier: GPL-2.0-only
"""Whether to colour output for a person: only on a terminal, never when NO_COLOR is set (no-color.org)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from perc_scapy.errors import MissingToolError


def use_color(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """True when `stream` is a terminal that understands colours and the user did not say no."""
    return stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def printable(text: object) -> str:
    """Octets of others, file names among them, as they may be shown: one line, nothing that moves a cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


@contextmanager
def writing_stdout() -> Iterator[None]:
    """What cannot be written inside, or flushed at its end, is told as a problem of standard output."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise MissingToolError(f"standard output: {error.strerror}") from None
