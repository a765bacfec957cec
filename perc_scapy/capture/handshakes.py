# SPDX-License-Identifier: GPL-2.0-only
"""Whole handshake messages out of captured fragments: lost, repeated, overlapping and in any order (RFC 6347 4.2.2).

An engine may wait for the next message_seq; a capture may lack it for ever, so each message stands for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from perc_scapy.capture.records import SeenRecord
from perc_scapy.dtls.codec import Fragment, decode_fragments
from perc_scapy.errors import DecodeError

MAX_HELD = 1 << 20
"""Octets of incomplete messages kept for one association."""
MAX_PIECES = 1024
"""Fragments kept of one message."""


class HandshakeMessage(NamedTuple):
    """A whole handshake message, and where its last missing piece was seen."""

    packet: int
    from_client: bool
    epoch: int
    type: int
    sequence: int
    body: bytes
    numbers: tuple[int, ...]
    """Numbers of the records that carried it (epoch * 2**48 + sequence number): what an ACK names."""

    def __repr__(self) -> str:
        return f"HandshakeMessage(packet={self.packet}, type={self.type}, {len(self.body)} octets)"


class _Message:
    """Pieces of one message, by offset."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.pieces: dict[int, bytes] = {}
        self.numbers: list[int] = []
        self.body: bytes | None = None

    def add(self, fragment: Fragment, number: int) -> int:
        """Take a piece; returns how many octets more are held."""
        known = self.pieces.get(fragment.offset, b"")
        if len(self.pieces) >= MAX_PIECES or (known and len(known) >= len(fragment.data)):
            return 0
        self.pieces[fragment.offset] = fragment.data
        self.numbers.append(number)
        return len(fragment.data) - len(known)

    def joined(self) -> bytes | None:
        """The body when no octet is missing."""
        body = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(body):
                return None
            body += self.pieces[offset][len(body) - offset :]
        return bytes(body) if len(body) == self.length else None


def fragments_of(seen: SeenRecord) -> list[Fragment]:
    """Handshake fragments in a readable record; none when it is malformed or sealed."""
    try:
        return decode_fragments(seen.content or b"")
    except DecodeError:
        return []


class Assembly:
    """Feed records in capture order; get each message once. `malformed` counts records that hold no fragments."""

    def __init__(self) -> None:
        self._open: dict[tuple[bool, int, int, int, int], _Message] = {}
        self._done: dict[tuple[bool, int, int, int, int], bytes] = {}
        self._held = 0
        self.malformed = 0
        self.repeats = 0

    def add(self, seen: SeenRecord, from_client: bool) -> Iterator[HandshakeMessage]:
        """Messages that `seen` completes."""
        fragments = fragments_of(seen)
        self.malformed += not fragments
        for fragment in fragments:
            message = self._fragment(seen, from_client, fragment)
            if message is not None:
                yield message

    def _fragment(
        self, seen: SeenRecord, from_client: bool, fragment: Fragment
    ) -> HandshakeMessage | None:
        epoch = seen.record.epoch
        key = (from_client, epoch, fragment.sequence, fragment.type, fragment.length)
        body, numbers = self._body(key, fragment, seen.record.number)
        if body is None:
            return None
        if self._done.get(key) == body:
            self.repeats += 1
            return None
        self._done[key] = body
        kind, sequence = fragment.type, fragment.sequence
        return HandshakeMessage(seen.packet, from_client, epoch, kind, sequence, body, numbers)

    def _body(
        self, key: tuple[bool, int, int, int, int], fragment: Fragment, number: int
    ) -> tuple[bytes | None, tuple[int, ...]]:
        if len(fragment.data) == fragment.length:
            return fragment.data, (number,)
        if key in self._done:
            self.repeats += 1
            return None, ()
        message = self._open.setdefault(key, _Message(fragment.length))
        self._held += message.add(fragment, number)
        body = message.joined()
        if body is not None or self._held > MAX_HELD:
            self._drop(key if body is not None else next(iter(self._open)))
        return body, tuple(message.numbers)

    def _drop(self, key: tuple[bool, int, int, int, int]) -> None:
        message = self._open.pop(key)
        self._held -= sum(len(piece) for piece in message.pieces.values())
