# SPDX-License-Identifier: GPL-2.0-only
"""TCP streams without names: of TLS what is not encrypted is replaced as in DTLS; anything else becomes zeros."""

from __future__ import annotations

from perc_scapy.codes import ContentType
from perc_scapy.keys.anonymous.handshake import anonymous_body
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from perc_scapy.pcap.packets import Address, Segment

MAX_HANDSHAKE = 1 << 18
"""Octets of a direction in which its encryption must begin."""
MAX_WAITING = 256
"""Segments that wait for earlier ones."""
_SYN = 0x02
_RECORD = 5
_HALF = 1 << 31
_TYPES = {int(t) for t in (ContentType.CHANGE_CIPHER_SPEC, ContentType.ALERT, ContentType.HANDSHAKE,
                           ContentType.APPLICATION_DATA)}  # fmt: skip


class _Direction:
    """One direction of one connection: its first octets, and what stands in their place."""

    def __init__(self, base: int, *, opened: bool) -> None:
        self.base = base & 0xFFFFFFFF
        """Sequence number of octet 0."""
        self.opened = opened
        """Its SYN was seen."""
        self.data = bytearray()
        self._waiting: dict[int, bytes] = {}
        self._new: bytes | None = None
        self._sealed = False

    def place(self, seq: int) -> int:
        """Octets before the one with this sequence number; negative before the first."""
        return (seq - self.base + _HALF) % (1 << 32) - _HALF

    def begins_at(self, seq: int) -> bool:
        """Whether a SYN that says so belongs to it: it may have been overtaken by what follows it."""
        place = self.place(seq)
        if place and (self.opened or not -MAX_HANDSHAKE < place < 0):
            return False
        if place:
            self._waiting = {at - place: data for at, data in self._waiting.items()}
            self._waiting[-place] = bytes(self.data)
            self.data.clear()
        self.base, self.opened = seq & 0xFFFFFFFF, True
        return True

    def take(self, seq: int, data: bytes) -> None:
        place = self.place(seq)
        if data and 0 <= place < MAX_HANDSHAKE and len(self._waiting) < MAX_WAITING:
            known = self._waiting.get(place, b"")
            self._waiting[place] = max(known, data, key=len)
        for start in sorted(self._waiting):
            if start > len(self.data):
                return
            self.data += self._waiting.pop(start)[len(self.data) - start :]

    def anonymous(self, seq: int, data: bytes, names: Pseudonyms) -> bytes:
        if self._new is None:
            self._new, self._sealed = _stand_in(bytes(self.data), names)
            self.data.clear()
        place = self.place(seq)
        before = bytes(max(0, min(-place, len(data))))
        start = max(place, 0)
        middle = self._new[start : start + len(data) - len(before)]
        rest = data[len(before) + len(middle) :]
        return before + middle + (rest if self._sealed else bytes(len(rest)))


def _stand_in(data: bytes, names: Pseudonyms) -> tuple[bytes, bool]:
    """What replaces the octets up to where encryption begins, and whether it does."""
    places, messages, at, sealed = [], bytearray(), 0, False
    while at + _RECORD <= len(data) and data[at] in _TYPES and data[at + 1] == 3:
        end = at + _RECORD + int.from_bytes(data[at + 3 : at + 5], "big")
        if data[at] in (ContentType.CHANGE_CIPHER_SPEC, ContentType.APPLICATION_DATA):
            sealed = True
            break
        if end > len(data):
            break
        if data[at] == ContentType.HANDSHAKE:
            places.append((at + _RECORD, end))
            messages += data[at + _RECORD : end]
        at = end
    new, out, taken = _messages(bytes(messages), names), bytearray(data[:at]), 0
    for start, stop in places:
        out[start:stop] = new[taken : taken + stop - start]
        taken += stop - start
    return bytes(out), sealed


def _messages(data: bytes, names: Pseudonyms) -> bytes:
    """Handshake messages one behind the other; one that is not whole becomes zeros."""
    out, at = [], 0
    while at + 4 <= len(data):
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if end > len(data):
            break
        body = anonymous_body(data[at], data[at + 4 : end], names, dtls=False)
        out += [data[at : at + 4], body]
        at = end
    return b"".join(out) + bytes(len(data) - at)


class TlsNames:
    """Feed all TCP segments to `learn`, then each one to `anonymous`, both in capture order."""

    def __init__(self, names: Pseudonyms) -> None:
        self._names = names
        self._known: dict[tuple[Address, Address], list[_Direction]] = {}
        self._current: dict[tuple[Address, Address], _Direction] = {}

    def learn(self, segment: Segment) -> None:
        """Collect the start of each direction."""
        ends = segment.src, segment.dst
        directions = self._known.setdefault(ends, [])
        opens = bool(segment.flags & _SYN)
        seq = segment.seq + opens
        if not directions or (opens and not directions[-1].begins_at(seq)):
            directions.append(_Direction(seq, opened=opens))
        directions[-1].take(seq, segment.data)

    def anonymous(self, segment: Segment) -> bytes:
        """The segment's data with stand-ins."""
        ends = segment.src, segment.dst
        directions = self._known.get(ends, [])
        seq = segment.seq
        if segment.flags & _SYN:
            seq += 1
            opened = [d for d in directions if d.place(seq) == 0]
            if opened:
                self._current[ends] = opened[-1]
        current = self._current.get(ends) or (directions[0] if directions else None)
        return (
            bytes(len(segment.data))
            if current is None
            else current.anonymous(seq, segment.data, self._names)
        )
