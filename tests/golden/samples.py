# SPDX-License-Identifier: GPL-2.0-only
"""Golden captures by name, opened once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.keyring import Keyring
from perc_scapy.golden.expectation import describe
from perc_scapy.pcap.reader import open_capture

CAPTURES = Path(__file__).resolve().parents[2] / "captures"


@cache
def opened(name: str) -> Analysis:
    folder = CAPTURES / name
    with open_capture(folder / "trace.pcapng") as capture:
        return analyse(capture, Keyring.of([folder / "secrets.keylog"]))


def described(name: str) -> dict[str, Any]:
    return describe(opened(name))
