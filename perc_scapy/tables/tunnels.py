# SPDX-License-Identifier: GPL-2.0-only
"""Columns of the tunnel messages that a packet carried, once decrypted."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from perc_scapy.capture.analysis import Analysis
from perc_scapy.tables.arrays import column, named
from perc_scapy.tables.payloads import Values
from perc_scapy.tables.rows import Rows
from perc_scapy.tables.schema import arrow_schema

_TYPE_AT = {"draft00": 34}
"""Where the type of a message is: behind version, association id and conference id; in RFC 9185 it comes first."""


class TunnelColumns:
    """Looks up packets by number; where one carried several messages, the first counts."""

    def __init__(self, analysis: Analysis) -> None:
        found: dict[int, tuple[int, str]] = {}
        for tunnel in analysis.tunnels:
            at = _TYPE_AT.get(tunnel.version, 0)
            for seen in tunnel.messages:
                kind = seen.raw[at] if len(seen.raw) > at else -1
                message = seen.message
                name = "" if message is None else message.association_id.hex()
                found.setdefault(seen.packet, (kind, name))
        self._packets = sorted(found)
        self._found = found

    def columns(self, rows: Rows) -> dict[str, Any]:
        """`tunnel_type` and `tunnel_association` of a batch."""
        first = rows.batch.first
        kinds, names = np.full(len(rows), -1, np.int64), np.full(len(rows), -1, np.int32)
        texts: dict[str, int] = {}
        start, end = (bisect_left(self._packets, n) for n in (first, first + len(rows)))
        for packet in self._packets[start:end]:
            kinds[packet - first], name = self._found[packet]
            if name:
                names[packet - first] = texts.setdefault(name, len(texts))
        return {
            "tunnel_type": column(
                Values(kinds, kinds >= 0), arrow_schema("packets").field("tunnel_type").type
            ),
            "tunnel_association": named(names, list(texts)),
        }
