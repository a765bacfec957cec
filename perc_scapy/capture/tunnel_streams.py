# SPDX-License-Identifier: GPL-2.0-only
"""Tunnel messages cut out of application data: a record each in draft-00, a stream of their own in RFC 9185."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from perc_scapy.capture.secured import Opened
from perc_scapy.errors import DecodeError
from perc_scapy.tunnel.messages import Sender
from perc_scapy.tunnel.rfc9185 import SENDERS, message_length

DRAFT00, RFC9185 = "draft00", "rfc9185"


class CutMessage(NamedTuple):
    """Octets of one message and the packet that completed it; `fault` says why they are none."""

    packet: int
    time: float
    from_client: bool
    data: bytes
    fault: str = ""


def cut_messages(version: str, contents: Iterable[Opened]) -> Iterator[CutMessage]:
    """All messages of both directions, in capture order."""
    if version != RFC9185:
        for opened in contents:
            yield CutMessage(opened.packet, opened.time, opened.from_client, opened.content)
        return
    streams = {True: MessageCutter(), False: MessageCutter()}
    for opened in contents:
        yield from streams[opened.from_client].feed(opened)
    for stream in streams.values():
        yield from stream.finish()


class MessageCutter:
    """One direction of an RFC 9185 tunnel: messages by their announced length, in step again after a gap."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._last: Opened | None = None
        self._unsure = False
        """Behind a gap: what stands in the buffer may be the middle of a message."""

    def feed(self, opened: Opened) -> Iterator[CutMessage]:
        """Messages that a record completes."""
        if opened.gap:
            yield from self.finish()
            self._unsure = True
        elif self._unsure and self._buffer and _is_whole(opened.content):
            self._buffer.clear()
        self._last = opened
        self._buffer += opened.content
        yield from self._cut(opened)

    def _cut(self, opened: Opened) -> Iterator[CutMessage]:
        at = opened.packet, opened.time, opened.from_client
        while self._buffer:
            try:
                length = message_length(self._buffer)
            except DecodeError as error:
                yield CutMessage(*at, bytes(self._buffer), error.what)
                self._buffer.clear()
                return
            if length is None or len(self._buffer) < length:
                return
            yield CutMessage(*at, bytes(self._buffer[:length]))
            del self._buffer[:length]
            self._unsure = False

    def finish(self) -> Iterator[CutMessage]:
        """What began and was never seen to end."""
        if self._buffer and self._last is not None:
            at = self._last.packet, self._last.time, self._last.from_client
            yield CutMessage(*at, bytes(self._buffer), "RFC 9185: message cut short")
            self._buffer.clear()


def _is_whole(content: bytes) -> bool:
    """Nothing but whole messages."""
    position = 0
    while position < len(content):
        try:
            length = message_length(content[position : position + 3])
        except DecodeError:
            return False
        if length is None:
            return False
        position += length
    return position == len(content)


def senders(version: str, messages: Iterable[CutMessage]) -> dict[bool, Sender]:
    """Who the TLS or DTLS client is: {True: client, False: server}.

    draft-jones-perc-dtls-tunnel-00 section 4: the MDD. RFC 9185 section 5.2: either; who lists profiles is the MDD.
    """
    client: Sender = "mdd"
    if version == RFC9185:
        for message in messages:
            sender = SENDERS.get(message.data[0]) if message.data else None
            if sender is not None and not message.fault:
                client = sender if message.from_client else _other(sender)
                break
    return {True: client, False: _other(client)}


def _other(sender: Sender) -> Sender:
    return "kmf" if sender == "mdd" else "mdd"
