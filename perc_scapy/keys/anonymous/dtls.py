# SPDX-License-Identifier: GPL-2.0-only
"""DTLS datagrams without names in what is not encrypted. A message may come in pieces, cut anew with each repeat:
the whole is put together first, and each piece is cut from its stand-in.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from perc_scapy.codes import ContentType
from perc_scapy.dtls.codec import HANDSHAKE_HEADER, Fragment, decode_fragments
from perc_scapy.dtls.record import split_records
from perc_scapy.errors import DecodeError
from perc_scapy.keys.anonymous.handshake import anonymous_body, may_name
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

RECORD_HEADER = 13
MAX_HELD = 1 << 25
"""Octets kept of messages that came in pieces; pieces of further ones become zeros."""
_KEPT = {ContentType.CHANGE_CIPHER_SPEC, ContentType.ALERT}


class _Whole(NamedTuple):
    old: bytes
    new: bytes


_Key = tuple[Hashable, int, int, int]
"""Direction, message type, message_seq, length."""


class DtlsNames:
    """Feed all DTLS datagrams to `learn`, then each one to `anonymous`."""

    def __init__(self, names: Pseudonyms) -> None:
        self._names = names
        self._pieces: dict[_Key, dict[int, bytes]] = {}
        self._wholes: dict[_Key, list[_Whole]] = {}
        self._held = 0
        self._begun: set[Hashable] = set()
        """Directions in which a handshake was seen."""

    def learn(self, direction: Hashable, data: bytes) -> None:
        """Collect pieces of messages that may name somebody."""
        for record in split_records(data)[0]:
            if record.type == ContentType.HANDSHAKE and not record.epoch:
                for fragment in _fragments(record.fragment):
                    self._begun.add(direction)
                    if may_name(fragment.type) and len(fragment.data) < fragment.length:
                        self._piece((direction, *_name(fragment)), fragment)

    def _piece(self, key: _Key, fragment: Fragment) -> None:
        pieces = self._pieces.setdefault(key, {})
        if pieces.get(fragment.offset, fragment.data) != fragment.data:
            pieces.clear()  # another handshake between the same ends
        if self._held > MAX_HELD:
            return
        self._held += len(fragment.data) if fragment.offset not in pieces else 0
        pieces[fragment.offset] = fragment.data
        body = _joined(pieces, fragment.length)
        if body is not None:
            new = anonymous_body(fragment.type, body, self._names, dtls=True)
            wholes = self._wholes.setdefault(key, [])
            if all(known.old != body for known in wholes):
                wholes.append(_Whole(body, new))
            pieces.clear()

    def anonymous(self, direction: Hashable, data: bytes) -> bytes:
        """The datagram with stand-ins; what is no record, and plain application data, become zeros."""
        records, _ = split_records(data)
        out, at = [], 0
        for record in records:
            end = at + RECORD_HEADER + len(record.fragment)
            if record.epoch or record.type in _KEPT:
                out.append(data[at:end])
            elif record.type == ContentType.HANDSHAKE:
                head = data[at : at + RECORD_HEADER]
                out.append(head + self._handshake(direction, record.fragment))
            else:
                out.append(data[at : at + RECORD_HEADER] + bytes(len(record.fragment)))
            at = end
        return b"".join(out) + self._rest(direction, data[at:])

    def _rest(self, direction: Hashable, data: bytes) -> bytes:
        """Octets that are no record of DTLS 1.2. The short records of DTLS 1.3 (RFC 9147 section 4) are encrypted; what
        looks like one without a handshake may be any text.
        """
        short = data[:1] and data[0] >> 5 == 1 and direction in self._begun
        return data if short else bytes(len(data))

    def _handshake(self, direction: Hashable, content: bytes) -> bytes:
        fragments = _fragments(content)
        if not fragments:
            return bytes(len(content))
        return b"".join(
            each.raw[:HANDSHAKE_HEADER] + self._data(direction, each) for each in fragments
        )

    def _data(self, direction: Hashable, fragment: Fragment) -> bytes:
        if not may_name(fragment.type):
            return fragment.data
        if len(fragment.data) == fragment.length:
            return anonymous_body(fragment.type, fragment.data, self._names, dtls=True)
        start, end = fragment.offset, fragment.offset + len(fragment.data)
        for whole in self._wholes.get((direction, *_name(fragment)), ()):
            if whole.old[start:end] == fragment.data:
                return whole.new[start:end]
        return bytes(len(fragment.data))


def _fragments(content: bytes) -> list[Fragment]:
    try:
        return decode_fragments(content)
    except DecodeError:
        return []


def _name(fragment: Fragment) -> tuple[int, int, int]:
    return fragment.type, fragment.sequence, fragment.length


def _joined(pieces: dict[int, bytes], length: int) -> bytes | None:
    body = bytearray()
    for offset in sorted(pieces):
        if offset > len(body):
            return None
        body += pieces[offset][len(body) - offset :]
    return bytes(body) if len(body) == length else None
