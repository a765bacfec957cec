# SPDX-License-Identifier: BSD-3-Clause
"""Flights: packing messages into datagrams, and the timer that sends them again (RFC 6347 4.2.3, 4.2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.dtls.codec import HANDSHAKE_HEADER, encode_fragment
from perc_scapy.dtls.record import EpochWriter

SMALLEST_PIECE = 64
"""Octets of message below which the rest of a datagram stays empty rather than hold a fragment."""
_HANDSHAKE = int(ContentType.HANDSHAKE)
_CHANGE_CIPHER_SPEC = int(ContentType.CHANGE_CIPHER_SPEC)
_FINISHED = int(HandshakeType.FINISHED)


class Datagram(bytes):
    """Octets for the transport."""

    carries_finished: bool = False
    """True when our Finished record is inside, at its first sending and at every retransmission."""


class Outgoing(NamedTuple):
    """A message of a flight: a handshake message, or ChangeCipherSpec (type -1)."""

    epoch: int
    type: int
    sequence: int
    raw: bytes
    """Header and body in one fragment."""


CHANGE_CIPHER_SPEC = Outgoing(0, -1, 0, b"\x01")


class Packer:
    """Fills datagrams up to `mtu` octets with records."""

    def __init__(self, mtu: int) -> None:
        self._mtu = mtu
        self._parts: list[bytes] = []
        self._size = 0
        self._finished = False
        self.datagrams: list[Datagram] = []

    def room(self, overhead: int) -> int:
        """Octets of content that a record could still hold."""
        return self._mtu - self._size - overhead

    def add(self, record: bytes, finished: bool = False) -> None:
        """Append a record, in a new datagram when it does not fit."""
        size = self._size + len(record)
        if size > self._mtu:
            self.flush()
            size = len(record)
        self._parts.append(record)
        self._size = size
        if finished:
            self._finished = True

    def flush(self) -> list[Datagram]:
        """Close the datagram under construction; returns all."""
        if self._parts:
            datagram = Datagram(b"".join(self._parts))
            datagram.carries_finished = self._finished
            self.datagrams.append(datagram)
            self._parts, self._size, self._finished = [], 0, False
        return self.datagrams


def pack_flight(
    flight: Iterable[Outgoing], writers: Sequence[EpochWriter], mtu: int
) -> list[Datagram]:
    """The whole flight in as few datagrams as `mtu` allows. Every call uses new record numbers."""
    packer = Packer(mtu)
    for message in flight:
        writer = writers[message.epoch]
        if message.type < 0:
            packer.add(writer.write(_CHANGE_CIPHER_SPEC, message.raw))
        elif len(message.raw) <= packer.room(writer.overhead):
            packer.add(writer.write(_HANDSHAKE, message.raw), message.type == _FINISHED)
        else:
            _pack_pieces(packer, writer, message)
    return packer.flush()


def _pack_pieces(packer: Packer, writer: EpochWriter, message: Outgoing) -> None:
    """A message that does not fit the rest of the datagram."""
    body, finished = message.raw[HANDSHAKE_HEADER:], message.type == _FINISHED
    overhead, offset = writer.overhead + HANDSHAKE_HEADER, 0
    while True:
        size = piece_size(packer, overhead, len(body) - offset)
        data = body[offset : offset + size]
        content = encode_fragment(message.type, len(body), message.sequence, offset, data)
        packer.add(writer.write(_HANDSHAKE, content), finished)
        offset += size
        if offset >= len(body):
            return


def piece_size(packer: Packer, overhead: int, remaining: int) -> int:
    """How much of a message goes into the next record; starts a new datagram when too little would fit."""
    room = packer.room(overhead)
    if room < remaining and room < SMALLEST_PIECE:
        packer.flush()
        room = packer.room(overhead)
    return min(room, remaining)


def sooner(one: float | None, other: float | None) -> float | None:
    """The earlier of two deadlines, each of which may be missing."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def earliest(*deadlines: float | None) -> float | None:
    """The earliest of any number of deadlines, None when there is none."""
    return reduce(sooner, deadlines, None)


class RetransmitTimer:
    """Starts at `initial` seconds and doubles up to `maximum` (RFC 6347 4.2.4.1).

    A new flight starts at `initial` again even when the one before was lost: a join takes three flights, and
    keeping the doubled value would make one loss delay all that follow.
    """

    __slots__ = (
        "_early",
        "_initial",
        "_limit",
        "_maximum",
        "deadline",
        "retransmissions",
        "timeout",
    )

    def __init__(self, initial: float, maximum: float, limit: int) -> None:
        self._initial, self._maximum, self._limit = initial, maximum, limit
        self.timeout, self.retransmissions = initial, 0
        self.deadline: float | None = None
        self._early = False

    def start(self, now: float) -> None:
        """For a new flight."""
        self.timeout, self.retransmissions = self._initial, 0
        self.deadline, self._early = now + self._initial, False

    def restart(self, now: float) -> None:
        """The flight was sent again for another reason; the value stays."""
        self.deadline = now + self.timeout

    def hasten(self, at: float) -> None:
        """Something shows that the flight, or its answer, was lost: expire at `at` without doubling."""
        if self.deadline is not None and at < self.deadline:
            self.deadline, self._early = at, True

    def stop(self) -> None:
        self.deadline = None

    def due(self, now: float) -> bool:
        return self.deadline is not None and now >= self.deadline

    def back_off(self, now: float) -> bool:
        """After expiry: True when the flight is to be sent once more, False to give up."""
        if self.retransmissions >= self._limit:
            self.deadline = None
            return False
        self.retransmissions += 1
        if not self._early:
            self.timeout = min(2 * self.timeout, self._maximum)
        self._early = False
        self.deadline = now + self.timeout
        return True
