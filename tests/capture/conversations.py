# SPDX-License-Identifier: GPL-2.0-only
"""Recorded DTLS conversations between engines in memory, with their key log."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.capture.dtls_flows import DtlsFlow
from perc_scapy.capture.keylog import KeyLog
from tests.dtls.pairs import ekt_pair, ekt_parameters, pair, shuttle

Log = list[tuple[str, bytes]]


class Conversation(NamedTuple):
    log: Log
    keylog: KeyLog
    client: object
    server: object


def recorded(seed: int | str = 0, make=pair, **options) -> Conversation:
    """A handshake, one message each way."""
    lines: list[str] = []
    server_options = {"keylog": lines.append, **options.pop("server", {})}
    client, server = make(seed, server=server_options, **options)
    log = shuttle(client, server)
    client.send_application(b"from the client")
    server.send_application(b"from the server")
    log += shuttle(client, server)
    return Conversation(log, keylog_of(lines), client, server)


def with_ekt(seed: int | str = 0, **options) -> Conversation:
    talk = recorded(seed, ekt_pair, **options)
    talk.server.send_ekt_key(ekt_parameters())
    return talk._replace(log=talk.log + shuttle(talk.client, talk.server))


def keylog_of(lines: list[str]) -> KeyLog:
    keylog = KeyLog()
    keylog.add_text("\n".join(lines).encode())
    return keylog


def observed(log: Log, keylog: KeyLog | None = None) -> DtlsFlow:
    """What a capture of `log` shows."""
    flow = DtlsFlow()
    for number, (sender, datagram) in enumerate(log, 1):
        flow.add(number, number / 1000, sender, datagram)
    flow.resolve(keylog or KeyLog())
    return flow
