# SPDX-License-Identifier: BSD-3-Clause
"""What leaves an engine: the flight under preparation, its retransmission, alerts, application data."""

from __future__ import annotations

from collections.abc import Sequence

from perc_scapy.codes import ContentType
from perc_scapy.dtls.codec import encode_fragment
from perc_scapy.dtls.config import DtlsConfig
from perc_scapy.dtls.flight import (
    CHANGE_CIPHER_SPEC,
    Datagram,
    Outgoing,
    RetransmitTimer,
    pack_flight,
)
from perc_scapy.dtls.record import EpochWriter
from perc_scapy.dtls.transcript import Transcript

PROVOKED_INTERVAL = 0.5
"""Seconds between two sendings of a flight that old messages of the peer provoke."""
PROVOKED_LIMIT = 4
"""Of those, how often for one flight while nobody has proven anything: what a forger could make us send."""


REPEATED_INTERVAL = 0.05
"""Seconds between two sendings of the last flight that the peer's repeated Finished asks for: no honest client
repeats itself sooner, and a dishonest one could make us send many times what it sends."""


def retransmit_timer(config: DtlsConfig) -> RetransmitTimer:
    """A timer with the configured values."""
    return RetransmitTimer(config.initial_timeout, config.max_timeout, config.max_retransmissions)


class Outbound:
    """Writers by epoch, the current flight and its timer. `sequence` is the next message_seq."""

    def __init__(self, config: DtlsConfig, transcript: Transcript) -> None:
        self._config, self._transcript = config, transcript
        self.writers = [EpochWriter(0)]
        self.epoch = 0
        """In which alerts go out: 1 as soon as our ChangeCipherSpec is sent."""
        self.sequence = 0
        self.timer = retransmit_timer(config)
        self._pending: list[Outgoing] = []
        self._flight: list[Outgoing] = []
        self._sent = 0.0
        self._provoked = 0
        self._datagrams: list[Datagram] = []

    def queue(self, kind: int, body: bytes, epoch: int = 0) -> None:
        """Add a message to the flight under preparation."""
        if self._config.tamper is None:
            self._append(kind, body, epoch)
            return
        for other_kind, other_body in self.tampered(kind, body):
            self._append(other_kind, other_body, epoch)

    def tampered(self, kind: int, body: bytes) -> Sequence[tuple[int, bytes]]:
        """What takes the place of a message."""
        if self._config.tamper is None:
            return ((kind, body),)
        changed = self._config.tamper(int(kind), body)
        if changed is None:
            return ()
        return ((kind, changed),) if isinstance(changed, bytes) else changed

    def _append(self, kind: int, body: bytes, epoch: int) -> None:
        sequence = self.sequence
        self.sequence = sequence + 1
        raw = encode_fragment(kind, len(body), sequence, 0, body)
        self._transcript.add(raw)
        self._pending.append(Outgoing(epoch, kind, sequence, raw))

    def queue_change_cipher_spec(self) -> None:
        """From here on we write epoch 1."""
        self._pending.append(CHANGE_CIPHER_SPEC)
        self.epoch = 1

    def send_flight(self, now: float, final: bool = False) -> None:
        """Send the flight that was prepared; a final one is repeated on demand only."""
        self._flight, self._pending, self._provoked = self._pending, [], 0
        self.transmit(now)
        if final:
            self.timer.stop()
        else:
            self.timer.start(now)

    def transmit(self, now: float) -> None:
        """The current flight as a whole, under new record numbers."""
        self._sent = now
        self._datagrams += pack_flight(self._flight, self.writers, self._config.mtu)

    def provoke(self, now: float) -> None:
        """The peer repeats itself, so it may lack our flight (RFC 6347 4.2.4); rate-limited, as it may be forged."""
        waiting = self.timer.deadline is not None and self._provoked < PROVOKED_LIMIT
        if waiting and now - self._sent >= PROVOKED_INTERVAL:
            self._provoked += 1
            self.timer.restart(now)
            self.transmit(now)

    def repeat(self, now: float) -> bool:
        """Send the last flight again; False when that was done a moment ago."""
        if now - self._sent < REPEATED_INTERVAL:
            return False
        self.transmit(now)
        return True

    def send_message(self, kind: int, body: bytes) -> None:
        """A handshake message after the handshake: once, unhashed, in one record."""
        content = encode_fragment(kind, len(body), self.sequence, 0, body)
        self.sequence += 1
        self.send(ContentType.HANDSHAKE, content)

    def send(self, kind: int, content: bytes) -> None:
        """One record outside flights, in a datagram of its own."""
        self._datagrams.append(Datagram(self.writers[self.epoch].write(kind, content)))

    def alert(self, level: int, description: int) -> None:
        """RFC 5246 7.2."""
        self.send(ContentType.ALERT, bytes((level, description)))

    def push(self, datagrams: list[Datagram]) -> None:
        """Datagrams made elsewhere."""
        self._datagrams += datagrams

    def drain(self) -> list[Datagram]:
        """Everything that waits to go out, in order."""
        datagrams, self._datagrams = self._datagrams, []
        return datagrams

    def stop(self) -> None:
        """The association is over: no flight, no timer. What is already packed still goes out."""
        self._flight, self._pending = [], []
        self.timer.stop()
