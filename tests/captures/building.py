# SPDX-License-Identifier: GPL-2.0-only
"""Captures straight from their recipes."""

from __future__ import annotations

import io

from captures.builders.recipe import Built
from perc_scapy.capture.analysis import Analysis, analyse
from perc_scapy.capture.keyring import Keyring
from perc_scapy.pcap.reader import CaptureReader


def analysis_of(built: Built) -> Analysis:
    """As a reader with the keys of the folder sees it."""
    ring = Keyring()
    for text in (built.keylog, None if built.keys is None else built.keys.encode()):
        if text is not None:
            ring.add_text(text)
    return analyse(CaptureReader(io.BytesIO(built.trace)), ring)
