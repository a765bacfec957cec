# SPDX-License-Identifier: GPL-2.0-only
"""Retransmissions of a DTLS session: handshake fragments and records that were there before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from perc_scapy.capture.handshakes import fragments_of
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.codes import ContentType

DUPLICATE = "the same record again: a duplicate or a replay"
RETRANSMISSION = "retransmission"


class Repeat(NamedTuple):
    """A packet with something that was sent before."""

    packet: int
    what: str


def repeats(session: SecuredSession) -> Iterator[Repeat]:
    """In capture order, each packet once for each kind."""
    told: set[Repeat] = set()
    for found in _all(session):
        if found not in told:
            told.add(found)
            yield found


def _all(session: SecuredSession) -> Iterator[Repeat]:
    fragments: set[tuple[Any, ...]] = set()
    numbers: set[tuple[bool, int]] = set()
    for seen in session.records:
        ours, record = seen.sender == session.client, seen.record
        if (ours, record.number) in numbers:
            yield Repeat(seen.packet, DUPLICATE)
        elif record.type == ContentType.HANDSHAKE:
            pieces = {
                (ours, record.epoch, f.type, f.sequence, f.offset, len(f.data))
                for f in fragments_of(seen)
            }
            if pieces & fragments:
                yield Repeat(seen.packet, RETRANSMISSION)
            fragments |= pieces
        numbers.add((ours, record.number))
