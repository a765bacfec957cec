# SPDX-License-Identifier: GPL-2.0-only
"""The table `findings`: requirements judged, and the expert information of every packet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.keyring import Keyring
from perc_scapy.conform.judging import judge
from perc_scapy.pcap.reader import open_capture
from perc_scapy.view.packets import PacketViewer

MAX_EXPERT = 100_000
"""Rows of expert information of one capture."""


def finding_rows(capture: str, path: str | Path, keys: Keyring) -> Iterator[dict[str, Any]]:
    """What the rules say, then what the packets say. The capture is held in memory."""
    with open_capture(path) as reader:
        analysis = analyse(reader, keys)
    for row in _conformance(analysis):
        yield {"capture": capture, "source": "conformance"} | row
    for row in islice(_expert(path, analysis), MAX_EXPERT):
        yield {"capture": capture, "source": "expert"} | row


def _conformance(analysis: Analysis) -> Iterator[dict[str, Any]]:
    for result in judge(analysis).results:
        seen = f"{result.expected}; seen: {result.seen}" if result.seen else result.expected
        yield {
            "id": result.id, "result": result.result, "level": result.level,
            "packet": result.packet, "clause": result.clause, "text": seen,
        }  # fmt: skip


def _expert(path: str | Path, analysis: Analysis) -> Iterator[dict[str, Any]]:
    viewer = PacketViewer(analysis)
    with open_capture(path) as frames:
        for frame in frames:
            for remark in viewer.view(frame).expert:
                yield {"severity": remark.severity, "packet": frame.number, "text": remark.text}
