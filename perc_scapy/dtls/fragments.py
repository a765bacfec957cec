# SPDX-License-Identifier: BSD-3-Clause
"""Handshake reassembly with bounded memory, and delivery in order (RFC 6347 4.2.2, 4.2.3)."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.dtls.codec import Fragment, encode_fragment

MAX_MESSAGE = 32768
"""Octets of the longest handshake message accepted: a chain of certificates needs a few thousand."""
MAX_BUFFER = 65536
"""Octets held for all incomplete or early messages of one association."""
MAX_AHEAD = 12
"""Messages after the next one that are kept: more than the longest flight of the protocol has."""
MAX_GAPS = 128
"""Separate pieces of one message; beyond this only dust is arriving."""


class Message(NamedTuple):
    """A whole handshake message."""

    type: int
    sequence: int
    body: bytes
    raw: bytes
    """Header and body in one fragment, as the transcript wants it."""
    records: tuple[int, ...]
    """Numbers of the records that carried it; only kept for protected epochs."""


class _Partial:
    """One message under assembly: octets received and which ranges they cover."""

    __slots__ = ("buffer", "epoch", "length", "ranges", "records", "type")

    def __init__(self, fragment: Fragment, epoch: int) -> None:
        self.type, self.length, self.epoch = fragment.type, fragment.length, epoch
        self.buffer = bytearray()
        self.ranges: list[tuple[int, int]] = []
        self.records: list[int] = []

    def matches(self, fragment: Fragment, epoch: int) -> bool:
        return (self.type, self.length, self.epoch) == (fragment.type, fragment.length, epoch)

    @property
    def complete(self) -> bool:
        return self.ranges == [(0, self.length)]

    def add(self, fragment: Fragment) -> None:
        """Merge a piece; overlapping pieces are allowed (RFC 6347 4.2.3)."""
        start, end = fragment.offset, fragment.offset + len(fragment.data)
        if len(self.buffer) < end:
            self.buffer.extend(bytes(end - len(self.buffer)))
        self.buffer[start:end] = fragment.data
        apart = [r for r in self.ranges if r[1] < start or r[0] > end]
        touching = [r for r in self.ranges if not (r[1] < start or r[0] > end)]
        low = min([start, *(r[0] for r in touching)])
        high = max([end, *(r[1] for r in touching)])
        self.ranges = sorted([*apart, (low, high)])


class Reassembler:
    """Turns fragments into messages in order of message_seq. Counts what it drops in `dropped`."""

    __slots__ = ("_held", "_partials", "dropped", "next_sequence", "protected")

    def __init__(self, next_sequence: int = 0) -> None:
        self.next_sequence = next_sequence
        self._partials: dict[int, _Partial] = {}
        self._held = 0
        self.dropped = 0
        self.protected = 0
        """Fragments of protected epochs that had to wait, so far."""

    @property
    def held(self) -> int:
        """Octets announced by the messages under assembly; at most `MAX_BUFFER`."""
        return self._held

    def push(self, fragment: Fragment, epoch: int, record: int) -> Message | None:
        """Take a fragment that is not old; returns the next message when this makes it complete."""
        if len(fragment.data) == fragment.length and fragment.sequence == self.next_sequence:
            return self._deliver(fragment, epoch, record)
        partial = self._partial(fragment, epoch)
        if partial is None:
            self.dropped += 1
            return None
        if not partial.complete:
            partial.add(fragment)
        if epoch:
            self._keep_record(partial, record)
        return self.pop()

    def _keep_record(self, partial: _Partial, record: int) -> None:
        self.protected += 1
        if len(partial.records) < MAX_GAPS:
            partial.records.append(record)

    def _deliver(self, fragment: Fragment, epoch: int, record: int) -> Message:
        """A whole message needs no assembly; a forged piece that came before it must not block it."""
        kind, _, sequence, _, data, raw = fragment
        self.next_sequence = sequence + 1
        records: tuple[int, ...] = (record,) if epoch else ()
        if self._partials:
            records = self._forget(sequence) + records
        return Message(kind, sequence, data, raw, records)

    def _forget(self, sequence: int) -> tuple[int, ...]:
        partial = self._partials.pop(sequence, None)
        if partial is None:
            return ()
        self._held -= partial.length
        return tuple(partial.records)

    def pop(self) -> Message | None:
        """The next message in order, if it is complete."""
        if not self._partials:
            return None
        sequence = self.next_sequence
        partial = self._partials.get(sequence)
        if partial is None or not partial.complete:
            return None
        records = self._forget(sequence)
        self.next_sequence += 1
        body = bytes(partial.buffer)
        raw = encode_fragment(partial.type, len(body), sequence, 0, body)
        return Message(partial.type, sequence, body, raw, records)

    def _partial(self, fragment: Fragment, epoch: int) -> _Partial | None:
        known = self._partials.get(fragment.sequence)
        if known is not None:
            fits = known.matches(fragment, epoch) and len(known.ranges) < MAX_GAPS
            return known if fits else None
        ahead = fragment.sequence - self.next_sequence
        # The announced length is charged before a single octet is stored.
        too_much = fragment.length > MAX_MESSAGE or self._held + fragment.length > MAX_BUFFER
        if too_much or not 0 <= ahead <= MAX_AHEAD:
            return None
        self._held += fragment.length
        self._partials[fragment.sequence] = partial = _Partial(fragment, epoch)
        return partial
