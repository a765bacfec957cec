# SPDX-License-Identifier: GPL-2.0-only
"""VP8 out of RTP: payload descriptors off, frames put together (RFC 7741)."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.errors import DecodeError

KEY_FRAME_START = b"\x9d\x01\x2a"
"""Octets 3 to 5 of a key frame (RFC 6386 section 9.1)."""
MAX_FRAME = 1 << 24
"""Octets of the longest frame put together."""


class Piece(NamedTuple):
    """A payload without its descriptor; `first`: a frame begins here."""

    first: bool
    data: bytes


class Size(NamedTuple):
    """Of a picture, in pixels."""

    width: int
    height: int


def read_payload(payload: bytes) -> Piece:
    """Cut off the descriptor of section 4.2. Raises `DecodeError`."""
    if not payload:
        raise DecodeError("VP8: empty payload", 0)
    at, flags = 1, 0
    if payload[0] & 0x80:
        flags, at = payload[1] if len(payload) > 1 else 0, 2
    if flags & 0x80:  # picture id of one or two octets
        at += 2 if len(payload) > at and payload[at] & 0x80 else 1
    at += bool(flags & 0x40) + bool(flags & 0x30)  # TL0PICIDX; TID, Y and KEYIDX
    if len(payload) <= at:
        raise DecodeError("VP8: descriptor cut short", len(payload))
    return Piece(bool(payload[0] & 0x10) and not payload[0] & 0x07, payload[at:])


def key_frame_size(frame: bytes) -> Size | None:
    """Size of the pictures from this key frame on; None for other frames (RFC 6386 section 9.1)."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != KEY_FRAME_START:
        return None
    width, height = (int.from_bytes(frame[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return Size(width, height)


class Vp8Depacketizer:
    """Feed payloads in order of sequence numbers; frames with a hole are dropped."""

    def __init__(self) -> None:
        self._parts: list[bytes] | None = None
        self._timestamp = self._size = 0
        self.dropped = 0
        """Payloads that brought nothing."""

    def add(
        self, payload: bytes, timestamp: int, marker: bool, *, lost: bool = False
    ) -> bytes | None:
        """The frame that this payload completes. `marker`: the last of its frame."""
        if lost or timestamp != self._timestamp:
            self._give_up()
        try:
            piece = read_payload(payload)
        except DecodeError:
            self._give_up()
            self.dropped += 1
            return None
        if piece.first:
            self._give_up()
            self._parts, self._timestamp, self._size = [], timestamp, 0
        if self._parts is None or self._size + len(piece.data) > MAX_FRAME:
            self._give_up()
            self.dropped += 1
            return None
        self._parts.append(piece.data)
        self._size += len(piece.data)
        if not marker:
            return None
        whole, self._parts = b"".join(self._parts), None
        return whole

    def _give_up(self) -> None:
        if self._parts is not None:
            self.dropped += len(self._parts)
            self._parts = None
