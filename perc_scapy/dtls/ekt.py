# SPDX-License-Identifier: BSD-3-Clause
"""Reliable carriage of ekt_key over DTLS 1.2: handshake message 26, answered by an ACK record of content type 26.

RFC 8870 sections 5.2.2 and 5.4 with the ACK of RFC 9147 section 7. Record numbers of DTLS 1.2 are widened to the
64-bit fields of that ACK, since RFC 8870 gives no form of its own.
"""

from __future__ import annotations

from collections import deque

from perc_scapy.codes import AlertDescription, ContentType, HandshakeType
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.secret import Key
from perc_scapy.dtls.codec import (
    HANDSHAKE_HEADER,
    EktKeyBody,
    decode_ekt_key,
    encode_ekt_key,
    encode_fragment,
)
from perc_scapy.dtls.flight import Datagram, Packer, RetransmitTimer, piece_size
from perc_scapy.dtls.record import EpochWriter
from perc_scapy.errors import DecodeError, RemoteError

EKT_KEY = int(HandshakeType.EKT_KEY)


def ekt_key_body(parameters: EktParameters) -> bytes:
    """Body of the ekt_key message. Raises `EncodeError`."""
    p = parameters
    return encode_ekt_key(EktKeyBody(bytes(p.key), bytes(p.salt), p.spi, int(p.ttl)))


def read_ekt_key(body: bytes, cipher: int) -> EktParameters:
    """Parameters under the negotiated `cipher`. Raises `DecodeError`, `RemoteError` (illegal_parameter)."""
    value = decode_ekt_key(body)
    try:
        return EktParameters(value.spi, cipher, Key(value.key), Key(value.salt), value.ttl)
    except DecodeError as error:
        raise RemoteError(error.what, AlertDescription.ILLEGAL_PARAMETER) from None


class _Transfer:
    """One ekt_key message on its way."""

    __slots__ = ("body", "kind", "numbers", "pieces", "sequence", "spi")

    def __init__(self, spi: int, sequence: int, kind: int, body: bytes) -> None:
        self.spi, self.sequence, self.kind, self.body = spi, sequence, kind, body
        self.pieces: dict[int, int] = {}
        """Length of each piece not acknowledged yet, by its offset; fixed at the first sending."""
        self.numbers: dict[int, int] = {}
        """Offset of the piece that a record carried, by record number; every sending counts."""

    def transmit(self, writer: EpochWriter, mtu: int) -> list[Datagram]:
        """All pieces the first time, then those still missing (RFC 9147 7.2)."""
        packer = Packer(mtu)
        if not self.pieces:
            self._first(packer, writer)
        else:
            for offset, size in self.pieces.items():
                self._write(packer, writer, offset, size)
        return packer.flush()

    def _first(self, packer: Packer, writer: EpochWriter) -> None:
        offset, overhead = 0, writer.overhead + HANDSHAKE_HEADER
        while True:
            size = piece_size(packer, overhead, len(self.body) - offset)
            self.pieces[offset] = size
            self._write(packer, writer, offset, size)
            offset += size
            if offset >= len(self.body):
                return

    def _write(self, packer: Packer, writer: EpochWriter, offset: int, size: int) -> None:
        data = self.body[offset : offset + size]
        content = encode_fragment(self.kind, len(self.body), self.sequence, offset, data)
        self.numbers[writer.next_number] = offset
        packer.add(writer.write(ContentType.HANDSHAKE, content))

    def acknowledge(self, number: int) -> bool:
        """True when nothing is missing any more."""
        offset = self.numbers.get(number)
        if offset is not None:
            self.pieces.pop(offset, None)
        return not self.pieces


class EktOutbox:
    """The server's queue of ekt_key messages: one is on its way at a time, in the order given."""

    def __init__(self, timer: RetransmitTimer, mtu: int) -> None:
        self.timer = timer
        self._mtu = mtu
        self._waiting: deque[_Transfer] = deque()
        self._current: _Transfer | None = None

    def queue(self, spi: int, sequence: int, kind: int, body: bytes) -> None:
        """Send after those before it are acknowledged. `kind` is ekt_key, unless somebody experiments."""
        self._waiting.append(_Transfer(spi, sequence, kind, body))

    def start(self, writer: EpochWriter, now: float) -> list[Datagram]:
        """Begin the next transfer if none is under way."""
        if self._current is not None or not self._waiting:
            return []
        self._current = self._waiting.popleft()
        self.timer.start(now)
        return self._current.transmit(writer, self._mtu)

    def acknowledge(self, numbers: list[int]) -> int | None:
        """Take an ACK; returns the SPI of a key that is delivered by it."""
        transfer = self._current
        if transfer is None or not any(transfer.acknowledge(n) for n in numbers):
            return None
        self._current = None
        self.timer.stop()
        return transfer.spi

    def retransmit(self, writer: EpochWriter, now: float) -> list[Datagram] | None:
        """After the timer expired: datagrams, or None when there is no more hope."""
        if self._current is None or not self.timer.back_off(now):
            return None
        return self._current.transmit(writer, self._mtu)

    def repeat(self, writer: EpochWriter) -> list[Datagram]:
        """What is on its way once more, because the client shows that it lost something; the timer stays."""
        return [] if self._current is None else self._current.transmit(writer, self._mtu)

    def give_up(self) -> list[int]:
        """Drop everything; returns the SPIs not delivered. Later ones cannot arrive: a receiver wants them in order."""
        lost = [*([self._current] if self._current else []), *self._waiting]
        self._current, self._waiting = None, deque()
        self.timer.stop()
        return [transfer.spi for transfer in lost]
