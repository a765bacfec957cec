# SPDX-License-Identifier: GPL-2.0-only
"""How sessions end: alerts, told as steps."""

from __future__ import annotations

from collections.abc import Iterator

from perc_scapy.capture.secured import SecuredSession
from perc_scapy.capture.steps import Step
from perc_scapy.codes import AlertDescription, AlertLevel, ContentType


def ending_steps(
    session: SecuredSession, client: str, server: str, dress: str = "{}"
) -> Iterator[Step]:
    """Every alert that can be read, each once from either side. `dress`: how a message is shown."""
    told: set[tuple[bool, bytes]] = set()
    for seen in session.records:
        content, ours = seen.content or b"", seen.sender == session.client
        if seen.kind != ContentType.ALERT or len(content) != 2 or (ours, content) in told:
            continue
        told.add((ours, content))
        src, dst = (client, server) if ours else (server, client)
        yield Step("", src, dst, dress.format(alert_text(content)), seen.packet)


def alert_text(content: bytes) -> str:
    """`close_notify`, `fatal handshake_failure`, …"""
    names = {int(a): a.name.lower() for a in AlertDescription}
    said = names.get(content[1], f"alert {content[1]}")
    return f"fatal {said}" if content[0] == AlertLevel.FATAL else said
