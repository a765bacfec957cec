# SPDX-License-Identifier: GPL-2.0-only
"""Statistics for people: tables of what `Statistics.to_json` holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perc_scapy.view.style import Style
from perc_scapy.view.table import table

Figures = dict[str, Any]

SECTIONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("tunnels", "Tunnels",
     {"version": "version", "transport": "over", "mdd": "MDD", "kmf": "KMF", "messages": "messages", "faults": "faults",
      "cipher_suite": "cipher suite", "handshake_seconds": "handshake s", "retransmissions": "again",
      "result": "result"}),
    ("associations", "Associations",
     {"association": "", "endpoint": "endpoint", "mdd": "MDD or server", "profile": "SRTP profile",
      "cipher_suite": "cipher suite", "ekt_cipher": "EKT", "handshake_seconds": "handshake s",
      "retransmissions": "again", "result": "result"}),
    ("hop_keys", "Hop-by-hop keys",
     {"association": "", "client": "client key", "server": "server key", "first_packet": "from packet"}),
    ("ekt_keys", "EKT keys",
     {"spi": "SPI", "key_id": "key", "ttl": "TTL s", "given": "given to (in packet)"}),
    ("keys", "End-to-end keys",
     {"key_id": "key", "association": "of", "ssrc": "SSRC", "spi": "SPI", "epoch": "epoch",
      "first_packet": "first packet", "last_packet": "last packet", "packets": "packets"}),
    ("rekeys", "Rekeys",
     {"packet": "packet", "association": "of", "ssrc": "SSRC", "old_key": "old key", "new_key": "new key", "spi": "SPI",
      "epoch": "epoch"}),
    ("streams", "Streams",
     {"association": "", "hop": "hop", "ssrc": "SSRC", "payload_types": "PT", "packets": "packets", "lost": "lost",
      "duplicates": "twice", "reordered": "late", "roc": "ROC", "inner_roc": "inner ROC",
      "jitter_ms": "jitter ms", "bitrate": "bit/s", "seconds": "seconds", "opened": "opened", "closed": "closed"}),
    ("ekt", "EKT fields",
     {"association": "", "hop": "hop", "ssrc": "SSRC", "full": "full", "short": "short",
      "shortest_interval": "least s", "mean_interval": "mean s", "longest_interval": "most s"}),
)  # fmt: skip
"""Key in the figures, title, and the columns with their titles."""


def stats_lines(figures: Figures, style: Style) -> Iterator[str]:
    """All tables that have rows."""
    capture = figures["capture"]
    yield f"{capture['packets']} packets in {capture['seconds']:.3f} s, {capture['reports']} of them RTCP"
    shown = figures | derived(figures)
    for key, title, columns in SECTIONS:
        rows = shown[key]
        if rows:
            yield ""
            yield style.paint(title, "bold")
            yield from table(list(columns.values()), rows_of(rows, columns), style)
    if capture["streams_left_out"]:
        yield ""
        yield f"{capture['streams_left_out']} packets of further streams are not counted"


def rows_of(rows: list[Figures], columns: dict[str, str]) -> list[list[Any]]:
    """The values of the columns."""
    return [[_short(row.get(name), name) for name in columns] for row in rows]


def _short(value: Any, column: str) -> Any:
    """Names of profiles and suites without what all of them begin with, SPIs as in every other place, whole bit/s."""
    if column == "spi" and isinstance(value, int):
        return f"{value:#06x}"
    if column == "bitrate" and value is not None:
        return round(value)
    if not isinstance(value, str):
        return value
    for start in ("TLS_", "SRTP_"):
        value = value.removeprefix(start)
    return value.replace("_AEAD", "")


def derived(figures: Figures) -> Figures:
    """Keys of the associations in tables of their own; an EKT key once, with the TTL that came first."""
    hops: list[Figures] = []
    given: dict[tuple[int, str], tuple[int, list[str]]] = {}
    for row in figures["associations"]:
        if row["hop_keys"]:
            client, server = row["hop_keys"]
            hops.append({**row, "client": client, "server": server})
        for key in row["ekt_keys"]:
            name = key["spi"], key["key_id"]  # who joins later is told what is left of its TTL
            _, who = given.setdefault(name, (key["ttl"], []))
            who.append(f"{row['association']} ({key['packet']})")
    ekt = [
        {"spi": spi, "key_id": key, "ttl": ttl, "given": who}
        for (spi, key), (ttl, who) in given.items()
    ]
    return {"hop_keys": hops, "ekt_keys": ekt}
