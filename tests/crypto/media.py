# SPDX-License-Identifier: GPL-2.0-only
"""Senders and receivers of PERC media for tests, and what they do in simulated time."""

from __future__ import annotations

import random as random_module

from perc_scapy.crypto import (
    SRTP_PROFILES,
    EktParameters,
    EktReceiver,
    EktSender,
    Key,
    PercReceiver,
    PercSender,
)
from perc_scapy.errors import (
    CryptoError,
)
from tests.crypto.states import state
from tests.crypto.support import (
    HOP1,
    context,
    octets,
    rtp,
)

SETS = {
    9: [
        EktParameters(n, 1, Key(octets(n * 7, 16)), Key(octets(n * 11, 12)), 86400)
        for n in range(1, 9)
    ],
    10: [
        EktParameters(n, 2, Key(octets(n * 7, 32)), Key(octets(n * 11, 12)), 86400)
        for n in range(1, 9)
    ],
}


def make_sender(profile: int = 9, hop: tuple[int, int] = HOP1, **options: object) -> PercSender:
    row, dice = SRTP_PROFILES[profile].layer, random_module.Random(5)
    given = {"now": 0.0, "random": dice.randbytes, "key_length": row.key_length}
    ekt = EktSender(SETS[profile][0], **(given | options))
    return PercSender(profile, context(row.code, *hop), ekt)


def make_receiver(
    profile: int = 9, hop: tuple[int, int] = HOP1, sets: int = 1, **options: int
) -> PercReceiver:
    row = SRTP_PROFILES[profile].layer
    ekt = EktReceiver(key_length=row.key_length, **options)
    for parameters in SETS[profile][:sets]:
        ekt.add_parameters(parameters, 0.0)
    return PercReceiver(profile, context(row.code, *hop), ekt)


def states(target: PercReceiver) -> object:
    return state(target.outer), state(target.ekt)


def inner_states(target: PercReceiver) -> object:
    return state(target.ekt)


def run(
    sender: PercSender, receivers: list[PercReceiver], start: int, count: int
) -> list[list[object]]:
    """20 ms packets; each receiver's epoch and SPI, or the error, a packet."""
    log: list[list[object]] = [[] for _ in receivers]
    for step in range(start, start + count):
        wire = sender.protect(rtp(seq=step & 0xFFFF), step * 0.02)
        for lines, receiver in zip(log, receivers, strict=True):
            try:
                opened = receiver.unprotect(wire, step * 0.02)
            except CryptoError as error:
                lines.append(type(error))
            else:
                assert opened.rtp == rtp(seq=step & 0xFFFF)
                lines.append((opened.spi, opened.epoch))
    return log
